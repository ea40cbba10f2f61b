#!/usr/bin/python3
"""Every writer with every option that changes its files, each corpus read back by readers that are not Reelcell's.

usage: matrix.py [NAME..]     only these rows

ROWS is the table: a new writer is a row (or a few), a new option a row with it. A row builds from one of SOURCES, all
from the same short part of a made session, and names the readers that must agree; READERS says how each is called.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from support import BINARY, INDEPENDENT, LOST, check, reelcell, write_json  # noqa: E402

GENERATOR = BINARY.parent / "reelcell-make-session"
EPISODES = 5


def session(folder):
    """Five seconds with both cameras, losses and jitter; small pictures, so that 30 builds stay quick."""
    subprocess.run([GENERATOR, "--out", folder, "--duration", "5", "--points", "10", "--width", "192", "--height", "144",
                    "--wrist-width", "160", "--wrist-height", "120", "--seed", "11"], check=True, capture_output=True)


def recipe(outputs, **changes):
    document = {
        "version": 1, "name": "matrix", "robot_type": "arm", "task": "Inspect {session.part}",
        "grid": {"rate_hz": 30, "anchor": "front", "policy": {
            "front": {"method": "nearest", "tolerance": "5ms"}, "wrist": {"method": "nearest", "tolerance": "25ms"},
            "joints": {"method": "linear", "tolerance": "10ms"}, "force": {"method": "linear", "tolerance": "5ms"}}},
        "features": [
            {"name": "observation.state", "from": ["joints.q"], "dtype": "float32", "modality": "state"},
            {"name": "observation.force", "from": ["force.force", "force.torque"], "dtype": "float64", "modality": "state"},
            {"name": "action", "from": ["joints.dq"], "dtype": "float32", "modality": "action"},
            {"name": "observation.images.front", "video": "front"},
            {"name": "observation.images.wrist", "video": "wrist"}],
        "segments": [{"kind": "window", "length": "1s"}],
        "labels": [{"name": "peak", "value": "max(norm(force.force))"}],
        "splits": {"by": "session", "ratios": {"train": 1}},
        "outputs": outputs}
    document.update(changes)
    return document


# --- readers: each ends the test at the first fault, and returns what it saw ------------------------------------------

def lerobot_format(folder, row):
    done = subprocess.run(["/usr/bin/python3", INDEPENDENT / "lerobot_format.py", folder, *(["--pixels"] if row.get("pixels") else [])],
                          capture_output=True, text=True)
    check(done.returncode == 0, f"{row['name']}: lerobot_format\n{done.stdout}{done.stderr[-3000:]}")
    return json.loads(done.stdout)


def lerobot_reader(folder, row):
    pictures = [] if row.get("recipe", {}).get("image_stats") != "none" else ["--no-picture-stats"]
    done = subprocess.run(["/usr/bin/python3", INDEPENDENT / "lerobot_reader.py", folder, "--stats", *pictures], capture_output=True, text=True)
    check(done.returncode == 0, f"{row['name']}: lerobot_reader\n{done.stdout}{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[0])


def webdataset_format(folder, row):
    done = subprocess.run(["/usr/bin/python3", INDEPENDENT / "webdataset_format.py", folder], capture_output=True, text=True)
    check(done.returncode == 0, f"{row['name']}: webdataset_format\n{done.stdout}{done.stderr[-3000:]}")
    return json.loads(done.stdout)


LEROBOT = [lerobot_format, lerobot_reader]
WEBDATASET = [webdataset_format]
V3, V21 = {"format": "lerobot_v3", "folder": "set"}, {"format": "lerobot_v21", "folder": "set"}
WDS = {"format": "webdataset", "folder": "set"}


# --- what a row may demand beyond its readers -------------------------------------------------------------------------

def codec_is(codec):
    def demand(corpus, row):
        for video in videos(corpus):
            probe = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=codec_name", "-of", "csv=p=0", video],
                                   capture_output=True, text=True, check=True)
            check(probe.stdout.strip() == codec, f"{row['name']}: {video} is {probe.stdout.strip()}")
    return demand


def videos(corpus):
    return sorted((corpus / "set").rglob("*.mp4"))


def files_at_least(pattern, count):
    def demand(corpus, row):
        found = len(list((corpus / "set").glob(pattern)))
        check(found >= count, f"{row['name']}: {found} files {pattern}, expected {count}")
    return demand


def has(pattern, wanted):
    def demand(corpus, row):
        found = bool(list((corpus / "set").glob(pattern)))
        check(found == wanted, f"{row['name']}: {pattern} {'is there' if found else 'is missing'}")
    return demand


def columns(prefix, wanted):
    def demand(corpus, row):
        info = json.loads((corpus / "set/meta/info.json").read_text())
        found = any(name.startswith(prefix) for name in info["features"])
        check(found == wanted, f"{row['name']}: features {prefix}* {'are there' if found else 'are missing'}")
    return demand


def seen(key, least):
    def demand(corpus, row):
        check(row["seen"].get(key, 0) >= least, f"{row['name']}: {key} is {row['seen'].get(key)}, expected {least}")
    return demand


def size_is(width, height):
    def demand(corpus, row):
        for name, feature in json.loads((corpus / "set/meta/info.json").read_text())["features"].items():
            if feature["dtype"] == "video":
                check(feature["shape"] == [height, width, 3], f"{row['name']}: {name} is {feature['shape']}")
    return demand


def copied_and_encoded(corpus, row):
    # The wrist camera's 25 frames a second on a grid of 30 repeat every sixth: no run of it is worth a copy.
    account = json.loads((corpus / "report.json").read_text())["video"]["observation.images.front"]
    check(account["copied"]["frames"] > 0 and account["encoded"]["frames"] > 0, f"{row['name']}: {account}")
    check(account["joined"]["clips"] > 0, f"{row['name']}: no clip was joined: {account}")
    files = [video.name for video in (corpus / "set/videos/observation.images.front").glob("*/*.mp4")]
    check(files == ["file-000.mp4"], f"{row['name']}: copied and encoded clips do not share a file: {files}")


def nothing_copied(corpus, row):
    for feature, account in json.loads((corpus / "report.json").read_text())["video"].items():
        check(account["copied"]["frames"] == 0, f"{row['name']}: {feature}: {account}")
        check(account["why_encoded"], f"{row['name']}: {feature}: no reason is given")


def encode(codec, **more):
    return {"video": {"copy": "never", "codec": codec, "gop": 5, "quality": 40 if codec in ("av1", "vp9") else 28, **more}}


ROWS = [
    {"name": "v3-copy", "output": V3, "readers": LEROBOT, "pixels": True, "demands": [copied_and_encoded, has("native/*", True), columns("reelcell.", True)]},
    {"name": "v21-copy", "output": V21, "readers": LEROBOT, "demands": [has("meta/modality.json", False)]},
    {"name": "v21-gr00t", "output": {**V21, "gr00t": True}, "readers": LEROBOT, "demands": [has("meta/modality.json", True)]},
    {"name": "wds-copy", "output": WDS, "readers": WEBDATASET, "demands": [seen("native", 1), seen("true_times", 1)]},
    *[{"name": f"v3-{codec}", "output": V3, "readers": LEROBOT, "recipe": encode(codec), "demands": [codec_is(codec), nothing_copied]}
      for codec in ("h264", "hevc", "av1", "vp9", "ffv1")],
    *[{"name": f"v21-{codec}", "output": V21, "readers": LEROBOT, "recipe": encode(codec), "demands": [codec_is(codec)]} for codec in ("hevc", "av1")],
    *[{"name": f"wds-{codec}", "output": WDS, "readers": WEBDATASET, "recipe": encode(codec), "demands": [seen("clips", 2 * EPISODES)]}
      for codec in ("hevc", "av1", "vp9", "ffv1")],
    {"name": "v3-stats-none", "output": V3, "readers": LEROBOT, "recipe": {"image_stats": "none"}},
    {"name": "v3-stats-sampled", "output": V3, "readers": LEROBOT, "recipe": {"image_stats": "sampled"}},
    {"name": "v21-stats-none", "output": V21, "readers": LEROBOT, "recipe": {"image_stats": "none"}},
    {"name": "v3-plain", "output": V3, "readers": LEROBOT, "recipe": {"native": False, "true_times": False},
     "demands": [has("native/*", False), columns("reelcell.", False)]},
    {"name": "v3-native-off-here", "output": {**V3, "native": False}, "readers": LEROBOT, "demands": [has("native/*", False)]},
    {"name": "wds-plain", "output": WDS, "readers": WEBDATASET, "recipe": {"native": False, "true_times": False}},
    {"name": "v3-rolls", "output": {**V3, "chunks_size": 1, "data_files_size_in_mb": 1, "video_files_size_in_mb": 1}, "readers": LEROBOT,
     "recipe": {**encode("ffv1"), "segments": [{"kind": "window", "length": "1s"}]},
     "demands": [files_at_least("videos/*front/*/*.mp4", 2), files_at_least("videos/*front/chunk-*", 2)]},
    {"name": "v21-rolls", "output": {**V21, "chunks_size": 2}, "readers": LEROBOT, "demands": [files_at_least("data/chunk-*", 3)]},
    {"name": "wds-rolls", "output": {**WDS, "shard_size": "600kB"}, "readers": WEBDATASET, "demands": [seen("shards", 2)]},
    {"name": "wds-rolls-by-count", "output": {**WDS, "shard_samples": 2}, "readers": WEBDATASET, "demands": [seen("shards", 3)]},
    {"name": "wds-zstd", "output": {**WDS, "compress": "zstd"}, "readers": WEBDATASET, "demands": [seen("zstd", 1)]},
    *[{"name": f"wds-stills-{kind}", "output": WDS, "readers": WEBDATASET, "demands": [seen("stills", 6 * EPISODES)],
       "recipe": {"stills": {"at": ["first", "middle", "last"], "format": kind}}} for kind in ("jpg", "png")],
    {"name": "v3-resized", "output": V3, "readers": LEROBOT, "recipe": {"video": {"width": 96, "height": 64}}, "demands": [size_is(96, 64), nothing_copied]},
    {"name": "v21-resized", "output": V21, "readers": LEROBOT, "recipe": {"video": {"width": 96, "height": 64}}, "demands": [size_is(96, 64)]},
    {"name": "v3-slow-grid", "output": V3, "readers": LEROBOT, "recipe": {"grid": {"rate_hz": 10, "anchor": "front"}}},
    {"name": "v3-fast-grid", "output": V3, "readers": LEROBOT, "recipe": {"grid": {"rate_hz": 50, "anchor": "front"}}},
]


def run(row, source, work):
    path = work / f"{row['name']}.json"
    write_json(path, recipe([row["output"]], **row.get("recipe", {})))
    corpus = work / row["name"]
    reelcell("build", source, "--recipe", path, "--out", corpus, codes=(0, LOST))
    row["seen"] = {}
    for reader in row["readers"]:
        row["seen"].update(reader(corpus / "set", row))
    for demand in row.get("demands", []):
        demand(corpus, row)
    reelcell("validate", corpus, "--deep")
    print(f"{row['name']}: {json.dumps({k: v for k, v in row['seen'].items() if not isinstance(v, list)})}", flush=True)


def attempt(row, work):
    """The row's fault, "" when there is none: one bad row does not hide the others."""
    try:
        run(row, work / "session", work)
        return ""
    except SystemExit as fault:
        return str(fault)


def main():
    wanted = set(sys.argv[1:])
    unknown = wanted - {row["name"] for row in ROWS}
    check(not unknown, f"no such rows: {sorted(unknown)}")
    with tempfile.TemporaryDirectory(prefix="reelcell-matrix-") as folder:
        work = pathlib.Path(folder)
        session(work / "session")
        chosen = [row for row in ROWS if not wanted or row["name"] in wanted]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            faults = [f"{row['name']}: {fault}" for row, fault in zip(chosen, pool.map(lambda row: attempt(row, work), chosen)) if fault]
        check(not faults, "\n".join(faults))
    print(f"{len(wanted) or len(ROWS)} of {len(ROWS)} rows")


if __name__ == "__main__":
    main()
