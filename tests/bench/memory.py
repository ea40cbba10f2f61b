#!/usr/bin/python3
"""Peak memory of `reelcell build` against the number of episodes and the length of a session.

usage: memory.py [--episodes 10,100,1000,10000] [--seconds 60,36000] [--per-session 100] [--threads 2] [--work DIR] [--most-growth MIB]

Sessions have a camera (25 frames a second, a key frame a second) and joints at 100 Hz; windows of one second become
episodes of a LeRobot set and of WebDataset shards, video by packet copy. Many episodes come from many sessions; the long sessions are cut into windows of ten seconds. Prints a table; ends with 1 when the peak grows by
more than --most-growth from the first row of a group to any other.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("REELCELL_BINARY", SOURCE / "build/reelcell"))
RATE, FPS = 100, 25


def recipe(window):
    return {"version": 1, "name": "memory", "grid": {"rate_hz": FPS, "anchor": "front"}, "segments": [{"kind": "window", "length": f"{window}s"}],
            "features": [{"name": "observation.state", "from": ["joints.q"], "dtype": "float32"}, {"name": "action", "from": ["joints.q"], "dtype": "float32"},
                         {"name": "observation.images.front", "video": "front"}],
            "labels": [{"name": "peak", "value": "max(joints.q[0])"}], "splits": {"by": "session", "ratios": {"train": 0.8, "val": 0.2}},
            "outputs": [{"format": "lerobot_v3", "folder": "lerobot"}, {"format": "webdataset", "folder": "wds"}]}


def description(name):
    columns = [{"name": "q", "from": [f"q{i}" for i in range(1, 8)], "unit": "rad"}]
    return {"version": 1, "id": name, "clock": {"epoch": "boot"}, "attributes": {"robot": "arm"},
            "streams": [{"name": "front", "kind": "video", "path": "front.mp4", "format": "video", "rate_hz": FPS},
                        {"name": "joints", "kind": "series", "path": "joints.csv", "format": "csv", "rate_hz": RATE,
                         "options": {"time_column": "t", "time_unit": "s", "columns": columns}}]}


def make_video(path, seconds, minute):
    if not minute.exists():
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=128x96:rate={FPS}:duration=60", "-c:v", "libx264", "-preset", "veryfast",
                        "-g", str(FPS), "-keyint_min", str(FPS), "-sc_threshold", "0", "-bf", "0", "-pix_fmt", "yuv420p", minute], check=True)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-stream_loop", str(seconds // 60), "-i", minute, "-t", str(seconds), "-c", "copy", path], check=True)


def make_session(folder, seconds, minute):
    """Joints a minute at a time: the maker has to be as modest as what it measures."""
    folder.mkdir(parents=True)
    make_video(folder / "front.mp4", seconds, minute)
    with open(folder / "joints.csv", "w") as log:
        log.write("t," + ",".join(f"q{i}" for i in range(1, 8)) + "\n")
        for start in range(0, seconds, 60):
            t = start + np.arange(RATE * min(60, seconds - start)) / RATE
            q = np.sin(np.outer(t, 0.3 + 0.1 * np.arange(7)))
            log.writelines("%.2f,%.5f,%.5f,%.5f,%.5f,%.5f,%.5f,%.5f\n" % (x, *row) for x, row in zip(t, q))
    (folder / "session.json").write_text(json.dumps(description(folder.name)))


def copies(first, count):
    """Sessions of the same recordings with ids of their own."""
    folders = [first]
    for number in range(1, count):
        folder = first.with_name(f"{first.name}-{number:05d}")
        folder.mkdir()
        for name in ("front.mp4", "joints.csv"):
            os.link(first / name, folder / name)
        (folder / "session.json").write_text(json.dumps(description(folder.name)))
        folders.append(folder)
    return folders


def build(sessions, work, window, threads):
    (work / "recipe.json").write_text(json.dumps(recipe(window)))
    out = work / "corpus"
    subprocess.run(["rm", "-rf", out], check=True)
    start = time.monotonic()
    with subprocess.Popen([BINARY, "build", *sessions, "--recipe", work / "recipe.json", "--out", out, "-j", str(threads)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {errors[-1000:]}")
    report = json.loads((out / "report.json").read_text())
    copied = report["video"]["observation.images.front"]["encoded"]["frames"] == 0
    return {"episodes": report["episodes"], "rows": report["rows"], "copied": copied, "seconds": time.monotonic() - start, "mib": usage.ru_maxrss / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [int(part) for part in text.split(",") if part]
    parser.add_argument("--episodes", type=numbers, default=[10, 100, 1000, 10_000])
    parser.add_argument("--seconds", type=numbers, default=[60, 36_000])
    parser.add_argument("--per-session", type=int, default=100, help="episodes of a session, at most (default 100)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=pathlib.Path, default=None)
    parser.add_argument("--most-growth", type=float, default=None)
    options = parser.parse_args()
    grown = False
    print(f"{'':24}{'episodes':>10}{'rows':>10}{'MiB':>8}{'s':>8}")
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        work = pathlib.Path(folder)

        def group(cases):
            nonlocal grown
            first = None
            for name, sessions, window in cases:
                figures = build(sessions, work, window, options.threads)
                print(f"{name:24}{figures['episodes']:>10}{figures['rows']:>10}{figures['mib']:>8.0f}{figures['seconds']:>8.1f}"
                      f"{'' if figures['copied'] else '  video was encoded'}", flush=True)
                first = first or figures["mib"]
                grown = grown or (options.most_growth is not None and figures["mib"] > first + options.most_growth)

        def many():
            for count in options.episodes:
                first = work / f"s{count}"
                make_session(first, min(count, options.per_session), work / "minute.mp4")
                yield f"{count} episodes", copies(first, max(1, count // options.per_session)), 1

        def long():
            for seconds in options.seconds:
                session = work / f"long{seconds}"
                make_session(session, seconds, work / "minute.mp4")
                yield f"one session of {seconds} s", [session], 10

        group(many())
        group(long())
    sys.exit(1 if grown else 0)


if __name__ == "__main__":
    main()
