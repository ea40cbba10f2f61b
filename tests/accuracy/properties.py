#!/usr/bin/python3
"""What must hold of measured clocks whatever the recording, over one whole made session and `reelcell align --json`.

usage: properties.py [--seed SEED] [--part shift|sign|stored|levels|sharp|held|crooked|noise ..]

shift: all streams later by one time, and by different times: the same clocks to the nanosecond, but for the shifts.
sign:  a log turned upside down has the same clock, and its sign is told; the speed of joints has none.
stored: a clock written into session.json is as uncertain for those measured against it as in the run that measured it.
levels: a lamp sampled at 20 and 500 Hz, its changes as events, and as a controller with a cycle of 8 ms stamps them.
sharp: what changes faster than the records' intervals, two means of one white signal and two cuts of a sound with knocks: as far
       off as it may be, and not surer than that.
held:  a log that repeats each value until the next is measured comes is not taken for one that is late.
crooked: a clock that jumps, bends or drifts beyond what is looked for gets no number, or an interval that covers it.
noise: the more of it, in a log or in the picture, the less confidence: no number again once there is none, no interval
       narrower by more than 30 %, no higher correlation; and no number is wrong at any noise.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal

import av
import numpy as np

from clocks import BUILD, measure, write_json
from ranges import signal, write_log

FAILED = []


def check(condition, message):
    if not condition:
        FAILED.append(message)
        print("FAILED:", message, flush=True)


def make(folder, seed, *arguments):
    subprocess.run([BUILD / "reelcell-make-session", "--out", folder, "--seed", str(seed), "--clock-unknown", "--duration", "20",
                    "--points", "50", "--width", "240", "--height", "180", "--wrist-fps", "1", "--wrist-width", "64",
                    "--wrist-height", "64", *arguments], check=True, capture_output=True)
    document = json.loads((folder / "session.json").read_text())
    for stream in document["streams"]:
        if stream["name"] == "front":
            stream["clock"] = {"measure": {"by": "motion", "against": "joints.q"}}
        if stream["name"] == "joints":
            stream["clock"] = {"measure": {"by": "speed", "against": "plc", "against_by": "level", "high": {"step": "MOVE"}}}
    mirror = {"name": "mirror", "kind": "series", "path": "mirror.csv", "format": "csv",
              "clock": {"measure": {"by": "value", "against": "joints.dq[0]"}},
              "options": {"time_column": "t_ns", "time_unit": "ns",
                          "columns": [{"name": "x", "from": "x", "dtype": "float64"}]}}
    document["streams"].append(mirror)
    write_json(folder / "session.json", document)
    write_mirror(folder, 1, 0)
    return folder


def joints(folder):
    header, *lines = (folder / "joints.csv").read_text().splitlines()
    return header.split(","), [line.split(",") for line in lines]


MIRROR_OFFSET, MIRROR_DRIFT = 0.321987, 40e-6  # joints = t + offset + drift t


def write_mirror(folder, sign, noise):
    """The first joint's speed as another device logs it: every fifth sample, by a clock of its own."""
    names, rows = joints(folder)
    at = names.index("dq1")
    draw = np.random.default_rng(7)
    spread = np.std([float(row[at]) for row in rows])
    lines = ["t_ns,x"]
    for row in rows[::5]:
        t = round((float(row[0]) - MIRROR_OFFSET) / (1 + MIRROR_DRIFT) * 1e9)
        lines.append(f"{t},{sign * float(row[at]) + noise * spread * draw.normal():.6f}")
    (folder / "mirror.csv").write_text("\n".join(lines) + "\n")


def error_ms(folder, clock, chained):
    """Of the offset to the session's clock, or, where the joints' own clock was not measured, to theirs."""
    if clock["offset_ns"] is None:
        return 0.0
    truth = json.loads((folder / "truth.json").read_text())["clocks"]
    arm, t = truth["joints"], clock["reference_ns"]
    to_session = lambda t, of: t + of["offset_ns"] + of["drift_ppm"] * 1e-6 * t  # noqa: E731
    if clock["stream"] == "mirror":
        session = to_session(t + MIRROR_OFFSET * 1e9 + MIRROR_DRIFT * t, arm)
    else:
        session = to_session(t, truth[clock["stream"]])
    true = session if chained else (session - arm["offset_ns"]) / (1 + arm["drift_ppm"] * 1e-6)
    return (t + clock["offset_ns"] - true) / 1e6


