#!/usr/bin/python3
"""Sessions that arrive piece by piece are built when they are whole, and not before; kills cost nothing."""
import json
import os
import shutil
import signal
import subprocess
import time

from support import BINARY, DATA, LOST, check, reelcell, same_tree, tree, work_folder, write_json

GENERATOR = BINARY.parent / "reelcell-make-session"
RECIPE = {"version": 1, "name": "arrivals", "grid": {"rate_hz": 30, "anchor": "front"}, "segments": [{"kind": "window", "length": "1s"}],
          "splits": {"by": "session", "ratios": {"train": 1}},
          "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "webdataset", "folder": "wds"}]}


def make_session(work, number):
    folder = work / f"made/s{number}"
    subprocess.run([GENERATOR, "--out", folder, "--duration", "3", "--points", "6", "--seed", str(number), "--id", f"seat-{number}",
                    "--width", "64", "--height", "64", "--wrist-width", "64", "--wrist-height", "64"], check=True, capture_output=True)
    return folder


def events(text):
    lines = [json.loads(line) for line in text.splitlines()]
    check(all(line["version"] == 1 and "event" in line for line in lines), lines)
    return lines


def once(work, *options, codes=(0, LOST)):
    return events(reelcell("watch", work / "incoming", "--recipe", work / "recipe.json", "--out", work / "corpus", "--once", "--json", *options, codes=codes).stdout)


def reasons(told):
    return {event["session"]: event["reason"] for event in told if event["event"] == "waiting"}


def unusable_first(work, made):
    """An empty corpus: what cannot start one is told, once, and waits for nothing but a change of its own."""
    bad = work / "incoming/a0"
    shutil.copytree(made[0], bad)
    (bad / "joints.csv").write_text("nothing\n")
    told = once(work, "--settle", "0s", codes=(LOST,))
    check([e["session"] for e in told if e["event"] == "refused"] == ["seat-0"] and not (work / "corpus/corpus.json").exists(), told)
    # Parts of a session that is still to come, and a corpus, are no sessions.
    part = work / "incoming/a1"
    part.mkdir()
    shutil.copy(next((DATA / "mcap").rglob("*.mcap")), part / "log.mcap")
    (work / "incoming/a2").mkdir()
    write_json(work / "incoming/a2/corpus.json", {})
    told = once(work, "--settle", "0s", codes=(LOST,))
    check(reasons(told) == {"a1": "session.json is missing"}, told)
    for name in ("a0", "a1", "a2"):
        shutil.rmtree(work / "incoming" / name)


def renamed(work, made):
    """A recording that is renamed after it was looked at, beside a good session: it is told, the good one is added."""
    shutil.copy(next((DATA / "mcap").rglob("TenMessages*.mcap")), work / "incoming/log.mcap")
    told = once(work, "--settle", "0s", codes=(LOST,))
    check([q["session"] for e in told if e["event"] == "added" for q in e["quarantined"]] == ["log"], told)
    (work / "incoming/log.mcap").rename(work / "incoming/other.mcap")
    shutil.copytree(made[5], work / "incoming/u0")
    told = once(work, "--settle", "0s", codes=(LOST,))
    check([e["sessions"] for e in told if e["event"] == "added"] == [["seat-5"]], told)
    refused = [e for e in told if e["event"] == "refused" and e["session"] == "other"]
    check(len(refused) == 1 and "'log'" in refused[0]["reason"], told)


def piece_by_piece(work, made):
    """session.json first, then one file after the other, the last one torn."""
    arriving = work / "incoming/s0"
    arriving.mkdir(parents=True)
    text = (made[0] / "session.json").read_text()
    (arriving / "session.json").write_text(text[: len(text) // 2])
    told = once(work, "--settle", "0s")
    check("s0" in reasons(told) and not (work / "corpus").exists(), f"a torn session.json: {told}")
    (arriving / "session.json").write_text(text)
    names = sorted(path.name for path in made[0].iterdir() if path.name not in ("session.json", "truth.json"))
    for name in names:
        told = once(work, "--settle", "0s")
        check("missing" in reasons(told).get("s0", "") or "plan.json" in reasons(told).get("s0", ""), f"before {name}: {told}")
        check(not (work / "corpus").exists(), f"before {name}: something was built")
        shutil.copy(made[0] / name, arriving / name)
    told = once(work, "--settle", "0s")
    check([e["sessions"] for e in told if e["event"] == "added"] == [["seat-0"]], told)
    check(not [e for e in once(work, "--settle", "0s") if e["event"] == "added"], "it was built twice")


def growing(work, made):
    """All files are there, one is still being written: it must be left alone until it settles."""
    arriving = work / "incoming/s1"
    shutil.copytree(made[1], arriving)
    data = (made[1] / "joints.csv").read_bytes()
    (arriving / "joints.csv").write_bytes(data[: len(data) // 3])
    command = [BINARY, "watch", work / "incoming", "--recipe", work / "recipe.json", "--out", work / "corpus", "--json", "--settle", "2s", "--every", "200ms"]
    child = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    with open(arriving / "joints.csv", "ab") as file:
        step = len(data) // 3 // 8
        for at in range(len(data) // 3, len(data), step):
            time.sleep(0.4)
            file.write(data[at:at + step])
            file.flush()
            check(b"seat-1" not in (work / "corpus/corpus.json").read_bytes(), "a session that still grew was built")
    for line in child.stdout:
        event = json.loads(line)
        if event["event"] == "added":
            check(event["sessions"] == ["seat-1"], event)
            break
    child.send_signal(signal.SIGTERM)
    rest = events(child.stdout.read())
    check(child.wait() in (0, LOST) and rest[-1] == {"version": 1, "event": "stopped", "signal": "SIGTERM"}, f"SIGTERM: {child.returncode} {rest}")


def marked(work, made):
    shutil.copytree(made[2], work / "incoming/s2")
    told = once(work, "--marker", "done.txt")
    check("done.txt" in reasons(told).get("s2", ""), told)
    (work / "incoming/s2/done.txt").touch()
    told = once(work, "--marker", "done.txt")
    check([e["sessions"] for e in told if e["event"] == "added"] == [["seat-2"]], told)
    # One that is complete, as its marker says, and cannot be read: refused, not waited for.
    unreadable = work / "incoming/s9"
    unreadable.mkdir()
    (unreadable / "session.json").touch()
    check("s9" in reasons(once(work, "--marker", "done.txt")), "an empty session.json without its marker does not wait")
    (unreadable / "done.txt").touch()
    told = once(work, "--marker", "done.txt", codes=(LOST,))
    check([e["session"] for e in told if e["event"] == "refused"] == ["s9"] and "s9" not in reasons(told), told)
    shutil.rmtree(unreadable)


def killed(work, made):
    """Killed at several moments of a build and started again."""
    shutil.copytree(made[3], work / "incoming/s3")
    command = [BINARY, "watch", work / "incoming", "--recipe", work / "recipe.json", "--out", work / "corpus", "--once", "--settle", "0s"]
    for seconds in (0.05, 0.2, 0.4, 0.6, 0.8):
        child = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        child.send_signal(signal.SIGTERM if seconds == 0.4 else signal.SIGKILL)
        child.wait()
    told = once(work, "--settle", "0s")
    corpus = json.loads((work / "corpus/corpus.json").read_text())
    check([g["sessions"] for g in corpus["generations"]] == [[f"seat-{n}"] for n in range(4)], f"{told} {corpus['generations']}")
    # By hand, in the same order: the same bytes.
    for number in range(4):
        reelcell("build", made[number], "--recipe", work / "recipe.json", "--out", work / "by-hand", "--add", codes=(0, LOST))
    same_tree(tree(work / "by-hand"), tree(work / "corpus"), "watched")
    reelcell("validate", work / "corpus", "--deep")


def others(work, made):
    """Another session with a known id, and one that changed later, are told and left out; a broken one is set aside."""
    before = tree(work / "corpus")
    shutil.copytree(made[4], work / "incoming/t0")
    session = json.loads((work / "incoming/t0/session.json").read_text())
    session["id"] = "seat-0"
    write_json(work / "incoming/t0/session.json", session)
    told = once(work, "--settle", "0s")
    check("seat-0" in reasons(told).get("t0", ""), told)
    os.remove(work / "incoming/t0/session.json")
    shutil.copy(made[4] / "joints.csv", work / "incoming/s2/joints.csv")
    told = once(work, "--settle", "0s", codes=(LOST,))
    check([e["session"] for e in told if e["event"] == "refused"] == ["seat-2"], told)
    same_tree(before, tree(work / "corpus"), "what was refused")
    shutil.copy(made[4] / "session.json", work / "incoming/t0/session.json")
    (work / "incoming/t0/joints.csv").write_text("nothing\n")
    told = once(work, "--settle", "0s", codes=(LOST,))
    added = [e for e in told if e["event"] == "added"]
    check(len(added) == 1 and [q["session"] for q in added[0]["quarantined"]] == ["seat-4"], told)
    check(not [e for e in once(work, "--settle", "0s") if e["event"] == "added"], "the broken one is tried for ever")


def main():
    with work_folder() as work:
        (work / "made").mkdir()
        made = [make_session(work, number) for number in range(6)]
        write_json(work / "recipe.json", RECIPE)
        (work / "incoming").mkdir()
        check(once(work) == [], "an empty folder")
        for text in ("-1s", "soon"):
            reelcell("watch", work / "incoming", "--out", work / "corpus", "--settle", text, codes=(2,))
        reelcell("watch", work / "incoming", "--out", work / "corpus", "--every", "0s", codes=(2,))
        unusable_first(work, made)
        piece_by_piece(work, made)
        growing(work, made)
        marked(work, made)
        killed(work, made)
        others(work, made)
        renamed(work, made)
    print("4 sessions arrived piece by piece, growing, marked and with kills; 3 others were told and left out")


if __name__ == "__main__":
    main()
