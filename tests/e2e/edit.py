#!/usr/bin/python3
"""Edits of real data sets and of the sample corpus: every packet and every row that stays is bit-identical, statistics are
those of numpy, the result loads as LeRobot loads it, and a killed edit leaves nothing or everything."""
import csv
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import tarfile
import time

import numpy as np
from support import (BINARY, DATA, LOST, SOURCE, check, frames, lerobot_loads, packets, parquet, reelcell, rows_below, same_rows,
                     same_tree, tree, work_folder)

SO101 = DATA / "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example"
G1 = DATA / "lerobot/YifanTian07_G1-policy-train"
PICK = DATA / "lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace"
WRIST = "observation.images.wrist"
VALUES = ["observation.state", "action"]


def video_of(root, feature):
    files = sorted((root / f"videos/{feature}").rglob("*.mp4")) or sorted((root / "videos").glob(f"*/{feature}/*.mp4"))
    found = []
    for path in files:
        found += [data for _, data in packets(path)]
    return found


def pictures_of(root, feature):
    found = []
    for path in sorted((root / f"videos/{feature}").rglob("*.mp4")):
        found += [picture for _, picture in frames(path)]
    return found


def data_rows(root):
    return rows_below(root / "data")


def check_numpy(root, rows):
    """stats.json against numpy in float64 over the rows."""
    stats = json.loads((root / "meta/stats.json").read_text())
    for feature in VALUES:
        values = np.array([row[feature] for row in rows], dtype=np.float64)
        truth = {"min": values.min(0), "max": values.max(0), "mean": values.mean(0), "std": values.std(0)}
        for q, name in ((1, "q01"), (10, "q10"), (50, "q50"), (90, "q90"), (99, "q99")):
            truth[name] = np.percentile(values, q, axis=0)
        for name, expected in truth.items():
            close = np.allclose(stats[feature][name], expected, rtol=1e-9, atol=1e-9)
            check(close, f"{root}: {feature} {name} is {stats[feature][name]}, numpy says {expected}")
        check(stats[feature]["count"] == [len(rows)], f"{root}: {feature} count")


def drop_from_so101(work, rows, video):
    """Episode 3 of 6 goes; everything else stays to the last bit."""
    out = work / "dropped"
    reelcell("edit", SO101, "--drop", "3", "--out", out, "-j", "2")
    reelcell("validate", out, "--deep")
    again = data_rows(out)
    kept = [row for row in rows if row["episode_index"] != 3]
    same_rows(kept, again, VALUES, "drop")
    check([row["index"] for row in again] == list(range(len(kept))), "drop: indexes are not contiguous")
    check(sorted({row["episode_index"] for row in again}) == list(range(5)), "drop: episodes are not contiguous")
    stays = [data for data, row in zip(video, rows) if row["episode_index"] != 3]
    check(video_of(out, WRIST) == stays, "drop: the packets are not those of the original")
    shown = pictures_of(SO101, WRIST)
    shown = [picture for picture, row in zip(shown, rows) if row["episode_index"] != 3]
    check(pictures_of(out, WRIST) == shown, "drop: the decoded frames are not those of the original")
    check_numpy(out, again)
    report = json.loads((out / "report.json").read_text())
    check(report["edit"]["video"]["encoded"]["clips"] == 0, "drop: something was encoded")
    reelcell("edit", SO101, "--drop", "3", "--out", work / "one", "-j", "1")
    same_tree(tree(out), tree(work / "one"), "drop: one thread and two")
    return lerobot_loads(out, "--stats")