def not_wrong(name, clock, error):
    print(f"{name}: {clock['verdict']}, error {error:.3f} ms, said {clock['offset_interval_ms'] or 0:.3f} ms, height {clock['height']:.3f}", flush=True)
    check(clock["verdict"] != "measured" or abs(error) <= 3 * clock["offset_interval_ms"], f"{name} is wrong")


def clocks(folder):
    return measure(folder, "--measure", "--evidence", "front", "--evidence", "joints", "--evidence", "mirror")


def shift_log(path, column, per_second, seconds):
    """Stamps of a CSV file's first column, or of a JSONL file's field, later by whole seconds; every digit is kept."""
    lines = path.read_text().splitlines()
    if column:
        lines = [json.dumps({**(row := json.loads(line)), column: row[column] + seconds * per_second}) for line in lines]
    else:
        lines[1:] = [",".join([str(Decimal((cells := line.split(","))[0]) + seconds * per_second), *cells[1:]]) for line in lines[1:]]
    path.write_text("\n".join(lines) + "\n")


def shift_video(path, seconds):
    """The same packets, each stamp later."""
    later = path.with_name("later.mp4")
    with av.open(str(path)) as source, av.open(str(later), "w") as out:
        stream = source.streams.video[0]
        made = out.add_stream(template=stream) if not hasattr(out, "add_stream_from_template") else out.add_stream_from_template(stream)
        made.time_base = stream.time_base
        ticks = round(seconds / stream.time_base)
        for packet in source.demux(stream):
            if packet.dts is None:
                continue
            packet.pts, packet.dts, packet.stream = packet.pts + ticks, packet.dts + ticks, made
            out.mux(packet)
    later.replace(path)


def shifted(folder, target, video, log, plc):
    shutil.copytree(folder, target)
    shift_video(target / "front.mp4", video)
    shift_log(target / "joints.csv", None, 1, log)
    shift_log(target / "mirror.csv", None, 10**9, log)
    shift_log(target / "plc.jsonl", "t_ns", 10**9, plc)
    return target


NUMBERS = ("verdict", "offset_interval_ms", "drift_ppm", "drift_interval_ppm", "height", "ratio", "contrast")


def shift(folder, session, base):
    check({clock["verdict"] for clock in base.values()} == {"measured"}, f"shift: {[(n, c['reason']) for n, c in base.items()]}")
    for stream, clock in base.items():
        not_wrong(f"shift, {stream}", clock, error_ms(session, clock, chained=True))
    # 40 days, as a device's uptime; and each side by its own, within the hour that is searched.
    for name, video, log, plc in (("all", 3_456_000, 3_456_000, 3_456_000), ("each", 11, 1_000, 700)):
        moved = clocks(shifted(session, folder / name, video, log, plc))
        for stream, own in (("front", video), ("joints", log), ("mirror", log)):
            a, b = base[stream], moved[stream]
            check(all(a[key] == b[key] for key in NUMBERS), f"shift {name}, {stream}: {[(key, a[key], b[key]) for key in NUMBERS if a[key] != b[key]]}")
            check(b["reference_ns"] - a["reference_ns"] == own * 10**9, f"shift {name}, {stream}: reference {b['reference_ns'] - a['reference_ns']}")
            check(b["offset_ns"] - a["offset_ns"] == (plc - own) * 10**9, f"shift {name}, {stream}: offset {b['offset_ns'] - a['offset_ns']}")


def sign(folder, session, base):
    turned = folder / "turned"
    shutil.copytree(session, turned)
    write_mirror(turned, -1, 0)
    names, rows = joints(turned)
    rows = [[row[0], *(str(-Decimal(cell)) if name.startswith("q") else cell for name, cell in zip(names[1:], row[1:]))] for row in rows]
    (turned / "joints.csv").write_text("\n".join(",".join(row) for row in [names, *rows]) + "\n")
    other = clocks(turned)
    a, b = base["mirror"], other["mirror"]
    check(a["height"] > 0.9 and b["height"] < -0.9, f"sign: heights {a['height']}, {b['height']}")
    check(a["offset_ns"] == b["offset_ns"] and a["drift_ppm"] == b["drift_ppm"], f"sign: {a['offset_ns']} and {b['offset_ns']}")
    not_wrong("sign, mirror", b, error_ms(turned, b, chained=True))
    for stream in ("front", "joints"):
        check({**base[stream], "own": 0} == {**other[stream], "own": 0}, f"sign: the clock of {stream} changed")


