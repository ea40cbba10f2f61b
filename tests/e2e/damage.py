"""`validate` finds each fault that is known of other programs' data sets, made on purpose in copies of a good one by
DuckDB's own client, FFmpeg and Python, and names what is wrong with real sets that are wrong."""
import json
import os
import pathlib
import shutil
import subprocess

from support import DATA, INDEPENDENT, check, reelcell, work_folder, write_json

WORK = pathlib.Path(os.environ["REELCELL_CLI_WORK"])
CORPUS = WORK / "build/sample/corpus"
FRONT = "observation.images.front"
DATA_FILE = "data/chunk-000/file-000.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
VIDEO = f"videos/{FRONT}/chunk-000/file-000.mp4"


def findings(path, *options):
    done = reelcell("validate", "--json", *options, path, codes=(0, 1))
    (result,) = json.loads(done.stdout)["results"]
    check(bool(done.returncode) == any(f["level"] == "error" for f in result["findings"]), f"{path}: exit code {done.returncode}")
    return result["findings"]


def codes(found, *levels):
    return {f["code"] for f in found if not levels or f["level"] in levels}


# What damages a set

def sql(file, select):
    """Writes a Parquet file anew from a query over it, with nothing but DuckDB's defaults."""
    def damage(root):
        path, scratch = root / file, root / "scratch.parquet"
        query = f"COPY ({select.format(t=f'read_parquet({str(path)!r})')}) TO '{scratch}' (FORMAT parquet)"
        done = subprocess.run(["node", INDEPENDENT / "duckdb_query.mjs", query], capture_output=True, text=True)
        check(done.returncode == 0, f"DuckDB: {done.stderr[-500:]}")
        scratch.replace(path)
    return damage


def edit(file, change):
    def damage(root):
        document = json.loads((root / file).read_text(encoding="utf-8"))
        change(document)
        write_json(root / file, document)
    return damage


def ffmpeg(*options, file=VIDEO):
    def damage(root):
        path, scratch = root / file, root / "scratch.mp4"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", path, *options, scratch], check=True)
        scratch.replace(path)
    return damage


def remove(file):
    return lambda root: (root / file).unlink()


def cut(file, keep):
    return lambda root: (root / file).write_bytes((root / file).read_bytes()[:keep])


def flip(file, at):
    def damage(root):
        data = bytearray((root / file).read_bytes())
        data[at] ^= 1
        (root / file).write_bytes(data)
    return damage


def add(file):
    def damage(root):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"stray")
    return damage


def figure(feature, name, change):
    """Changes one figure of a feature in stats.json, and in no episode."""
    def deep(value):
        return [deep(v) for v in value] if isinstance(value, list) else change(value)
    return edit("meta/stats.json", lambda stats: stats[feature].update({name: deep(stats[feature][name])}))


def envelope(stats):
    """Quantiles merged by taking the extremes of all episodes: of episodes of three rows, nearly min and max."""
    action = stats["action"]
    action["q01"] = action["q10"] = action["min"]
    action["q99"] = action["q90"] = action["max"]


