#!/usr/bin/python3
"""Clocks measured by the built binary from what streams show: motion, brightness, events, sound; stored, read back, gated.
The accuracy over many seeds is tests/accuracy/clocks.py's matter; here each kind of evidence must find a known clock."""
import json
import random
import subprocess

import av
import numpy as np
from support import BINARY, check, reelcell, work_folder, write_json

MAKER = BINARY.parent / "reelcell-make-session"


def clocks(session, *arguments, codes=(0, 3)):
    done = reelcell("align", session, "--json", *arguments, codes=codes)
    return {clock["stream"]: clock for clock in json.loads(done.stdout)["sessions"][0]["clocks"]}


def near(clock, true_ms, within_ms, where):
    check(clock["verdict"] == "measured", f"{where}: {clock['verdict']}: {clock['reason']}")
    error = clock["offset_ns"] / 1e6 - true_ms
    check(abs(error) <= within_ms, f"{where}: {clock['offset_ns'] / 1e6:.3f} ms, truth is {true_ms:.3f} ms")
    print(f"{where}: error {error:.3f} ms, said +-{clock['offset_interval_ms']:.3f} ms, height {clock['height']:.2f}")


def gated(work, session, streams):
    """The recipe gate on clocks: (segments kept, reasons for the others)."""
    recipe, out = work / "gated.json", work / f"gated-{session.name}-{len(streams)}"
    write_json(recipe, {"version": 1, "name": "gated", "grid": {"rate_hz": 10, "anchor": "joints"},
                        "features": [{"name": "observation.state", "from": ["joints.q"]}],
                        "segments": [{"kind": "window", "length": "10s"}],
                        "gates": [{"kind": "clock", "streams": streams, "action": "quarantine"}],
                        "outputs": [{"format": "webdataset", "folder": "shards"}]})
    reelcell("build", session, "--recipe", recipe, "--out", out, codes=(0, 1, 3))  # 1: none is left
    decisions = json.loads((out / "report.json").read_text())["decisions"]
    return sum(d["action"] == "keep" for d in decisions), [d["reason"] for d in decisions if d["action"] != "keep"]


def sample(work):
    """Front camera against joints, joints against the PLC's steps: the whole chain from nothing."""
    session = work / "sample"
    subprocess.run([MAKER, "--out", session, "--clock-unknown", "--wrist-fps", "1", "--wrist-width", "64",
                    "--wrist-height", "64"], check=True, capture_output=True)
    document = json.loads((session / "session.json").read_text())
    by_name = {stream["name"]: stream for stream in document["streams"]}
    by_name["front"]["clock"] = {"comment": "side entrance", "measure": {"by": "motion", "against": "joints.q"}}
    by_name["joints"]["clock"] = {"measure": {"by": "speed", "against": "plc", "against_by": "level",
                                              "high": {"step": "MOVE"}}}
    write_json(session / "session.json", document)
    done = reelcell("align", session, "--measure", "--evidence", "front", "--evidence", "joints", "--write", codes=(0, 3))
    check("measured" in done.stdout, done.stdout)
    truth = json.loads((session / "truth.json").read_text())["clocks"]
    written = {stream["name"]: stream.get("clock", {}) for stream in json.loads((session / "session.json").read_text())["streams"]}
    for name, within in (("front", 5), ("joints", 5)):
        clock, true = written[name], truth[name]
        at = clock["reference_ns"]
        error = (clock["offset_ns"] - true["offset_ns"] - true["drift_ppm"] * 1e-6 * at) / 1e6
        print(f"sample {name}: error {error:.3f} ms, said +-{clock['measured']['offset_interval_ms']:.3f} ms")
        check(abs(error) <= within, f"{name} is off by {error} ms")
        check(clock["measured"]["verdict"] == "measured" and "measure" in clock, f"{name}: {clock}")
    check(written["front"]["comment"] == "side entrance", "the comment is gone")
    streams = json.loads(reelcell("align", session, "--json", codes=(0, 3)).stdout)["sessions"][0]["streams"]
    methods = {stream["stream"]: stream["clock"]["method"] for stream in streams}
    check(methods["front"] == methods["joints"] == "measured" and methods["force"] == "assumed", f"methods: {methods}")
    reelcell("align", session, "--fail-on", "assumed", codes=(1,))
    kept, refused = gated(work, session, ["front", "joints"])
    check(kept == 4 and not refused, f"measured clocks are refused: {refused}")
    kept, refused = gated(work, session, [])
    check(kept == 0 and all("'force'" in reason and "'front'" not in reason for reason in refused), f"kept {kept}, {refused}")
    reelcell("align", session, "--max-skew-p95", "1us", codes=(1,))
    reelcell("align", session, "--max-skew-p95", "10s", codes=(0, 3))
    reelcell("align", session, "--evidence", "front=motion:nothing", codes=(1, 2))
    reelcell("align", session, "--write", codes=(1, 2))


def periodic(work):
    session = work / "periodic"
    subprocess.run([MAKER, "--out", session, "--periodic", "--clock-unknown", "--wrist-fps", "1", "--wrist-width", "64",
                    "--wrist-height", "64"], check=True, capture_output=True)
    before = (session / "session.json").read_text()
    done = reelcell("align", session, "--evidence", "front=motion:joints.q", "--write", "--fail-on", "ambiguous", codes=(1,))
    check("ambiguous" in done.stdout and "candidates" in done.stdout, done.stdout)
    check(json.loads((session / "session.json").read_text()) == json.loads(before), "an ambiguous clock was written")
    kept, refused = gated(work, session, ["front"])
    check(kept == 0 and all("'front' is assumed" in reason for reason in refused), f"kept {kept} by an ambiguous clock")


