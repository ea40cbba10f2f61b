#!/usr/bin/python3
"""How much of a build of ONE session is done at once: -j 1 against -j N, and what each thread did.

usage: parallel.py [--seconds 60] [--threads 2] [--rounds 3] [--check]

A camera of 640x480 at 30 frames/s with a key frame every 3 s and joints at 100 Hz, cut into windows of 2 s: frames are decoded for a
gate and for statistics, most clips are encoded in part, rows are labelled, LeRobot v3 and WebDataset are written. Both sides must
give the same bytes. Prints wall and processor time, and the share of each thread: whoever waits in turn for decoder, encoder and
disk has one busy thread. --check ends with 1 where two builders do not share the work, or the writer writes only when they have
ended: that does not depend on how busy the machine is.
"""
import argparse
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("REELCELL_BINARY", SOURCE / "build/reelcell"))
TICKS = os.sysconf("SC_CLK_TCK")

RECIPE = {"version": 1, "name": "parallel", "grid": {"rate_hz": 30, "anchor": "front"}, "segments": [{"kind": "window", "length": "2s"}],
          "features": [{"name": "observation.state", "from": ["joints.q"], "dtype": "float32"}, {"name": "observation.images.front", "video": "front"}],
          "labels": [{"name": "peak", "value": "max(joints.q[0])"}], "gates": [{"kind": "black", "action": "drop"}],
          "outputs": [{"format": "lerobot_v3", "folder": "lerobot"}, {"format": "webdataset", "folder": "wds"}]}


def make_session(folder, seconds):
    folder.mkdir()
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=640x480:rate=30:duration={seconds}", "-c:v", "libx264",
                    "-preset", "veryfast", "-g", "90", "-keyint_min", "90", "-sc_threshold", "0", "-bf", "0", "-pix_fmt", "yuv420p",
                    folder / "front.mp4"], check=True)
    with open(folder / "joints.csv", "w") as log:
        log.write("t,q1,q2\n")
        log.writelines(f"{i / 100:.2f},{i % 700 / 700:.4f},{-i % 900 / 900:.4f}\n" for i in range(seconds * 100))
    columns = [{"name": "q", "from": ["q1", "q2"], "unit": "rad"}]
    (folder / "session.json").write_text(json.dumps(
        {"version": 1, "id": "one", "clock": {"epoch": "boot"},
         "streams": [{"name": "front", "kind": "video", "path": "front.mp4", "format": "video", "rate_hz": 30},
                     {"name": "joints", "kind": "series", "path": "joints.csv", "format": "csv", "rate_hz": 100,
                      "options": {"time_column": "t", "time_unit": "s", "columns": columns}}]}))


class ThreadTimes(threading.Thread):
    """Processor seconds of each thread of a process, as last seen, and when it was first seen to work."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.folder, self.pid, self.seconds, self.ended = f"/proc/{pid}/task", pid, {}, False

    def run(self):
        while not self.ended:
            for thread in self._threads():
                try:
                    with open(f"{self.folder}/{thread}/stat") as stat:
                        fields = stat.read().rsplit(")", 1)[1].split()
                    self.seconds[int(thread)] = (int(fields[11]) + int(fields[12])) / TICKS
                except (FileNotFoundError, ProcessLookupError, IndexError):
                    continue
            time.sleep(0.02)

    def _threads(self):
        try:
            return os.listdir(self.folder)
        except FileNotFoundError:
            return []


def build(session, recipe, out, threads):
    subprocess.run(["rm", "-rf", out], check=True)
    begin = time.monotonic()
    with subprocess.Popen([BINARY, "build", session, "--recipe", recipe, "--out", out, "-j", str(threads)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        times = ThreadTimes(process.pid)
        times.start()
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    times.ended = True
    times.join()
    if process.returncode not in (0, 3):
        sys.exit(f"exit code {process.returncode}: {errors[-1000:]}")
    main = times.seconds.pop(times.pid, 0)
    return {"wall": time.monotonic() - begin, "cpu": usage.ru_utime + usage.ru_stime, "main": main,
            "others": sorted(times.seconds.values(), reverse=True)}


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and ".reelcell" not in path.parts}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reelcell-parallel-") as folder:
        work = pathlib.Path(folder)
        make_session(work / "one", options.seconds)
        (work / "recipe.json").write_text(json.dumps(RECIPE))
        sides = {1: [], options.threads: []}
        for _ in range(options.rounds):
            for threads, runs in sides.items():
                runs.append(build(work / "one", work / "recipe.json", work / f"j{threads}", threads))
        if digests(work / "j1") != digests(work / f"j{options.threads}"):
            sys.exit("the bytes depend on the number of threads")
        video = json.loads((work / "j1" / "report.json").read_text())["video"]["observation.images.front"]
        print(f"one session of {options.seconds} s: {video['copied']['frames']} frames copied, {video['encoded']['frames']} encoded")
    for threads, runs in sides.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in ("wall", "cpu", "main")}
        busiest = runs[-1]["others"][:threads] if threads > 1 else []
        print(f"-j {threads}: {middle['wall']:.2f} s wall, {middle['cpu']:.2f} s CPU, {middle['cpu'] / middle['wall']:.2f} processors at work; "
              f"main thread {middle['main']:.2f} s of it, builders {', '.join(f'{s:.2f} s' for s in busiest) or 'none'}")
    ratios = sorted(one["wall"] / many["wall"] for one, many in zip(*sides.values()))
    print(f"-j 1 takes {statistics.median(ratios):.2f} times as long ({ratios[0]:.2f}-{ratios[-1]:.2f})")
    busiest = [statistics.median(max([run["main"], *run["others"]]) for run in runs) for runs in sides.values()]
    print(f"processor time of the busiest thread: {busiest[0]:.2f} s and {busiest[1]:.2f} s, {busiest[0] / busiest[1]:.2f} times")
    if options.check:
        last = sides[options.threads][-1]
        builders = last["others"][:options.threads]
        if len(builders) < options.threads or builders[-1] < 0.5 * builders[0] / options.threads:
            sys.exit(f"the builders do not share the work of one session: {last['others']}")
        if last["main"] <= 0:
            sys.exit("nothing was written beside the builders")


if __name__ == "__main__":
    main()
