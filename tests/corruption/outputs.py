#!/usr/bin/python3
"""A disk that is really full, and a folder that really cannot be written to: small file systems are mounted where the
test may do so (as root); elsewhere the limits of a process stand in for them in e2e/bad_input.py."""
import contextlib
import json
import os
import subprocess

from support import LOST, check, reelcell, tree, work_folder, write_json


@contextlib.contextmanager
def mounted(folder, options):
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if done.returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def log_session(folder, rows):
    folder.mkdir()
    (folder / "log.csv").write_text("t,a,b\n" + "".join(f"{i / 100:.2f},{i * 0.5},{-i}\n" for i in range(rows)))
    write_json(folder / "session.json", {"version": 1, "id": "log", "streams": [
        {"name": "log", "kind": "series", "path": "log.csv", "rate_hz": 100}]})
    return folder


def recipe_in(work):
    path = work / "recipe.json"
    write_json(path, {"version": 1, "name": "log", "grid": {"rate_hz": 20}, "segments": [{"kind": "session"}],
                      "outputs": [{"format": "webdataset", "folder": "wds"}, {"format": "lerobot_v3", "folder": "lerobot"}]})
    return path


def full_disk(work, recipe):
    """The build says so and leaves no corpus that looks whole; with room, the next run makes the same corpus as ever."""
    session = log_session(work / "long", 60_000)
    with mounted(work / "small", "size=96k") as small:
        if small is None:
            return False
        tight = log_session(small / "tight", 10)
        out = small / "corpus"
        done = reelcell("build", session, "--recipe", recipe, "--out", out, codes=(1,))
        check("No space left" in done.stderr and str(small) in done.stderr, f"a full disk: {done.stderr}")
        check(not (out / "corpus.json").exists(), "a corpus that is not whole has its corpus.json")
        # A document that is to be replaced stays as it was.
        before = (tight / "session.json").read_bytes()
        subprocess.run(["dd", "if=/dev/zero", f"of={small}/filler", "bs=1k"], capture_output=True)
        done = reelcell("init", tight, "--force", codes=(1,))
        check("No space left" in done.stderr, f"init on a full disk: {done.stderr}")
        check((tight / "session.json").read_bytes() == before, "a full disk cost the old session.json")
        os.remove(small / "filler")
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        reelcell("build", session, "--recipe", recipe, "--out", out)
        reelcell("build", session, "--recipe", recipe, "--out", work / "roomy")
        check(tree(out) == tree(work / "roomy"), "after a full disk, the next run gives another corpus")
    return True


def read_only_folder(work, recipe):
    session = log_session(work / "short", 300)
    with mounted(work / "fixed", "size=1m") as fixed:
        if fixed is None:
            return
        sealed = log_session(fixed / "session", 300)
        os.remove(sealed / "session.json")
        subprocess.run(["mount", "-o", "remount,ro", fixed], check=True)
        for done in (reelcell("build", session, "--recipe", recipe, "--out", fixed / "corpus", codes=(1,)),
                     reelcell("init", sealed, codes=(1,))):
            check("Read-only file system" in done.stderr and "fixed" in done.stderr, f"a read-only folder: {done.stderr}")
        # Reading needs no write access: the same data gives the same answers.
        check(json.loads(reelcell("info", sealed / "log.csv", "--json").stdout)["items"][0]["streams"][0]["count"] == 300,
              "a log on a read-only file system is not read")
        reelcell("init", sealed, "--dry-run", codes=(0, LOST))


def main():
    with work_folder() as work:
        recipe = recipe_in(work)
        if full_disk(work, recipe):
            read_only_folder(work, recipe)
        else:
            print("no file systems can be mounted here; see e2e/bad_input.py for what runs everywhere")


if __name__ == "__main__":
    main()
