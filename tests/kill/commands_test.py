"""The commands beside `build` that write, disturbed at one call after another: edit, work, --add, watch.

  commands_test.py SHIM.so [--jobs NAME,..] [--every N] [--full | --power SHIM.so]

Without --full and --power: at every N-th call that puts data on a disk the command is killed, or the call fails. With
--full the disk (tmpfs, needs root) is full from one point after another on, and room is made then. With --power the
power is cut: what was not synced is lost. Each time what the folder held before is still there, or what it is to
hold is; the same command run again must end in the bytes of an undisturbed run, and leave nothing beside them. Only
of `work` results of a killed task may lie about under names of their own: other tasks write in the same folder.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from builds import BINARY, BUILT, Builds, PowerCuts, difference, hashes


def called(*arguments, environment=None):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, env=environment)


def sound(result, what):
    if result.returncode not in BUILT:
        sys.exit(f"{what}: exit {result.returncode}: {result.stderr}")


class Job:
    """A command that makes `new` of `old` in `place`/corpus; old {}: the folder is not there before."""

    least = 20  # calls, or the shim does not work
    again = True  # may be run again when all is done

    def __init__(self, folder, builds):
        self.folder, self.builds = folder, builds
        self.place = os.path.join(folder, "place")
        self.out = os.path.join(self.place, "corpus")
        self.source = os.path.join(folder, "undisturbed")
        self.before = self.prepare()
        self.old = hashes(self.before) if self.before else {}
        self.begin()
        sound(self.run(), "undisturbed")
        self.new = self.found()
        self.size = sum(os.path.getsize(os.path.join(self.out, path)) for path in hashes(self.out))

    def prepare(self):
        """The folder that is there before, or None."""

    def begin(self):
        if os.path.ismount(self.place):
            subprocess.run(["umount", self.place], check=True)
        shutil.rmtree(self.place, ignore_errors=True)
        os.mkdir(self.place)
        self.fill()

    def fill(self):
        if self.before:
            shutil.copytree(self.before, self.out)

    def run(self, environment=None):
        return called(*self.command(), environment=environment)

    def found(self):
        return hashes(self.out)

    def state(self, where):
        found = self.found()
        if found == self.new:
            return "new"
        if found == self.old:
            return "old"
        return self.between(found, where)

    def between(self, found, where):
        sys.exit(f"{where}: neither what was there nor what is to be: {difference(self.new, found)[:5]}")

    def ends(self, where):
        refused = not self.again and self.found() == self.new
        result = self.run()
        if not refused:
            sound(result, f"{where}, run again")
        elif result.returncode != 1 or "is not empty" not in result.stderr:
            sys.exit(f"{where}, run again: exit {result.returncode}: {result.stderr}")
        wrong = difference(self.new, self.found())
        if wrong:
            sys.exit(f"{where}: " + "; ".join(wrong[:10]))
        self.tidy(where)

    def tidy(self, where):
        if os.listdir(self.place) != ["corpus"]:
            sys.exit(f"{where}: left beside the corpus: {os.listdir(self.place)}")


class Drop(Job):
    again = False  # a folder that holds something is refused

    def command(self):
        return "edit", self.source, "--drop", 0, "--out", self.out, "-j", 1


class DropInPlace(Drop):
    again = True

    def prepare(self):
        return self.source

    def command(self):
        return *super().command(), "--overwrite"


class Merge(Job):
    again = False

    def prepare(self):
        self.other = os.path.join(self.folder, "other")
        for number in (0, 1):
            sound(called("edit", self.source, "--where", f"session = 's{number}'", "--out", f"{self.other}{number}"), "halves")

    def command(self):
        return "edit", f"{self.other}0", f"{self.other}1", "--out", self.out, "-j", 1


class Forget(Job):
    """In place of the corpus: half of a forgetting must not be taken for one."""

    def prepare(self):
        return self.source

    def command(self):
        return "edit", self.source, "--forget", "s1", "--out", self.out, "--overwrite", "-j", 1


class Addition(Job):
    """From one session to two; while files change places there may be no corpus, and a record of the move."""

    def prepare(self):
        first = os.path.join(self.folder, "first")
        sound(called("build", self.builds.inputs[0], "--recipe", self.recipe(), "--out", first, "-j", 1), "one session")
        return first

    def recipe(self):
        return self.builds.recipe

    def command(self):
        return "build", *self.builds.inputs, "--recipe", self.recipe(), "--out", self.out, "--add", "-j", 1

    def between(self, found, where):
        if "corpus.json" not in found and os.path.exists(os.path.join(self.out, ".reelcell", "swap")):
            return "changing places"
        return super().between(found, where)

    def tidy(self, where):
        super().tidy(where)
        left = [name for name in ("next", "swap", "spool") if os.path.exists(os.path.join(self.out, ".reelcell", name))]
        if left:
            sys.exit(f"{where}: {left} was left")


class Watch(Addition):
    def command(self):
        return "watch", os.path.dirname(self.arrived()), "--recipe", self.recipe(), "--out", self.out, "--once", "--settle", "0s", "-j", 1

    def arrived(self):
        """The sessions alone, in a folder of their own."""
        incoming = os.path.join(self.folder, "incoming")
        if not os.path.exists(incoming):
            os.mkdir(incoming)
            for path in self.builds.inputs:
                shutil.copytree(path, os.path.join(incoming, os.path.basename(path)))
        return os.path.join(incoming, "")


class Work(Job):
    """One part of three. What counts is what it gives to the sealing: results of the names in the plan."""

    def prepare(self):
        plan = os.path.join(self.folder, "plan")
        sound(called("plan", *self.builds.inputs, "--recipe", self.builds.recipe, "--out", plan, "--parts", 3), "plan")
        return plan

    def command(self):
        return "work", "--plan", self.out, "--part", 1, "-j", 1

    def found(self):
        return {path: digest for path, digest in hashes(self.out).items() if not re.search(r"\.tmp|/\.", "/" + path) and not path.startswith("begun/")}

    def between(self, found, where):
        wrong = [path for path, digest in found.items() if self.new.get(path) != digest]
        if wrong:
            sys.exit(f"{where}: results that are not right: {wrong[:5]}")
        return "a part of it"

    def tidy(self, where):
        status = called("status", "--plan", self.out, "--json")
        if any(part["in_work"] for part in json.loads(status.stdout)["parts"]):
            sys.exit(f"{where}: still in work: {status.stdout}")


JOBS = {"drop": Drop, "drop_in_place": DropInPlace, "merge": Merge, "forget": Forget, "add": Addition, "watch": Watch, "work": Work}


def calls_of(job, shim, log):
    environment = dict(os.environ, LD_PRELOAD=os.path.abspath(shim), FAIL_BELOW=job.place, FAIL_LOG=log)
    job.begin()
    sound(job.run(environment), "under the shim, without a fault")
    with open(log) as count:
        calls = int(count.read())
    if calls < job.least:
        sys.exit(f"only {calls} calls were seen: the shim does not work")
    return environment, calls


def told_clearly(result, where):
    if result.returncode not in (1, *BUILT):
        sys.exit(f"{where}: exit {result.returncode}: {result.stderr}")
    if result.returncode == 1 and (not result.stderr.startswith("reelcell: ") or "unexpected" in result.stderr):
        sys.exit(f"{where}: no clear message: {result.stderr}")


def fail_and_kill(name, job, shim, every, folder):
    environment, calls = calls_of(job, shim, os.path.join(folder, "calls"))
    seen, failed = {}, 0
    for number in range(0, calls, every):
        for fault in ("KILL_AT", "FAIL_AT"):
            where = f"{name}: {fault}={number}"
            job.begin()
            result = job.run({**environment, fault: str(number)})
            if fault == "KILL_AT" and result.returncode != -9:
                sys.exit(f"{where}: not killed: exit {result.returncode}: {result.stderr}")
            if fault == "FAIL_AT":
                told_clearly(result, where)
                failed += result.returncode == 1
            state = job.state(where)
            if result.returncode in BUILT and state != "new":
                sys.exit(f"{where}: exit {result.returncode} without the result: {state}")
            seen[state] = seen.get(state, 0) + 1
            job.ends(f"{where} ({result.stderr.strip()})")
    print(f"{name}: {calls} calls, every {every}: each killed and failed ({failed} ended with exit 1); then it was {seen}", flush=True)


def fill_disks(name, job, shares):
    full = 0
    begin = hashes(job.before) if job.before else {}
    used = sum(os.path.getsize(os.path.join(job.before, path)) for path in begin) if begin else 0
    for share in shares:
        where = f"{name}: a disk full at {share}"
        job.begin()
        shutil.rmtree(job.place)
        os.mkdir(job.place)
        # Pages of tmpfs: a small file takes 4 KiB.
        room = sum((size // 4096 + 2) * 4 for size in (os.path.getsize(os.path.join(job.before, path)) for path in begin)) if begin else 0
        room += max(64, int(job.size * share / 1024))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}k", "tmpfs", job.place], check=True)
        try:
            job.fill()
            result = job.run()
            told_clearly(result, where)
            if result.returncode == 1:
                full += 1
                if "o space left" not in result.stderr or job.place not in result.stderr:
                    sys.exit(f"{where}: the message does not say what is full: {result.stderr}")
            job.state(where)
            subprocess.run(["mount", "-o", f"remount,size={(used + job.size) * 8 // 1024 + 4096}k", job.place], check=True)
            job.ends(f"{where}, with room made")
        finally:
            subprocess.run(["umount", job.place], check=True)
    if not full:
        sys.exit(f"{name}: no disk was ever full")
    print(f"{name}: {full} of {len(shares)} disks full, each gone on with to the same bytes", flush=True)


def cut_power(name, job, shim, every, seeds, folder):
    cuts = PowerCuts(shim, folder, job.place)
    job.begin()
    calls = cuts.calls(job.run, job.least)
    seen = {}
    for number in [*range(0, calls, every), calls]:
        for seed in range(seeds + 1):
            job.begin()
            where = f"{name}: " + cuts.cut(job.run, number, seed)
            state = job.state(where)
            seen[state] = seen.get(state, 0) + 1
            if number == calls and state != "new":
                sys.exit(f"{where}: the command had ended well, and its result is lost")
            job.ends(where)
    print(f"{name}: {calls} calls, every {every}: {cuts.told()}; then it was {seen}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shim")
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--every", type=int, default=1, help="disturb every N-th call only")
    parser.add_argument("--full", action="store_true", help="full disks instead of single calls")
    parser.add_argument("--shares", type=int, default=8, help="with --full: how many sizes of disk")
    parser.add_argument("--power", help="the shim that cuts the power, instead of killing and failing")
    parser.add_argument("--seeds", type=int, default=1, help="with --power: partial losses at each call")
    options = parser.parse_args()
    for name in options.jobs.split(","):
        with tempfile.TemporaryDirectory(prefix="reelcell-commands-") as folder:
            builds = Builds(folder, 1)
            builds.undisturbed()
            job = JOBS[name](folder, builds)
            if options.full:
                fill_disks(name, job, [0.02 + 0.96 * i / options.shares for i in range(options.shares)])
            elif options.power:
                cut_power(name, job, options.power, options.every, options.seeds, folder)
            else:
                fail_and_kill(name, job, options.shim, options.every, folder)


if __name__ == "__main__":
    main()
