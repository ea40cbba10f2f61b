#!/usr/bin/python3
"""Sessions added to a finished corpus: what is there keeps its names and bytes, nothing of it is read again, and the whole
is as good as a corpus built in one go, as readers that are not Reelcell's see it.

  additions.py SHIM.so
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

from small_sessions import RECIPE, as_readers_see_it, make_session
from support import BINARY, LOST, check, lerobot_loads, parquet, reelcell, rows_below, same_tree, tree, work_folder, write_json

SHIM = sys.argv[1]
# No row without a sample: nothing of a whole session is lost.
CALM = {**RECIPE, "grid": {**RECIPE["grid"], "policy": {camera: {"method": "nearest", "tolerance": "200ms"} for camera in ("front", "wrist")}}}
# What says something of the whole: made anew with every addition.
TABLES = ("corpus.json", "report.json", "README.md", "v3/meta/", "v21/meta/")


class Corpus:
    def __init__(self, work, name, recipe="recipe.json"):
        self.out, self.recipe = work / name, work / recipe

    def command(self, sessions, *options):
        return ["build", *sessions, "--recipe", self.recipe, "--out", self.out, *options]

    def add(self, sessions, *options, codes=(0, LOST), **process):
        return reelcell(*self.command(sessions, "--add", *options), codes=codes, **process)

    def build(self, sessions, *options):
        return reelcell(*self.command(sessions, *options), codes=(0, LOST))


def identities(folder):
    """Name -> what a file would lose if it were written again, even with the same bytes."""
    return {path: (stat.st_ino, stat.st_mtime_ns, stat.st_size) for path in tree(folder)
            if not path.startswith(TABLES) for stat in [(folder / path).stat()]}


def three_generations(corpus, sessions, *options):
    corpus.add(sessions[:2], *options)
    first = identities(corpus.out)
    check(len(first) > 20, f"only {len(first)} data files")
    corpus.add(sessions[:4], *options)
    second = identities(corpus.out)
    check({path: second.get(path) for path in first} == first, "an addition touched finished files")
    # Only those that are new, in another order.
    corpus.add([sessions[5], sessions[4]], *options)
    third = identities(corpus.out)
    check({path: third.get(path) for path in second} == second, "the second addition touched finished files")
    check(len(first) < len(second) < len(third), "the additions made no files")
    return tree(corpus.out)


def near(left, right):
    if isinstance(left, list):
        return len(left) == len(right) and all(map(near, left, right))
    return left == right or abs(left - right) <= 1e-9 * max(abs(left), abs(right))


def like_one_go(corpus, whole):
    """The same samples, rows and figures as a build of all sessions at once; only their order differs."""
    grown, fresh = (json.loads((c.out / "corpus.json").read_text()) for c in (corpus, whole))
    leave = ("episode", "places")
    samples = [{s["key"]: {k: v for k, v in s.items() if k not in leave} for s in m["samples"]} for m in (grown, fresh)]
    check(samples[0] == samples[1], "other samples than in one go")
    for part in ("counts", "features", "rate", "time_streams", "recipe", "robot_type"):
        check(grown[part] == fresh[part], f"/{part} differs from one go: {grown[part]} {fresh[part]}")
    check({n: {k: sorted(v) if k == "groups" else v for k, v in s.items()} for n, s in grown["splits"].items()} ==
          {n: {k: sorted(v) if k == "groups" else v for k, v in s.items()} for n, s in fresh["splits"].items()}, "/splits differs")
    for feature, figures in fresh["statistics"]["features"].items():
        for name, value in figures.items():
            check(near(grown["statistics"]["features"][feature][name], value), f"statistics: {feature}/{name}")
    check(grown["statistics"]["pictures"] == fresh["statistics"]["pictures"], "statistics: other histograms")
    for name in ("v3", "v21"):
        rows = []
        for c in (corpus, whole):
            episodes = rows_below(c.out / "v3/meta/episodes") if name == "v3" else [json.loads(line) for line in (c.out / "v21/meta/episodes.jsonl").read_text().splitlines()]
            keys = {e["episode_index"]: e["reelcell/key"] for e in episodes}
            rows.append({(keys[r["episode_index"]], r["frame_index"]): {k: v for k, v in r.items() if k not in ("episode_index", "index", "task_index")}
                         for r in rows_below(c.out / name / "data")})
        check(rows[0] == rows[1], f"{name}: other rows than in one go")
    report = [json.loads((c.out / "report.json").read_text()) for c in (corpus, whole)]
    for part in ("episodes", "rows", "lost", "video"):
        check(report[0][part] == report[1][part], f"report: {part}: {report[0][part]} {report[1][part]}")
    alignment = [{line["stream"]: line["join"] for line in r["alignment"]} for r in report]
    check(alignment[0] == alignment[1], f"report: alignment: {alignment}")


def splits_are_told(corpus):
    manifest = json.loads((corpus.out / "corpus.json").read_text())
    check([g["sessions"] for g in manifest["generations"]] == [["seat-0", "seat-1"], ["seat-2", "seat-3"], ["seat-4", "seat-5"]], manifest["generations"])
    check(sum(g["episodes"] for g in manifest["generations"]) == len(manifest["samples"]), "the generations' episodes")
    for name in ("v3", "v21"):
        info = json.loads((corpus.out / name / "meta/info.json").read_text())
        told = {i: split for split, text in info["splits"].items() for part in text.split(",") for i in range(*map(int, part.split(":")))}
        check(told == {s["episode"]: s["split"] for s in manifest["samples"]}, f"{name}: {info['splits']}")
        check(any("," in text for text in info["splits"].values()), f"no split came twice: {info['splits']}")
    # Our own reader agrees: each episode of a data set is a session.
    out = corpus.out.parent / "again"
    reelcell("build", corpus.out / "v3", "--out", out, codes=(0, LOST))
    check(json.loads((out / "report.json").read_text())["episodes"] == len(manifest["samples"]), "the set cannot be built from again")


def nothing_is_read_again(work, corpus, sessions):
    """A process that opens an old recording, a finished video of the second set, or a shard, is killed."""
    for text in ("sessions/s0/front.mp4", "sessions/s1/joints.csv", "watched/v21/videos/chunk-000/observation.images.front/episode_000000.mp4", "watched/wds/train-000000.tar", "watched/wds/val-000000.tar"):
        copy = Corpus(work, "watched")
        shutil.copytree(corpus.out, copy.out)
        copy.add(sessions[:7], env={**os.environ, "LD_PRELOAD": SHIM, "KILL_ON": text})
        check(len(json.loads((copy.out / "corpus.json").read_text())["generations"]) == 4, "nothing was added")
        shutil.rmtree(copy.out)


def refusals(work, corpus, sessions):
    before = tree(corpus.out)

    def refused(told, *expected):
        for text in expected:
            check(text in told.stderr, f"expected '{text}': {told.stderr}")
        same_tree(before, tree(corpus.out), "a refused addition")

    check("nothing was done" in corpus.add(sessions[:6]).stdout, "all is there already")
    check("nothing was done" in corpus.add(sessions[3:4]).stdout, "all is there already")
    # Touched, and without the record of the build: hashes tell that nothing changed.
    os.utime(sessions[0] / "joints.csv")
    check("nothing was done" in corpus.add(sessions[:6]).stdout, "a touched file is no change")
    shutil.rmtree(corpus.out / ".reelcell")
    check("nothing was done" in corpus.add(sessions[:6]).stdout, "hashes are enough")
    text = (sessions[1] / "joints.csv").read_text()
    (sessions[1] / "joints.csv").write_text(text + text.splitlines()[-1].replace("0.", "0.1", 1) + "\n")
    refused(corpus.add(sessions[:7], codes=(1,)), "seat-1", "--overwrite")
    dry = json.loads(reelcell(*corpus.command(sessions[:7], "--add", "--dry-run", "--json"), codes=(0, LOST)).stdout)
    check(dry["corpus"]["changed"] == ["seat-1"] and dry["corpus"]["added"] == ["seat-6"], dry["corpus"])
    check({s["session"] for s in dry["segments"]} == {"seat-6"}, "a dry run plans what is there already")
    (sessions[1] / "joints.csv").write_text(text)
    other = json.loads(json.dumps(RECIPE))
    other["gates"][0]["max_gap"] = "80ms"
    write_json(work / "other.json", other)
    changed = Corpus(work, corpus.out.name, "other.json")
    refused(changed.add(sessions[:7], codes=(1,)), "/gates/0/max_gap", "--overwrite")
    dry = reelcell(*changed.command(sessions[:6], "--dry-run"), codes=(0, LOST)).stdout
    check("/gates/0/max_gap" in dry and "built again" in dry, dry)
    same_tree(before, tree(corpus.out), "a dry run")
    shard = next((corpus.out / "wds").glob("*.tar"))
    shard.rename(work / "away.tar")
    told = corpus.add(sessions[:7], codes=(1,)).stderr
    check(shard.name in told and "missing" in told, told)
    (work / "away.tar").rename(shard)
    same_tree(before, tree(corpus.out), "a damaged corpus")
    reelcell("edit", corpus.out, "--drop", "0", "--out", work / "edited")
    told = reelcell("build", *sessions[:7], "--recipe", corpus.recipe, "--out", work / "edited", "--add", codes=(1,)).stderr
    check("edited" in told, told)
    dry = reelcell("build", *sessions[:7], "--recipe", corpus.recipe, "--out", work / "edited", "--add", "--dry-run", codes=(0, LOST)).stdout
    check("would refuse" in dry and "edited" in dry, f"a dry run promises what is refused: {dry}")
    told = reelcell(*corpus.command(sessions[:6]), codes=(1,)).stderr  # in one go it would be another corpus
    check("--overwrite" in told, told)
    same_tree(before, tree(corpus.out), "a refused build")


def without_true_times(work, sessions):
    write_json(work / "timeless.json", {**RECIPE, "true_times": False})
    corpus = Corpus(work, "timeless", "timeless.json")
    corpus.add(sessions[:1])
    dry = json.loads(reelcell(*corpus.command(sessions[:2], "--add", "--dry-run", "--json"), codes=(0, LOST)).stdout)["corpus"]
    check("true times" in dry["refusal"] and dry["refusal"] in corpus.add(sessions[:2], codes=(1,)).stderr, dry)


def broken_ones(work, sessions):
    """A session that cannot be read is set aside, not tried for ever, and taken when it is whole."""
    write_json(work / "calm.json", CALM)
    corpus = Corpus(work, "broken", "calm.json")
    corpus.add(sessions[:2])
    bad = work / "bad"
    shutil.copytree(sessions[4], bad)
    (bad / "joints.csv").write_text("nothing\n")
    done = corpus.add([*sessions[:2], sessions[2], bad], codes=(LOST,))
    report = json.loads((corpus.out / "report.json").read_text())
    check([q["session"] for q in report["quarantined_sessions"]] == ["seat-4"], report["quarantined_sessions"])
    check("nothing was done" in corpus.add([*sessions[:2], bad], codes=(LOST,)).stdout, "a broken session is tried for ever")
    shutil.copy(sessions[4] / "joints.csv", bad / "joints.csv")
    corpus.add([*sessions[:2], bad])
    report = json.loads((corpus.out / "report.json").read_text())
    manifest = json.loads((corpus.out / "corpus.json").read_text())
    check(not report["quarantined_sessions"] and manifest["counts"]["sessions"] == 4, f"{report['quarantined_sessions']} {manifest['counts']}")
    check({s["session"] for s in manifest["samples"]} == {f"seat-{n}" for n in (0, 1, 2, 4)}, "the repaired session is missing")
    as_readers_see_it(corpus.out)
    # Nothing is lost any more: as if it had come whole.
    clean = Corpus(work, "clean", "calm.json")
    clean.build([*sessions[:3], sessions[4]])
    wanted = json.loads((clean.out / "report.json").read_text())
    check(not wanted["lost"] and wanted["lost_parts"] == {"sessions": [], "segments": []}, f"the sessions lose data: {wanted['lost_parts']}")
    check(report["lost"] is False and report["lost_parts"] == wanted["lost_parts"], f"lost stays true: {report['lost_parts']}")
    corpus.add([*sessions[:2], bad], codes=(0,))
    return done


def failed_segment(work, sessions):
    """A segment that fails though its session is whole (here: its process is killed) is tried again, alone, also after an addition."""
    write_json(work / "calm.json", CALM)
    corpus, whole = Corpus(work, "segment-fails", "calm.json"), Corpus(work, "segment-whole", "calm.json")
    state = corpus.out / ".reelcell"
    for _ in range(40):  # killed while one segment is in work: it is built in a process of its own then
        child = subprocess.Popen([BINARY, *map(str, corpus.command(sessions[:2], "-j", "1"))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while child.poll() is None:
            if (state / "spool").is_dir() and len(list((state / "spool").iterdir())) >= 3 and list((state / "begun").iterdir()):
                break
        child.kill()
        child.wait()
        # A mark whose result is stored is of a segment that was finished in that moment.
        left = [mark.name for mark in (state / "begun").iterdir()] if (state / "begun").is_dir() else []
        if len(left) == 1 and not (state / "spool" / left[0]).exists() and not (corpus.out / "corpus.json").exists():
            break
        shutil.rmtree(corpus.out)
    else:
        check(False, "no kill left a mark")
    corpus.add(sessions[:2], "-j", "1", codes=(LOST,), env={**os.environ, "LD_PRELOAD": SHIM, "KILL_CHILD": "1", "KILL_ON": ".mp4"})
    failed = [d for d in json.loads((corpus.out / "report.json").read_text())["decisions"] if d["failed"]]
    check(len(failed) == 1 and "SIGKILL" in failed[0]["reason"], failed)
    corpus.add(sessions[2:3], codes=(LOST,))
    check("nothing was done" in corpus.add(sessions[:3], codes=(LOST,)).stdout, "a failed segment is tried again without being asked for")
    told = reelcell(*corpus.command(sessions[:3], "--retry-failed"), codes=(1,)).stderr
    check("--add --retry-failed" in told, told)
    before = identities(corpus.out)
    dry = json.loads(reelcell(*corpus.command(sessions[:3], "--add", "--retry-failed", "--dry-run", "--json")).stdout)
    check(dry["corpus"]["retried"] == [failed[0]["session"]] and [s["key"] for s in dry["segments"]] == [failed[0]["key"]], dry["corpus"])
    done = corpus.add(sessions[:3], "--retry-failed")
    report = json.loads((corpus.out / "report.json").read_text())
    check(done.returncode == 0 and not report["lost"], f"lost stays true after the retry: {report['lost_parts']} {done.stderr}")
    after = identities(corpus.out)
    check({path: after.get(path) for path in before} == before, "a retry touched finished files")
    whole.build(sessions[:3])
    like_one_go(corpus, whole)
    as_readers_see_it(corpus.out)
    check("nothing was done" in corpus.add(sessions[:3], "--retry-failed", codes=(0,)).stdout, "nothing failed any more")


def killed(work, sessions, wanted):
    chance = random.Random(3)
    first = Corpus(work, "killed-base")
    first.add(sessions[:2])
    kills = 0
    for round_number in range(6):
        corpus = Corpus(work, f"killed-{round_number}")
        shutil.copytree(first.out, corpus.out)
        for part in (sessions[:4], [sessions[5], sessions[4]]):
            before = tree(corpus.out)
            child = subprocess.Popen([BINARY, *map(str, corpus.command(part, "--add"))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.05, 1.5))
            kills += child.poll() is None
            child.send_signal(signal.SIGKILL)
            child.wait()
            if (corpus.out / ".reelcell/next").exists() and not (corpus.out / ".reelcell/swap").exists():
                same_tree(before, tree(corpus.out), "a killed addition")
            corpus.add(part)
        same_tree(wanted, tree(corpus.out), f"killed in round {round_number}")
        shutil.rmtree(corpus.out)
    check(kills > 0, "no kill came before the end")
    return kills


def only_shards(work, sessions):
    """A corpus of WebDataset alone keeps no pixels but the histogram in its manifest."""
    write_json(work / "wds.json", {**RECIPE, "outputs": RECIPE["outputs"][2:]})
    grown, whole = Corpus(work, "wds-grown", "wds.json"), Corpus(work, "wds-whole", "wds.json")
    grown.add(sessions[:2])
    grown.add(sessions[2:4])
    whole.build(sessions[:4])
    figures = [json.loads((c.out / "corpus.json").read_text())["statistics"] for c in (grown, whole)]
    check(figures[0]["pictures"] == figures[1]["pictures"] and figures[0]["pictures"], "other histograms")
    for feature, wanted in figures[1]["features"].items():
        check(all(near(figures[0]["features"][feature][name], value) for name, value in wanted.items()), f"statistics of {feature}")
    reelcell("validate", grown.out, "--deep")


def with_objects(work, sessions):
    """Boxes of what is there stay in the tables, and a frame table that changed is a change."""
    labelled = []
    for number in (0, 1):
        folder = work / f"labelled/s{number}"
        shutil.copytree(sessions[number], folder)
        images = [{"id": n, "file_name": f"p{n}.png", "width": 64, "height": 64} for n in range(0, 60, 7)]
        boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [n / 2, 3, 9 + number, 5], "iscrowd": 0} for n in range(0, 60, 7)]
        write_json(folder / "coco.json", {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "seat"}]})
        (folder / "frames.csv").write_text("picture,frame\n" + "".join(f"p{n}.png,{n}\n" for n in range(0, 60, 7)))
        labelled.append(folder)
    write_json(work / "objects.json", {**RECIPE, "objects": [{"file": "coco.json", "format": "coco", "camera": "front", "frame_table": "frames.csv"}]})
    grown, whole = Corpus(work, "objects-grown", "objects.json"), Corpus(work, "objects-whole", "objects.json")
    grown.add(labelled[:1])
    grown.add(labelled)
    whole.build(labelled)

    def boxes(corpus, name):
        rows = parquet(corpus.out / name / "meta/objects.parquet")["data"]
        keys = {s["episode"]: s["key"] for s in json.loads((corpus.out / "corpus.json").read_text())["samples"]}
        return sorted(json.dumps({**{k: v for k, v in row.items() if k != "episode_index"}, "key": keys[row["episode_index"]]}, sort_keys=True) for row in rows)

    for name in ("v3", "v21"):
        check(len(boxes(whole, name)) > 12, f"{name}: only {len(boxes(whole, name))} boxes")
        check(boxes(grown, name) == boxes(whole, name), f"{name}: other boxes than in one go: {len(boxes(grown, name))} of {len(boxes(whole, name))}")
    reelcell("validate", grown.out, "--deep")
    (labelled[0] / "frames.csv").write_text("picture,frame\n" + "".join(f"p{n}.png,{n + 1}\n" for n in range(0, 50, 7)))
    check("seat-0" in grown.add(labelled, codes=(1,)).stderr, "a frame table that changed is not noticed")
    told = reelcell(*whole.command(labelled, "--retry-failed"), codes=(1,)).stderr
    check("seat-0" in told and "--overwrite" in told, f"--retry-failed takes a changed session for what was built: {told}")
    check("--overwrite" in reelcell(*whole.command(labelled), codes=(1,)).stderr, "the change is forgotten after --retry-failed")


SET_RECIPE = {"version": 1, "name": "set", "grid": {"rate_hz": 30, "anchor": "front"}, "segments": [{"kind": "window", "length": "1s"}],
              "task": "Window {segment.name} of {session.part}", "splits": {"by": "session", "ratios": {"train": 1}},
              "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "lerobot_v21", "folder": "v21"}]}


def grow(work, name, wanted):
    """The set becomes `wanted` as a recorder makes it grow: what stays the same is not written again."""
    for path in wanted.rglob("*"):
        at = work / name / path.relative_to(wanted)
        if path.is_file() and not (at.exists() and at.read_bytes() == path.read_bytes()):
            at.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, at)


def differs(work, layout, episode):
    rows = [[{k: v for k, v in row.items()} for row in rows_below(work / f"set-{name}/{layout}/data") if row["episode_index"] == episode] for name in ("three", "altered")]
    return rows[0] != rows[1]


def data_sets_that_grow(work, sessions):
    """Each episode is a session: known by what it is made of, wherever its rows and frames lie."""
    write_json(work / "set.json", SET_RECIPE)
    write_json(work / "from-set.json", {**SET_RECIPE, "name": "from-set", "segments": [{"kind": "session"}], "task": "", "outputs": [{"format": "lerobot_v3", "folder": "v3"}]})
    other = work / "other-s1"  # the same id, other values
    shutil.copytree(sessions[1], other)
    lines = (other / "joints.csv").read_text().splitlines()
    (other / "joints.csv").write_text("\n".join([*lines[:40], *(line.replace("0.", "0.1") for line in lines[40:60]), *lines[60:]]) + "\n")
    for name, inputs in (("two", sessions[:2]), ("three", sessions[:3]), ("altered", [sessions[0], other, sessions[2]])):
        Corpus(work, f"set-{name}", "set.json").build(inputs)
    two, three = (len(json.loads((work / f"set-{n}/corpus.json").read_text())["samples"]) for n in ("two", "three"))
    check(1 < two < three, f"{two} and {three} episodes")
    for layout in ("v21", "v3"):
        corpus, name = Corpus(work, f"from-{layout}", "from-set.json"), f"grows-{layout}"
        grow(work, name, work / f"set-two/{layout}")
        corpus.add([work / name])
        before = identities(corpus.out)
        old, new = ([f"{name}-episode_{n:06d}" for n in range(*numbers)] for numbers in ((two,), (two, three)))
        grow(work, name, work / f"set-three/{layout}")
        dry = json.loads(reelcell(*corpus.command([work / name], "--add", "--dry-run", "--json"), codes=(0, LOST)).stdout)["corpus"]
        check(dry["unchanged"] == old and dry["added"] == new and not dry["refusal"], f"{layout}: {dry}")
        # Files of their own are not even opened; shared ones grew and are compared.
        shim = {"LD_PRELOAD": SHIM, "KILL_ON": "/episode_000000."} if layout == "v21" else {}
        corpus.add([work / name], env={**os.environ, **shim})
        check({path: identities(corpus.out).get(path) for path in before} == before, f"{layout}: finished files were touched")
        manifest = json.loads((corpus.out / "corpus.json").read_text())
        check([g["sessions"] for g in manifest["generations"]] == [old, new], manifest["generations"])
        check(all("sha256" in line for s in manifest["samples"] for line in s["lineage"]), f"{layout}: streams without a hash")
        reelcell("validate", corpus.out, "--deep")
        lerobot_loads(corpus.out / "v3", "--stats")
        told = json.loads(reelcell("why", corpus.out, old[0], "--sources", work / name, "--json").stdout)["sources"]
        check(told and all(source["check"] == "same" for source in told), f"{layout}: {told}")
        whole = tree(corpus.out)
        for path in (work / name).rglob("*"):
            os.utime(path)
        check("nothing was done" in corpus.add([work / name]).stdout, f"{layout}: touched files are no change")
        # What an old episode is made of is another: refused, by name.
        samples = [json.loads((work / f"set-{n}/corpus.json").read_text())["samples"] for n in ("three", "altered")]
        changed = [n for n, sample in enumerate(samples[1]) if sample["session"] == "seat-1" and differs(work, layout, n)]
        check(changed and len(changed) < three, f"{layout}: {changed}")
        grow(work, name, work / f"set-altered/{layout}")
        dry = json.loads(reelcell(*corpus.command([work / name], "--add", "--dry-run", "--json"), codes=(0, LOST)).stdout)["corpus"]
        check(dry["changed"] == [f"{name}-episode_{n:06d}" for n in changed] and "changed" in dry["refusal"], f"{layout}: {dry}")
        told = corpus.add([work / name], codes=(1,)).stderr
        check(dry["refusal"] in told and f"episode_{changed[0]:06d}" in told and "--overwrite" in told, told)
        # So are its words, which lie in the metadata only.
        shutil.rmtree(work / name)
        grow(work, name, work / f"set-three/{layout}")
        if layout == "v21":
            for path in (work / name / "meta").glob("*s.jsonl"):
                path.write_text(path.read_text().replace("Window window-0000", "Pane window-0000"))
            reworded = json.loads(reelcell(*corpus.command([work / name], "--add", "--dry-run", "--json"), codes=(0, LOST)).stdout)["corpus"]
            check(reworded["changed"], f"other task texts are not noticed: {reworded}")
            shutil.rmtree(work / name)
            grow(work, name, work / f"set-three/{layout}")
        # A corpus that kept no hashes cannot know, and says so.
        for sample in manifest["samples"]:
            for line in sample["lineage"]:
                line.pop("sha256", None)
        write_json(corpus.out / "corpus.json", manifest)
        shutil.rmtree(corpus.out / ".reelcell")
        told = corpus.add([work / name], codes=(1,)).stderr
        check("does not say of which state" in told and "--overwrite" in told, told)
        check({p: h for p, h in tree(corpus.out).items() if p != "corpus.json"} == {p: h for p, h in whole.items() if p != "corpus.json"}, "a refused addition")


def noisy_session(work, number):
    """Its video is some megabytes large: a reader fetches it in several goes."""
    folder = work / f"noisy/s{number}"
    folder.mkdir(parents=True)
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size=320x240:rate=30:duration=3,noise=alls=60:allf=t:all_seed={number + 1}",
                    "-c:v", "libx264", "-preset", "ultrafast", "-qp", "8", "-g", "5", "-pix_fmt", "yuv420p", folder / "front.mp4"], check=True)
    (folder / "joints.csv").write_text("t,q\n" + "".join(f"{i / 100:.2f},{i * (number + 1) / 100:.3f}\n" for i in range(301)))
    write_json(folder / "session.json", {"version": 1, "id": f"noisy-{number}", "clock": {"epoch": "boot"}, "streams": [
        {"name": "front", "kind": "video", "path": "front.mp4", "format": "video"},
        {"name": "joints", "kind": "series", "path": "joints.csv", "format": "csv", "options": {"time_column": "t", "time_unit": "s"}}]})
    return folder


def without_a_hash(work):
    """A stream of a data set of which a read fails while it is hashed has no hash: told why, and in the way of no other session."""
    write_json(work / "long.json", {**SET_RECIPE, "name": "long", "segments": [{"kind": "session"}], "task": ""})
    sessions = [noisy_session(work, number) for number in range(3)]
    write_json(work / "short.json", {**SET_RECIPE, "name": "short", "segments": [{"kind": "window", "length": "500ms"}], "task": "",
                                     "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "webdataset", "folder": "wds"}]})
    for count in (2, 3):
        Corpus(work, f"long-{count}", "long.json").build(sessions[:count])
    given = work / "flaky"
    grow(work, "flaky", work / "long-2/v21")
    camera, ids = "front", [f"flaky-episode_{n:06d}" for n in range(3)]
    video = given / "videos/chunk-000/observation.images.front/episode_000001.mp4"
    failing = {**os.environ, "LD_PRELOAD": SHIM, "READ_FAILS_OF": str(video), "FAIL_LOG": str(work / "calls")}
    whole, corpus, again = Corpus(work, "flaky-whole", "short.json"), Corpus(work, "flaky-corpus", "short.json"), Corpus(work, "flaky-again", "short.json")
    whole.add([given], "-j", "1", env={**failing, "READ_FAILS_AT": "-1"})
    reads = int((work / "calls").read_text().split()[1])
    # One read fails. The video is planned with, copied from and hashed; the last is what this is about.
    for number in range(reads - 1, 0, -max(1, reads // 30)):
        shutil.rmtree(corpus.out, ignore_errors=True)
        done = corpus.add([given], "-j", "1", codes=(0, 1, LOST), env={**failing, "READ_FAILS_AT": str(number)})
        report = json.loads((corpus.out / "report.json").read_text()) if done.returncode != 1 else {}
        if report.get("sources_without_hash"):
            break
    else:
        check(False, f"none of {reads} reads was for the hash")
    wanted = [{"session": ids[1], "source": camera}]
    check([{k: v for k, v in s.items() if k != "reason"} for s in report.get("sources_without_hash", [])] == wanted, f"{report.get('sources_without_hash')} {done.stderr}")
    reason = report["sources_without_hash"][0]["reason"]
    check("Input/output error" in reason and str(work) not in reason and "source-hash-missing" in done.stderr, f"{reason} {done.stderr}")
    # Every segment of the session is there; its video was not read again for the later ones, or they had a hash.
    good = [s for s in json.loads((corpus.out / "corpus.json").read_text())["samples"] if s["session"] == ids[1]]
    check(len(good) >= 5 and not any(d["failed"] for d in report["decisions"]), f"only {len(good)} segments")
    for sample in good:
        lines = [line for line in sample["lineage"] if line.get("stream") == camera]
        check(lines and all(line.get("no_hash") == reason and "sha256" not in line for line in lines), f"{sample['key']}: {lines}")
    reelcell("validate", corpus.out, "--deep")
    # With the disk well again --retry-failed takes the hash, and all is as if nothing had happened.
    shutil.copytree(corpus.out, again.out)
    again.build([given], "--retry-failed")
    same_tree(tree(whole.out), tree(again.out), "after --retry-failed")
    # The set grows, and what it holds of the session is touched: not known to be the same, and no reason to refuse the new one.
    grow(work, "flaky", work / "long-3/v21")
    check("nothing was done" not in corpus.add([given], "--dry-run", codes=(0, LOST)).stdout, "dry run")
    os.utime(video)
    dry = json.loads(reelcell(*corpus.command([given], "--add", "--dry-run", "--json"), codes=(0, LOST)).stdout)["corpus"]
    check(dry["added"] == [ids[2]] and dry["unchanged"] == [ids[0]] and not dry["refusal"] and not dry["unknown"], dry)
    check(dry["unhashed"] == [{**wanted[0], "reason": reason}], dry)
    before = identities(corpus.out)
    told = corpus.add([given]).stderr
    check(all(part in told for part in (ids[1], camera, "Input/output error", "--retry-failed", "--overwrite")), told)
    check({path: identities(corpus.out).get(path) for path in before} == before, "finished files were touched")
    grown = json.loads((corpus.out / "corpus.json").read_text())
    check({s["session"] for s in grown["samples"]} == set(ids), "the new session is missing")
    check([s for s in grown["samples"] if s["session"] == ids[1]] == good, "the doubtful session is another")
    reelcell("validate", corpus.out, "--deep")
    # Still in doubt the next time, not taken for what it was when the others came.
    told = corpus.add([given])
    check("nothing was done" in told.stdout and ids[1] in told.stderr, told.stdout + told.stderr)
    # What is in doubt and has changed in another stream is refused, as ever.
    rows = given / "data/chunk-000/episode_000001.parquet"
    shutil.copy(work / "long-2/v21/data/chunk-000/episode_000000.parquet", rows)
    check("changed" in corpus.add([given], codes=(1,)).stderr, "other rows are not noticed")


def main():
    with work_folder() as work:
        (work / "sessions").mkdir()
        sessions = [make_session(work, number) for number in range(7)]
        write_json(work / "recipe.json", RECIPE)
        corpus, whole = Corpus(work, "grown"), Corpus(work, "whole")
        wanted = three_generations(corpus, sessions, "-j", "1")
        as_readers_see_it(corpus.out)
        whole.build(sessions[:6])
        like_one_go(corpus, whole)
        splits_are_told(corpus)
        same_tree(wanted, three_generations(Corpus(work, "threads"), sessions, "-j", "8"), "-j 8")
        kills = killed(work, sessions, wanted)
        nothing_is_read_again(work, corpus, sessions)
        refusals(work, corpus, sessions)
        without_true_times(work, sessions)
        only_shards(work, sessions)
        with_objects(work, sessions)
        data_sets_that_grow(work, sessions)
        broken_ones(work, sessions)
        failed_segment(work, sessions)
        without_a_hash(work)
        print(f"{len(wanted)} files after two additions, the same bytes with 8 threads and after {kills} kills")


if __name__ == "__main__":
    main()
