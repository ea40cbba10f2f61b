#!/usr/bin/python3
"""Clocks of series at the ends of what is promised: 0.1 Hz to 10 kHz, 5 s to 10 h, offsets up to an hour.

usage: ranges.py [--case NAME ..]

Each case writes two CSV logs of one aperiodic signal by two clocks and measures one against the other with
`reelcell align`. Prints error, interval and peak memory of each; ends with 1 when a number is wrong (beyond its 95 %
interval threefold, or by more than 1 ms and half a sample of the slower log), when a case is not measured, or when
memory is above its bound.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

import numpy as np

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("REELCELL_BINARY", SOURCE / "build/reelcell"))
# name: rates of both logs [Hz], length [s], offset [s], drift [ppm], jitter of the stamps [s], bound of memory [MiB]
CASES = {
    "short": (100, 100, 5, 0.4, 0, 0.0005, 200),
    "short_fast": (10_000, 1_000, 5, -0.123, 0, 0.00001, 200),
    "fast": (10_000, 10_000, 60, 1.5, 80, 0, 400),
    "fast_slow": (10_000, 20, 120, -2.25, -60, 0.001, 300),
    "slow": (0.1, 0.1, 36_000, 700, 0, 0.2, 200),
    "slow_fast": (0.1, 10, 36_000, -1_800, 0, 0, 200),
    "long": (50, 50, 36_000, 3_300, 40, 0.001, 600),
    "hour_apart": (10, 100, 36_000, -3_500, -90, 0.001, 600),
}


def signal(length, corner_hz, seed):
    """A function of time: noise without a rhythm, band-limited to the corner, from -4000 s to length + 4000 s."""
    draw = np.random.default_rng(seed)
    step = 1 / (8 * corner_hz)
    margin = min(4000.0, length)
    count = int((length + 2 * margin) / step) + 64
    kernel = np.hanning(17)
    values = np.convolve(draw.normal(size=count), kernel / kernel.sum(), "same")
    times = np.arange(count) * step - margin - 32 * step
    return lambda t: np.interp(t, times, values)


def write_log(path, times, values):
    with open(path, "w") as file:
        file.write("t_ns,x\n")
        for start in range(0, len(times), 200_000):
            part = slice(start, start + 200_000)
            file.write("".join(f"{t},{x:.5f}\n" for t, x in zip(np.rint(times[part] * 1e9).astype(np.int64).tolist(), values[part].tolist())))


def measure(folder, name):
    rate_a, rate_b, length, offset, drift, jitter, bound = CASES[name]
    shown = signal(length, min(rate_a, rate_b, 20) / 5, seed=len(name))
    draw = np.random.default_rng(1)

    def log(rate):
        true = np.arange(int(length * rate)) / rate
        return true, shown(true) + draw.normal(0, 0.01, len(true))

    true, values = log(rate_b)
    write_log(folder / "b.csv", true + draw.normal(0, jitter, len(true)) * (jitter * rate_b < 0.1), values)
    true, values = log(rate_a)
    # session = t + offset + drift t; the log starts up to an hour away on its own clock
    own = (true - offset) / (1 + drift * 1e-6)
    write_log(folder / "a.csv", own + draw.normal(0, jitter, len(own)) * (jitter * rate_a < 0.1), values)
    streams = [{"name": n, "kind": "series", "path": f"{n}.csv", "format": "csv",
                "options": {"time_column": "t_ns", "time_unit": "ns", "columns": [{"name": "x", "from": "x", "dtype": "float64"}]}} for n in "ab"]
    streams[1]["clock"] = {"offset_ns": 0}
    evidence = {"by": "value", "against": "b.x"}
    if abs(offset) > 60:
        evidence["max_offset"] = "3700s"
    streams[0]["clock"] = {"measure": evidence}
    (folder / "session.json").write_text(json.dumps({"version": 1, "id": name, "streams": streams}))
    command = [BINARY, "align", folder, "--measure", "--evidence", "a", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        out, err = process.communicate()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 3):
        return {"case": name, "failed": [err[-500:]]}
    clock = next(c for c in json.loads(out)["sessions"][0]["clocks"] if c["stream"] == "a")
    figures = {"case": name, "verdict": clock["verdict"], "peak_mib": usage.ru_maxrss // 1024, "failed": []}
    if clock["verdict"] == "measured":
        error = (clock["offset_ns"] - (offset * 1e9 + drift * 1e-6 * clock["reference_ns"])) / 1e6
        figures |= {"error_ms": round(error, 4), "interval_ms": round(clock["offset_interval_ms"], 4),
                    "drift_error_ppm": round(clock["drift_ppm"] - drift, 3), "drift_interval_ppm": round(clock["drift_interval_ppm"], 3)}
        if abs(error) > 3 * clock["offset_interval_ms"]:
            figures["failed"].append("wrong beyond three intervals")
        if abs(error) > max(1, 500 / min(rate_a, rate_b)):
            figures["failed"].append("wrong by more than half a sample")
    else:
        figures |= {"reason": clock["reason"]}
        figures["failed"].append("not measured")
    if figures["peak_mib"] > bound:
        figures["failed"].append(f"takes {figures['peak_mib']} MiB, {bound} are allowed")
    return figures


def one(name):
    with tempfile.TemporaryDirectory(prefix="reelcell-ranges-") as folder:
        return measure(pathlib.Path(folder), name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs="+", choices=list(CASES), default=list(CASES))
    arguments = parser.parse_args()
    failed = []
    for name in arguments.case:
        # A process of its own: the peak of children is the largest there ever was.
        child = os.fork()
        if child == 0:
            figures = one(name)
            print(json.dumps(figures), flush=True)
            os._exit(bool(figures["failed"]))
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            failed.append(name)
    if failed:
        sys.exit(f"FAILED: {failed}")


if __name__ == "__main__":
    main()
