"""Runs sides of a comparison in turn and sets their costs against each other."""
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field


@dataclass
class Side:
    """A command. `own_clock`: it prints {"wall", "cpu", "count", "check"} as its last line, timed without its start; else the
    whole process is timed, children included, and it did `count` units."""
    name: str
    command: list
    own_clock: bool = True
    count: int = 0
    before: object = None  # called before each run, not timed
    check: object = None  # called after the first run; its value must be equal on all sides
    costs: list = field(default_factory=list)
    peak_mb: float = 0

    def run(self):
        if self.before:
            self.before()
        start = time.monotonic()
        # Errors into a file: an encoder's remarks fill a pipe that is read after the other one, and it waits for ever.
        with tempfile.TemporaryFile("w+") as remarks:
            with subprocess.Popen(list(map(str, self.command)), stdout=subprocess.PIPE, stderr=remarks, text=True) as process:
                output = process.stdout.read()
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            remarks.seek(0)
            errors = remarks.read()
        whole = {"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime, "count": self.count, "check": ""}
        if process.returncode:
            raise RuntimeError(f"{self.name}: exit code {process.returncode}\n{errors[-2000:]}")
        self.peak_mb = max(self.peak_mb, usage.ru_maxrss / 1024)
        return json.loads(output.strip().splitlines()[-1]) if self.own_clock else whole


class Unequal(RuntimeError):
    """Two sides made different things: there is nothing to time."""


def compare(sides, rounds):
    """The first side against each other one; checks first, then `rounds` rounds in turn."""
    checks = {}
    for side in sides:
        first = side.run()
        checks[side.name] = side.check() if side.check else first.get("check", "")
    for side in sides[1:]:
        if not equal(checks[sides[0].name], checks[side.name]):
            raise Unequal(f"{sides[0].name} made {checks[sides[0].name]!r:.300}, {side.name} {checks[side.name]!r:.300}")
    for _ in range(rounds):
        for side in sides:
            side.costs.append(side.run())
    return [against(sides[0], side) for side in sides[1:]] or [against(sides[0], None)]


def equal(a, b):
    """Numbers within 1e-9 relative (sums in another order), all else exactly."""
    if isinstance(a, str) and isinstance(b, str) and a[:1] == "[" and b[:1] == "[":
        a, b = json.loads(a), json.loads(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))
    return a == b


def rates(side, clock):
    return [cost["count"] / max(cost[clock], 1e-9) for cost in side.costs]


def against(ours, peer):
    row = {"side": ours.name, "peer": peer.name if peer else ""}
    for clock in ("wall", "cpu"):
        mine = rates(ours, clock)
        row[clock] = {"ours": statistics.median(mine), "ours_spread": [min(mine), max(mine)]}
        if peer:
            theirs = rates(peer, clock)
            ratios = [a / b for a, b in zip(mine, theirs)]
            row[clock] |= {"peer": statistics.median(theirs), "ratio": statistics.median(ratios), "spread": [min(ratios), max(ratios)]}
    row["ours_peak_mb"] = ours.peak_mb
    return row


def self_peak_mb():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
