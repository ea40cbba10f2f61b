#!/usr/bin/python3
"""Data sets that grow: an episode is known by what it is made of, wherever its rows and frames lie, or told to be in doubt.

  additions_sets.py SHIM.so
"""
import json
import os
import shutil
import sys

from grown import Corpus, identities
from small_sessions import make_session, noisy_session
from support import LOST, check, lerobot_loads, reelcell, rows_below, same_tree, tree, work_folder, write_json

SHIM = sys.argv[1]
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
        # What an old episode is made of is another: told, by name.
        samples = [json.loads((work / f"set-{n}/corpus.json").read_text())["samples"] for n in ("three", "altered")]
        changed = [n for n, sample in enumerate(samples[1]) if sample["session"] == "seat-1" and differs(work, layout, n)]
        check(changed and len(changed) < three, f"{layout}: {changed}")
        grow(work, name, work / f"set-altered/{layout}")
        dry = json.loads(reelcell(*corpus.command([work / name], "--add", "--dry-run", "--json"), codes=(0, LOST)).stdout)["corpus"]
        check(dry["changed"] == [f"{name}-episode_{n:06d}" for n in changed] and not dry["refusal"], f"{layout}: {dry}")
        told = corpus.add([work / name], codes=(LOST,)).stderr
        check(all(f"episode_{n:06d}: has changed" in told and dry["reasons"][f"{name}-episode_{n:06d}"] in told for n in changed), told)
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
        told = corpus.add([work / name], codes=(LOST,)).stderr
        check("whether it changed cannot be told: no hash of" in told and "--replace" in told, told)
        check({p: h for p, h in tree(corpus.out).items() if p != "corpus.json"} == {p: h for p, h in whole.items() if p != "corpus.json"}, "a refused addition")


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
    check(all(part in told for part in (ids[1], camera, "Input/output error", "--retry-failed", "--replace")), told)
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
    check("has changed" in corpus.add([given], codes=(LOST,)).stderr, "other rows are not noticed")
    # Built anew in its place, it has its hash and is in doubt no longer.
    shutil.copy(work / "long-3/v21/data/chunk-000/episode_000001.parquet", rows)
    corpus.add([given], "--replace")
    grown = json.loads((corpus.out / "corpus.json").read_text())
    check(all("sha256" in line for s in grown["samples"] for line in s["lineage"]), "a stream without a hash")
    check("nothing was done" in corpus.add([given]).stdout, "in doubt after it was replaced")
    reelcell("validate", corpus.out, "--deep")


def main():
    with work_folder() as work:
        (work / "sessions").mkdir()
        data_sets_that_grow(work, [make_session(work, number) for number in range(3)])
        without_a_hash(work)
        print("sets of both layouts grew; an episode without a hash was in the way of no other")


if __name__ == "__main__":
    main()