def merge_halves(work, rows, video):
    """Split into two sets and merged again: the original's rows and packets."""
    told = reelcell("edit", SO101, "--split-where", "all=episode >= 0", "--split-where", "none=episode > 99", "--out", work / "whole").stderr
    check("<split-empty>" in told, f"an empty corpus goes unsaid: {told}")
    check(not (work / "whole/none").exists(), "an empty corpus")
    reelcell("edit", SO101, "--split-where", "first=episode < 2", "--split-where", "second=episode >= 2", "--out", work / "halves")
    first, second = work / "halves/first", work / "halves/second"
    reelcell("validate", first, "--deep")
    reelcell("validate", second, "--deep")
    out = work / "merged"
    reelcell("edit", first, second, "--out", out)
    reelcell("validate", out, "--deep")
    same_rows(rows, data_rows(out), VALUES + ["timestamp", "frame_index", "episode_index", "index", "task_index"], "merge")
    check(video_of(out, WRIST) == video, "merge: the packets are not those of the original")
    check_numpy(out, rows)
    manifest = json.loads((out / "corpus.json").read_text())
    check([e["operations"] for e in manifest["edits"]] == [["split"], ["merge"]], f"merge: history is {manifest['edits']}")
    check(manifest["edits"][1]["sources"][1]["edits"][0]["part"] == "second", "merge: the other source's history is lost")
    lineage = manifest["samples"][5]["lineage"]
    digest = hashlib.sha256((SO101 / f"videos/{WRIST}/chunk-000/file-000.mp4").read_bytes()).hexdigest()
    check(any(line["sha256"] == digest for line in lineage), "merge: lineage does not name the original video's hash")
    # Pixel figures of both halves were kept as histograms, so those of the merged set are exact, without decoding.
    check(manifest["edits"][1]["video"]["frames_decoded_for_statistics"] == 0, "merge: frames were decoded")
    same = json.loads((out / "meta/stats.json").read_text())[WRIST]
    reelcell("edit", SO101, "--image-stats", "decode", "--out", work / "decoded")
    check(same == json.loads((work / "decoded/meta/stats.json").read_text())[WRIST], "merge: pixel figures are not exact")
    merge_figures(work, first, second, same)
    reelcell("edit", first, first, "--out", work / "twice", codes=(1,))
    reelcell("diff", work / "decoded", out, "--manifest-only", "--json", codes=(0, 1))
    return lerobot_loads(out, "--stats")


def merge_figures(work, first, second, exact):
    """Sets that keep no histograms: moments are merged from the episodes' figures, quantiles are not made up."""
    bare = []
    for folder in (first, second):
        bare.append(work / f"bare-{folder.name}")
        shutil.copytree(folder, bare[-1])
        for name in ("corpus.json", "report.json", "README.md", "meta/pixels.jsonl"):
            (bare[-1] / name).unlink()
    out = work / "figures"
    reelcell("edit", *bare, "--out", out)
    reelcell("validate", out, "--deep")
    found = json.loads((out / "meta/stats.json").read_text())[WRIST]
    check(set(found) == {"min", "max", "mean", "std", "count"}, f"merge: figures {sorted(found)}")
    for name, values in found.items():
        check(np.allclose(values, exact[name], rtol=1e-12, atol=1e-12), f"merge: {name} is {values}, the pixels give {exact[name]}")


def convert_and_reshard(work, rows, video):
    out = work / "v21"
    reelcell("edit", SO101, "--to", "lerobot_v21", "--rename", f"{WRIST}=observation.images.hand", "--out", out)
    reelcell("validate", out, "--deep")
    check(video_of(out, "observation.images.hand") == video, "v2.1: the packets are not those of the original")
    lerobot_loads(out, "--stats")
    small = work / "small"
    reelcell("edit", SO101, "--set", "video_files_size_in_mb=1", "--out", small)
    reelcell("validate", small, "--deep")
    sizes = [path.stat().st_size for path in sorted((small / "videos").rglob("*.mp4"))]
    check(len(sizes) > 1 and max(sizes) < (1 << 20) + (1 << 16), f"reshard: files of {sizes} bytes")
    check(video_of(small, WRIST) == video, "reshard: the packets are not those of the original")
    lerobot_loads(small)


def g1(work):
    """v2.1 of others: episodes whose video is there are copied; one whose video is not there is told of and left out."""
    out = work / "g1"
    kept = [1, 11]
    reelcell("edit", G1, *[part for number in kept for part in ("--keep", number)], "--out", out)
    reelcell("validate", out, "--deep")
    camera = "observation.images.cam_high"
    for now, number in enumerate(kept):
        before = [data for _, data in packets(G1 / f"videos/chunk-000/{camera}/episode_{number:06d}.mp4")]
        after = [data for _, data in packets(out / f"videos/chunk-000/{camera}/episode_{now:06d}.mp4")]
        check(before == after, f"g1: packets of episode {number} differ")
        rows = parquet(G1 / f"data/chunk-000/episode_{number:06d}.parquet")["data"]
        again = parquet(out / f"data/chunk-000/episode_{now:06d}.parquet")["data"]
        same_rows(rows, again, VALUES + ["timestamp", "frame_index"], f"g1 episode {number}")
    lost = reelcell("edit", G1, "--keep", "1", "--keep", "0", "--out", work / "g1lost", codes=(LOST,))
    check("edit-sample-left-out" in lost.stderr and "1 episodes" in lost.stdout, lost.stdout + lost.stderr)
    return lerobot_loads(out)


def members(folder):
    found = {}
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path) as archive:
            for member in archive:
                found[member.name] = archive.extractfile(member).read()
    return found


