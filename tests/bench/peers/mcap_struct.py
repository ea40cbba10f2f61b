#!/usr/bin/python3
"""Uncompressed MCAP to typed columns with python's struct and numpy, record by record. usage: FILE

For want of an MCAP package in Debian: what a hand-written reader of this layout costs. No CRC is checked."""
import json
import resource
import struct
import sys
import time
import zlib

import numpy as np

VALUES = 23


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def records(data, at, end):
    while at + 9 <= end:
        opcode, size = data[at], int.from_bytes(data[at + 1:at + 9], "little")
        yield opcode, at + 9, size
        at += 9 + size


def main():
    wall, used = time.monotonic(), cpu()
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    head, rows = struct.Struct("<HIQQ"), {}
    for opcode, at, size in records(data, 8, len(data) - 8):
        if opcode != 6:
            continue
        crc, = struct.unpack_from("<I", data, at + 24)
        name, = struct.unpack_from("<I", data, at + 28)
        if name:
            raise SystemExit("this chunk is compressed")
        begin, length = at + 40, size - 40
        if zlib.crc32(memoryview(data)[begin:begin + length]) != crc:
            raise SystemExit("a chunk is damaged")
        for inner, place, _ in records(data, begin, begin + length):
            if inner == 5:
                channel, _, log_time, _ = head.unpack_from(data, place)
                rows.setdefault(channel, []).append((log_time, place + 22))
    columns, count = {}, 0
    whole = np.frombuffer(data, dtype=np.uint8)
    for channel, entries in sorted(rows.items()):
        places = np.array([place for _, place in entries])
        raw = whole[places[:, None] + np.arange(4, 8 + 8 * VALUES)]
        q = raw[:, :8 * VALUES].copy().view("<f8")
        n = raw[:, 8 * VALUES:].copy().view("<u4")[:, 0]
        columns[channel] = (q, n, np.array([time for time, _ in entries], dtype=np.int64))
        count += len(entries)
    cost = {"wall": time.monotonic() - wall, "cpu": cpu() - used, "count": count}
    check = ""
    for q, n, times in columns.values():
        values = 0.0
        for row in range(len(q)):
            values += float(q[row, row % VALUES])
        check += f"{len(q)} {values:.9e} {int(n.astype(np.int64).sum())} {int(times.sum())};"
    print(json.dumps(cost | {"check": check}))


main()
