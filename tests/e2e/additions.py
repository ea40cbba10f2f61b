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

from grown import CALM, Corpus, identities, like_one_go, near
from small_sessions import RECIPE, as_readers_see_it, make_session
from support import BINARY, LOST, check, parquet, reelcell, same_tree, tree, work_folder, write_json

SHIM = sys.argv[1]


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
    # Touched, and without the record of the build: hashes tell that nothing changed, of what was touched alone.
    os.utime(sessions[0] / "joints.csv")
    shim = {**os.environ, "LD_PRELOAD": SHIM, "KILL_ON": "s0/front.mp4"}
    check("nothing was done" in corpus.add(sessions[:6], env=shim).stdout, "a touched file is no change")
    shutil.rmtree(corpus.out / ".reelcell")
    check("nothing was done" in corpus.add(sessions[:6]).stdout, "hashes are enough")
    text = (sessions[1] / "joints.csv").read_text()
    (sessions[1] / "joints.csv").write_text(text + text.splitlines()[-1].replace("0.", "0.1", 1) + "\n")
    refused(corpus.add(sessions[:6], codes=(LOST,)), "seat-1", "has changed", "joints.csv", "--replace")
    refused(corpus.add(sessions[:6], codes=(LOST,)), "seat-1", "has changed", "joints.csv", "--replace")
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
    told = grown.add(labelled, codes=(LOST,)).stderr
    check("seat-0" in told and "frames.csv" in told, f"a frame table that changed is not noticed: {told}")
    told = reelcell(*whole.command(labelled, "--retry-failed"), codes=(1,)).stderr
    check("seat-0" in told and "--overwrite" in told, f"--retry-failed takes a changed session for what was built: {told}")
    check("--overwrite" in reelcell(*whole.command(labelled), codes=(1,)).stderr, "the change is forgotten after --retry-failed")


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
        broken_ones(work, sessions)
        failed_segment(work, sessions)
        print(f"{len(wanted)} files after two additions, the same bytes with 8 threads and after {kills} kills")


if __name__ == "__main__":
    main()
