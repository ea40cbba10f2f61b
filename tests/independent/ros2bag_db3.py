#!/usr/bin/env python3
"""Messages of a rosbag2 SQLite bag as JSON lines: {"topic", "time", "values"}.

Decodes CDR with Python's struct for the few message types listed here; shares nothing with Reelcell.
Usage: ros2bag_db3.py BAG.db3
"""
import json
import shutil
import sqlite3
import struct
import sys
import tempfile

BASIC = [("bool_value", "?"), ("byte_value", "B"), ("char_value", "B"), ("float32_value", "f"), ("float64_value", "d"),
         ("int8_value", "b"), ("uint8_value", "B"), ("int16_value", "h"), ("uint16_value", "H"), ("int32_value", "i"),
         ("uint32_value", "I"), ("int64_value", "q"), ("uint64_value", "Q")]
TYPES = {
    "test_msgs/msg/BasicTypes": BASIC,
    "test_msgs/BasicTypes": BASIC,
    # The arrays of primitives come first; what follows them is left alone.
    "test_msgs/msg/Arrays": [(name + "s", code * 3) for name, code in BASIC] + [("string_values", "sss")],
    "std_msgs/msg/String": [("data", "s")],
    "rcl_interfaces/msg/Log": [("stamp", "t"), ("level", "B"), ("name", "s"), ("msg", "s"), ("file", "s"),
                               ("function", "s"), ("line", "I")],
}


class Cdr:
    def __init__(self, data):
        assert data[:2] == b"\x00\x01", "little-endian CDR"
        self.data, self.at = data[4:], 0

    def number(self, code):
        size = struct.calcsize("<" + code)
        self.at += -self.at % size
        self.at += size
        return struct.unpack_from("<" + code, self.data, self.at - size)[0]

    def value(self, code):
        if code == "t":
            return self.number("i") * 10**9 + self.number("I")
        if code != "s":
            return self.number(code)
        size = self.number("I")
        self.at += size
        return self.data[self.at - size:self.at].rstrip(b"\0").decode()


def main(path):
    with tempfile.TemporaryDirectory() as folder:
        # A copy: SQLite may want to write beside the bag.
        copy = shutil.copy(path, folder)
        bag = sqlite3.connect(copy)
        topics = {row[0]: row[1:] for row in bag.execute("SELECT id, name, type FROM topics")}
        for topic, time, data in bag.execute("SELECT topic_id, timestamp, data FROM messages ORDER BY timestamp, id"):
            name, kind = topics[topic]
            if kind not in TYPES:
                continue
            cdr = Cdr(data)
            values = {}
            for field, codes in TYPES[kind]:
                found = [cdr.value(code) for code in codes]
                values[field] = found if len(found) > 1 else found[0]
            print(json.dumps({"topic": name, "time": time, "values": values}))
        bag.close()


if __name__ == "__main__":
    main(sys.argv[1])
