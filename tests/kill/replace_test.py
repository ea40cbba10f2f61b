"""A complete corpus is there until its successor is whole.

  replace_test.py SHIM.so [--every N] [--power SHIM.so]

Builds over a complete corpus with --overwrite and, at every N-th call that puts data on the disk, is
killed or lets the call fail. Then the folder must hold the old corpus or the new one, byte for byte,
or (in the moment in which files change places) none at all; the same command run again must end in
the new one. A failed build that never came to that moment must leave the old corpus such that its own
command finds nothing to do.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

from builds import BUILT, RECIPE, Builds, Successor


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shim")
    parser.add_argument("--every", type=int, default=1, help="test every N-th call only")
    parser.add_argument("--power", help="the shim that cuts the power, instead of killing and failing")
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

        def build(command, out, *extra, environment=None):
            arguments = [out if part == "OUT" else part for part in command]
            return subprocess.run([*arguments, *extra], capture_output=True, text=True, env=environment)

        for command, out in ((old_command, first), (new_command, second)):
            if build(command, out).returncode not in BUILT:
                sys.exit("an undisturbed build failed")
        replacement = Successor(folder, options.shim, first, second,
                                lambda out, environment: build(new_command, out, "--overwrite", environment=environment))

        def is_as_it_was(where):
            again = build(old_command, replacement.out)
            if "nothing was done" not in again.stdout:
                sys.exit(f"{where}: the old corpus is not as it was: {again.stdout}{again.stderr}")

        if options.power:
            replacement.cut_power(options.power, options.every, 1, 100)
            return
        replacement.disturb(options.every, 100, when_old=is_as_it_was)


if __name__ == "__main__":
    main()
