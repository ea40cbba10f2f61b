#!/usr/bin/python3
"""`validate` on one file out of a whole: a shard, a Parquet table, a meta/info.json, each checked as deeply as it can be
alone. Good files of ours and of other programs pass; each damage, made with other tools, is found by its code."""
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile

from support import DATA, INDEPENDENT, check, reelcell, work_folder

WORK = pathlib.Path(os.environ["REELCELL_CLI_WORK"])
CORPUS = WORK / "build/sample/corpus"
SHARD = CORPUS / "webdataset/val-000000.tar"


def result(path, *options):
    done = reelcell("validate", "--json", *options, path, codes=(0, 1))
    (found,) = json.loads(done.stdout)["results"]
    check(bool(done.returncode) == any(f["level"] == "error" for f in found["findings"]), f"{path}: exit code {done.returncode}")
    return found


def errors(found):
    return {f["code"] for f in found["findings"] if f["level"] == "error"}


def checked(found):
    return found["checked"]


# Shards

def members(path):
    with tarfile.open(path) as archive:
        return [(info.name, archive.extractfile(info).read()) for info in archive]


def write_shard(path, entries):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def document(change):
    """Changes the first sample's json."""
    def damage(entries):
        at = next(i for i, (name, _) in enumerate(entries) if name.endswith(".json") and name.count(".") == 1)
        value = json.loads(entries[at][1])
        change(value)
        entries[at] = (entries[at][0], json.dumps(value).encode())
    return damage


def first(suffix, change):
    def damage(entries):
        at = next(i for i, (name, _) in enumerate(entries) if name.endswith(suffix))
        entries[at] = change(*entries[at])
    return damage


def move_to_end(entries):
    entries.append(entries.pop(0))


SHARDS = [
    ("a rate that is none", document(lambda d: d.update(rate=[30])), {"DOC-SCHEMA"}),
    ("an episode below 0", document(lambda d: d.update(episode=-1)), {"DOC-SCHEMA"}),
    ("no lineage", document(lambda d: d.pop("lineage")), {"DOC-SCHEMA"}),
    ("rows of another clip", document(lambda d: d.update(rows=d["rows"] + 1)), {"WDS-ROWS"}),
    ("a document that breaks off", first(".json", lambda name, data: (name, data[:100])), {"WDS-JSON"}),
    ("an array that breaks off", first(".npy", lambda name, data: (name, data[:-3])), {"WDS-NPY"}),
    ("an array without a header", first(".npy", lambda name, data: (name, b"\0" * len(data))), {"WDS-NPY"}),
    ("a member of another name", first(".npy", lambda name, data: (name[:-4] + "x.npy", data)), {"WDS-MEMBER-MISSING"}),
    ("members not together", move_to_end, {"WDS-NOT-ADJACENT"}),
    ("a member that leads out", lambda entries: entries.insert(0, ("../evil.json", b"{}")), {"WDS-PATH"}),
]