def lamp(work):
    """A lamp in a corner, switched by a logged command (on change), and a picture that is noise elsewhere."""
    session = work / "lamp"
    session.mkdir()
    chance, noise = random.Random(3), np.random.default_rng(3)
    times, t = [0.0], 0.0
    while t < 40:
        t += chance.uniform(0.15, 1.2)
        times.append(t)
    offset = 0.34567  # session = camera + offset
    with av.open(str(session / "cell.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "18"}
        for i in range(40 * 30):
            middle = i / 30 + offset
            # 8 ms of exposure about the stamp: a switch within it gives part of the light
            exposure = np.linspace(middle - 0.004, middle + 0.004, 9)
            light = np.mean([np.searchsorted(times, e, side="right") % 2 for e in exposure])
            picture = noise.integers(90, 110, (240, 320), dtype=np.uint8)
            picture[20:40, 30:50] = 60 + round(120 * light)
            frame = av.VideoFrame.from_ndarray(np.repeat(picture[:, :, None], 3, axis=2), format="rgb24")
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    rows = [f"{round(t * 1e9)},{(i + 1) % 2}" for i, t in enumerate(times)]
    (session / "light.csv").write_text("t_ns,on\n" + "\n".join(rows) + "\n")
    write_json(session / "session.json", {"version": 1, "id": "lamp", "streams": [
        {"name": "cell", "kind": "video", "path": "cell.mp4", "format": "video",
         "clock": {"measure": {"by": "brightness", "region": [30, 20, 20, 20], "against": "light.on"}}},
        {"name": "light", "kind": "series", "path": "light.csv", "format": "csv", "clock": {"offset_ns": 0},
         "options": {"time_column": "t_ns", "time_unit": "ns", "columns": [{"name": "on", "from": "on", "dtype": "bool"}]}}]})
    near(clocks(session, "--measure")["cell"], offset * 1e3, 3, "lamp")
    refused(session)


def refused(session):
    """What is out of range is refused, with its place and what may be; nothing is measured by a border of the picture."""
    whole = json.loads((session / "session.json").read_text())
    pairs = {"by": "pairs", "against": "light", "device": {"on": "s"}}
    for wrong, said in (({"region": [5000, 5000, 10, 10]}, "outside the picture"), ({"region": [30, 20, 5000, 20]}, "partly outside"),
                        ({"region": [30, 20, 0, 0]}, "measure/region"), ({"max_offset": "-1s"}, "measure/max_offset"),
                        ({"max_drift_ppm": -5}, "measure/max_drift_ppm"), ({"max_drift_ppm": 1e6}, "measure/max_drift_ppm"),
                        ({"min_height": -3}, "measure/min_height"), ({"max_ratio": 5}, "measure/max_ratio"),
                        ({"max_interval": "-1ms"}, "measure/max_interval"), ({**pairs, "window": "0s"}, "measure/window"),
                        ({**pairs, "window": "-5s"}, "measure/window")):
        document = json.loads(json.dumps(whole))
        rule = document["streams"][0]["clock"]["measure"]
        document["streams"][0]["clock"]["measure"] = wrong if "by" in wrong else {**rule, **wrong}
        write_json(session / "session.json", document)
        done = reelcell("align", session, "--measure", codes=(1,))
        check(said in done.stderr, f"{wrong}: {done.stderr}")


def sound(work):
    """Two microphones at different rates hear the same knocks."""
    session = work / "sound"
    session.mkdir()
    noise = np.random.default_rng(5)
    knocks = np.cumsum(noise.uniform(0.2, 1.5, 40))
    offset = -0.2171

    def record(path, rate, shift):
        t = np.arange(round(30 * rate)) / rate + shift
        wave = noise.normal(0, 0.01, len(t))
        for at in knocks:
            ring = np.clip(t - at, 0, None)
            wave += np.where(t >= at, 0.5 * np.exp(-ring / 0.03) * np.sin(2 * np.pi * 700 * ring), 0)
        with av.open(str(path), "w") as out:
            stream = out.add_stream("pcm_s16le", rate=rate, layout="mono")
            frame = av.AudioFrame.from_ndarray((np.clip(wave, -1, 1) * 32767).astype(np.int16)[None, :], format="s16", layout="mono")
            frame.sample_rate = rate
            for packet in [*stream.encode(frame), *stream.encode()]:
                out.mux(packet)

    record(session / "a.mkv", 48000, 1.0 + offset)
    record(session / "b.mkv", 16000, 1.0)
    write_json(session / "session.json", {"version": 1, "id": "sound", "streams": [
        {"name": name, "kind": "audio", "path": f"{name}.mkv", "format": "video"} for name in "ab"]})
    near(clocks(session, "--evidence", "a=envelope:b")["a"], offset * 1e3, 1, "sound")


def main():
    with work_folder() as work:
        for part in (lamp, sound, periodic, sample):
            part(work)


if __name__ == "__main__":
    main()