def sample_corpus(work):
    """A corpus with LeRobot and WebDataset outputs, labels, native series, true times, stills."""
    subprocess.run([BINARY.parent / "reelcell-make-session", "--out", work / "session"], check=True, stdout=subprocess.DEVNULL)
    corpus = work / "corpus"
    reelcell("build", work / "session", "--recipe", SOURCE / "samples/recipe.json", "--out", corpus, codes=(0, LOST))
    # Nothing changed: every file has the bytes it had, but that a clip cut out of a file which it shared with joined
    # clips names the parameter sets of all of them. Its packets are the same.
    reelcell("edit", corpus, "--out", work / "copy")
    before, after = tree(corpus), tree(work / "copy")
    for files in (before, after):
        for name in [name for name in files if name in ("corpus.json", "report.json", "README.md") or name.startswith("webdataset/")]:
            files.pop(name)
    same_tree(before, after, "copy")
    before, after = members(corpus / "webdataset"), members(work / "copy/webdataset")
    check(list(before) == list(after), "copy: other members in the shards")
    for name, data in before.items():
        if name.endswith(".mp4"):
            clips = work / "before.mp4", work / "after.mp4"
            clips[0].write_bytes(data), clips[1].write_bytes(after[name])
            check([d for _, d in packets(clips[0])] == [d for _, d in packets(clips[1])], f"copy: other packets in {name}")
        else:
            check(data == after[name], f"copy: other bytes in {name}")
    # A dozen of it is enough from here on.
    corpus = work / "few"
    reelcell("edit", work / "copy", "--where", "episode % 10 = 3", "--out", corpus)
    reelcell("edit", corpus, "--out", work / "few2")
    reelcell("diff", corpus, work / "few2")
    manifest = json.loads((corpus / "corpus.json").read_text())
    keys = [sample["key"] for sample in manifest["samples"]]
    gone = keys[1]
    reelcell("edit", corpus, "--drop", gone, "--out", work / "less")
    reelcell("validate", work / "less", "--deep")
    left = members(work / "less/webdataset")
    for name, data in members(corpus / "webdataset").items():
        if name.startswith(gone + "."):
            check(name not in left, f"drop: {name} is still there")
        elif not name.endswith(".json"):
            check(left[name] == data, f"drop: {name} has other bytes")
    lerobot_loads(work / "less/lerobot", "--stats")
    done = reelcell("diff", corpus, work / "less", "--json", codes=(1,))
    diff = json.loads(done.stdout)
    check(diff["samples"]["removed"] == [gone] and not diff["samples"]["added"] and not diff["samples"]["changed"],
          f"diff: {diff['samples']}")
    filters(work, corpus, manifest)
    relabels(work, corpus, keys)
    why(work, corpus, keys)
    return corpus, manifest


def no_doubles(work):
    """Episodes of one length, without cameras, in one file of a set: their rows have the same times, and are others."""
    sessions = [work / f"log-{number}" for number in range(2)]
    for number, folder in enumerate(sessions):
        folder.mkdir()
        (folder / f"log_{number}.csv").write_text("t,x\n" + "".join(f"{i / 100:.2f},{i * (number + 1)}\n" for i in range(300)))
        reelcell("init", folder)
        session = json.loads((folder / "session.json").read_text())
        session["streams"][0]["name"] = "log"
        (folder / "session.json").write_text(json.dumps(session))
    recipe = work / "logs.json"
    recipe.write_text(json.dumps({"version": 1, "name": "logs", "grid": {"rate_hz": 10}, "outputs": [{"format": "lerobot_v3", "folder": "set"}]}))
    reelcell("build", *sessions, "--recipe", recipe, "--out", work / "logs", codes=(0, LOST))
    reelcell("edit", work / "logs/set", "--split-by-group", "--out", work / "apart")
    parts = sorted((work / "apart").iterdir())
    check(len(parts) == 2, f"{parts}")
    reelcell("edit", *parts, "--out", work / "together")
    check(len(json.loads((work / "together/corpus.json").read_text())["samples"]) == 2, "episodes of one length were taken for one")


def doubles(work, corpus, keys):
    """A sample that two sources hold is not merged twice: the same recording would be in a corpus with two names."""
    part = work / "part"
    reelcell("edit", corpus, "--drop", keys[0], "--out", part)
    refused = reelcell("edit", part, corpus, "--out", work / "doubled", codes=(1,)).stderr
    check(f"and {len(keys) - 2} more are in an earlier source too" in refused and "--distinct" in refused, refused)
    check(not (work / "doubled").exists(), "a refused merge left a folder")
    out = work / "distinct"
    told = reelcell("edit", part, corpus, "--distinct", "--out", out).stderr
    check("edit-key-renamed" not in told, told)
    manifest = json.loads((out / "corpus.json").read_text())
    check(sorted(s["key"] for s in manifest["samples"]) == sorted(keys), "distinct: other samples")
    check(manifest["edits"][-1]["left_out"] == len(keys) - 1, manifest["edits"][-1])
    no_doubles(work)
    # What was left out by hand is no double.
    reelcell("edit", part, corpus, "--keep", manifest["samples"][0]["key"], "--out", work / "by_hand")
    return len(keys) - 1


