#!/usr/bin/python3
"""A session that changed since it was built: kept as it is and told, or with --replace built anew in the place of what the
corpus holds of it. The rest of the corpus stays, files that hold nothing of the session are not written again, and the
whole is as good as a corpus built in one go.

  replacements.py SHIM.so
"""
import json
import os
import shutil
import sys

from grown import CALM, Corpus, identities, like_one_go, near
from small_sessions import as_readers_see_it, make_session, noisy_session
from support import LOST, check, reelcell, same_tree, tree, work_folder, write_json

SHIM = sys.argv[1]


def manifest_of(corpus):
    return json.loads((corpus.out / "corpus.json").read_text())


def files_of(sample, folder):
    """Of one output: the files that the sample lies in."""
    place = next(p for p in sample["places"] if p["output"] == folder)
    return {place["file"], *(video["file"] for video in place.get("details", {}).get("videos", {}).values())}


def kept_and_told(corpus, old, other, new):
    """Without --replace the others are added, and the one that changed is named with what changed of it."""
    before, samples = identities(corpus.out), manifest_of(corpus)["samples"]
    dry = json.loads(reelcell(*corpus.command([*old, other, new], "--add", "--dry-run", "--json"), codes=(LOST,)).stdout)
    check(dry["corpus"]["changed"] == ["seat-1"] and dry["corpus"]["added"] == ["seat-3"] and not dry["corpus"]["replaced"], dry["corpus"])
    check({s["session"] for s in dry["segments"]} == {"seat-3"}, "a dry run plans what is kept")
    done = corpus.add([*old, other, new], codes=(LOST,))
    for text in ("seat-1: has changed", dry["corpus"]["reasons"]["seat-1"], "keeps what it has", "--replace"):
        check(text in done.stderr, f"'{text}' is not told: {done.stderr}")
    check("1 session added" in done.stdout, done.stdout)
    check({path: identities(corpus.out).get(path) for path in before} == before, "finished files were touched")
    grown = manifest_of(corpus)
    check(grown["samples"][:len(samples)] == samples and {s["session"] for s in grown["samples"]} == {f"seat-{n}" for n in range(4)}, "other samples")
    # A loss of what was given, not of the corpus; and the same when nothing is new.
    check(json.loads((corpus.out / "report.json").read_text())["lost"] is False, "the corpus is told to have lost data")
    again = corpus.add([*old, other, new], codes=(LOST,))
    check("nothing was done" in again.stdout and "as they are" not in again.stdout and "seat-1: has changed" in again.stderr, again.stdout + again.stderr)
    reelcell(*corpus.command([*old, other, new], "--replace"), codes=(2,))


def replaced(corpus, given, added=(), *options, session="seat-1"):
    """Replaces one session and looks at what of the files stayed."""
    before, was = identities(corpus.out), manifest_of(corpus)
    dry = json.loads(reelcell(*corpus.command(given, "--add", "--replace", "--dry-run", "--json")).stdout)
    check(dry["corpus"]["replaced"] == [session] and dry["corpus"]["added"] == list(added) and not dry["corpus"]["changed"], dry["corpus"])
    check({s["session"] for s in dry["segments"]} == {session, *added}, "a dry run plans other sessions")
    text = reelcell(*corpus.command(given, "--add", "--replace", "--dry-run")).stdout
    check("to be replaced" in text and dry["corpus"]["reasons"][session] in text and "in the place of what is there" in text, text)
    check(identities(corpus.out) == before and manifest_of(corpus) == was, "a dry run wrote something")
    done = corpus.add(given, "--replace", *options, codes=(0,))
    check("1 session replaced" in done.stdout, done.stdout)
    after, now = identities(corpus.out), manifest_of(corpus)
    check([g["sessions"] for g in now["generations"]][-1] == sorted([session, *added]), now["generations"])
    check(sum(g["episodes"] for g in now["generations"]) == len(now["samples"]), now["generations"])
    first = min(s["episode"] for s in was["samples"] if s["session"] == session)
    stayed = 0
    inodes = {identity[0]: path for path, identity in after.items()}
    for folder in ("v3", "v21", "wds"):
        touched = {file for s in was["samples"] if s["session"] == session for file in files_of(s, folder)}
        for sample in was["samples"]:
            for file in files_of(sample, folder) - touched:
                if file.endswith(".parquet") and sample["episode"] > first:
                    continue  # its rows have other numbers
                at = file if folder == "wds" or file.endswith(".parquet") else inodes.get(before[file][0], "")
                check(after.get(at) == before[file], f"{file} was written again")
                stayed += 1
    check(stayed > 0, "no file stayed")
    left = tree(corpus.out)
    listed = {f["path"] for output in now["outputs"] for f in output["files"]} | {f["path"] for f in now["files"]} | {"corpus.json"}
    check({p for p in left if not p.startswith(".reelcell")} == listed, "other files than the manifest lists")
    decisions = {d["key"]: d for d in json.loads((corpus.out / "report.json").read_text())["decisions"]}
    for sample in now["samples"]:
        check(decisions[sample["key"]]["episode"] == sample["episode"], f"the decision on {sample['key']} names another episode")
    as_readers_see_it(corpus.out)
    check("nothing was done" in corpus.add(given, codes=(0,)).stdout, "replaced, and still another")
    return now


