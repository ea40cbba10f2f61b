"""schemas/ is what the binary prints, explains itself, keeps old documents valid, and ajv agrees with the binary."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

import compatible

SOURCE = pathlib.Path(os.environ["REELCELL_SOURCE"])
BINARY = pathlib.Path(os.environ["REELCELL_BUILD"]) / "reelcell"
WORK = pathlib.Path(os.environ["REELCELL_CLI_WORK"])
FROZEN = SOURCE / "tests/schemas/v1"
SESSION, CORPUS, RECIPE = "build/sample/session", "build/sample/corpus", "samples/recipe.json"


def fail(message):
    sys.exit(f"FAILED: {message}")


def printed(*arguments, codes=(0, 3)):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, cwd=WORK)
    if done.returncode not in codes:
        fail(f"{arguments}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def load(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def ajv(schemas, documents):
    request = json.dumps({"schemas": schemas, "documents": [{"schema": name, "document": document} for name, document in documents]})
    done = subprocess.run(["node", SOURCE / "tests/independent/ajv_check.mjs"], input=request, capture_output=True, text=True)
    if done.returncode:
        fail(f"ajv refuses a schema: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def files_are_what_the_binary_prints(names):
    there = {path.name.partition(".")[0] for path in (SOURCE / "schemas").glob("*.schema.json")}
    if there != set(names):
        fail(f"schemas/ and 'reelcell schema' differ in {sorted(there ^ set(names))}; run tests/schemas/update.sh")
    for name in names:
        if (SOURCE / f"schemas/{name}.schema.json").read_text(encoding="utf-8") != printed("schema", name):
            fail(f"schemas/{name}.schema.json is not what 'reelcell schema {name}' prints; run tests/schemas/update.sh")


def unexplained(schema, path=""):
    """Properties without a description: an editor could say nothing of them."""
    if isinstance(schema, list):
        for number, child in enumerate(schema):
            yield from unexplained(child, f"{path}/{number}")
    if not isinstance(schema, dict):
        return
    for name, child in schema.get("properties", {}).items() if isinstance(schema.get("properties"), dict) else ():
        if isinstance(child, dict) and "description" not in child and "$ref" not in child:
            yield f"{path}/{name}"
    for name, child in schema.items():
        yield from unexplained(child, f"{path}/{name}")


def schemas_explain_themselves(schemas):
    for name, schema in schemas.items():
        if schema["$schema"] != "http://json-schema.org/draft-07/schema#":
            fail(f"{name}: is not draft-07")
        if schema["$id"] != f"https://reelcell.dev/schemas/v{schema['properties']['version']['const']}/{name}.schema.json":
            fail(f"{name}: $id {schema['$id']} does not carry the name and version")
        if missing := list(unexplained(schema)):
            fail(f"{name}: without description: {missing}")


def old_documents_stay_valid(schemas):
    frozen = sorted(FROZEN.glob("*.schema.json"))
    if {path.name.partition(".")[0] for path in frozen} - set(schemas):
        fail("a document of version 1 has no schema any more")
    for path in frozen:
        name = path.name.partition(".")[0]
        if breaks := compatible.breaks_between(load(path), schemas[name]):
            fail(f"{name}: documents of version 1 would be refused:\n  " + "\n  ".join(breaks))
        compatible.self_test(load(path))
    documents = [(path.parent.name, load(path)) for path in sorted(FROZEN.glob("documents/*/*.json"))]
    if {name for name, _ in documents} < {path.name.partition(".")[0] for path in frozen}:
        fail("a frozen schema has no frozen document")
    for (name, _), why in zip(documents, ajv(schemas, documents)):
        if why:
            fail(f"a frozen document of {name} is refused: {why}")
    return len(documents)


def real_documents(folder):
    """Every document that the tool writes, made now."""
    out = pathlib.Path(folder)
    yield "session", load(WORK / SESSION / "session.json")
    yield "recipe", load(WORK / RECIPE)
    yield "corpus", load(WORK / CORPUS / "corpus.json")
    yield "report", load(WORK / CORPUS / "report.json")
    yield "report", json.loads(printed("build", SESSION, "--recipe", RECIPE, "--out", out / "again", "--json"))
    yield "build-plan", json.loads(printed("build", SESSION, "--recipe", RECIPE, "--dry-run", "--json"))
    visits = "samples/visits.json"
    yield "build-plan", json.loads(printed("build", SESSION, "--recipe", visits, "--dry-run", "--json"))
    yield "labels", json.loads(printed("label", SESSION, "--recipe", visits, "--json"))
    yield "report", json.loads(printed("build", SESSION, "--recipe", visits, "--out", out / "visits", "--json"))
    yield "alignment", json.loads(printed("align", SESSION, "--recipe", RECIPE, "--json"))
    yield "labels", json.loads(printed("label", SESSION, "--recipe", RECIPE, "--json"))
    yield "labels", json.loads(printed("label", SESSION, "--recipe", RECIPE, "--json", "--explain", "--segment", "3"))
    yield "formats", json.loads(printed("formats", "--json"))
    for path in (SESSION, CORPUS, CORPUS + "/lerobot", f"{SESSION}/joints.csv", "build/sample"):
        yield "info", json.loads(printed("info", path, "--json", "--scan"))
    yield "findings", json.loads(printed("validate", CORPUS, SESSION, "--json"))
    (out / "bad.json").write_text('{"version": 2, "outputs": []}', encoding="utf-8")
    yield "findings", json.loads(printed("validate", out / "bad.json", "--json", codes=(1,)))
    yield "replay", json.loads(printed("replay", SESSION, "--end", "1s", "--sheet", out / "sheet.png", "--json"))
    yield "replay", json.loads(printed("replay", SESSION, "--end", "1s", "--render", out / "replay.mp4", "--json"))
    yield from commands(out)
    shutil_run = out / "proposed"
    shutil_run.mkdir()
    for file in ("joints.csv", "plc.jsonl", "front.mp4"):
        (shutil_run / file).write_bytes((WORK / SESSION / file).read_bytes())
    yield "session", json.loads(printed("init", shutil_run, "--dry-run"))
    for shard in sorted((WORK / CORPUS / "webdataset").glob("*.tar")):
        yield "webdataset-index", load(shard.with_suffix(".index.json"))
        with tarfile.open(shard) as tar:
            for member in tar:
                if member.name.count(".") == 1 and member.name.endswith(".json"):
                    yield "webdataset-sample", json.load(tar.extractfile(member))


def commands(out):
    """What plan, work, status, why, diff, edit and watch print."""
    few = f"{CORPUS}/corpus.json"
    keys = [sample["key"] for sample in load(WORK / few)["samples"]]
    yield "parts", json.loads(printed("plan", SESSION, "--recipe", RECIPE, "--parts", "50", "--out", out / "plan", "--json"))
    yield "parts", json.loads(printed("work", "--plan", out / "plan", "--part", "0", "--json"))
    yield "parts", json.loads(printed("status", "--plan", out / "plan", "--json"))
    yield "edit", json.loads(printed("edit", CORPUS, "--keep", keys[0], "--keep", keys[1], "--out", out / "two", "--dry-run", "--json"))
    yield "edit", json.loads(printed("edit", CORPUS, "--keep", keys[0], "--keep", keys[1], "--out", out / "two", "--json"))
    yield "edit", json.loads(printed("edit", out / "two", "--rename", "action=movement", "--drop", keys[1], "--out", out / "one", "--json"))
    yield "diff", json.loads(printed("diff", out / "two", out / "one", "--json", codes=(1,)))
    yield "why", json.loads(printed("why", out / "one", keys[0], "--sources", SESSION, "--check", "--json"))
    yield "why", json.loads(printed("why", CORPUS, keys[-1], "--json"))
    (out / "incoming").mkdir()
    (out / "incoming/early").mkdir()
    (out / "incoming/early/session.json").write_text((WORK / SESSION / "session.json").read_text())
    log = out / "incoming/log"
    log.mkdir()
    (log / "log.csv").write_text("t,x\n" + "".join(f"{i / 100:.2f},{i}\n" for i in range(300)))
    printed("init", log)
    (log / "done.txt").write_text("")
    recipe = out / "watch.json"
    recipe.write_text(json.dumps({"version": 1, "name": "w", "grid": {"rate_hz": 10}, "outputs": [{"format": "webdataset", "folder": "w"}]}))
    for line in printed("watch", out / "incoming", "--recipe", recipe, "--out", out / "watched", "--once", "--marker", "done.txt", "--json").splitlines():
        yield "watch", json.loads(line)


def broken(name, document, schema):
    """Copies of a document, each with one thing that cannot be."""
    for key in schema.get("required", []):
        copied = copy.deepcopy(document)
        del copied[key]
        yield name, copied
        copied = copy.deepcopy(document)
        copied[key] = {"of": "another type"} if not isinstance(document[key], dict) else "of another type"
        yield name, copied
    yield name, {**document, "version": 99}


def binary_says(documents):
    """What `reelcell validate` says of each document: what it takes it for, and whether it fits that schema."""
    with tempfile.TemporaryDirectory(prefix="reelcell-schemas-") as folder:
        paths = []
        for number, (_, document) in enumerate(documents):
            paths.append(pathlib.Path(folder) / f"{number}.json")
            paths[-1].write_text(json.dumps(document), encoding="utf-8")
        results = json.loads(printed("validate", "--json", *paths, codes=(0, 1)))["results"]
    return [(result["kind"], not any(finding["level"] == "error" for finding in result["findings"])) for result in results]


def main():
    names = printed("schema").split()
    files_are_what_the_binary_prints(names)
    schemas = {name: load(SOURCE / f"schemas/{name}.schema.json") for name in names}
    schemas_explain_themselves(schemas)
    frozen = old_documents_stay_valid(schemas)
    with tempfile.TemporaryDirectory(prefix="reelcell-schemas-") as folder:
        real = list(real_documents(folder))
    if missing := set(names) - {name for name, _ in real}:
        fail(f"no real document of {sorted(missing)} was made")
    for (name, _), why in zip(real, ajv(schemas, real)):
        if why:
            fail(f"a {name} document that the tool wrote is refused: {why}")
    first = {}
    for name, document in real:
        first.setdefault(name, document)
    bad = [item for name, document in first.items() for item in broken(name, document, schemas[name])]
    for (name, document), why in zip(bad, ajv(schemas, bad)):
        if not why:
            fail(f"a broken {name} document passes: {json.dumps(document)[:300]}")
    sample = [item for item in real if item[0] != "webdataset-sample"] + [(n, d) for n, d in real if n == "webdataset-sample"][:3]
    for expected, documents in ((True, sample), (False, bad)):
        for (name, document), (kind, fits) in zip(documents, binary_says(documents)):
            # Without the key by which it is known, a broken document may be taken for another one.
            if fits != expected and (kind == name or expected):
                fail(f"'reelcell validate' and ajv do not agree on a {name} document (ajv: {expected}): {json.dumps(document)[:300]}")
    print(f"{len(names)} schemas, {frozen} frozen, {len(real)} real and {len(bad)} broken documents")


main()
