"""An addition takes the place of what was there in one step that can be finished, never by halves.

  addition_test.py SHIM.so [--every N]

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
import shutil
import subprocess
import sys
import tempfile

from builds import BINARY, BUILT, RECIPE, Builds, difference, hashes

# Of the whole corpus, so made anew; every other file of the old corpus stays.
MADE_ANEW = ("corpus.json", "report.json", "README.md", "lerobot/meta/")


def inodes(folder):
    return {path: os.stat(os.path.join(folder, path)).st_ino for path in hashes(folder)
            if not path.startswith(MADE_ANEW)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shim")
    parser.add_argument("--every", type=int, default=1, help="test every N-th call only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reelcell-addition-") as folder:
        builds = Builds(folder, 1)
        with open(builds.recipe, "w") as file:
            outputs = [RECIPE["outputs"][0], RECIPE["outputs"][2]]
            json.dump({**RECIPE, "segments": [{"kind": "session"}], "gates": [], "stills": {"at": []}, "outputs": outputs,
                       "splits": {"by": "session", "ratios": {"train": 1}}}, file)
        first, second, out = (os.path.join(folder, name) for name in ("first", "second", "out"))
        log = os.path.join(folder, "calls")

        def add(sessions, where, **faults):
            environment = dict(os.environ)
            if faults:
                environment.update(LD_PRELOAD=os.path.abspath(options.shim), FAIL_BELOW=where, FAIL_LOG=log,
                                   COUNT_FROM="README.md", **{name: str(value) for name, value in faults.items()})
            command = [BINARY, "build", *sessions, "--recipe", builds.recipe, "--out", where, "--add", "-j", "1"]
            return subprocess.run(command, capture_output=True, text=True, env=environment)

        for sessions, where in ((builds.inputs[:1], first), (builds.inputs[:1], second), (builds.inputs, second)):
            result = add(sessions, where)
            if result.returncode not in BUILT:
                sys.exit(f"an undisturbed addition failed: {result.stderr}")
        old, new = hashes(first), hashes(second)
        if any(new.get(path) != digest for path, digest in old.items() if not path.startswith(MADE_ANEW)):
            sys.exit("the addition changed finished files")

        def attempt(**faults):
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(first, out)
            with open(os.path.join(out, "notes.txt"), "w") as notes:
                notes.write("not ours\n")
            return inodes(out), add(builds.inputs, out, **faults)

        if attempt(FAIL_AT=-1)[1].returncode not in BUILT:
            sys.exit("the addition fails under the shim even without a fault")
        with open(log) as count:
            calls = int(count.read())
        if calls < 30:
            sys.exit(f"only {calls} calls were seen: the shim does not work")
        seen = {"old": 0, "changing places": 0, "new": 0}
        for number in range(0, calls, options.every):
            for fault in ("KILL_AT", "FAIL_AT"):
                where = f"{fault}={number}"
                kept, result = attempt(**{fault: number})
                if fault == "KILL_AT" and result.returncode != -9:
                    sys.exit(f"{where}: not killed: exit {result.returncode}: {result.stderr}")
                if fault == "FAIL_AT" and result.returncode not in (1, *BUILT):
                    sys.exit(f"{where}: exit {result.returncode}: {result.stderr}")
                if result.returncode == 1 and "unexpected error" in result.stderr:
                    sys.exit(f"{where}: no clear message: {result.stderr}")
                found = hashes(out)
                if found.pop("notes.txt", None) is None:
                    sys.exit(f"{where}: a file of others is gone")
                moving = os.path.exists(os.path.join(out, ".reelcell", "swap"))
                if found == old:
                    seen["old"] += 1
                elif found == new:
                    seen["new"] += 1
                elif "corpus.json" not in found and moving:
                    seen["changing places"] += 1
                else:
                    sys.exit(f"{where}: neither the old corpus nor the new one: " + "; ".join(difference(old, found)[:10]))
                if result.returncode in BUILT and found != new:
                    sys.exit(f"{where}: exit {result.returncode} without the new corpus")
                again = add(builds.inputs, out)
                if again.returncode not in BUILT:
                    sys.exit(f"{where} ({result.stderr.strip()}): then exit {again.returncode}: {again.stderr}")
                found = hashes(out)
                found.pop("notes.txt")
                wrong = difference(new, found)
                if wrong:
                    sys.exit(f"{where} ({result.stderr.strip()}): " + "; ".join(wrong[:10]))
                moved = [path for path, inode in kept.items() if path != "notes.txt" and inodes(out).get(path) != inode]
                if moved:
                    sys.exit(f"{where}: finished files were written or moved: {moved[:5]}")
                left = [name for name in ("next", "swap") if os.path.exists(os.path.join(out, ".reelcell", name))]
                if left:
                    sys.exit(f"{where}: {left} was left")
        print(f"{calls} calls from the new manifest on, every {options.every}. killed and failed: {seen}")
        if not all(seen.values()):
            sys.exit("a state that must occur never did")


if __name__ == "__main__":
    main()