def shards(work):
    good = result(SHARD)
    samples = len({name.split(".")[0] for name, _ in members(SHARD)})
    check(good["kind"] == "webdataset" and not good["findings"], f"a good shard: {good}")
    check(checked(good)["samples"] == checked(good)["documents"] == samples, f"{samples} samples: {good['checked']}")
    check(checked(good)["members"] == len(members(SHARD)), f"members: {good['checked']}")

    for compress, name in ((["zstd", "-q"], "val.tar.zst"), (["gzip", "-k"], "val.tar.gz")):
        shutil.copy(SHARD, work / "val.tar")
        subprocess.run([*compress, work / "val.tar"], check=True)
        packed = result(work / name)
        check(not packed["findings"] and checked(packed) == checked(good), f"{name}: {packed}")

    # With the index beside it, each member's place and hash.
    (work / "indexed").mkdir()
    index = SHARD.with_name("val-000000.index.json")
    shard = work / "indexed" / SHARD.name
    for damage, code in ((lambda i: i["samples"][1].update(offset=512), "WDS-INDEX"),
                         (lambda i: i["samples"][1]["members"][0].update(xxh3_128="0" * 32), "WDS-HASH"),
                         (lambda i: i.update(bytes=-1), "DOC-SCHEMA")):
        shutil.copy(SHARD, shard)
        value = json.loads(index.read_text())
        damage(value)
        (work / "indexed" / index.name).write_text(json.dumps(value))
        check(code in errors(result(shard)), f"an index that is wrong: {code} is not found")

    for what, damage, expected in SHARDS:
        entries = members(SHARD)
        damage(entries)
        write_shard(work / "damaged.tar", entries)
        found = errors(result(work / "damaged.tar"))
        check(expected <= found, f"{what}: {expected} expected, found {found}")
    (work / "damaged.tar").write_bytes(SHARD.read_bytes()[:20_000])
    check("WDS-TAR-TRUNCATED" in errors(result(work / "damaged.tar")), "a cut shard")

    # One fault in every sample is told a few times, not once a sample.
    entries = [(name, json.dumps({**json.loads(data), "rate": 1}).encode() if name.count(".") == 1 and name.endswith(".json") else data)
               for name, data in members(SHARD)]
    write_shard(work / "damaged.tar", entries)
    told = [f for f in result(work / "damaged.tar")["findings"] if f["code"] == "DOC-SCHEMA"]
    check(len(told) < 5 * 3 and any("further samples" in f["message"] for f in told), f"{len(told)} findings of one fault")

    foreign = [path for path in (DATA / "webdataset").rglob("*.tar") if path.is_file()]
    for path in foreign:
        found = result(path)
        check(found["kind"] == "webdataset" and "DOC-SCHEMA" not in errors(found), f"{path}: {found}")
    return {"shard damages": len(SHARDS), "foreign shards": len(foreign)}


# Parquet