def numbers_in_shards(corpus):
    """Every sample's own number in its shard is another, and the manifest knows it."""
    numbers = []
    for sample in manifest_of(corpus)["samples"]:
        place = next(p for p in sample["places"] if p["output"] == "wds")
        index = json.loads((corpus.out / place["file"]).with_suffix(".index.json").read_text())
        member = next(m for s in index["samples"] if s["key"] == sample["key"] for m in s["members"] if m["extension"] == "json")
        with (corpus.out / place["file"]).open("rb") as file:
            file.seek(member["offset"])
            number = json.loads(file.read(member["bytes"]))["episode"]
        check(number == place.get("details", {}).get("episode", sample["episode"]), f"{sample['key']} is {number} in its shard")
        numbers.append(number)
    check(len(set(numbers)) == len(numbers), f"numbers in shards come twice: {sorted(numbers)}")


def unreadable(work, corpus, given):
    """What cannot be read takes no one's place."""
    bad = work / "bad"
    shutil.copytree(given[1], bad)
    (bad / "joints.csv").write_text("nothing\n")
    before = tree(corpus.out)
    done = corpus.add([given[0], bad], "--replace", codes=(LOST,))
    check("seat-1: has changed" in done.stderr and "keeps what it has" in done.stderr and "nothing was done" in done.stdout, done.stdout + done.stderr)
    same_tree(before, tree(corpus.out), "a session that cannot be read")
    dry = json.loads(reelcell(*corpus.command([given[0], bad], "--add", "--replace", "--dry-run", "--json"), codes=(LOST,)).stdout)["corpus"]
    check(dry["changed"] == ["seat-1"] and not dry["replaced"], dry)
    # Beside one that is added the same.
    copy = Corpus(work, "unreadable", "calm.json")
    shutil.copytree(corpus.out, copy.out)
    copy.add([bad, given[-1]], "--replace", codes=(LOST,))
    report = json.loads((copy.out / "report.json").read_text())
    check(not report["quarantined_sessions"] and not report["lost"], report["quarantined_sessions"])
    check(manifest_of(copy)["generations"][-1]["sessions"] == ["seat-4"], manifest_of(copy)["generations"])
    shutil.rmtree(bad)


