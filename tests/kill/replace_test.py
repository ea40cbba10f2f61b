"""A complete corpus is there until its successor is whole.

  replace_test.py SHIM.so [--every N]

Builds over a complete corpus with --overwrite and, at every N-th call that puts data on the disk, is
killed or lets the call fail. Then the folder must hold the old corpus or the new one, byte for byte,
or (in the moment in which files change places) none at all; the same command run again must end in
the new one. A failed build that never came to that moment must leave the old corpus such that its own
command finds nothing to do.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from builds import RECIPE, Builds, difference, hashes  # noqa: E402


def environment(shim, out, log, **faults):
    return dict(os.environ, LD_PRELOAD=os.path.abspath(shim), FAIL_BELOW=out, FAIL_LOG=log,
                **{name: str(value) for name, value in faults.items()})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shim")
    parser.add_argument("--every", type=int, default=1, help="test every N-th call only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reelcell-replace-") as folder:
        builds = Builds(folder, 1)
        first, second = os.path.join(folder, "first"), os.path.join(folder, "second")
        small = os.path.join(folder, "small.json")
        with open(small, "w") as file:
            # Fewer files, other bytes under the same names, and one output less.
            json.dump({**RECIPE, "segments": [{"kind": "session"}], "outputs": RECIPE["outputs"][:2]}, file)
        old_command = builds.command("OUT")
        new_command = [small if part == builds.recipe else part for part in old_command]

        def build(command, out, *extra, **process):
            arguments = [out if part == "OUT" else part for part in command]
            return subprocess.run([*arguments, *extra], capture_output=True, text=True, **process)

        for command, out in ((old_command, first), (new_command, second)):
            if build(command, out).returncode not in (0, 3):
                sys.exit("an undisturbed build failed")
        old, new = hashes(first), hashes(second)
        out, log = os.path.join(folder, "out"), os.path.join(folder, "calls")

        def attempt(**faults):
            if os.path.exists(out):
                shutil.rmtree(out)
            shutil.copytree(first, out)
            with open(os.path.join(out, "notes.txt"), "w") as notes:
                notes.write("not ours\n")
            return build(new_command, out, "--overwrite", env=environment(options.shim, out, log, **faults))

        if attempt().returncode not in (0, 3):
            sys.exit("the build fails under the shim even without a fault")
        with open(log) as count:
            calls = int(count.read())
        if calls < 100:
            sys.exit(f"only {calls} calls were seen: the shim does not work")
        seen = {"old": 0, "new": 0, "changing places": 0}
        for number in range(0, calls, options.every):
            for fault in ("KILL_AT", "FAIL_AT"):
                where = f"{fault}={number}"
                result = attempt(**{fault: number})
                if fault == "FAIL_AT" and result.returncode not in (0, 1, 3):
                    sys.exit(f"{where}: exit {result.returncode}: {result.stderr}")
                found = hashes(out)
                if found.pop("notes.txt", None) is None:
                    sys.exit(f"{where}: a file of others is gone")
                if found == old:
                    seen["old"] += 1
                    again = build(old_command, out)
                    if "nothing was done" not in again.stdout:
                        sys.exit(f"{where}: the old corpus is not as it was: {again.stdout}{again.stderr}")
                elif found == new:
                    seen["new"] += 1
                elif "corpus.json" not in found and os.path.exists(os.path.join(out, ".reelcell", "swap")):
                    seen["changing places"] += 1
                else:
                    sys.exit(f"{where}: neither the old corpus nor the new one: "
                             + "; ".join(difference(old, found)[:10]))
                again = build(new_command, out, "--overwrite")
                if again.returncode not in (0, 3):
                    sys.exit(f"{where} ({result.stderr.strip()}): then exit {again.returncode}: {again.stderr}")
                found = hashes(out)
                found.pop("notes.txt")
                wrong = difference(new, found)
                if wrong:
                    sys.exit(f"{where} ({result.stderr.strip()}): " + "; ".join(wrong[:10]))
                if os.path.exists(os.path.join(out, ".reelcell", "next")):
                    sys.exit(f"{where}: the folder of the new corpus was left")
        print(f"{calls} calls, every {options.every}. killed and failed: {seen}")
        if not all(seen.values()):
            sys.exit("a state that must occur never did")


if __name__ == "__main__":
    main()