def duckdb(query):
    done = subprocess.run(["node", INDEPENDENT / "duckdb_query.mjs", query], capture_output=True, text=True)
    check(done.returncode == 0, f"DuckDB: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def parquet(work):
    table = work / "table.parquet"
    duckdb(f"""COPY (SELECT i AS number, (CASE WHEN i % 7 = 0 THEN NULL ELSE i / 3.0 END)::DOUBLE AS maybe,
        [i::FLOAT, 'NaN'::FLOAT] AS list, {{'a': i::UTINYINT, 'b': 'text ' || i}} AS pair, MAP {{'k' || i: i}} AS map,
        DATE '2026-01-01' + (i % 100)::INTEGER AS day, TIMESTAMP '2026-01-01' + INTERVAL (i) SECOND AS stamp,
        i::DECIMAL(9, 2) AS money, i % 2 = 0 AS flag, (i - 128)::TINYINT AS small, uuid() AS id,
        CASE WHEN i < 0 THEN [1] END AS never, 18446744073709551000::UBIGINT + i::UBIGINT AS large
        FROM range(100) t(i), range(100)) TO '{table}' (FORMAT parquet, ROW_GROUP_SIZE 2048)""")
    good = result(table)
    groups = duckdb(f"SELECT count(DISTINCT row_group_id) FROM parquet_metadata('{table}')")[0][0]
    check(good["kind"] == "parquet" and not good["findings"], f"a good table: {good}")
    check(checked(good)["rows"] == 10_000 and checked(good)["row groups"] == int(groups) > 1, f"counts: {good['checked']}")

    def pages(group, column):
        """(first byte, bytes) of a column of a row group."""
        (row,) = duckdb(f"""SELECT coalesce(dictionary_page_offset, data_page_offset), total_compressed_size
            FROM parquet_metadata('{table}') WHERE row_group_id = {group} AND path_in_schema = '{column}'""")
        return int(row[0]), int(row[1])

    data = table.read_bytes()
    damaged = work / "damaged.parquet"
    begin, size = pages(1, "maybe")
    damaged.write_bytes(data[:begin] + b"\xff" * size + data[begin + size:])
    found = result(damaged)
    check(errors(found) == {"PQ-DECODE"}, f"pages that are no pages: {found}")
    (told,) = [f for f in found["findings"] if f["level"] == "error"]
    check("row group 1 " in told["where"] and "column maybe" in told["where"], f"the place of the damage: {told}")
    check(checked(found)["rows"] == 10_000, "the other row groups are still looked at")
    for keep in (3, 11, len(data) // 2, len(data) - 1):
        damaged.write_bytes(data[:keep])
        check(errors(result(damaged)) == {"PQ-FOOTER"}, f"cut after {keep} bytes: {result(damaged)}")

    # Statistics that the values do not keep to: the largest number of the file, where the footer states it.
    stated = data.rindex((99).to_bytes(8, "little"))
    damaged.write_bytes(data[:stated] + (98).to_bytes(8, "little") + data[stated + 8:])
    found = result(damaged)
    check(errors(found) == {"PQ-STATS"} and "98" in found["findings"][0]["message"], f"a bound that is too low: {found}")
    damaged.write_bytes(data[:stated] + (1000).to_bytes(8, "little") + data[stated + 8:])
    found = result(damaged)
    check(not errors(found) and {f["code"] for f in found["findings"]} == {"PQ-STATS-LOOSE"}, f"a bound that is too high: {found}")

    # Tables of other writers, and of ours: no finding but where a table is a part of a set.
    tables = [p for p in DATA.rglob("*.parquet") if "malformed" not in p.parts][::7] + list(CORPUS.rglob("*.parquet"))
    for path in tables:
        found = result(path)
        check({f["code"] for f in found["findings"]} <= {"PQ-PART"}, f"{path}: {found['findings']}")
        (rows,) = duckdb(f"SELECT count(*) FROM read_parquet('{path}')")[0]
        check(checked(found)["rows"] == int(rows), f"{path}: {rows} rows, {found['checked']}")
    return {"tables": len(tables)}


# meta/info.json

INFOS = [
    ("no features", lambda d: d.pop("features"), {"LR-INFO-KEY"}),
    ("a rate of a fraction", lambda d: d.update(fps=29.97), {"LR-INFO-FPS"}),
    ("a version to come", lambda d: d.update(codebase_version="v9.0"), {"LR-INFO-VERSION"}),
    ("a total below 0", lambda d: d.update(total_frames=-1), {"LR-INFO-KEY"}),
    ("a template of another version", lambda d: d.update(data_path="data/{episode_chunk:03d}.parquet"), {"LR-INFO-PATH"}),
    ("a split of more episodes", lambda d: d.update(splits={"train": "0:99999"}), {"LR-INFO-SPLITS"}),
    ("stamps in doubles", lambda d: d["features"]["timestamp"].update(dtype="float64"), {"LR-FEATURE-SPEC"}),
    ("no frame index", lambda d: d["features"].pop("frame_index"), {"LR-FEATURE-MISSING"}),
]


def info(work):
    meta = CORPUS / "lerobot/meta"
    good = result(meta / "info.json")
    value = json.loads((meta / "info.json").read_text())
    check(good["kind"] == "lerobot_v3" and not errors(good), f"a good info.json: {good}")
    (note,) = good["findings"]
    check(note["code"] == "LR-INFO-ALONE" and "lerobot" in note["message"], f"that the set was not checked is not said: {note}")
    check(checked(good) == {"features": len(value["features"])}, f"features: {good['checked']}")
    here = subprocess.run([os.environ["REELCELL_BINARY"], "validate", "info.json"], cwd=meta, capture_output=True, text=True)
    check(here.returncode == 0 and "lerobot" in here.stdout, f"by its bare name: {here.stdout}{here.stderr}")
    for what, damage, expected in INFOS:
        changed = json.loads(json.dumps(value))
        damage(changed)
        (work / "info.json").write_text(json.dumps(changed))
        found = errors(result(work / "info.json"))
        check(expected <= found, f"{what}: {expected} expected, found {found}")
        check(all(f["path"] == "info.json" for f in result(work / "info.json")["findings"]), "findings name the file that was given")
    return {"info.json damages": len(INFOS)}


def main():
    with work_folder() as work:
        print({**shards(work), **parquet(work), **info(work)})


if __name__ == "__main__":
    main()
