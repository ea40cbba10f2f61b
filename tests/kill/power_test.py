"""Cuts the power at every call that puts data on a disk, in turn: what was not synced is lost.

The build is then run again and must end in the bytes of an undisturbed one. First the worst that may happen (all
names and bytes that were not made durable are gone), then a part of it, as chance wants. The last cut comes when the
program has ended: then the corpus must be whole as it is.

With --seal the parts of a plan are done and sealed, with --edit a corpus takes the place of another: then the folder
holds the old one or the new one after every cut.

  power_test.py SHIM.so [--every N] [--seeds N] [--seal | --edit]
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

from builds import BINARY, BUILT, Builds, PowerCuts, Seals, difference, hashes, same_bytes


def edit(options):
    with tempfile.TemporaryDirectory(prefix="reelcell-power-") as folder:
        builds = Builds(folder, 1)
        old = builds.undisturbed()
        source, place = os.path.join(folder, "undisturbed"), os.path.join(folder, "place")
        out = os.path.join(place, "corpus")
        cuts = PowerCuts(options.shim, folder, place)

        def begin():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(source, out)

        def run(environment):
            command = [BINARY, "edit", source, "--where", "session = 's1'", "--out", out, "--overwrite", "-j", "1"]
            return subprocess.run(command, capture_output=True, text=True, env=environment)

        begin()
        calls = cuts.calls(run, 100)
        new = hashes(out)
        seen = {"old": 0, "new": 0}
        for number in [*range(0, calls, options.every), calls]:
            for seed in range(options.seeds + 1):
                begin()
                where = cuts.cut(run, number, seed)
                found = hashes(out)
                if found not in (old, new) or number == calls and found != new:
                    sys.exit(f"{where}: the folder does not hold what it must: {difference(new, found)[:5]}")
                seen["new" if found == new else "old"] += 1
                again = run(None)
                if again.returncode not in BUILT:
                    sys.exit(f"{where}: then exit {again.returncode}: {again.stderr}")
                same_bytes(new, out, where)
                if os.listdir(place) != ["corpus"]:
                    sys.exit(f"{where}: left beside the corpus: {os.listdir(place)}")
        print(f"{calls} calls, every {options.every}: {cuts.told()}; the corpus was {seen}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shim")
    parser.add_argument("--every", type=int, default=1, help="cut at every N-th call only")
    parser.add_argument("--seeds", type=int, default=1, help="partial losses at each call")
    parser.add_argument("--seal", action="store_true", help="cut while the parts of a plan are sealed")
    parser.add_argument("--edit", action="store_true", help="cut while a sample is dropped from a corpus")
    options = parser.parse_args()
    if options.edit:
        edit(options)
        return
    with tempfile.TemporaryDirectory(prefix="reelcell-power-") as folder:
        builds = (Seals if options.seal else Builds)(folder, 1)
        want = builds.undisturbed()
        out = os.path.join(folder, "out")
        cuts = PowerCuts(options.shim, folder, out)

        def run(environment):
            return builds.whole(out, environment=environment)

        calls = cuts.calls(run, 100)
        shutil.rmtree(out)
        for number in [*range(0, calls, options.every), calls]:
            for seed in range(options.seeds + 1):
                where = cuts.cut(run, number, seed)
                if number == calls:
                    same_bytes(want, out, f"{where}: the build had ended well, and its corpus is lost")
                builds.ends_in(want, out, where)
                shutil.rmtree(out)
        print(f"{calls} calls, every {options.every}: {cuts.told()}; all ended in the same bytes when run again")


if __name__ == "__main__":
    main()