def stored(folder, session, base):
    """A clock that was written into session.json is as uncertain as it was when it was measured."""
    written = folder / "written"
    shutil.copytree(session, written)
    measure(written, "--measure", "--evidence", "joints", "--write")
    alone = measure(session, "--measure", "--evidence", "mirror")["mirror"]["offset_interval_ms"]
    after = measure(written, "--measure", "--evidence", "mirror")["mirror"]
    not_wrong("stored, mirror", after, error_ms(written, after, chained=True))
    chained = base["mirror"]["offset_interval_ms"]
    check(abs(after["offset_interval_ms"] - chained) < 0.02 * chained, f"stored: +-{after['offset_interval_ms']} ms, +-{chained} in one run")
    check(after["offset_interval_ms"] > 1.05 * alone, f"stored: +-{after['offset_interval_ms']} ms, +-{alone} without the clock of the joints")


def levels(folder, seed):
    """One signal lamp, as a log of samples has it, as events on its changes, and as a controller with a cycle of 8 ms sees it."""
    random = np.random.default_rng(seed)
    changes = np.cumsum(random.uniform(0.2, 1.5, 80))  # seconds, by the events' clock
    on = lambda t: int(np.searchsorted(changes, t, side="right") % 2)  # noqa: E731
    offset = 0.7654321  # events = sampled + offset = cycle + offset
    session = folder / "levels"
    session.mkdir()
    rows = lambda rate: [f"{t:.6f},{on(t + offset)}" for t in np.arange(0, changes[-1] - offset, 1 / rate)]  # noqa: E731
    for rate in (20, 500):
        (session / f"sampled{rate}.csv").write_text("\n".join(["t,lamp", *rows(rate)]) + "\n")
    event = lambda t, i: json.dumps({"t_ns": round(t * 1e9), "lamp": (i + 1) % 2})  # noqa: E731
    (session / "exact.jsonl").write_text("\n".join(event(t, i) for i, t in enumerate(changes)) + "\n")
    late = [np.ceil((t - offset) / 0.008) * 0.008 for t in changes]
    (session / "cycle.jsonl").write_text("\n".join(event(t, i) for i, t in enumerate(late)) + "\n")
    exact = {"against": "exact", "against_by": "level", "high": {"lamp": 1}}
    streams = [{"name": "exact", "kind": "events", "path": "exact.jsonl", "options": {"time_column": "t_ns", "time_unit": "ns"}, "clock": {"offset_ns": 0}}]
    for rate in (20, 500):
        streams.append({"name": f"sampled{rate}", "kind": "series", "path": f"sampled{rate}.csv", "options": {"time_column": "t", "time_unit": "s", "columns": [{"name": "lamp", "dtype": "int64"}]},
                        "clock": {"measure": {"by": "value", **exact}}})
        streams.append({"name": f"cycle{rate}", "kind": "events", "path": "cycle.jsonl", "options": {"time_column": "t_ns", "time_unit": "ns"},
                        "clock": {"measure": {"by": "level", "high": {"lamp": 1}, "against": f"sampled{rate}", "against_by": "value"}}})
    write_json(session / "session.json", {"version": 1, "id": "levels", "streams": streams})
    for stream, clock in measure(session, "--measure").items():
        error = (clock["offset_ns"] or 0) / 1e6 - offset * 1e3
        print(f"level, {stream}: {clock['verdict']} {clock['reason']}, error {error:.3f} ms, said {clock['offset_interval_ms'] or 0:.3f} ms", flush=True)
        check(clock["verdict"] == "measured", f"level, {stream}: {clock['reason']}")
        check(abs(error) <= clock["offset_interval_ms"], f"level, {stream}: outside its interval")


def white_case(folder, shift_ms, seed, noise):
    """Two loggers of 100 Hz, each the mean of one white signal of 1 kHz over its own intervals."""
    random = np.random.default_rng(seed)
    white = random.normal(size=33_000)
    session = folder / f"white-{shift_ms}-{noise}"
    session.mkdir()
    for name, start in (("a", 0), ("b", shift_ms)):
        value = white[start : start + 30_000].reshape(-1, 10).mean(axis=1)
        value = value / value.std() + random.normal(0, noise, len(value))
        write_log(session / f"{name}.csv", (np.arange(len(value)) + 1) / 100, value)
    options = {"time_column": "t_ns", "time_unit": "ns", "columns": [{"name": "x", "dtype": "float64"}]}
    streams = [{"name": name, "kind": "series", "path": f"{name}.csv", "format": "csv", "options": options} for name in "ab"]
    streams[0]["clock"], streams[1]["clock"] = {"measure": {"by": "value", "against": "b.x"}}, {"offset_ns": 0}
    write_json(session / "session.json", {"version": 1, "id": session.name, "streams": streams})
    return measure(session, "--measure")["a"], -shift_ms