def filters(work, corpus, manifest):
    forces = {s["key"]: s["segment"]["labels"]["peak_force"]["value"] for s in manifest["samples"]}
    limit = sorted(forces.values())[len(forces) // 2]
    hard = [key for key, force in forces.items() if force > limit]
    plan = json.loads(reelcell("edit", corpus, "--where", f"label.peak_force > {limit!r}", "--dry-run", "--json").stdout)
    check([s["key"] for s in plan["corpora"][0]["samples"]] == hard and 0 < len(hard) < len(manifest["samples"]), f"filter: {plan['corpora']}")
    bad = reelcell("edit", corpus, "--where", "nosuch = 1", "--out", work / "never", codes=(1,))
    check("nosuch" in bad.stderr and not (work / "never").exists(), bad.stderr)


def relabels(work, corpus, keys):
    with open(work / "map.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["key", "task", "label.checked"])
        writer.writerow([keys[0], "Look, then \"touch\"", "true"])
    reelcell("edit", corpus, "--map", work / "map.csv", "--label", "long=duration_s > 0.1", "--out", work / "labelled")
    reelcell("validate", work / "labelled", "--deep")
    samples = json.loads((work / "labelled/corpus.json").read_text())["samples"]
    segment = next(s for s in samples if s["key"] == keys[0])["segment"]
    check(segment["task"] == 'Look, then "touch"' and segment["labels"]["checked"]["value"] is True, f"relabel: {segment}")
    check(all(s["segment"]["labels"]["long"]["value"] is (s["segment"]["end_ns"] - s["segment"]["start_ns"] > 1e8) for s in samples),
          "relabel: 'long' is not what the expression says")
    diff = json.loads(reelcell("diff", corpus, work / "labelled", "--json", codes=(1,)).stdout)
    check(all(not any(c.startswith(("rows", "clip")) for c in changes) for changes in diff["samples"]["changed"].values()),
          f"relabel changed data: {diff}")


def why(work, corpus, keys):
    told = json.loads(reelcell("why", corpus, keys[0], "--sources", work / "session", "--check", "--json").stdout)
    check(told["intact"] and all(s["check"] == "same" for s in told["sources"]), f"why: {told['sources']}")
    check(all(p["check"] == "same" for p in told["places"]) and len(told["places"]) >= 4, f"why: {told['places']}")
    check(told["labels"] and all(label["rule"] for label in told["labels"]) and told["gates"], "why: no labels or gates")
    video = next(s for s in told["sources"] if s["stream"] == "front")
    data = (work / "session" / video["file"]).read_bytes()
    check(hashlib.sha256(data).hexdigest() == video["sha256"], "why: another hash of the source")
    broken = work / "broken"
    shutil.copytree(work / "session", broken)
    with open(broken / video["file"], "ab") as file:
        file.write(b"x")
    told = json.loads(reelcell("why", corpus, keys[0], "--sources", broken, "--json", codes=(1,)).stdout)
    check(next(s for s in told["sources"] if s["stream"] == "front")["check"] == "changed", "why: a changed source is not told")
    check("verdict" in reelcell("why", corpus, keys[0]).stdout, "why: the text names no label")


def forget(work, corpus, manifest):
    group = manifest["samples"][0]["group"]
    gone = [s for s in manifest["samples"] if s["group"] == group]
    out = work / "forgotten"
    reelcell("edit", corpus, "--forget", group, "--out", out)
    reelcell("validate", out, "--deep")
    found = json.loads((out / "forgotten.jsonl").read_text())
    check(found["found"] == 0 and found["samples"] == len(gone) and found["searched"]["packet_hashes"] > 0, f"forget: {found}")
    for path in sorted(out.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            for sample in gone:
                at = data.find(sample["key"].encode())
                check(at < 0, f"forget: {path} holds {sample['key']}")
    kept = json.loads((out / "corpus.json").read_text())["samples"]
    check([s["key"] for s in kept] == [s["key"] for s in manifest["samples"] if s["group"] != group], "forget: others are gone too")
    lost = reelcell("edit", corpus, "--forget", "nobody", "--out", work / "never", codes=(2,))
    check("nobody" in lost.stderr, lost.stderr)


def killed(work, corpus):
    """SIGKILL at random moments: no folder, or the whole corpus."""
    # No file of the result depends on what the folder is called.
    reelcell("edit", corpus, "--drop", "0", "--out", work / "undisturbed")
    whole = tree(work / "undisturbed")
    started = time.monotonic()
    reelcell("edit", corpus, "--drop", "0", "--out", work / "timed")
    length = time.monotonic() - started
    generator = random.Random(4)
    outcomes = {"nothing": 0, "whole": 0}
    for number in range(int(os.environ.get("REELCELL_KILLS", "12"))):
        out = work / f"killed{number}"
        process = subprocess.Popen([BINARY, "edit", corpus, "--drop", "0", "--out", out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0, 1.2 * length))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if out.exists():
            same_tree(whole, tree(out), f"killed edit {number}")
        outcomes["whole" if out.exists() else "nothing"] += 1
        # Run again it makes the corpus, or says that it is there; either way it clears up after the killed one.
        reelcell("edit", corpus, "--drop", "0", "--out", out, codes=(1,) if out.exists() else (0,))
        same_tree(whole, tree(out), f"edit {number} run again")
        check(not [p for p in work.iterdir() if p.name.startswith(f".killed{number}.")], "a killed edit's leavings stay")
        shutil.rmtree(out)
    left = work / ".undisturbed.reelcell-edit.lock"  # as one leaves it that is killed when the corpus is in place
    left.touch()
    reelcell("edit", corpus, "--drop", "0", "--out", work / "undisturbed", codes=(1,))
    check(not left.exists(), "a lock without an edit stays")
    check(outcomes["nothing"], f"no kill came in time: {outcomes}")
    # In place, in one step.
    shutil.copytree(corpus, work / "inplace")
    reelcell("edit", work / "inplace", "--drop", "0", "--out", work / "inplace", codes=(1,))
    reelcell("edit", work / "inplace", "--drop", "0", "--out", work / "inplace", "--overwrite")
    lost = json.loads((work / "inplace/corpus.json").read_text())
    check(len(lost["samples"]) == len(json.loads((work / "undisturbed/corpus.json").read_text())["samples"]), "in place")
    return outcomes


def camera_without_files(work):
    """info.json names a camera of which no episode has a file: the rest is edited, and the loss is told once for the set."""
    source, out = work / "named", work / "named-out"
    shutil.copytree(SO101, source)
    for path in [source, *source.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    info = json.loads((source / "meta/info.json").read_text())
    info["features"]["observation.images.gone"] = info["features"][WRIST]
    (source / "meta/info.json").write_text(json.dumps(info))
    told = reelcell("edit", source, "--drop", "3", "--out", out, codes=(LOST,)).stderr
    check(told.count("<edit-camera-left-out>") == 1 and "observation.images.gone" in told, told)
    check("observation.images.gone" not in json.loads((out / "meta/info.json").read_text())["features"], "the camera is still there")
    same_tree({k: v for k, v in tree(work / "dropped").items() if k.startswith(("data", "videos"))}, {k: v for k, v in tree(out).items() if k.startswith(("data", "videos"))}, "with and without the name of a camera")
    reelcell("validate", out, "--deep")

    # GR00T's demo has one as well; its rows are a tick later than its frames, so the last row has none.
    told = reelcell("edit", PICK, "--drop", "0", "--out", work / "pick", codes=(1,)).stderr
    check("row 469 at 23.500000000 s has no frame" in told and "23.450000000 s" in told and "'reelcell build'" in told, told)
    check(not (work / "pick").exists(), "an edit that failed left its folder")
    reelcell("build", PICK, "--out", work / "pick", codes=(LOST,))
    reelcell("edit", work / "pick", "--drop", "0", "--out", work / "picked")
    check(len(data_rows(work / "picked/lerobot")) == 2096 - 416, "rows of the demo's edit")
    reelcell("validate", work / "picked", "--deep")


def main():
    rows = data_rows(SO101)
    video = video_of(SO101, WRIST)
    check(len(rows) == len(video) == 1782, "the original is not what this test knows")
    with work_folder() as work:
        print("drop", drop_from_so101(work, rows, video))
        print("merge", merge_halves(work, rows, video))
        camera_without_files(work)
        convert_and_reshard(work, rows, video)
        print("g1", g1(work))
        corpus, manifest = sample_corpus(work)
        print("doubles", doubles(work, corpus, [s["key"] for s in manifest["samples"]]))
        forget(work, corpus, manifest)
        print("kills", killed(work, work / "merged"))


if __name__ == "__main__":
    main()
