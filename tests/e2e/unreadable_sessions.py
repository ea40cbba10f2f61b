#!/usr/bin/python3
"""A session or data set that does not say what is in it, or that may not be looked into, is quarantined; the rest is built."""
import json
import os
import shutil
import subprocess

from support import BINARY, LOST, check, reelcell, same_tree, tree, work_folder, write_json

GENERATOR = BINARY.parent / "reelcell-make-session"
NOBODY = 65534
RECIPE = {"version": 1, "name": "rest", "grid": {"rate_hz": 30, "anchor": "front"}, "segments": [{"kind": "window", "length": "1s"}],
          "features": [{"name": "observation.state", "from": ["joints.q"]}, {"name": "observation.images.front", "video": "front"}],
          "splits": {"by": "session", "ratios": {"train": 1}}, "outputs": [{"format": "lerobot_v3", "folder": "v3"}]}
# What is in session.json, and what the reason says of it.
BROKEN = {"empty": ("", "session.json"), "torn": ("{", "session.json"), "unknown": ('{"stremas": []}', "session.json"),
          "newer": ('{"version": 99, "id": "x", "streams": []}', "version")}


def make_session(folder, number, name):
    subprocess.run([GENERATOR, "--out", folder, "--duration", "3", "--points", "6", "--seed", str(number), "--id", name, "--width", "64", "--height", "64",
                    "--wrist-width", "64", "--wrist-height", "64", "--stall-ms", "0", "--drop-rate", "0"], check=True, capture_output=True)


def build(work, inputs, out, *options, codes=(0, LOST), **how):
    done = reelcell("build", *inputs, "--recipe", work / "recipe.json", "--out", work / out, *options, codes=codes, **how)
    check("unexpected error" not in done.stderr, done.stderr)
    return done


def quarantined(work, out):
    report = json.loads((work / out / "report.json").read_text())
    return {entry["session"]: entry["reason"] for entry in report["quarantined_sessions"]}


def repaired(work, inputs, out, want, what):
    build(work, inputs, out, "--retry-failed")
    same_tree(want, tree(work / out), f"{what}, repaired")


def described(work, want):
    """session.json is broken in each of the ways, and mended later."""
    p = work / "p"
    good = (p / "s2/session.json").read_text()
    for name, (text, told) in BROKEN.items():
        (p / "s2/session.json").write_text(text)
        build(work, [p], f"one-{name}", "-j", "1", codes=(LOST,))
        reasons = quarantined(work, f"one-{name}")
        check(list(reasons) == ["s2"] and told in reasons["s2"], f"{name}: {reasons}")
        build(work, [p], f"many-{name}", "-j", "4", codes=(LOST,))
        same_tree(tree(work / f"one-{name}"), tree(work / f"many-{name}"), name)
        again = build(work, [p], f"one-{name}", codes=(LOST,))
        check("nothing was done" in again.stdout, again.stdout)
        alone = build(work, [p / "s2"], f"alone-{name}", codes=(1,))
        check(told in alone.stderr and not (work / f"alone-{name}/corpus.json").exists(), alone.stderr)
        (p / "s2/session.json").write_text(good)
        repaired(work, [p], f"one-{name}", want, name)
    (p / "s2/session.json").write_text("{")
    stopped = build(work, [p], "stopped", "--max-failures", "0", codes=(1,))
    check("--max-failures 0" in stopped.stderr, stopped.stderr)
    # Given one by one it is one of them too; planned, worked and sealed the bytes are the same.
    build(work, sorted(p.iterdir()), "listed", codes=(LOST,))
    build(work, [p], "whole", codes=(LOST,))
    same_tree(tree(work / "whole"), tree(work / "listed"), "given one by one")
    reelcell("plan", p, "--recipe", work / "recipe.json", "--out", work / "plan", "--parts", "2", codes=(0, LOST))
    for part in (0, 1):
        reelcell("work", "--plan", work / "plan", "--part", part, codes=(0, LOST))
    reelcell("seal", "--plan", work / "plan", "--out", work / "sealed", codes=(LOST,))
    same_tree(tree(work / "whole"), tree(work / "sealed"), "sealed")
    (p / "s2/session.json").write_text(good)


def added(work, want):
    """To a corpus of another session; the broken one, mended, has an id that its folder's name is not."""
    p = work / "p"
    build(work, [p / "s1"], "grown")
    good = (p / "s2/session.json").read_text()
    (p / "s2/session.json").write_text("")
    build(work, [p], "grown", "--add", codes=(LOST,))
    check(list(quarantined(work, "grown")) == ["s2"], "added with the broken one")
    (p / "s2/session.json").write_text(good.replace('"s2"', '"seat-2"', 1))
    check(json.loads((p / "s2/session.json").read_text())["id"] == "seat-2", "the id was not changed")
    build(work, [p], "grown", "--add")
    check(quarantined(work, "grown") == {}, "what was mended is told as quarantined")
    corpus = json.loads((work / "grown/corpus.json").read_text())
    check([g["sessions"] for g in corpus["generations"]] == [["s1"], ["s2", "s3"], ["seat-2"]], corpus["generations"])
    reelcell("validate", work / "grown", "--deep")
    # In one build, the same by --retry-failed.
    text = (p / "s2/session.json").read_text()
    build(work, [p], "seat")
    (p / "s2/session.json").write_text("{")
    build(work, [p], "retried", codes=(LOST,))
    (p / "s2/session.json").write_text(text)
    repaired(work, [p], "retried", tree(work / "seat"), "with another id")
    # Its folder's name is the id of another one.
    other = (p / "s3/session.json").read_text()
    (p / "s3/session.json").write_text(other.replace('"s3"', '"s2"', 1))
    (p / "s2/session.json").write_text("{")
    build(work, [p], "namesake", codes=(LOST,))
    check(list(quarantined(work, "namesake")) == ["s2-2"], quarantined(work, "namesake"))
    (p / "s3/session.json").write_text(other)
    (p / "s2/session.json").write_text(good)