x264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough", "-video_track_timescale", "15360")
LEROBOT = [
    # Rows
    ("stamps off by a millisecond", sql(DATA_FILE, 'SELECT * REPLACE ((timestamp + CASE WHEN "index" = 7 THEN 0.001 ELSE 0 END)::FLOAT AS timestamp) FROM {t}'), {"LR-ROWS-TIMESTAMP"}),
    ("stamps not restarting", sql(DATA_FILE, 'SELECT * REPLACE (("index" / 30.0)::FLOAT AS timestamp) FROM {t}'), {"LR-ROWS-TIMESTAMP"}),
    ("an index that jumps", sql(DATA_FILE, 'SELECT * REPLACE ("index" + CASE WHEN "index" > 100 THEN 1 ELSE 0 END AS "index") FROM {t}'), {"LR-ROWS-INDEX"}),
    ("a frame index from 1", sql(DATA_FILE, "SELECT * REPLACE (frame_index + 1 AS frame_index) FROM {t}"), {"LR-ROWS-FRAME-INDEX"}),
    ("a row too few", sql(DATA_FILE, 'SELECT * FROM {t} WHERE "index" <> 284'), {"LR-ROWS-LENGTH"}),
    ("a column of doubles", sql(DATA_FILE, "SELECT * REPLACE (action::DOUBLE[] AS action) FROM {t}"), {"LR-COLUMN-TYPE"}),
    ("a column too few", sql(DATA_FILE, "SELECT * EXCLUDE (action) FROM {t}"), {"LR-COLUMN-MISSING"}),
    ("a data file that is cut", cut(DATA_FILE, 1000), {"LR-DATA-UNREADABLE"}),
    ("no data file", remove(DATA_FILE), {"LR-DATA-MISSING"}),
    # Tables
    ("tasks without pandas' index", sql("meta/tasks.parquet", "SELECT * FROM {t}"), {"LR-TASKS-INDEX"}),
    ("tasks in another order", sql("meta/tasks.parquet", "SELECT * FROM {t} ORDER BY task_index DESC"), {"LR-TASKS-ORDER"}),
    ("episodes in another order", sql(EPISODES, "SELECT * FROM {t} ORDER BY episode_index DESC"), {"LR-EPISODES-ORDER"}),
    ("from_timestamp off by a frame", sql(EPISODES, f'SELECT * REPLACE ("videos/{FRONT}/from_timestamp" + 1 / 30.0 AS "videos/{FRONT}/from_timestamp") FROM {{t}}'), {"LR-VIDEO-RANGE"}),
    ("to_index inclusive", sql(EPISODES, "SELECT * REPLACE (dataset_to_index - 1 AS dataset_to_index) FROM {t}"), {"LR-EPISODES-RANGE"}),
    ("a split beyond the end", edit("meta/info.json", lambda info: info.update(splits={"train": "0:999"})), {"LR-INFO-SPLITS"}),
    ("totals of another set", edit("meta/info.json", lambda info: info.update(total_frames=1)), {"LR-INFO-TOTALS"}),
    ("a fraction of a rate", edit("meta/info.json", lambda info: info.update(fps=29.97)), {"LR-INFO-FPS"}),
    ("a camera without files", edit("meta/info.json", lambda info: info["features"].update({"observation.images.ghost": info["features"][FRONT]})), {"LR-EPISODES-MISSING", "LR-STATS-MISSING"}),
    # Video
    ("a millisecond time base", ffmpeg("-c", "copy", "-video_track_timescale", "1000"), {"LR-VIDEO-RATE"}),
    ("a first frame not at 0", ffmpeg("-c", "copy", "-output_ts_offset", "0.1", "-video_track_timescale", "15360"), {"LR-VIDEO-FIRST-PTS"}),
    ("a frame too few", ffmpeg("-vf", "select='not(eq(n,20))',setpts=N/30/TB", *x264, "-g", "1"), {"LR-VIDEO-FRAMES"}),
    ("episodes between key frames", ffmpeg(*x264, "-g", "1000", "-bf", "0", "-sc_threshold", "0", "-forced-idr", "0"), {"LR-VIDEO-KEYFRAME"}),
    ("another rate", ffmpeg("-vf", "setpts=N/25/TB", *x264, "-r", "25", "-g", "1"), {"LR-VIDEO-RATE"}),
    ("another codec", ffmpeg("-c:v", "mpeg4", "-g", "1", "-video_track_timescale", "15360"), {"LR-VIDEO-FORMAT"}),
    ("another size", ffmpeg("-vf", "scale=240:180", *x264, "-g", "1"), {"LR-VIDEO-FORMAT"}),
    ("a video that is cut", cut(VIDEO, 4000), {"LR-VIDEO-UNREADABLE"}),
    ("no video of a camera", remove(VIDEO), {"LR-VIDEO-CAMERA"}),
    # Statistics
    ("picture std of an overflow", figure(FRONT, "std", lambda v: v * 1e-3), {"LR-STATS-IMAGE"}),
    ("variance lost around a large mean", figure("action", "std", lambda v: 0.0), {"LR-STATS-VALUE"}),
    ("a mean of other data", figure("action", "mean", lambda v: v + 1), {"LR-STATS-VALUE"}),
    ("quantiles as an envelope", edit("meta/stats.json", envelope), {"LR-STATS-QUANTILE"}),
    ("another count", figure("action", "count", lambda v: v + 1), {"LR-STATS-COUNT"}),
    ("no statistics of a feature", edit("meta/stats.json", lambda stats: stats.pop("action")), {"LR-STATS-MISSING"}),
]
SHARD = "webdataset/train-000000.tar"
MANIFEST = "corpus.json"
CORPUS_FAULTS = [
    ("a byte flipped", flip(SHARD, 600), {"CORPUS-FILE-HASH"}),
    ("a file cut", cut(SHARD, 100_000), {"CORPUS-FILE-SIZE", "WDS-TAR-TRUNCATED"}),
    ("a file missing", remove(SHARD), {"CORPUS-FILE-MISSING"}),
    ("a file too many", add("lerobot/data/chunk-000/file-001.parquet"), {"CORPUS-FILE-UNKNOWN"}),
    ("a group in two splits", edit(MANIFEST, lambda m: m["samples"][1].update(group=m["samples"][0]["group"], split="val")), {"CORPUS-SPLIT-LEAK", "CORPUS-COUNT"}),
    ("a key used twice", edit(MANIFEST, lambda m: m["samples"][1].update(key=m["samples"][0]["key"])), {"CORPUS-KEY"}),
    ("a sample left out", edit(MANIFEST, lambda m: m["samples"].pop()), {"CORPUS-COUNT"}),
    ("samples swapped", edit(MANIFEST, lambda m: m["samples"].reverse()), {"CORPUS-INDEX"}),
    ("a sample without lineage", edit(MANIFEST, lambda m: m["samples"][0].update(lineage=[])), {"CORPUS-LINEAGE"}),
    ("a sample in no output", edit(MANIFEST, lambda m: m["samples"][0].update(places=[])), {"CORPUS-PLACE"}),
    ("a path that leaves the corpus", edit(MANIFEST, lambda m: m["files"][0].update(path="../../etc/passwd")), {"CORPUS-UNSAFE-PATH"}),
    ("a manifest of another version", edit(MANIFEST, lambda m: m.update(version=2)), {"DOC-SCHEMA"}),
    ("a manifest that is cut", cut(MANIFEST, 1000), {"READ-FAILED"}),
]


