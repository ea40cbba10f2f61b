#!/usr/bin/python3
"""`reelcell info` of large MCAP files: every topic's count, rate, times and gaps from the message indexes, without the
messages being read, also where the recorder was killed and no summary was written.

usage: large_mcap.py [--megabytes N]   (CI: 80)
"""
import argparse
import json
import struct
import time

from support import LOST, check, reelcell, work_folder

MAGIC = b"\x89MCAP0\r\n"
PAD = 48 * 1024
TOPICS = {1: "/camera_info", 2: "/joints", 3: "/log"}


def text(value):
    return struct.pack("<I", len(value)) + value.encode()


def record(opcode, body):
    return struct.pack("<BQ", opcode, len(body)) + body


def channels():
    schema = json.dumps({"type": "object", "properties": {"x": {"type": "number"}}})
    out = record(3, struct.pack("<H", 1) + text("sample") + text("jsonschema") + text(schema))
    for number, topic in TOPICS.items():
        out += record(4, struct.pack("<HH", number, 1) + text(topic) + text("json") + struct.pack("<I", 0))
    return out


def messages(count):
    """(channel, log time): 30 Hz, 100 Hz with a second missing in the middle, and now and then."""
    times = [(1, round(i * 1e9 / 30)) for i in range(count)]
    length = times[-1][1]
    times += [(2, t) for t in range(0, length, 10_000_000) if not length // 2 <= t < length // 2 + 10**9]
    times += [(3, t) for t in range(7, length, 1_700_000_123)]
    return sorted(times, key=lambda entry: entry[1])


def write(path, megabytes):
    """Chunks of about 1 MiB, none compressed, an index a channel behind each; without data end, summary and footer."""
    count = megabytes * (1 << 20) // PAD
    padding = " " * PAD
    body, index, start, first = channels(), {}, None, True
    written = {number: [] for number in TOPICS}
    with open(path, "wb") as out:
        out.write(MAGIC + record(1, text("") + text("large_mcap")))

        def chunk(body, index, start, end):
            out.write(record(6, struct.pack("<QQQI", start, end, len(body), 0) + text("") + struct.pack("<Q", len(body)) + body))
            for number, entries in sorted(index.items()):
                out.write(record(7, struct.pack("<HI", number, 16 * len(entries)) + b"".join(struct.pack("<QQ", *entry) for entry in entries)))

        for number, at in messages(count):
            data = json.dumps({"x": at % 1000}) + (padding if number == 1 else "")
            index.setdefault(number, []).append((at, len(body)))
            written[number].append(at)
            start = at if start is None else start
            body += record(5, struct.pack("<HIQQ", number, len(written[number]), at, at) + data.encode())
            if len(body) > 1 << 20:
                chunk(body, index, start, at)
                body, index, start = b"", {}, None
        if index:
            chunk(body, index, start, at)
    return written


def expect(item, written, where):
    streams = {stream["item"]: stream for stream in item["streams"]}
    check(streams.keys() == set(TOPICS.values()), f"{where}: {streams.keys()}")
    for number, topic in TOPICS.items():
        times, stream = written[number], streams[topic]
        check((stream["count"], stream["first_ns"], stream["last_ns"]) == (len(times), times[0], times[-1]), f"{where}, {topic}: {stream}, not {len(times)} from {times[0]} to {times[-1]}")
        check(stream["time"]["samples"] == len(times), f"{where}, {topic}: {stream['time']}")
    check(abs(streams["/joints"]["time"]["rate_hz"] - 100) < 0.01, f"{where}: {streams['/joints']['time']}")
    gaps = streams["/joints"]["time"]["gaps"]
    check(gaps["count"] == 1, f"{where}: the joints have one gap: {gaps}")
    check(streams["/camera_info"]["time"]["gaps"]["count"] == 0, f"{where}: {streams['/camera_info']['time']}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=80)
    arguments = parser.parse_args()
    seconds = {}
    with work_folder() as work:
        path = work / "large.mcap"
        written = write(path, arguments.megabytes)
        size = path.stat().st_size

        def info(where, *options, codes=(LOST,)):
            begin = time.monotonic()
            done = reelcell("info", path, "--json", *options, codes=codes)
            seconds[where] = round(time.monotonic() - begin, 2)
            return json.loads(done.stdout)

        killed = info("killed between two chunks")
        expect(killed["items"][0], written, "killed")
        check(any(d["code"] == "mcap-indexed" for d in killed["diagnostics"]), f"nothing says that it was told by indexes: {killed['diagnostics']}")
        if arguments.megabytes <= 200:
            through = info("read through", "--scan")
            expect(through["items"][0], written, "read through")
        with open(path, "r+b") as out:  # in the last chunk, of which the whole messages are kept
            out.truncate(size - (1 << 19))
        cut = {stream["item"]: stream for stream in info("cut in a chunk")["items"][0]["streams"]}
        frames = written[1]
        check(len(frames) - 14 <= cut["/camera_info"]["count"] <= len(frames) - 8, f"cut: {cut['/camera_info']['count']} of {len(frames)}")
        check(cut["/camera_info"]["last_ns"] == frames[cut["/camera_info"]["count"] - 1], f"cut: {cut['/camera_info']}")
        print({"megabytes": size >> 20, "seconds": seconds})


if __name__ == "__main__":
    main()
