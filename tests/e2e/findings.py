#!/usr/bin/python3
"""Faults that no writer of ours makes, put into files byte by byte: validate names each by its code."""
import json
import subprocess
import tarfile

from support import INDEPENDENT, check, reelcell, work_folder, write_json


def codes(path, *options):
    report = json.loads(reelcell("validate", path, "--format", "json", *options, codes=None).stdout)
    return {finding["code"] for result in report["results"] for finding in result["findings"]}


def varint(value):
    out, value = b"", (value << 1) ^ (value >> 63)  # zigzag, as Thrift's compact protocol has it
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def parquet_footers(work):
    good = work / "good.parquet"
    query = f"COPY (SELECT range AS a, range * 2 AS b FROM range(12345)) TO '{good}' (FORMAT parquet)"
    done = subprocess.run(["node", INDEPENDENT / "duckdb_query.mjs", query], capture_output=True, text=True)
    check(done.returncode == 0, done.stderr[-500:])
    whole = good.read_bytes()
    start = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    body, footer = whole[:start], whole[start:]

    def damaged(old, new, name):
        check(old in footer and len(old) == len(new), f"{name}: {old} is not in the footer")
        path = work / f"{name}.parquet"
        path.write_bytes(body + footer.replace(old, new, 1))
        return codes(path)

    check(codes(good) == set(), f"a good table: {codes(good)}")
    rows = b"\x16" + varint(12345)  # FileMetaData.num_rows comes before those of the row groups
    check("PQ-COUNT" in damaged(rows, b"\x16" + varint(12346), "rows"), "a wrong number of rows is not found")
    first_page = b"\x26" + varint(4)  # the first chunk begins behind the magic
    check("PQ-PLACE" in damaged(first_page, b"\x26" + varint(-4), "place"), "pages before the file are not found")


def codec_without_decoder(work):
    path = work / "unknown.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=30:duration=1", "-c:v", "libx264",
                    "-bf", "0", path], check=True, capture_output=True)
    check(codes(path) == set(), f"a good video: {codes(path)}")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"vvc1").replace(b"avcC", b"free"))
    check("VIDEO-NO-DECODER" in codes(path), f"H.266, which FFmpeg 5.1 cannot decode: {codes(path)}")


def documents(work):
    recipe = work / "recipe.json"

    def of(document):
        recipe.write_text(json.dumps(document))
        return codes(recipe)

    good = {"version": 1, "name": "cell", "segments": [{"kind": "session"}], "outputs": [{"format": "lerobot_v3", "folder": "l"}]}
    check(of(good) == set(), f"a good recipe: {of(good)}")
    check(of(good | {"variants": {"b": {"v_max": 1}}}) == {"RECIPE-INVALID"}, "a variant of no parameter is not found")
    check(of(good | {"gates": [{"kind": "gaps", "max_gap": "hurry"}]}) == {"RECIPE-INVALID"}, "an unknown parameter is not found")
    check(of({"hello": "world"}) == {"DOC-UNKNOWN"}, "a document of no kind is not told")


def clock_not_stated(work):
    folder = work / "session"
    folder.mkdir()
    (folder / "log.csv").write_text("t,a\n" + "".join(f"{i / 10},{i}\n" for i in range(50)))
    stream = {"name": "log", "kind": "series", "path": "log.csv", "format": "csv",
              "options": {"time_column": "t", "time_unit": "s", "columns": [{"name": "x", "from": ["a"]}]}}
    for clock in ({"offset_ns": 0}, None):
        streams = [stream | {"clock": clock}] if clock else [stream]
        write_json(folder / "session.json", {"version": 1, "id": "s", "clock": {"epoch": "boot"}, "streams": streams})
        found = codes(folder)
        check(found == (set() if clock else {"SESSION-CLOCK-ASSUMED"}), f"a clock of {clock}: {found}")


def member_too_large(work):
    size = (4 << 30) + 512
    shard = work / "large-000000.tar"
    with shard.open("wb") as file:
        header = tarfile.TarInfo("a.json")
        header.size = size
        file.write(header.tobuf(tarfile.PAX_FORMAT))
        file.truncate(512 + size + 1024)  # holes: nothing of it is on the disk
    check("WDS-LARGE" in codes(shard), f"a member that is not looked into is not told: {codes(shard)}")


def main():
    with work_folder() as work:
        parquet_footers(work)
        codec_without_decoder(work)
        documents(work)
        clock_not_stated(work)
        member_too_large(work)


main()
