"""Kills builds at random moments and runs them again: every one must end in the same bytes.

  kill_test.py --points 20 --seed 1 [-j N] [--seal]

Each round starts a build in a new folder, kills it with SIGKILL after a random time up to the
length of a whole build, starts it again, perhaps kills it again (up to three times), and lets the
last one end. The corpus must then hold exactly the files, byte for byte, of a build that nothing
disturbed, and nothing else. With --seal the parts of a plan are done and sealing is killed; the
bytes must be those of the build on one machine.
"""
import argparse
import os
import random
import shutil
import sys
import tempfile
import time

from builds import Builds, Seals


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seal", action="store_true")
    parser.add_argument("-j", "--threads", type=int, default=2)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="reelcell-kill-") as folder:
        builds = (Seals if options.seal else Builds)(folder, options.threads)
        want = builds.undisturbed()
        begin = time.monotonic()
        builds.ends_in(want, os.path.join(folder, "timed"), "undisturbed")
        length = time.monotonic() - begin
        kills = early = resumed = rounds = 0
        while kills < options.points:
            rounds += 1
            out = os.path.join(folder, "out")
            for _ in range(chance.randint(1, 3)):
                was_early = builds.killed(out, chance.uniform(0, 1.1 * length))
                kills += 1
                early += was_early
                if not was_early:
                    break
                resumed += os.path.exists(os.path.join(out, ".reelcell", "journal"))
            builds.ends_in(want, out, f"round {rounds}, after {kills} kills")
            shutil.rmtree(out)
        what = "seals" if options.seal else "builds"
        print(f"{kills} kills in {rounds} {what} of {length:.2f} s ({len(want)} files): {early} "
              f"before the end, {resumed} with work to resume; all ended in the same bytes")
        if early == 0:
            sys.exit("no kill came before the end of a build")


if __name__ == "__main__":
    main()
