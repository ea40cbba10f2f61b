#!/usr/bin/python3
"""Faults that no writer of ours makes, put into files byte by byte: validate names each by its code."""
import json
import subprocess

from support import INDEPENDENT, check, reelcell, work_folder


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


def main():
    with work_folder() as work:
        parquet_footers(work)
        codec_without_decoder(work)


main()
