"""Kills builds at random moments and runs them again: every one must end in the same bytes.

  kill_test.py --points 20 --seed 1 [--seal] [-j N]

Each round starts a build in a new folder, kills it with SIGKILL after a random time up to the
length of a whole build, starts it again, perhaps kills it again (up to three times), and lets the
last one end. The corpus must then hold exactly the files, byte for byte, of a build that nothing
disturbed, and nothing else. Reads REELCELL_BINARY and REELCELL_BUILD.
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BINARY = os.environ.get("REELCELL_BINARY", "build/reelcell")
MAKE = os.path.join(os.environ.get("REELCELL_BUILD", "build"), "reelcell-make-session")

RECIPE = {
    "version": 1,
    "name": "kill",
    "grid": {"rate_hz": 30, "anchor": "front"},
    "features": [
        {"name": "observation.state", "from": ["joints.q"], "dtype": "float32"},
        {"name": "observation.images.front", "video": "front"},
        {"name": "observation.images.wrist", "video": "wrist"},
    ],
    "segments": [{"kind": "window", "length": "500ms"}],
    "gates": [{"kind": "black", "action": "drop"}],
    "splits": {"by": "session", "ratios": {"train": 0.5, "val": 0.5}, "salt": "k"},
    "stills": {"at": ["first"]},
    "outputs": [
        {"format": "lerobot_v3", "folder": "lerobot"},
        {"format": "lerobot_v21", "folder": "v21"},
        {"format": "webdataset", "folder": "webdataset", "shard_size": "100kB"},
    ],
}


def make_inputs(folder, sessions=2, seconds=3):
    paths = []
    for number in range(sessions):
        path = os.path.join(folder, f"session{number}")
        subprocess.run(
            [MAKE, "--out", path, "--seed", str(number + 1), "--id", f"s{number}", "--points", "6",
             "--duration", str(seconds), "--width", "64", "--height", "64", "--wrist-width", "64",
             "--wrist-height", "64", "--stall-ms", "0", "--drop-rate", "0", "--gop", "5"],
            check=True, stdout=subprocess.DEVNULL)
        paths.append(path)
    recipe = os.path.join(folder, "recipe.json")
    with open(recipe, "w") as out:
        json.dump(RECIPE, out)
    return paths, recipe


def hashes(folder):
    """Every file but those of the state folder, which is no part of a corpus."""
    found = {}
    for at, folders, files in os.walk(folder):
        if at == folder and ".reelcell" in folders:
            folders.remove(".reelcell")
        for name in files:
            path = os.path.join(at, name)
            with open(path, "rb") as data:
                found[os.path.relpath(path, folder)] = hashlib.sha256(data.read()).hexdigest()
    return found


def difference(want, got):
    lines = [f"missing {p}" for p in sorted(want.keys() - got.keys())]
    lines += [f"too many {p}" for p in sorted(got.keys() - want.keys())]
    lines += [f"differs {p}" for p in sorted(want) if p in got and want[p] != got[p]]
    return lines


class Builds:
    def __init__(self, folder, threads):
        self.folder = folder
        self.inputs, self.recipe = make_inputs(folder)
        self.threads = threads

    def command(self, out):
        return [BINARY, "build", *self.inputs, "--recipe", self.recipe, "--out", out, "-j",
                str(self.threads)]

    def whole(self, out):
        return subprocess.run(self.command(out), capture_output=True, text=True)

    def killed(self, out, after):
        """True when the kill came before the end."""
        child = subprocess.Popen(self.command(out), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        time.sleep(after)
        early = child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        return early


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", "--threads", type=int, default=2)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="reelcell-kill-") as folder:
        builds = Builds(folder, options.threads)
        undisturbed = os.path.join(folder, "undisturbed")
        begin = time.monotonic()
        result = builds.whole(undisturbed)
        length = time.monotonic() - begin
        if result.returncode not in (0, 3):
            sys.exit(f"the undisturbed build failed: {result.stderr}")
        want = hashes(undisturbed)
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
            result = builds.whole(out)
            if result.returncode not in (0, 3):
                sys.exit(f"round {rounds}: exit {result.returncode}: {result.stderr}")
            wrong = difference(want, hashes(out))
            if wrong:
                sys.exit(f"round {rounds}, after {kills} kills: " + "; ".join(wrong[:10]))
            shutil.rmtree(out)
        print(f"{kills} kills in {rounds} builds of {length:.2f} s ({len(want)} files): {early} "
              f"before the end, {resumed} with work to resume; all ended in the same bytes")
        if early == 0:
            sys.exit("no kill came before the end of a build")


if __name__ == "__main__":
    main()
