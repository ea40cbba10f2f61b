"""Lets every call that puts data on the disk fail in turn: write, fsync, rename, open, close, ..

Each build must either succeed or exit with 1 and a message, and the same command without the fault
must then end in the same bytes as an undisturbed build.

  fail_test.py SHIM.so [--every N] [--errno ENOSPC] [--sticky]
"""
import argparse
import errno
import os
import shutil
import sys
import tempfile

from builds import BUILT, Builds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shim")
    parser.add_argument("--every", type=int, default=1, help="test every N-th call only")
    parser.add_argument("--errno", default="EIO")
    parser.add_argument("--sticky", action="store_true", help="all later calls fail too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reelcell-fail-") as folder:
        builds = Builds(folder, 1)
        want = builds.undisturbed()
        out = os.path.join(folder, "out")
        log = os.path.join(folder, "calls")

        def faulty(number):
            environment = dict(os.environ, LD_PRELOAD=os.path.abspath(options.shim),
                               FAIL_BELOW=out, FAIL_LOG=log, FAIL_AT=str(number),
                               FAIL_ERRNO=str(getattr(errno, options.errno)))
            if options.sticky:
                environment["FAIL_STICKY"] = "1"
            return builds.whole(out, environment=environment)

        if faulty(-1).returncode not in BUILT:
            sys.exit("the build fails under the shim even without a fault")
        with open(log) as count:
            calls = int(count.read())
        shutil.rmtree(out)
        if calls < 100:
            sys.exit(f"only {calls} calls were seen: the shim does not work")
        succeeded = failed = 0
        for number in range(0, calls, options.every):
            result = faulty(number)
            if result.returncode in BUILT:
                succeeded += 1
            elif result.returncode == 1 and result.stderr.startswith("reelcell: "):
                failed += 1
                if "unexpected error" in result.stderr:
                    sys.exit(f"call {number}: no clear message: {result.stderr}")
            else:
                sys.exit(f"call {number}: exit {result.returncode}: {result.stderr}")
            builds.ends_in(want, out, f"call {number} ({result.stderr.strip()}), built again")
            shutil.rmtree(out)
        print(f"{calls} calls, every {options.every}. failed with {options.errno}: {failed} builds "
              f"ended with exit 1, {succeeded} did without; all ended in the same bytes when run "
              "again")


if __name__ == "__main__":
    main()
