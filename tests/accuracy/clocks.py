#!/usr/bin/python3
"""How well `reelcell align` measures clocks, against recordings whose clocks are known.

usage: clocks.py [--seeds N] [--first SEED] [--part sample|logs|g1|so101|gopro|luxonis|all ..] [--kinds KIND ..]

A handful of seeds by default, for CI; the published figures come from `--seeds 100 --part all`. Ends with 1 when a
number that was given with confidence is wrong, or when too little is measured at all. A wrong number is one that is
further from the truth than three of its own 95 % intervals and, where a camera is in it, than half a frame.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("REELCELL_BUILD", SOURCE / "build"))
DATA = pathlib.Path(os.environ.get("REELCELL_DATA", SOURCE / "../shared/data"))
BINARY = pathlib.Path(os.environ.get("REELCELL_BINARY", BUILD / "reelcell"))
sys.path.insert(0, str(SOURCE / "tests/e2e"))


def write_json(path, document):
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


def measure(session, *arguments):
    """The clocks that `reelcell align --json` measured, by stream."""
    done = subprocess.run([BINARY, "align", session, "--json", *arguments], capture_output=True, text=True, timeout=1800)
    if done.returncode not in (0, 3):
        sys.exit(f"FAILED: align {session}: exit code {done.returncode}: {done.stderr[-2000:]}")
    return {clock["stream"]: clock for clock in json.loads(done.stdout)["sessions"][0]["clocks"]}


class Tally:
    """Errors of what was measured, verdicts of what was not."""

    def __init__(self, name, half_frame_ms):
        self.name, self.half_frame_ms = name, half_frame_ms
        self.errors, self.drifts, self.verdicts, self.wrong, self.inside = [], [], {}, [], 0

    def add(self, clock, true_offset_ns, true_drift_ppm=None, label=""):
        """`true_offset_ns(t)`: the offset at a time of the stream."""
        verdict = clock["verdict"]
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
        if verdict != "measured":
            return
        error = (clock["offset_ns"] - true_offset_ns(clock["reference_ns"])) / 1e6
        self.errors.append(error)
        self.inside += abs(error) <= clock["offset_interval_ms"]
        if true_drift_ppm is not None:
            self.drifts.append(clock["drift_ppm"] - true_drift_ppm)
        if abs(error) > max(3 * clock["offset_interval_ms"], self.half_frame_ms):
            self.wrong.append(f"{label}: off by {error:.2f} ms, said +-{clock['offset_interval_ms']:.2f} ms")

    def figures(self):
        def quantiles(values):
            sizes = sorted(map(abs, values))
            if not sizes:
                return None
            pick = lambda q: round(sizes[min(len(sizes) - 1, int(q * len(sizes)))], 3)  # noqa: E731
            return {"p50": pick(0.5), "p95": pick(0.95), "max": round(sizes[-1], 3),
                    "mean": round(sum(values) / len(values), 3)}

        total = sum(self.verdicts.values())
        return {"name": self.name, "cases": total, "verdicts": self.verdicts,
                "ambiguous_share": round(self.verdicts.get("ambiguous", 0) / max(total, 1), 3),
                "error_ms": quantiles(self.errors), "inside_interval": f"{self.inside}/{len(self.errors)}",
                "drift_error_ppm": quantiles(self.drifts), "wrong": self.wrong}


# ---- the sample session -------------------------------------------------------------------------------------------

KINDS = {
    "plain": ["--jitter-ms", "0.3"],
    "hard": ["--jitter-ms", "1", "--drop-rate", "0.03", "--flicker", "0.15", "--person", "--noise", "3"],
    "flicker": ["--flicker", "0.3"],
    "person": ["--person"],
    "periodic": ["--periodic"],
    "ten_minutes": ["--duration", "600", "--points", "1500", "--width", "240", "--height", "180"],
}


def sample_case(folder, kind, seed):
    chance = random.Random(seed * 7919 + 13)
    relative = chance.uniform(-2000, 2000)
    drift = chance.uniform(-100, 100)
    arm = chance.uniform(-50, 50)
    front = 2100 + relative  # a camera's offset is not negative in the maker; the arm's makes up for it
    session = folder / f"{kind}-{seed}"
    subprocess.run([BUILD / "reelcell-make-session", "--out", session, "--seed", str(seed), "--clock-unknown",
                    "--offset-ms", str(front), "--drift-ppm", str(drift), "--robot-offset-ms", str(2100 + arm),
                    "--robot-drift-ppm", "0", "--wrist-fps", "1", "--wrist-width", "64", "--wrist-height", "64",
                    *KINDS[kind]], check=True, capture_output=True)
    truth = json.loads((session / "truth.json").read_text())["clocks"]
    clock = measure(session, "--evidence", "front=motion:joints.q")["front"]
    shutil.rmtree(session)
    return clock, truth


def sample(folder, first, seeds, kinds):
    tallies = []
    for kind in kinds:
        count = max(1, seeds // 10) if kind == "ten_minutes" else seeds
        tally = Tally(f"sample {kind}", 1000 / 60)
        with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
            cases = pool.map(lambda seed: (seed, *sample_case(folder, kind, seed)), range(first, first + count))
            for seed, clock, truth in cases:
                front, arm = truth["front"], truth["joints"]
                # session = t + offset + drift t on both sides
                tally.add(clock, lambda t: front["offset_ns"] + front["drift_ppm"] * 1e-6 * t - arm["offset_ns"],
                          front["drift_ppm"] - arm["drift_ppm"], f"seed {seed}")
        tallies.append(tally)
        print(json.dumps(tally.figures()), flush=True)
    return tallies


# ---- two logs of one movement, each as noisy as is said --------------------------------------------------------------

LOG_RATES = {"100 Hz, 100 Hz": (100, 100, 20), "1 kHz, 100 Hz": (1000, 100, 20), "10 kHz, 10 kHz": (10_000, 10_000, 5),
             "50 Hz, 50 Hz": (50, 50, 40)}
LOG_NOISE = (0, 0.01, 0.1, 0.3, 1)  # of single samples; the movement's own standard deviation is 0.3
# As of a camera beside a controller: the slower one alone is noisy.
CAMERA = "30 Hz camera, 500 Hz"
LOG_RATES[CAMERA] = (30, 500, 40)
CAMERA_NOISE = (0.3, 0.45, 0.6)


def log_case(folder, rates, noise, seed):
    import numpy as np
    from ranges import signal, write_log
    rate_a, rate_b, length = LOG_RATES[rates]
    draw = np.random.default_rng([seed, rate_a, round(1000 * noise)])
    shown = signal(length, 4, seed)
    offset, drift = draw.uniform(-0.5, 0.5), draw.uniform(-100, 100)
    session = folder / f"logs-{rate_a}-{rate_b}-{noise}-{seed}"
    session.mkdir()
    for name, rate in (("a", rate_a), ("b", rate_b)):
        true = (np.arange(int(length * rate)) + draw.uniform(0, 1)) / rate
        own = (true - offset) / (1 + drift * 1e-6) if name == "a" else true
        own_noise = 0.01 if rates == CAMERA and name == "b" else noise
        write_log(session / f"{name}.csv", own, shown(true) + draw.normal(0, own_noise, len(true)) if own_noise else shown(true))
    write_json(session / "session.json", {"version": 1, "id": session.name, "streams": [
        {"name": name, "kind": "series", "path": f"{name}.csv", "format": "csv", **({"clock": {"offset_ns": 0}} if name == "b" else {}),
         "options": {"time_column": "t_ns", "time_unit": "ns", "columns": [{"name": "x", "from": "x", "dtype": "float64"}]}}
        for name in "ab"]})
    clock = measure(session, "--evidence", "a=value:b.x")["a"]
    shutil.rmtree(session)
    return clock, offset * 1e9, drift


def logs(folder, first, seeds):
    tallies = []
    for rates in LOG_RATES:
        for noise in CAMERA_NOISE if rates == CAMERA else LOG_NOISE:
            tally = Tally(f"logs {rates}, noise {noise}", 0)
            for seed in range(first, first + seeds):
                clock, offset, drift = log_case(folder, rates, noise, seed)
                tally.add(clock, lambda t: offset + drift * 1e-6 * t, drift, f"seed {seed}")
            tallies.append(tally)
            print(json.dumps(tally.figures()), flush=True)
    return tallies


# ---- real recordings with clocks shifted by a known amount -----------------------------------------------------------

def series_csv(path, times_ns, rows):
    names = [f"v{i}" for i in range(len(rows[0]))]
    lines = [",".join(["t_ns", *names])]
    lines += [",".join([str(t), *map(repr, row)]) for t, row in zip(times_ns, rows)]
    path.write_text("\n".join(lines) + "\n")
    return names


def shifted_session(folder, video, rows, fps, offset_ms, drift_ppm, first=0.0):
    """A video as it is, and its state log by a clock that is off: log time = t - offset - drift t."""
    folder.mkdir(parents=True)
    shutil.copy(video, folder / "camera.mp4")
    times = []
    for i in range(len(rows)):
        t = round((first + i / fps) * 1e9)
        times.append(round((t - offset_ms * 1e6) / (1 + drift_ppm * 1e-6)))
    names = series_csv(folder / "robot.csv", times, rows)
    write_json(folder / "session.json", {
        "version": 1, "id": folder.name, "streams": [
            {"name": "camera", "kind": "video", "path": "camera.mp4", "format": "video", "clock": {"offset_ns": 0}},
            {"name": "robot", "kind": "series", "path": "robot.csv", "format": "csv",
             "options": {"time_column": "t_ns", "time_unit": "ns",
                         "columns": [{"name": "state", "from": names, "dtype": "float64"}]}}]})
    return folder


def shifted(folder, name, recordings, fps, seeds, evidence="robot=speed:camera"):
    """Each recording with its clock as it is and shifted. The shift that comes back is what is held against the truth;
    how far the recording itself is from zero (the delay of its own pipeline) is told beside it."""
    tally, absolute = Tally(f"{name} shift", 500 / fps), Tally(f"{name} as recorded", 500 / fps)
    for number, (video, rows, first) in enumerate(recordings):
        def run(offset_ms, drift_ppm, label):
            session = shifted_session(folder / f"{name}-{number}-{label}", video, rows, fps, offset_ms, drift_ppm, first)
            clock = measure(session, "--evidence", evidence)["robot"]
            shutil.rmtree(session)
            return clock
        base = run(0, 0, "0")
        absolute.add(base, lambda t: 0, None, f"recording {number}")
        print(name, number, {key: base[key] for key in ("verdict", "offset_ns", "offset_interval_ms", "height", "ratio", "contrast", "reason")}, flush=True)
        own = base["offset_ns"] if base["verdict"] == "measured" else 0
        chance = random.Random(number)
        for seed in range(seeds):
            offset, drift = chance.uniform(-500, 500), chance.choice([0, chance.uniform(-200, 200)])
            clock = run(offset, drift, f"s{seed}")
            # robot time t -> session t + offset + drift t; the recording's own delay stays
            tally.add(clock, lambda t: own + offset * 1e6 + drift * 1e-6 * t, drift, f"recording {number} shift {offset:.0f} ms")
    for t in (absolute, tally):
        print(json.dumps(t.figures()), flush=True)
    return [absolute, tally]


def g1(folder, seeds):
    from support import parquet
    root = DATA / "lerobot/YifanTian07_G1-policy-train"
    videos = sorted((root / "videos/chunk-000").glob("*/episode_*.mp4"))
    recordings = []
    for video in videos:
        rows = parquet(root / f"data/chunk-000/{video.stem}.parquet")["data"]
        recordings.append((video, [row["observation.state"] for row in rows], 0.0))
    return shifted(folder, "g1", recordings, 30, seeds)


def so101(folder, seeds):
    import av
    from support import rows_below
    root = DATA / "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example"
    info = json.loads((root / "meta/info.json").read_text())
    rows = rows_below(root / "data")
    recordings = []
    for video in sorted((root / "videos").rglob("*.mp4")):
        # All episodes lie one after another in one file: cut at their boundaries, by copy of packets.
        for episode in sorted({row["episode_index"] for row in rows}):
            part = [row for row in rows if row["episode_index"] == episode]
            start = part[0]["index"] / info["fps"]
            out = folder / f"so101-{episode}.mp4"
            cut(av, video, out, start, start + len(part) / info["fps"])
            recordings.append((out, [row["observation.state"] for row in part], 0.0))
    return shifted(folder, "so101", recordings, info["fps"], seeds)


def cut(av, source, target, start, end):
    """Frames of [start, end) with pts from 0, as lossless H.264: the camera alone counts here."""
    with av.open(str(source)) as video, av.open(str(target), "w") as out:
        stream = video.streams.video[0]
        made = out.add_stream("libx264", rate=stream.average_rate)
        made.width, made.height, made.pix_fmt = stream.width, stream.height, "yuv420p"
        made.options = {"crf": "10", "preset": "ultrafast", "bf": "0"}
        count = 0
        for frame in video.decode(stream):
            at = float(frame.pts * stream.time_base)
            if start - 1e-6 <= at < end - 1e-6:
                picture = frame.reformat(format="yuv420p")
                picture.pts, picture.time_base = count, 1 / stream.average_rate
                count += 1
                for packet in made.encode(picture):
                    out.mux(packet)
        for packet in made.encode():
            out.mux(packet)


# ---- a camera's own gyroscope ------------------------------------------------------------------------------------------

def gpmf(data):
    """(key, type, struct size, repeat, payload) of each element at one level."""
    at = 0
    while at + 8 <= len(data):
        key, kind, size, repeat = data[at:at + 4].decode("latin1"), data[at + 4], data[at + 5], struct.unpack(">H", data[at + 6:at + 8])[0]
        yield key, kind, size, repeat, data[at + 8:at + 8 + size * repeat]
        at += 8 + (size * repeat + 3) // 4 * 4


def gyroscope(path):
    """(time s, [x, y, z] rad/s); each packet's samples spread evenly over its duration, as GoPro's own parser does."""
    import av
    samples = []
    with av.open(str(path)) as container:
        track = next(s for s in container.streams.data if (s.codec_context is None or True) and s.metadata.get("handler_name", "").strip("\x0b ").startswith("GoPro MET"))
        for packet in container.demux(track):
            if packet.size == 0:
                continue
            begin, length = float(packet.pts * track.time_base), float(packet.duration * track.time_base)
            for _, kind, _, _, device in gpmf(bytes(packet)):
                if kind != 0:
                    continue
                for key, inner, _, _, stream in gpmf(device):
                    elements = {k: (s, r, p) for k, _, s, r, p in gpmf(stream)} if key == "STRM" else {}
                    if "GYRO" not in elements:
                        continue
                    scale = struct.unpack(">h", elements["SCAL"][2][:2])[0]
                    size, repeat, payload = elements["GYRO"]
                    for i in range(repeat):
                        value = struct.unpack(">3h", payload[i * size:i * size + 6])
                        samples.append((begin + length * (i + 0.5) / repeat, [v / scale for v in value]))
    return samples


def gopro(folder, seeds):
    path = DATA / "video/gopro_gpmf-parser/samples/hero7.mp4"
    samples = gyroscope(path)
    tally = Tally("gopro gyroscope", 500 / 29.97)
    for seed in range(max(1, seeds)):
        offset = 0 if seed == 0 else random.Random(seed).uniform(-500, 500)
        session = folder / f"gopro-{seed}"
        session.mkdir()
        shutil.copy(path, session / "camera.mp4")
        names = series_csv(session / "gyro.csv", [round(t * 1e9 - offset * 1e6) for t, _ in samples], [v for _, v in samples])
        write_json(session / "session.json", {"version": 1, "id": "gopro", "streams": [
            {"name": "camera", "kind": "video", "path": "camera.mp4", "format": "video", "clock": {"offset_ns": 0}},
            {"name": "gyro", "kind": "series", "path": "gyro.csv", "format": "csv",
             "options": {"time_column": "t_ns", "time_unit": "ns",
                         "columns": [{"name": "rate", "from": names, "unit": "rad/s", "dtype": "float64"}]}}]})
        clock = measure(session, "--evidence", "gyro=speed:camera")["gyro"]
        if seed == 0:
            print("gopro", len(samples), {key: clock[key] for key in clock if key not in ("windows", "candidates")}, flush=True)
        tally.add(clock, lambda t: offset * 1e6, None, f"shift {offset:.0f} ms")
    print(json.dumps(tally.figures()), flush=True)
    return [tally]


# ---- device and host stamps of a camera -----------------------------------------------------------------------------

def luxonis(folder, _):
    """No truth is known here: the figures are the map's own, and that the two ends agree with each half's map."""
    session = folder / "luxonis"
    session.mkdir()
    root = DATA / "e2e/luxonis_depthai-core"
    for name in ("recording.mcap", "recording.mp4"):
        shutil.copy(root / name, session)
    results = {}
    for method in ("hull", "theil_sen", "least_squares"):
        write_json(session / "session.json", {"version": 1, "id": "luxonis", "streams": [
            {"name": "camera", "kind": "video", "path": "recording.mp4", "format": "video", "clock": {"measure": {
                "by": "pairs", "against": "log", "pair_method": method,
                "device": {"timestamp": "ns"}}}},
            {"name": "log", "kind": "series", "path": "recording.mcap", "format": "mcap", "item": "video"}]})
        clock = measure(session, "--measure")["camera"]
        results[method] = {key: clock[key] for key in ("verdict", "offset_ns", "drift_ppm", "offset_interval_ms", "drift_interval_ppm")}
        results[method]["residual_ms"] = clock["pairs"]["residual_ms"]
        results[method]["pairs"] = clock["pairs"]["pairs"]
    print("luxonis", json.dumps(results), flush=True)
    tally = Tally("luxonis hull against theil_sen", 5)
    sen = results["theil_sen"]["offset_ns"]
    hull = results["hull"]
    tally.verdicts = {hull["verdict"]: 1}
    tally.errors = [(hull["offset_ns"] - sen) / 1e6]
    print(json.dumps(tally.figures()), flush=True)
    return [tally]


# Share of the cases that must be measured, at least and at most: a rhythm that repeats has no answer.
MEASURED = {"sample plain": (0.9, 1), "sample hard": (0.5, 1), "sample periodic": (0, 0), "sample ten_minutes": (1, 1),
            **{f"logs {rates}, noise {noise}": (1, 1) for rates in ("100 Hz, 100 Hz", "50 Hz, 50 Hz") for noise in (0, 0.01)},
            **{f"logs {rates}, noise 1": (0, 0) for rates in LOG_RATES if rates != CAMERA},
            f"logs {CAMERA}, noise 0.3": (0.9, 1)}
LEAST_INSIDE = 0.8  # of the numbers given, in their own 95 % intervals; a few seeds tell no more


def short_of(tally):
    """What is wrong with a tally besides wrong numbers."""
    cases, measured = sum(tally.verdicts.values()), len(tally.errors)
    least, most = MEASURED.get(tally.name, (0, 1))
    if not least * cases <= measured <= most * cases:
        yield f"{tally.name}: {measured} of {cases} are measured"
    if tally.name.startswith("sample") and tally.inside < LEAST_INSIDE * measured:
        yield f"{tally.name}: {tally.inside} of {measured} lie in their interval"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=1001)
    parser.add_argument("--part", nargs="+", default=["sample"])
    parser.add_argument("--kinds", nargs="+", default=["plain", "hard", "periodic"])
    arguments = parser.parse_args()
    parts = arguments.part if arguments.part != ["all"] else ["sample", "logs", "g1", "so101", "gopro", "luxonis"]
    with tempfile.TemporaryDirectory(prefix="reelcell-accuracy-") as name:
        folder, tallies = pathlib.Path(name), []
        if "sample" in parts:
            tallies += sample(folder, arguments.first, arguments.seeds, arguments.kinds)
        if "logs" in parts:
            tallies += logs(folder, arguments.first, arguments.seeds)
        for part, run in (("g1", g1), ("so101", so101), ("gopro", gopro), ("luxonis", luxonis)):
            if part in parts:
                tallies += run(folder, arguments.seeds)
    wrong = [f"{t.name}: {w}" for t in tallies for w in t.wrong]
    for line in wrong:
        print("WRONG", line)
    short = [line for tally in tallies for line in short_of(tally)]
    for line in short:
        print("SHORT", line)
    sys.exit(1 if wrong or short else 0)


if __name__ == "__main__":
    main()
