#!/usr/bin/python3
"""An image topic of an encoding that is no picture costs itself, not the numbers that were recorded beside it."""
import json
import struct

from support import LOST, check, integers, reelcell, work_folder, write_json

IMAGE = """std_msgs/Header header
uint32 height
uint32 width
string encoding
uint8 is_bigendian
uint32 step
uint8[] data
================================================================================
MSG: std_msgs/Header
uint32 seq
time stamp
string frame_id
"""
MAGIC = b"\x89MCAP0\r\n"
ROWS = 20


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data


def record(opcode, body):
    return struct.pack("<BQ", opcode, len(body)) + body


def message(channel, number, data):
    time = 10**11 + number * 10**8
    return record(5, struct.pack("<HIQQ", channel, number, time, time) + data)


def image(encoding, bytes_a_pixel, number):
    width, height = 64, 48
    data = bytes([number * 10]) * (width * height * bytes_a_pixel)
    return (struct.pack("<III", number, 100, number * 10**8) + text("camera") + struct.pack("<II", height, width) + text(encoding)
            + struct.pack("<BII", 0, width * bytes_a_pixel, len(data)) + data)


def recording(path, encoding, bytes_a_pixel):
    out = MAGIC + record(1, text("ros1") + text("test"))
    out += record(3, struct.pack("<H", 1) + text("sensor_msgs/Image") + text("ros1msg") + text(IMAGE))
    out += record(3, struct.pack("<H", 2) + text("V") + text("jsonschema") + text('{"type": "object", "properties": {"v": {"type": "number"}}}'))
    out += record(4, struct.pack("<HH", 1, 1) + text("/camera") + text("ros1") + struct.pack("<I", 0))
    out += record(4, struct.pack("<HH", 2, 2) + text("/v") + text("json") + struct.pack("<I", 0))
    for number in range(ROWS):
        out += message(1, number, image(encoding, bytes_a_pixel, number)) + message(2, number, json.dumps({"v": number}).encode())
    path.write_bytes(out + record(15, struct.pack("<I", 0)) + record(2, struct.pack("<QQI", 0, 0, 0)) + MAGIC)
    return path


def main():
    with work_folder() as work:
        recipe = work / "recipe.json"
        write_json(recipe, {"version": 1, "name": "v", "grid": {"rate_hz": 10}, "features": [{"name": "v", "from": ["v.v"], "dtype": "int64"}],
                            "outputs": [{"format": "lerobot_v3", "folder": "set"}]})
        for encoding, size in (("rgb8", 3), ("32FC1", 4), ("bayer_rggb8", 1)):
            path = recording(work / f"{encoding}.mcap", encoding, size)
            bad = encoding != "rgb8"
            done = reelcell("build", path, "--recipe", recipe, "--out", work / encoding, codes=(LOST if bad else 0,))
            check(("session-stream-unreadable" in done.stderr) == bad and (not bad or encoding in done.stderr), f"{encoding}: {done.stderr}")
            rows = integers(work / encoding / "set/data/chunk-000/file-000.parquet", ["v"])
            check([row["v"] for row in rows] == list(range(ROWS)), f"{encoding}: the numbers are {rows}")


main()
