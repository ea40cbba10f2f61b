"""Small sessions and a recipe with every writer, and a corpus as readers that are not Reelcell's see it."""
import subprocess

from support import BINARY, INDEPENDENT, check, lerobot_loads, reelcell, write_json

GENERATOR = BINARY.parent / "reelcell-make-session"
RECIPE = {
    "version": 1, "name": "grows", "grid": {"rate_hz": 30, "anchor": "front", "policy": {"wrist": {"method": "nearest", "tolerance": "25ms"}}},
    "segments": [{"kind": "window", "length": "1s"}],
    "labels": [{"name": "peak", "value": "max(norm(force.force))"}], "task": "Window {segment.name} of {session.part}",
    "gates": [{"kind": "gaps", "max_gap": "150ms", "action": "drop"}],
    "splits": {"by": "session", "ratios": {"train": 0.5, "val": 0.5}, "salt": "k"},
    "stills": {"at": ["middle"], "format": "png"},
    "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "lerobot_v21", "folder": "v21", "gr00t": True},
                {"format": "webdataset", "folder": "wds", "shard_samples": 3}]}


def make_session(work, number, name=None):
    """`name`: its id, and so its group."""
    folder = work / f"sessions/s{number}"
    subprocess.run([GENERATOR, "--out", folder, "--duration", "3", "--points", "6", "--seed", str(number), "--id", name or f"seat-{number}",
                    "--width", "64", "--height", "64", "--wrist-width", "64", "--wrist-height", "64", "--stall-ms", "0",
                    "--drop-rate", "0"], check=True, capture_output=True)
    return folder


def noisy_session(work, number, name=None):
    """Its video is some megabytes large: a reader fetches it in several goes. A clip of all of it is copied."""
    folder = work / f"noisy/s{number}"
    folder.mkdir(parents=True)
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=320x240:rate=30:duration=3,noise=alls=60:allf=t:all_seed={number + 1}",
                    "-c:v", "libx264", "-preset", "ultrafast", "-qp", "8", "-g", "5", "-pix_fmt", "yuv420p", folder / "front.mp4"], check=True)
    (folder / "joints.csv").write_text("t,q\n" + "".join(f"{i / 100:.2f},{i * (number + 1) / 100:.3f}\n" for i in range(301)))
    write_json(folder / "session.json", {"version": 1, "id": name or f"noisy-{number}", "clock": {"epoch": "boot"}, "streams": [
        {"name": "front", "kind": "video", "path": "front.mp4", "format": "video"},
        {"name": "joints", "kind": "series", "path": "joints.csv", "format": "csv", "options": {"time_column": "t", "time_unit": "s"}}]})
    return folder


def as_readers_see_it(folder, *of_shards):
    for name in ("v3", "v21"):
        lerobot_loads(folder / name, "--stats")
        done = subprocess.run(["/usr/bin/python3", INDEPENDENT / "lerobot_format.py", folder / name], capture_output=True, text=True)
        check(done.returncode == 0, f"{name}: {done.stdout}{done.stderr[-2000:]}")
    done = subprocess.run(["/usr/bin/python3", INDEPENDENT / "webdataset_format.py", folder / "wds", *of_shards], capture_output=True, text=True)
    check(done.returncode == 0, f"wds: {done.stdout}{done.stderr[-2000:]}")
    reelcell("validate", folder, "--deep")
