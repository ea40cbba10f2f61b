#!/usr/bin/python3
"""A disk or network share that fails while a recording is read: said as such, never taken for a damaged recording, and
with the disk well again the same bytes as if nothing had happened.

usage: read_test.py SHIM
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from builds import BINARY, BUILT, Builds, hashes, same_bytes

SHIM = os.path.abspath(sys.argv[1])
DATA = pathlib.Path(os.environ.get("REELCELL_DATA", "../shared/data"))
REASON = "Input/output error"


def check(condition, what):
    if not condition:
        sys.exit("failed: " + what)


def failing(path, share):
    """The environment in which reads of `path` fail behind `share` of it."""
    size = os.path.getsize(path)
    return dict(os.environ, LD_PRELOAD=SHIM, READ_FAILS_OF=str(path), READ_FAILS_FROM=str(int(share * size)))


def info_says_so(folder):
    """One file of each format, the disk gone bad at its begin, in its middle and at its end."""
    camera = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=320x240:r=30:d=4", "-c:v", "libx264", "-g", "15"]
    for name in ("a.mp4", "a.mkv", "a.ts", "a.avi"):
        subprocess.run([*camera, folder / name], check=True)
    subprocess.run([*camera, "-movflags", "+faststart", folder / "fast.mp4"], check=True)
    (folder / "a.csv").write_text("t,x\n" + "".join(f"{i / 100},{i}\n" for i in range(50000)))
    (folder / "a.jsonl").write_text("".join(json.dumps({"t": i / 100, "x": i}) + "\n" for i in range(50000)))
    shutil.copy(DATA / "e2e/luxonis_depthai-core/recording.mcap", folder / "a.mcap")
    lost = []
    for path in sorted(folder.iterdir()):
        well = subprocess.run([BINARY, "info", path, "--json"], capture_output=True, text=True)
        check(well.returncode == 0, f"{path.name}: {well.stderr}")
        for share in (0, 0.5, 0.999):
            done = subprocess.run([BINARY, "info", path, "--json"], capture_output=True, text=True, env=failing(path, share))
            # Not all of a file need be read to say what is in it; what is said is then the same.
            said = done.returncode == 1 and REASON in done.stderr
            if not said and not (done.returncode == 0 and done.stdout == well.stdout):
                lost.append(f"{path.name} from {share}: exit code {done.returncode}: {done.stderr[-300:]}{done.stdout[:200] if not done.stderr else ''}")
            check(share > 0 or said, f"{path.name} cannot be read at all: {done.returncode} {done.stderr}")
    check(not lost, "\n".join(lost))


def builds_are_not_spoiled(folder):
    builds = Builds(str(folder), 1)
    want = builds.undisturbed()
    inputs = pathlib.Path(builds.inputs[1])
    for name in sorted(os.listdir(inputs)):
        if name in ("session.json", "truth.json", "plan.json"):
            continue
        for share in (0.05, 0.6):
            out = os.path.join(folder, "out")
            shutil.rmtree(out, ignore_errors=True)
            broken = builds.whole(out, environment=failing(inputs / name, share))
            where = f"{name} from {share}"
            if broken.returncode == 0:
                same_bytes(want, out, where)  # it was not needed up to there
                continue
            check(broken.returncode in (1, 3) and REASON in broken.stdout + broken.stderr,
                  f"{where}: exit code {broken.returncode}: {broken.stdout[-500:]}{broken.stderr[-500:]}")
            if broken.returncode == 3:
                report = json.loads(pathlib.Path(out, "report.json").read_text())
                reasons = [q["reason"] for q in report["quarantined_sessions"]] + [s.get("reason", "") for s in report.get("segments", [])]
                check(any(REASON in reason for reason in reasons), f"{where}: {reasons}")
            whole = builds.whole(out, "--retry-failed")
            check(whole.returncode in BUILT, f"{where}: {whole.stderr}")
            same_bytes(want, out, where)


def main():
    for part in (info_says_so, builds_are_not_spoiled):
        with tempfile.TemporaryDirectory(prefix="reelcell-read-") as folder:
            part(pathlib.Path(folder))
    print("reads that fail: said, and nothing spoiled")


if __name__ == "__main__":
    main()