def knocks_case(folder, cut_ms, seed, method):
    """Sound with a knock now and then, and the same from a later sample on."""
    rate, random = 16_000, np.random.default_rng(seed)
    sound = random.normal(0, 0.003, 20 * rate)
    for at in random.uniform(0.5, 19.4, 40):
        knock = random.normal(0, 0.4, rate // 30) * np.exp(-np.arange(rate // 30) / (0.005 * rate))
        sound[int(at * rate) : int(at * rate) + len(knock)] += knock
    cut = round(cut_ms * rate / 1000)
    session = folder / f"knocks-{cut_ms}-{method}"
    session.mkdir()
    for name, samples in (("a", sound), ("b", sound[cut:])):
        with av.open(str(session / f"{name}.mkv"), "w") as file:
            track = file.add_stream("pcm_s16le", rate=rate)
            frame = av.AudioFrame.from_ndarray((np.clip(samples, -1, 1) * 30_000).astype(np.int16)[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate, 0
            for packet in [*track.encode(frame), *track.encode(None)]:
                file.mux(packet)
    streams = [{"name": name, "kind": "audio", "path": f"{name}.mkv"} for name in "ab"]
    streams[0]["clock"], streams[1]["clock"] = {"offset_ns": 0}, {"measure": {"by": "envelope", "against": "a", "method": method}}
    write_json(session / "session.json", {"version": 1, "id": session.name, "streams": streams})
    return measure(session, "--measure")["b"], cut * 1000 / rate


def sharp(folder, seed):
    cases = [(f"white, noise {noise}", white_case(folder, shift, seed + shift, noise)) for noise in (0, 0.5) for shift in (502, 503, 507, 513)]
    cases += [(f"knocks, {method}", knocks_case(folder, cut, seed + i, method))
              for method in ("ncc", "gcc_phat") for i, cut in enumerate((100.375, 101.3125, 57.5))]
    inside = 0
    for name, (clock, true_ms) in cases:
        check(clock["verdict"] == "measured", f"sharp, {name}: {clock['reason']}")
        if clock["verdict"] != "measured":
            continue
        error = clock["offset_ns"] / 1e6 - true_ms
        inside += abs(error) <= clock["offset_interval_ms"]
        print(f"sharp, {name}: error {error:.3f} ms, said {clock['offset_interval_ms']:.3f} ms, height {clock['height']:.3f}", flush=True)
        check(abs(error) <= 2 * clock["offset_interval_ms"], f"sharp, {name}: {error:.3f} ms off, said {clock['offset_interval_ms']:.3f}")
        check(abs(clock["height"]) <= 1, f"sharp, {name}: a correlation of {clock['height']}")
    check(inside >= 0.8 * len(cases), f"sharp: {inside} of {len(cases)} lie in their interval")


def falling(name, clocks_and_errors, slack):
    """A row of (noise, clock, error in ms), with more and more noise; `slack`: by how much a height may rise."""
    lost, height, interval = None, 2, 0
    for noise, clock, error in clocks_and_errors:
        said = clock["offset_interval_ms"] or 0
        not_wrong(f"{name} with noise {noise}", clock, error)
        measured = clock["verdict"] == "measured"
        if not measured:
            lost = noise if lost is None else lost
            continue
        check(abs(clock["height"]) <= height + slack, f"{name}: height {clock['height']} at noise {noise}, {height} before")
        height = min(height, abs(clock["height"]))
        check(lost is None, f"{name}: a number at noise {noise}, none at {lost}")
        # An interval is itself an estimate, from some 24 blocks: one in seven of its size.
        check(said >= 0.7 * interval, f"{name}: +-{said} ms at noise {noise}, +-{interval} with less")
        interval = max(interval, said)


def noise(folder, session, seed):
    rows = []
    for amount in (0, 0.1, 0.3, 1, 3, 10):
        write_mirror(session, 1, amount)
        clock = measure(session, "--measure", "--evidence", "mirror")["mirror"]
        rows.append((amount, clock, error_ms(session, clock, chained=False)))
    falling("log", rows, 0.01)
    check(rows[-1][1]["verdict"] != "measured", "a log of noise alone gets a number")
    # The encoder takes some noise away, and of little more than of much: it does not fall evenly.
    rows = []
    for grey in (1.5, 15, 50):
        noisy = session if grey == 1.5 else make(folder / f"grey-{grey}", seed, "--noise", str(grey))
        clock = measure(noisy, "--evidence", "front=motion:joints.q")["front"]
        rows.append((grey, clock, error_ms(noisy, clock, chained=False)))
    falling("picture", rows, 0.05)


def pair_of_logs(session, times, values, other_times, other_values):
    """One log against another whose clock is stated."""
    session.mkdir()
    write_log(session / "a.csv", times, values)
    write_log(session / "b.csv", other_times, other_values)
    options = {"time_column": "t_ns", "time_unit": "ns", "columns": [{"name": "x", "dtype": "float64"}]}
    streams = [{"name": name, "kind": "series", "path": f"{name}.csv", "format": "csv", "options": options} for name in "ab"]
    streams[0]["clock"], streams[1]["clock"] = {"measure": {"by": "value", "against": "b.x"}}, {"offset_ns": 0}
    write_json(session / "session.json", {"version": 1, "id": session.name, "streams": streams})
    return measure(session, "--measure")["a"]


def held(folder, seed):
    """A log of 100 Hz that repeats what was measured at 10, 25 or 50 Hz until the next value."""
    for rate in (10, 25, 50):
        shown, t = signal(40, 2, seed + rate), np.arange(0, 40, 0.01)
        clock = pair_of_logs(folder / f"held-{rate}", t, shown(np.floor(t * rate + 1e-6) / rate + 0.7), t, shown(t))
        not_wrong(f"held, {rate} Hz", clock, (clock["offset_ns"] or 0) / 1e6 - 700)
        check(clock["verdict"] == "measured", f"held, {rate} Hz: {clock['reason']}")
        check(abs((clock["offset_ns"] or 0) / 1e6 - 700) <= clock["offset_interval_ms"], f"held, {rate} Hz: outside its interval")


CROOKED = {"jump of 30 ms": (120, lambda t: np.where(t > 60, 0.03, 0)), "jump of 5 s near the end": (120, lambda t: np.where(t > 96, 5, 0)),
           "jump of 20 ms in ten minutes": (600, lambda t: np.where(t > 300, 0.02, 0)), "bow of 40 ms": (900, lambda t: 0.04 * ((t - 450) / 450) ** 2),
           "bow of 5 ms": (600, lambda t: 0.005 * ((t - 300) / 300) ** 2), "drift of 500 ppm": (600, lambda t: 500e-6 * t)}


def crooked(folder, seed):
    """Clocks that are no straight line, or drift beyond what is looked for: no number, or one whose interval covers the whole session."""
    for name, (length, gained) in CROOKED.items():
        shown, t = signal(length, 3, seed), np.arange(0, length, 0.01)
        clock = pair_of_logs(folder / name.replace(" ", "-"), t, shown(t + 0.3 + gained(t)), t, shown(t))
        print(f"crooked, {name}: {clock['verdict']}, +-{clock['offset_interval_ms']} ms, {clock['reason']}", flush=True)
        if clock["verdict"] != "measured":
            continue
        line = clock["offset_ns"] / 1e9 + clock["drift_ppm"] * 1e-6 * (t - clock["reference_ns"] / 1e9)
        off = 1e3 * np.max(np.abs(line - 0.3 - gained(t)))
        check(off <= 1.5 * clock["offset_interval_ms"], f"crooked, {name}: up to {off:.1f} ms off, said {clock['offset_interval_ms']:.1f}")
        check(name == "bow of 5 ms", f"crooked, {name}: gets a number")


PARTS = ("shift", "sign", "stored", "levels", "sharp", "held", "crooked", "noise")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=4001)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reelcell-properties-") as name:
        folder = pathlib.Path(name)
        session = make(folder / "session", arguments.seed)
        base = clocks(session)
        if "shift" in arguments.part:
            shift(folder, session, base)
        if "sign" in arguments.part:
            sign(folder, session, base)
        if "stored" in arguments.part:
            stored(folder, session, base)
        if "levels" in arguments.part:
            levels(folder, arguments.seed)
        if "sharp" in arguments.part:
            sharp(folder, arguments.seed)
        if "held" in arguments.part:
            held(folder, arguments.seed)
        if "crooked" in arguments.part:
            crooked(folder, arguments.seed)
        if "noise" in arguments.part:
            noise(folder, session, arguments.seed)
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
