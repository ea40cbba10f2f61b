"""Builds on a small file system (tmpfs) that runs full at many points, then makes room and goes on.

Each build must end with exit 1 and a message that names a path, the bytes wanted and the bytes free
where the write was ours; with room made, the same command must end in the same bytes. Needs root.
"""
import os
import re
import subprocess
import sys
import tempfile

from builds import BUILT, Builds


def main():
    with tempfile.TemporaryDirectory(prefix="reelcell-full-") as folder:
        builds = Builds(folder, 2)
        want = builds.undisturbed()
        size = sum(os.path.getsize(os.path.join(folder, "undisturbed", path)) for path in want)
        disk = os.path.join(folder, "disk")
        os.mkdir(disk)
        full = told = 0
        for share in (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95):
            room = max(64, int(size * share / 1024))
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}k", "tmpfs", disk],
                           check=True)
            try:
                out = os.path.join(disk, "out")
                result = builds.whole(out)
                if result.returncode in BUILT:
                    sys.exit(f"a build of {size} bytes ended well on {room} KiB")
                if result.returncode != 1 or "unexpected" in result.stderr:
                    sys.exit(f"{room} KiB: exit {result.returncode}: {result.stderr}")
                if out not in result.stderr or "o space left" not in result.stderr:
                    sys.exit(f"{room} KiB: the message does not say what is full: {result.stderr}")
                full += 1
                told += bool(re.search(r"more bytes were to be written, \d+ bytes are free",
                                       result.stderr))
                subprocess.run(["mount", "-o", f"remount,size={size * 6 // 1024}k", disk],
                               check=True)
                builds.ends_in(want, out, f"{room} KiB, with room made")
            finally:
                subprocess.run(["umount", disk], check=True)
        print(f"{full} full disks ({told} messages with bytes wanted and free), each gone on with "
              "to the same bytes")


if __name__ == "__main__":
    main()
