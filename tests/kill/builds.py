"""What the disturbed builds have in common: sessions, a recipe with every writer, hashes of what came out.

Reads REELCELL_BINARY and REELCELL_BUILD.
"""
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

BINARY = os.environ.get("REELCELL_BINARY", "build/reelcell")
BUILT = (0, 3)  # exit codes of a build that is whole; 3: something in the inputs was lost
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


def make_inputs(folder, sessions, seconds):
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


def same_bytes(want, folder, where):
    wrong = difference(want, hashes(folder))
    if wrong:
        sys.exit(f"{where}: " + "; ".join(wrong[:10]))


class Builds:
    """Builds of one recipe over made sessions."""

    def __init__(self, folder, threads, sessions=2, seconds=3):
        self.folder = folder
        self.inputs, self.recipe = make_inputs(folder, sessions, seconds)
        self.threads = threads

    def command(self, out):
        return [BINARY, "build", *self.inputs, "--recipe", self.recipe, "--out", out, "-j",
                str(self.threads)]

    def whole(self, out, *more, environment=None):
        return subprocess.run([*self.command(out), *more], capture_output=True, text=True,
                              env=environment)

    def undisturbed(self):
        """The hashes that every disturbed build must end in: those of a build on one machine."""
        out = os.path.join(self.folder, "undisturbed")
        result = subprocess.run(Builds.command(self, out), capture_output=True, text=True)
        if result.returncode not in BUILT:
            sys.exit(f"the undisturbed build failed: {result.stderr}")
        return hashes(out)

    def ends_in(self, want, out, where):
        """Builds (on) in `out` and ends the test when that does not give the bytes of `want`."""
        result = self.whole(out)
        if result.returncode not in BUILT:
            sys.exit(f"{where}: exit {result.returncode}: {result.stderr}")
        same_bytes(want, out, where)

    def killed(self, out, after):
        """True when the kill came before the end."""
        child = subprocess.Popen(self.command(out), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        time.sleep(after)
        early = child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        return early


class Seals(Builds):
    """The last step of a build in parts, the parts being done."""

    def __init__(self, folder, threads, parts=3):
        super().__init__(folder, threads)
        self.plan = os.path.join(folder, "plan")
        self.run("plan", *self.inputs, "--recipe", self.recipe, "--out", self.plan, "--parts",
                 str(parts))
        for part in range(parts):
            self.run("work", "--plan", self.plan, "--part", str(part), "-j", str(threads))

    def run(self, *arguments):
        result = subprocess.run([BINARY, *arguments], capture_output=True, text=True)
        if result.returncode not in BUILT:
            sys.exit(f"reelcell {arguments[0]}: exit {result.returncode}: {result.stderr}")

    def command(self, out):
        return [BINARY, "seal", "--plan", self.plan, "--out", out, "-j", str(self.threads)]
