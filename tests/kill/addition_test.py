"""An addition takes the place of what was there in one step that can be finished, never by halves.

  addition_test.py SHIM.so [--every N] [--power SHIM.so]

Adds a session to a finished corpus with --add. From the moment on in which the new manifest is
written, every N-th call that puts data on the disk or removes some is killed once and fails once:
while the manifest and the record of the move are written, while files are moved into place, and
while what is left is tidied up. Then the folder must hold the old corpus or the new one, byte for
byte, or, while files change places, a corpus without a manifest and the record by which the next
run finishes. The same command run again must end in the new one. Data files that were there are
never written or moved: they keep their inodes throughout.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

from builds import BINARY, BUILT, RECIPE, Builds, Successor, hashes

# Of the whole corpus, so made anew; every other file of the old corpus stays.
MADE_ANEW = ("corpus.json", "report.json", "README.md", "lerobot/meta/")


def inodes(folder):
    return {path: os.stat(os.path.join(folder, path)).st_ino for path in hashes(folder)
            if not path.startswith(MADE_ANEW)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shim")
    parser.add_argument("--every", type=int, default=1, help="test every N-th call only")
    parser.add_argument("--power", help="the shim that cuts the power, instead of killing and failing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reelcell-addition-") as folder:
        builds = Builds(folder, 1)
        with open(builds.recipe, "w") as file:
            outputs = [RECIPE["outputs"][0], RECIPE["outputs"][2]]
            json.dump({**RECIPE, "segments": [{"kind": "session"}], "gates": [], "stills": {"at": []}, "outputs": outputs,
                       "splits": {"by": "session", "ratios": {"train": 1}}}, file)
        first, second = (os.path.join(folder, name) for name in ("first", "second"))

        def add(sessions, where, environment=None):
            command = [BINARY, "build", *sessions, "--recipe", builds.recipe, "--out", where, "--add", "-j", "1"]
            return subprocess.run(command, capture_output=True, text=True, env=environment)

        for sessions, where in ((builds.inputs[:1], first), (builds.inputs[:1], second), (builds.inputs, second)):
            result = add(sessions, where)
            if result.returncode not in BUILT:
                sys.exit(f"an undisturbed addition failed: {result.stderr}")
        addition = Successor(folder, options.shim, first, second, lambda out, environment: add(builds.inputs, out, environment),
                             COUNT_FROM="README.md")
        if any(addition.new.get(path) != digest for path, digest in addition.old.items() if not path.startswith(MADE_ANEW)):
            sys.exit("the addition changed finished files")

        def kept(before, where):
            after = inodes(addition.out)
            moved = [path for path, inode in before.items() if path != "notes.txt" and after.get(path) != inode]
            if moved:
                sys.exit(f"{where}: finished files were written or moved: {moved[:5]}")

        if options.power:
            addition.cut_power(options.power, options.every, 1, 30)
            return
        addition.disturb(options.every, 30, look=lambda: inodes(addition.out), at_end=kept)


if __name__ == "__main__":
    main()
