"""What the disturbed builds have in common: sessions, a recipe with every writer, hashes of what came out.

Reads REELCELL_BINARY and REELCELL_BUILD.
"""
import hashlib
import json
import os
import shutil
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


class PowerCuts:
    """What a command below `below` leaves when the power is cut while it runs (power_cut.c)."""

    def __init__(self, shim, folder, below):
        self.grave, self.log = os.path.join(folder, "grave"), os.path.join(folder, "cuts")
        self.environment = dict(os.environ, LD_PRELOAD=os.path.abspath(shim), CUT_BELOW=below, CUT_LOG=self.log, CUT_GRAVE=self.grave)
        self.cuts = self.names = self.files = 0

    def calls(self, run, least):
        """`run` takes an environment and gives the ended process."""
        result, (calls,) = self._run(run, -1, 0)
        if result.returncode not in BUILT:
            sys.exit(f"the command fails under the shim even without a cut: {result.stderr}")
        if calls < least:
            sys.exit(f"only {calls} calls were seen: the shim does not work")
        return calls

    def cut(self, run, number, seed):
        """Where it was, in words. Seed 0: all is lost that may be."""
        result, lost = self._run(run, number, seed)
        where = f"power cut at call {number}, seed {seed}"
        if result.returncode != -signal.SIGKILL:
            sys.exit(f"{where}: not killed: exit {result.returncode}: {result.stderr}")
        self.cuts += 1
        self.names += lost[0]
        self.files += lost[1]
        return f"{where}, {lost[0]} names and the end of {lost[1]} files lost"

    def _run(self, run, number, seed):
        shutil.rmtree(self.grave, ignore_errors=True)
        os.mkdir(self.grave)
        result = run({**self.environment, "CUT_AT": str(number), "CUT_SEED": str(seed)})
        with open(self.log) as text:
            return result, [int(word) for word in text.read().split()]

    def told(self):
        if not self.names or not self.files:
            sys.exit("nothing was ever lost: the shim does not work")
        return f"{self.cuts} power cuts, {self.names} names and the ends of {self.files} files lost"


class Successor:
    """A command that puts a new corpus in the place of a finished one, disturbed at one call after another.

    `run(out, environment)` runs it in the folder `out`. At any moment the folder must hold the old corpus or the new
    one, byte for byte, or, while files change places, none and the record by which the next run finishes. Run again, the command
    must end in the new one. A file of others in the folder stays.
    """

    def __init__(self, folder, shim, old_folder, new_folder, run, **environment):
        self.old_folder, self.old, self.new = old_folder, hashes(old_folder), hashes(new_folder)
        self.out, self.log = os.path.join(folder, "out"), os.path.join(folder, "calls")
        self.run = run
        self.environment = dict(os.environ, LD_PRELOAD=os.path.abspath(shim), FAIL_BELOW=self.out, FAIL_LOG=self.log, **environment)

    def begin(self):
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.old_folder, self.out)
        with open(os.path.join(self.out, "notes.txt"), "w") as notes:
            notes.write("not ours\n")

    def attempt(self, look=lambda: None, **faults):
        """What `look` saw in the old corpus, and how the command ended."""
        self.begin()
        return look(), self.run(self.out, {**self.environment, **{name: str(value) for name, value in faults.items()}})

    def calls(self, least):
        """How many calls there are to be disturbed."""
        if self.attempt()[1].returncode not in BUILT:
            sys.exit("the command fails under the shim even without a fault")
        with open(self.log) as count:
            calls = int(count.read())
        if calls < least:
            sys.exit(f"only {calls} calls were seen: the shim does not work")
        return calls

    def found(self, where):
        found = hashes(self.out)
        if found.pop("notes.txt", None) is None:
            sys.exit(f"{where}: a file of others is gone")
        return found

    def state(self, found, where):
        if found == self.old:
            return "old"
        if found == self.new:
            return "new"
        if "corpus.json" not in found and os.path.exists(os.path.join(self.out, ".reelcell", "swap")):
            return "changing places"
        sys.exit(f"{where}: neither the old corpus nor the new one. To the old: {'; '.join(difference(self.old, found)[:5])}. "
                 f"To the new: {'; '.join(difference(self.new, found)[:5])}")

    def disturb(self, every, least, look=lambda: None, when_old=lambda where: None, at_end=lambda looked, where: None):
        calls = self.calls(least)
        seen = {"old": 0, "changing places": 0, "new": 0}
        for number in range(0, calls, every):
            for fault in ("KILL_AT", "FAIL_AT"):
                where = f"{fault}={number}"
                looked, result = self.attempt(look, **{fault: number})
                if fault == "KILL_AT" and result.returncode != -9:
                    sys.exit(f"{where}: not killed: exit {result.returncode}: {result.stderr}")
                if fault == "FAIL_AT" and result.returncode not in (1, *BUILT):
                    sys.exit(f"{where}: exit {result.returncode}: {result.stderr}")
                if result.returncode == 1 and "unexpected error" in result.stderr:
                    sys.exit(f"{where}: no clear message: {result.stderr}")
                found = self.found(where)
                state = self.state(found, where)
                seen[state] += 1
                if state == "old":
                    when_old(where)
                if result.returncode in BUILT and found != self.new:
                    sys.exit(f"{where}: exit {result.returncode} without the new corpus")
                self.ends(f"{where} ({result.stderr.strip()})")
                at_end(looked, where)
        self.told(f"{calls} calls, every {every}. killed and failed", seen)

    def cut_power(self, shim, every, seeds, least):
        cuts = PowerCuts(shim, os.path.dirname(self.out), self.out)
        self.begin()
        calls = cuts.calls(lambda environment: self.run(self.out, environment), least)
        seen = {"old": 0, "changing places": 0, "new": 0}
        for number in [*range(0, calls, every), calls]:
            for seed in range(seeds + 1):
                self.begin()
                where = cuts.cut(lambda environment: self.run(self.out, environment), number, seed)
                state = self.state(self.found(where), where)
                seen[state] += 1
                if number == calls and state != "new":
                    sys.exit(f"{where}: the command had ended well, and its corpus is lost")
                self.ends(where)
        self.told(f"{calls} calls, every {every}: {cuts.told()}", seen)

    def ends(self, where):
        """The command, run again, must end in the new corpus and tidy up."""
        again = self.run(self.out, None)
        if again.returncode not in BUILT:
            sys.exit(f"{where}: then exit {again.returncode}: {again.stderr}")
        wrong = difference(self.new, self.found(where))
        if wrong:
            sys.exit(f"{where}: " + "; ".join(wrong[:10]))
        left = [name for name in ("next", "swap") if os.path.exists(os.path.join(self.out, ".reelcell", name))]
        if left:
            sys.exit(f"{where}: {left} was left")

    @staticmethod
    def told(what, seen):
        print(f"{what}: {seen}")
        if not all(seen.values()):
            sys.exit("a state that must occur never did")


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