def each_damage_is_found(good, damages, folder, *options):
    check(not codes(findings(good, *options), "error", "warning"), f"{good}: is not good before it is damaged")
    missed = []
    for what, damage, expected in damages:
        root = folder / "damaged"
        shutil.copytree(good, root)
        damage(root)
        found = findings(root, *options)
        if not expected <= codes(found, "error", "warning"):
            missed.append(f"{what}: {sorted(expected)} expected, found {sorted(codes(found))}")
        shutil.rmtree(root)
    check(not missed, "\n".join(missed))


def sessions_and_recordings(folder):
    root = folder / "session"
    shutil.copytree(WORK / "build/sample/session", root)
    check(not codes(findings(root), "error"), "the sample session is not good")
    lines = (root / "joints.csv").read_text(encoding="utf-8").splitlines()
    lines[8] = "0.058000000,broken" + lines[8][lines[8].index(",", 12):]
    (root / "joints.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    check("READ-CSV-BAD-NUMBER" in codes(findings(root), "error"), "a number that is none is not found")
    (root / "wrist.mp4").unlink()
    check("READ-SESSION-STREAM-UNREADABLE" in codes(findings(root), "error"), "a missing camera is not found")
    mcap = DATA / "e2e/luxonis_depthai-core/recording.mcap"
    check(not codes(findings(mcap), "error"), f"{mcap}: is not good")
    for what, damage, expected in [("cut", cut("r.mcap", mcap.stat().st_size // 2), {"MCAP-TRUNCATED"}),
                                   ("a flipped byte", flip("r.mcap", mcap.stat().st_size // 3), {"MCAP-CHUNK-CRC"}),
                                   ("no MCAP", cut("r.mcap", 4), {"MCAP-MAGIC", "PATH-UNKNOWN"})]:
        shutil.copy(mcap, folder / "r.mcap")
        damage(folder)
        found = codes(findings(folder / "r.mcap"), "error")
        check(found & expected, f"MCAP {what}: {sorted(expected)} expected, found {sorted(found)}")


def says(found, code, *words):
    texts = [f"{f['path']} {f['where']} {f['message']}" for f in found if f["code"] == code]
    check(any(all(word in text for word in words) for text in texts), f"{code} does not say {words}: {texts[:3]}")


def real_sets():
    lerobot = DATA / "lerobot"
    groot = findings(lerobot / "hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace")
    says(groot, "LR-VIDEO-CAMERA", "observation.images.egoview", "no file")
    says(groot, "LR-ROWS-TIMESTAMP", "frame 0", "0.050000 s", "0.000000 s")
    says(groot, "LR-INFO-SPLITS", "0:100", "0:5")
    says(groot, "LR-LOOKUP", "episode 0, frame 415")
    expected = {"LR-FEATURE-SPEC", "LR-FEATURE-MISSING", "LR-INFO-PATH", "LR-ROWS-TIMESTAMP", "LR-INFO-TOTALS", "LR-INFO-SPLITS", "LR-VIDEO-CAMERA", "LR-LOOKUP"}
    check(codes(groot, "error") == expected, f"GR00T demo: {codes(groot, 'error') ^ expected}")
    g1 = findings(lerobot / "YifanTian07_G1-policy-train")
    says(g1, "LR-VIDEO-MISSING", "93 episodes", "0, 3-9, 15-99")
    check(codes(g1, "error") == {"LR-VIDEO-MISSING"}, f"G1: {codes(g1)}")
    so101 = findings(lerobot / "nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example")
    check("LR-STATS-IMAGE" in codes(so101) or "LR-STATS-VALUE" in codes(so101) or "LR-STATS-QUANTILE" in codes(so101), f"SO-101: {codes(so101)}")
    check(not codes(so101) & {"LR-LOOKUP", "LR-VIDEO-FRAMES", "LR-ROWS-TIMESTAMP"}, f"SO-101: {codes(so101)}")


with work_folder() as work:
    each_damage_is_found(CORPUS / "lerobot", LEROBOT, work)
    each_damage_is_found(CORPUS, CORPUS_FAULTS, work, "--deep")
    sessions_and_recordings(work)
real_sets()
print(f"{len(LEROBOT) + len(CORPUS_FAULTS)} damages found; what is wrong with the real sets is named")
