"""Which documents that an older schema accepts would a newer one refuse?

    compatible.py OLD.json NEW.json     prints each break; exit code 1 when there is one
    compatible.py --self-test OLD.json  makes breaks on purpose and demands that each is noticed

A schema may grow: new properties, wider types, fewer demands. For documents that Reelcell writes and others read, a
property that was promised (required) must also stay promised.
"""
import copy
import json
import sys

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
READ_ONLY_DOCUMENTS = {"session", "recipe"}  # people write them; we promise nothing in them
TYPES = {"string", "number", "integer", "boolean", "null", "array", "object"}


def resolve(schema, root):
    while isinstance(schema, dict) and "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


def types(schema):
    if "const" in schema or "enum" in schema:
        return None  # compared as values
    named = schema.get("type", sorted(TYPES))
    named = set([named] if isinstance(named, str) else named)
    return named | {"integer"} if "number" in named else named


def values(schema):
    return [schema["const"]] if "const" in schema else schema.get("enum")


class Comparison:
    def __init__(self, old_root, new_root, promised):
        self.old_root, self.new_root, self.promised = old_root, new_root, promised
        self.breaks, self.seen = [], set()

    def add(self, where, what):
        self.breaks.append(f"{where or '/'}: {what}")

    def compare(self, old, new, where=""):
        pair = (json.dumps(old, sort_keys=True), json.dumps(new, sort_keys=True), where.count("/") > 24)
        if pair in self.seen:
            return
        self.seen.add(pair)
        old, new = resolve(old, self.old_root), resolve(new, self.new_root)
        if new is True or new == {}:
            return
        if new is False:
            return self.add(where, "is no longer allowed")
        if old is True:
            old = {}
        self.compare_values(old, new, where)
        self.compare_limits(old, new, where)
        self.compare_properties(old, new, where)
        for key in ("items", "contains", "propertyNames"):
            if key in new:
                self.compare(old.get(key, {}), new[key], f"{where}/{key}")
        self.compare_alternatives(old, new, where)

    def compare_values(self, old, new, where):
        before, after = values(old), values(new)
        if after is not None and (before is None or any(value not in after for value in before)):
            return self.add(where, f"only {after} is allowed now, was {before if before is not None else 'anything'}")
        if before is None and types(new) is not None and not types(old) <= types(new):
            self.add(where, f"type {sorted(types(old) - types(new))} is no longer allowed")

    def compare_limits(self, old, new, where):
        for key in LOWER:
            if key in new and new[key] > old.get(key, float("-inf")):
                self.add(where, f"{key} rose to {new[key]}")
        for key in UPPER:
            if key in new and new[key] < old.get(key, float("inf")):
                self.add(where, f"{key} fell to {new[key]}")
        for key in ("pattern", "format", "not", "if"):
            if key in new and new[key] != old.get(key):
                self.add(where, f"{key} is new or another")

    def compare_properties(self, old, new, where):
        demanded = set(new.get("required", [])) - set(old.get("required", []))
        if demanded:
            self.add(where, f"required now: {sorted(demanded)}")
        if self.promised and (gone := set(old.get("required", [])) - set(new.get("required", []))):
            self.add(where, f"no longer promised: {sorted(gone)}")
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            if name in after:
                self.compare(before[name], after[name], f"{where}/{name}")
            else:
                self.add(f"{where}/{name}", "the property is gone")
        free_before, free_after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if free_before is not False:
            self.compare(free_before, free_after, f"{where}/*")

    def compare_alternatives(self, old, new, where):
        for key in ("anyOf", "oneOf", "allOf"):
            if key not in new and key in old and key != "allOf":
                self.add(where, f"{key} is gone")
            if key not in new:
                continue
            before = old.get(key)
            if before is None:
                self.add(where, f"{key} is new")
                continue
            if key == "allOf":
                # Each new demand must follow from one of the old ones.
                if any(all(self.between(part, demand, self) for part in before) for demand in new[key]):
                    self.add(where, "allOf demands more")
                continue
            for number, alternative in enumerate(before):
                if breaks := self.unmatched(alternative, new[key]):
                    self.add(f"{where}/{key}/{number}", "; ".join(breaks))

    def unmatched(self, alternative, candidates):
        """Breaks against the candidate that fits best; none when one accepts all."""
        best = None
        for candidate in candidates:
            breaks = Comparison.between(alternative, candidate, self)
            if best is None or len(breaks) < len(best):
                best = breaks
        return best or []

    @staticmethod
    def between(old, new, parent):
        inner = Comparison(parent.old_root, parent.new_root, parent.promised)
        inner.compare(old, new)
        return inner.breaks


def breaks_between(old, new):
    name = old["$id"].rpartition("/")[2].partition(".")[0]
    comparison = Comparison(old, new, name not in READ_ONLY_DOCUMENTS)
    if old["$id"] != new["$id"]:
        comparison.add("$id", f"is {new['$id']}, was {old['$id']}: a new version keeps the old schema beside it")
    comparison.compare(old, new)
    return comparison.breaks


def objects(schema, path=()):
    """Every place in a schema that describes an object with properties."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict) and schema["properties"]:
            yield path
        for key, child in schema.items():
            yield from objects(child, path + (key,))
    elif isinstance(schema, list):
        for number, child in enumerate(schema):
            yield from objects(child, path + (number,))


def at(schema, path):
    for step in path:
        schema = schema[step]
    return schema


def mutations(schema):
    """(what was done, the broken schema), at every object of the schema."""
    for path in objects(schema):
        where = "/".join(map(str, path))
        here = at(schema, path)
        name = next(iter(here["properties"]))
        optional = [key for key in here["properties"] if key not in here.get("required", [])]

        def changed(change):
            copied = copy.deepcopy(schema)
            change(at(copied, path))
            return copied

        yield f"{where}: property {name} removed", changed(lambda o: o["properties"].pop(name))
        if optional:
            yield f"{where}: {optional[0]} demanded", changed(lambda o: o.setdefault("required", []).append(optional[0]))
        yield f"{where}: {name} narrowed", changed(lambda o: o["properties"].update({name: {"const": "nothing else"}}))
        if here.get("additionalProperties", True) is True:
            yield f"{where}: closed", changed(lambda o: o.update(additionalProperties=False))


def self_test(schema):
    if found := breaks_between(schema, schema):
        sys.exit(f"FAILED: a schema breaks itself: {found}")
    count = 0
    for what, broken in mutations(schema):
        count += 1
        if not breaks_between(schema, broken):
            sys.exit(f"FAILED: not noticed: {what}")
    grown = copy.deepcopy(schema)
    grown["properties"]["a_new_property"] = {"type": "string"}
    if found := breaks_between(schema, grown):
        sys.exit(f"FAILED: a new optional property is taken for a break: {found}")
    print(f"{count} breaks made and noticed")


if __name__ == "__main__":
    if sys.argv[1] == "--self-test":
        self_test(json.load(open(sys.argv[2], encoding="utf-8")))
    else:
        found = breaks_between(*(json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3]))
        print("\n".join(found) or "old documents stay valid")
        sys.exit(bool(found))