def killed(work, first, wanted, given):
    """Killed at every few calls that put data on the disk, also while files change places: the same bytes in the end."""
    log, corpus, kills = work / "calls", Corpus(work, "killed", "calm.json"), 0
    environment = {**os.environ, "LD_PRELOAD": SHIM, "FAIL_BELOW": str(corpus.out)}
    old = tree(first.out)
    # From the first table on the rest is: write, record, move, tidy up.
    for start, step in (("", 3), ("README.md", 3)):
        counted = {**environment, **({"COUNT_FROM": start} if start else {})}
        shutil.copytree(first.out, corpus.out)
        corpus.add(given, "--replace", "-j", "1", codes=(0,), env={**counted, "FAIL_LOG": str(log)})
        calls = int(log.read_text())
        same_tree(wanted, tree(corpus.out), "in another folder")
        shutil.rmtree(corpus.out)
        for number in range(0, calls, max(1, calls // step)):
            shutil.copytree(first.out, corpus.out)
            done = corpus.add(given, "--replace", "-j", "1", codes=(0, -9), env={**counted, "KILL_AT": str(number)})
            kills += done.returncode == -9
            if (corpus.out / "corpus.json").exists():
                now = {p: h for p, h in tree(corpus.out).items()}
                check(now in (old, wanted), f"neither the old corpus nor the new one after call {number}")
            else:
                check((corpus.out / ".reelcell/swap").exists(), f"no corpus and no record of the move after call {number}")
            corpus.add(given, "--replace", codes=(0,))
            same_tree(wanted, tree(corpus.out), f"killed at call {number} from '{start}' on")
            shutil.rmtree(corpus.out)
    check(kills > step, f"only {kills} kills")
    return kills


def only_shards(work):
    """A corpus of WebDataset alone keeps no figures of single pictures: those of what stays are counted again."""
    # Whole GOPs are copied: what is stored is what was recorded.
    write_json(work / "shards.json", {"version": 1, "name": "shards", "grid": {"rate_hz": 30, "anchor": "front"}, "segments": [{"kind": "window", "length": "1s"}],
                                      "splits": {"by": "session", "ratios": {"train": 1}}, "outputs": [{"format": "webdataset", "folder": "wds", "shard_samples": 1}]})
    given, other = [noisy_session(work, number) for number in range(3)], noisy_session(work, 7, "noisy-1")
    corpus, whole = Corpus(work, "wds-replaced", "shards.json"), Corpus(work, "wds-whole", "shards.json")
    corpus.add(given[:3])
    before = identities(corpus.out)
    corpus.add([given[0], other, given[2]], "--replace")
    whole.build([given[0], other, given[2]])
    video = json.loads((whole.out / "report.json").read_text())["video"]
    check(not any(account["encoded"]["clips"] for account in video.values()), f"clips were encoded: {video}")
    figures = [manifest_of(c)["statistics"] for c in (corpus, whole)]
    check(figures[0]["pictures"] == figures[1]["pictures"] and figures[0]["pictures"], "other histograms")
    for feature, wanted in figures[1]["features"].items():
        check(all(near(figures[0]["features"][feature][name], value) for name, value in wanted.items()), f"statistics of {feature}")
    after = identities(corpus.out)
    check(any(after.get(path) == identity for path, identity in before.items() if path.endswith(".tar")), "every shard was written again")
    reelcell("validate", corpus.out, "--deep")


def all_of_it(work, session, other):
    """Nothing of the corpus stays: as if it had been built of the new state."""
    corpus, whole = Corpus(work, "one", "calm.json"), Corpus(work, "one-whole", "calm.json")
    corpus.add([session])
    corpus.add([other], "--replace")
    whole.build([other])
    same_tree({p: h for p, h in tree(whole.out).items() if not p.startswith("wds")}, {p: h for p, h in tree(corpus.out).items() if not p.startswith("wds")}, "all replaced")


def main():
    with work_folder() as work:
        (work / "sessions").mkdir()
        sessions = [make_session(work, number) for number in range(5)]
        other = make_session(work, 11, "seat-1")
        write_json(work / "calm.json", CALM)
        corpus, whole = Corpus(work, "grown", "calm.json"), Corpus(work, "whole", "calm.json")
        corpus.add(sessions[:3])
        base, threads = Corpus(work, "base", "calm.json"), Corpus(work, "threads", "calm.json")
        shutil.copytree(corpus.out, base.out)
        shutil.copytree(corpus.out, threads.out)
        kept_and_told(corpus, [sessions[0], sessions[2]], other, sessions[3])
        given = [sessions[0], other, sessions[2], sessions[3]]
        replaced(corpus, given)
        whole.build(given)
        like_one_go(corpus, whole)
        numbers_in_shards(corpus)
        # Replaced and added at once, by any number of threads, and with kills: the same bytes.
        replaced(base, given, ["seat-3"], "-j", "1")
        like_one_go(base, whole)
        wanted = tree(base.out)
        first = Corpus(work, "first", "calm.json")
        shutil.copytree(threads.out, first.out)
        threads.add(given, "--replace", "-j", "8", codes=(0,))
        same_tree(wanted, tree(threads.out), "-j 8")
        kills = killed(work, first, wanted, given)
        unreadable(work, base, [sessions[0], sessions[1], sessions[4]])
        # Replaced a second time, then added to.
        replaced(base, [sessions[0], sessions[1]], [])
        base.add(sessions[4:], codes=(0,))
        shutil.rmtree(whole.out)
        whole.build(sessions)
        like_one_go(base, whole)
        numbers_in_shards(base)
        as_readers_see_it(base.out)
        only_shards(work)
        all_of_it(work, sessions[0], make_session(work, 12, "seat-0"))
        print(f"replaced, kept and told; {len(wanted)} files, the same bytes after {kills} kills")


if __name__ == "__main__":
    main()