def data_sets(work):
    """Two LeRobot sets side by side; the metadata of one is damaged."""
    p = work / "sets"
    p.mkdir()
    for name, number in (("a", "s1"), ("b", "s2")):
        build(work, [work / "p" / number], f"made-{name}")
        shutil.copytree(work / f"made-{name}/v3", p / name)
    recipe = {"version": 1, "name": "sets", "segments": [{"kind": "session"}], "outputs": [{"format": "lerobot_v3", "folder": "v3"}]}
    write_json(work / "sets.json", recipe)
    command = ("--recipe", work / "sets.json")
    reelcell("build", p, *command, "--out", work / "sets-whole", codes=(0, LOST))
    meta = p / "b/meta"
    table = next(path for path in sorted(meta.rglob("*.parquet")) if "episodes" in path.parts)
    for number, file in enumerate((meta / "info.json", table)):
        good = file.read_bytes()
        file.write_bytes(good[:len(good) // 2])
        out = work / f"sets-{number}"
        reelcell("build", p, *command, "--out", out, codes=(LOST,))
        reasons = quarantined(work, out)
        check(list(reasons) == ["b"] and file.name in reasons["b"], reasons)
        reelcell("build", p / "b", *command, "--out", work / "no-set", codes=(1,))
        file.write_bytes(good)
        reelcell("build", p, *command, "--out", out, "--retry-failed", codes=(0, LOST))
        same_tree(tree(work / "sets-whole"), tree(out), f"{file.name} repaired")


def unreachable(work, want):
    """A folder of another user, and a link that leads in a circle."""
    p = work / "p"
    log = p / "s2/joints.csv"
    log.rename(work / "joints.csv")
    log.symlink_to("joints.csv")
    build(work, [p], "circle", codes=(LOST,))
    reasons = quarantined(work, "circle")
    check(list(reasons) == ["s2"] and "symbolic links" in reasons["s2"], reasons)
    info = reelcell("info", p / "s2", "--json", codes=None)
    check("unexpected error" not in info.stderr, info.stderr)
    log.unlink()
    (work / "joints.csv").rename(log)
    repaired(work, [p], "circle", want, "the circle")
    others = {}
    if os.geteuid() == 0:
        work.chmod(0o755)
        (work / "theirs").mkdir()
        os.chown(work / "theirs", NOBODY, NOBODY)
        others = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    for closed in (p / "s2", p / "s2/session.json", log):
        mode = closed.stat().st_mode
        closed.chmod(0)
        out = f"theirs/{closed.name}"
        (work / "theirs").mkdir(exist_ok=True)
        try:
            build(work, [p], out, codes=(LOST,), **others)
            reasons = quarantined(work, out)
            check(list(reasons) == ["s2"] and "Permission denied" in reasons["s2"], f"{closed.name}: {reasons}")
            for command in ("info", "validate", "align"):
                told = reelcell(command, p, codes=None, **others).stderr
                check("unexpected error" not in told, told)
        finally:
            closed.chmod(mode)
        repaired(work, [p], out, want, f"{closed.name} closed")


def left_out(work):
    """A folder of recordings without session.json is told, once one lies beside it; a folder of other things is not."""
    p = work / "p"
    (p / "s2/session.json").rename(work / "session.json")
    (p / "notes").mkdir()
    (p / "notes/README.txt").write_text("nothing\n")
    for command, more in (("build", ("--out", work / "without")), ("build", ("--dry-run",))):
        done = reelcell(command, p, "--recipe", work / "recipe.json", *more, codes=(0, LOST))
        lines = [line for line in done.stderr.splitlines() + done.stdout.splitlines() if "reelcell init" in line]
        check(len(lines) == 1 and "s2" in lines[0] and "notes" not in lines[0], done.stdout + done.stderr)
    shutil.rmtree(p / "notes")
    (work / "session.json").rename(p / "s2/session.json")


def main():
    with work_folder() as work:
        write_json(work / "recipe.json", RECIPE)
        for number in (1, 2, 3):
            make_session(work / f"p/s{number}", number, f"s{number}")
        build(work, [work / "p"], "undisturbed")
        want = tree(work / "undisturbed")
        described(work, want)
        added(work, want)
        data_sets(work)
        unreachable(work, want)
        left_out(work)
    print(f"{len(BROKEN)} broken descriptions, 2 broken data sets and 4 unreachable paths cost what they hold and nothing else")


if __name__ == "__main__":
    main()
