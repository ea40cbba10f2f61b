#!/usr/bin/python3
"""Gates on a made session that is spoilt on purpose, each where and how much is known: the report's decision, figure
and limit for every segment and gate against the same figure computed here from the files with PyAV and numpy."""
import csv
import json
import shutil
import subprocess

import av
import numpy as np
from support import BINARY, LOST, check, reelcell, work_folder, write_json

GENERATOR = BINARY.parent / "reelcell-make-session"
SECONDS = 20
# Session times [s] of what is done to the recording; each lies well within one 2 s window.
LOST_FRAMES, BLACK, FROZEN, BLURRED, WRIST_LOST, FORCE, STUCK = (2.5, 3.3), (6.2, 7.6), (10.2, 11.6), (14.2, 15.8), (12.3, 13.1), (16.4, 16.9), (18.2, 19.4)
LIMITS = {"gaps": 300, "skew": 30, "black": 20, "range": 0, "stuck": 800, "frozen": 500, "blur": 8, "length": 1900}

GATES = [
    {"kind": "gaps", "streams": ["front"], "max_gap": "300ms", "action": "drop"},
    {"kind": "skew", "reference": "front", "streams": ["wrist"], "max_p95": "30ms", "action": "quarantine"},
    {"kind": "black", "streams": ["front"], "max_share": 0.2, "action": "drop"},
    {"kind": "frozen", "streams": ["front"], "max_run": "500ms", "action": "quarantine"},
    {"kind": "blur", "streams": ["front"], "min_sharpness": 8, "share": 0.3, "action": "quarantine"},
    {"kind": "range", "signal": "force.force[2]", "min": "-300 N", "max": "300 N", "action": "quarantine"},
    {"kind": "stuck", "signal": "joints.q[0]", "max_run": "800ms", "action": "drop"},
    {"kind": "length", "min": "1.9s", "action": "drop"},
]

LABELS = [
    {"name": "peak", "value": "max(norm(force.force))"},
    {"name": "pressed", "value": "share_where(norm(force.force) > strong)"},
    {"name": "verdicts", "value": "count(verdicts where score >= 0 after segment.start before segment.end)"},
    {"name": "q2", "value": "mean(joints.q[1])"},
]


class Clock:
    """A stream's own nanoseconds on the session clock, as session.json states it."""

    def __init__(self, truth, name):
        self.offset, self.drift = truth["clocks"][name]["offset_ns"], truth["clocks"][name]["drift_ppm"]

    def session(self, stream_ns):
        return stream_ns + self.offset + round(self.drift * 1e-6 * stream_ns)


def within(time_ns, span):
    return span[0] <= time_ns / 1e9 < span[1]


def spoil_camera(path, mapped, lost, spoil):
    """Loses frames and spoils others (spoil(time, picture, number) -> picture); all keep their stamps."""
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        base = stream.time_base
        frames = [(f.pts, f.to_ndarray(format="gray")) for f in video.decode(stream)]
    made = []
    for pts, gray in frames:
        if not within(mapped(pts), lost):
            made.append((pts, spoil(mapped(pts), gray, len(made))))
    spoilt = path.with_suffix(".spoilt.mp4")
    with av.open(str(spoilt), "w", options={"video_track_timescale": str(base.denominator)}) as out:
        stream = out.add_stream("libx264", rate=30)
        stream.height, stream.width = made[0][1].shape
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "1", "g": "15", "bf": "0", "preset": "ultrafast"}
        stream.codec_context.time_base = base
        for pts, gray in made:
            frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = pts, base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    spoilt.replace(path)


def rewrite(path, change):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([rows[0]] + [change(rows[0], row) for row in rows[1:]])


class Spoiler:
    """Blackens, freezes and blurs the front camera's pictures."""

    def __init__(self):
        self.frozen = None

    def __call__(self, time, gray, number):
        if within(time, BLACK):
            return np.full_like(gray, 5)
        if within(time, BLURRED):
            gray = np.full_like(gray, int(gray.mean()))
            gray[::2, ::2] += number % 2  # changes, without detail
        if within(time, FROZEN):
            self.frozen = gray if self.frozen is None else self.frozen
            return self.frozen
        return gray


class Session:
    def __init__(self, folder):
        subprocess.run([GENERATOR, "--out", folder, "--duration", str(SECONDS), "--points", "40", "--stall-ms", "0", "--seed", "5",
                        "--drop-rate", "0.002", "--width", "192", "--height", "144"], check=True, capture_output=True)
        self.folder = folder
        truth = json.loads((folder / "truth.json").read_text())
        self.clocks = {name: Clock(truth, name) for name in truth["clocks"]}
        self.exposure = {name: truth[name]["exposure_ns"] for name in ("front", "wrist")}
        self.described = {s["name"]: s for s in json.loads((folder / "session.json").read_text())["streams"]}
        spoil_camera(folder / "front.mp4", lambda pts: self.frame_time("front", pts), LOST_FRAMES, Spoiler())
        spoil_camera(folder / "wrist.mp4", lambda pts: self.frame_time("wrist", pts), WRIST_LOST, lambda time, gray, number: gray)
        self.series = {}
        self.spoil_logs()

    def frame_time(self, camera, pts):
        return self.clocks[camera].session(pts * 1000 + self.exposure[camera] // 2)

    def spoil_logs(self):
        held = []

        def times(name, header, row):
            options = self.described[name]["options"]
            value = float(row[header.index(options["time_column"])])
            return self.clocks[name].session(round(value * {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1}[options["time_unit"]]))

        def push(header, row):
            if within(times("force", header, row), FORCE):
                row[header.index("fz")] = "500"
            return row

        def hold(header, row):
            if within(times("joints", header, row), STUCK):
                held.append(row[header.index("q1")])
                row[header.index("q1")] = held[0]
            return row

        for name, change in (("force", push), ("joints", hold)):
            path = self.folder / self.described[name]["path"]
            rewrite(path, change)
            with open(path, encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
            self.series[name] = [(times(name, rows[0], row), dict(zip(rows[0], row))) for row in rows[1:]]

        with open(self.folder / "verdicts.csv", encoding="utf-8", newline="") as file:
            self.verdicts = [self.clocks["verdicts"].session(round(float(row["t_ms"]) * 1e6)) for row in csv.DictReader(file)]

    def pictures(self, camera):
        with av.open(str(self.folder / f"{camera}.mp4")) as video:
            stream = video.streams.video[0]
            return [(self.frame_time(camera, f.pts), f.to_ndarray(format="yuv420p")[:f.height]) for f in video.decode(stream)]


# --- the same figures, from the files -------------------------------------------------------------------------------

def longest_gap(session, start, end):
    inside = [t for t, _ in session.front if start <= t < end]
    edges = [start, *inside, end]
    return max(b - a for a, b in zip(edges, edges[1:])) / 1e6


def skew(session, start, end):
    wrist = np.array([t for t, _ in session.wrist])
    away = sorted(np.abs(wrist - t).min() for t, _ in session.front if start <= t < end)
    if not away:
        return None
    return float(away[int(np.ceil(0.95 * len(away))) - 1]) / 1e6


def black(session, start, end):
    dark = [p.mean() < 16 for t, p in session.front if start <= t < end]
    return 100 * float(np.mean(dark)) if dark else None


def out_of_range(session, start, end):
    outside = [abs(float(row["fz"])) > 300 for t, row in session.series["force"] if start <= t < end]
    return 100 * float(np.mean(outside)) if outside else None


def stuck(session, start, end):
    longest, since, before = 0, None, None
    for t, row in session.series["joints"]:
        if not start <= t < end:
            continue
        if since is None or float(row["q1"]) != before:
            since, before = t, float(row["q1"])
        longest = max(longest, t - since)
    return longest / 1e6 if since is not None else None


def length(session, start, end):
    return (end - start) / 1e6


EXACT = {"gaps": (longest_gap, 1e-5), "skew": (skew, 1.1e-3), "black": (black, 1e-9), "range": (out_of_range, 1e-9),
         "stuck": (stuck, 1e-5), "length": (length, 1e-9)}
# Pictures are measured on a reduced copy, so these are held against where the recording was spoilt, not to a digit.
BY_PLACE = {"frozen": FROZEN, "blur": BLURRED}


def check_gate(session, gate, start, end, where):
    name, figure = gate["gate"], gate["figure"]
    check(abs(gate["limit"] - LIMITS[name]) < 1e-9, f"{where}: limit {gate['limit']}")
    if name in EXACT:
        expected, tolerance = EXACT[name][0](session, start, end), EXACT[name][1]
        if expected is None:  # a window at the end without a sample: no figure is made up, and the gate is shut
            check(not gate["passed"] and ": no " in gate["reason"], f"{where}: passed with nothing to look at: {gate['reason']}")
            return
        check(abs(figure - expected) <= tolerance, f"{where}: the report says {figure}, the files give {expected}: {gate['reason']}")
        above = expected >= LIMITS[name] if name == "length" else expected <= LIMITS[name]
        check(gate["passed"] == above, f"{where}: passed is {gate['passed']} at {expected} of {LIMITS[name]}")
    elif not any(start <= t < end for t, _ in session.front):
        check(not gate["passed"], f"{where}: passed without a frame")
    else:
        spoilt = start / 1e9 <= BY_PLACE[name][0] and BY_PLACE[name][1] <= end / 1e9
        if name == "blur" and start / 1e9 <= BLACK[0] and BLACK[1] <= end / 1e9:
            spoilt = True  # a black picture has no detail either
        if name == "frozen" and any(start / 1e9 <= span[0] and span[1] <= end / 1e9 for span in (BLACK, BLURRED)):
            return  # a black or blurred picture that hardly changes may be called still
        check(gate["passed"] != spoilt, f"{where}: passed is {gate['passed']}, figure {figure}: {gate['reason']}")
    if not gate["passed"] and gate["unit"] == "ms":
        check(str(round(figure))[:2] in gate["reason"].replace(",", ""), f"{where}: the reason does not say {figure}: {gate['reason']}")


def check_labels(session, labels, start, end, where):
    """Each label's value against the same figure from the logs."""
    times = np.array([t for t, _ in session.series["force"] if start <= t < end] + [end])
    force = np.array([[float(row[k]) for k in ("fx", "fy", "fz")] for t, row in session.series["force"] if start <= t < end])
    if len(force) == 0:  # nothing was measured: unknown, never a number
        check(labels["peak"]["value"] is None and labels["peak"]["confidence"] == 0, f"{where}: peak is {labels['peak']} without a sample")
        return
    norm = np.linalg.norm(force, axis=1)
    expected = {"peak": norm.max(), "pressed": np.diff(times)[norm > 20].sum() / (end - start), "verdicts": sum(start <= t < end for t in session.verdicts),
                "q2": np.mean([float(row["q2"]) for t, row in session.series["joints"] if start <= t < end])}
    for name, value in expected.items():
        # A share is one of time: the sample before the segment still holds at its start, up to 1 ms of it.
        allowed = 1.1e6 / (end - start) if name == "pressed" else 1e-9 * max(1, abs(value))
        check(abs(labels[name]["value"] - value) <= allowed, f"{where}: {name} is {labels[name]['value']}, the logs give {value}")
        check(labels[name]["inputs"] and 0 <= labels[name]["confidence"] <= 1, f"{where}: {name}: {labels[name]}")


def expected_action(gates):
    action, reason = "keep", ""
    for rule, gate in zip(GATES, gates):
        if gate["passed"] or action == "drop":
            continue
        if action == "keep" or rule["action"] == "drop":
            action, reason = rule["action"], gate["reason"]
    return action, reason


def main():
    with work_folder() as work:
        folder = work / "session"
        session = Session(folder)
        session.front, session.wrist = session.pictures("front"), session.pictures("wrist")
        recipe = work / "recipe.json"
        write_json(recipe, {"version": 1, "name": "gates", "grid": {"rate_hz": 30, "anchor": "front"}, "segments": [{"kind": "window", "length": "2s", "keep_last": True}],
                            "gates": GATES, "labels": LABELS, "parameters": {"strong": {"value": 20, "unit": "N"}}, "image_stats": "none", "outputs": [{"format": "webdataset", "folder": "wds"}]})
        plan = json.loads(reelcell("build", folder, "--recipe", recipe, "--dry-run", "--json").stdout)
        for segment in plan["segments"]:
            check_labels(session, segment["labels"], segment["start_ns"], segment["end_ns"], segment["key"])
        ranges = {s["key"]: (s["start_ns"], s["end_ns"]) for s in plan["segments"]}
        reelcell("build", folder, "--recipe", recipe, "--out", work / "corpus", codes=(LOST,))
        report = json.loads((work / "corpus/report.json").read_text())
        streams = {line["stream"]: line["join"] for line in report["alignment"]}
        check({"front", "wrist", "joints", "force"} <= set(streams), f"the report tells of {sorted(streams)} alone")
        check(all(join["rows"] == report["rows"] for join in streams.values()), f"rows: {report['rows']}, {streams}")
        fired = {rule["kind"]: 0 for rule in GATES}
        actions = {"keep": 0, "drop": 0, "quarantine": 0}
        check(len(report["decisions"]) == len(ranges) >= 10, f"{len(report['decisions'])} decisions for {len(ranges)} segments")
        for decision in report["decisions"]:
            start, end = ranges[decision["key"]]
            check([g["gate"] for g in decision["gates"]] == [rule["kind"] for rule in GATES], f"{decision['key']}: gates are missing")
            for gate in decision["gates"]:
                check_gate(session, gate, start, end, f"{decision['key']} {gate['gate']}")
                fired[gate["gate"]] += not gate["passed"]
            action, reason = expected_action(decision["gates"])
            check(decision["action"] == action and reason in decision["reason"], f"{decision['key']}: {decision['action']}: {decision['reason']}")
            check((decision["episode"] is None) == (action != "keep"), f"{decision['key']}: episode {decision['episode']}")
            actions[action] += 1
        check(all(fired[kind] for kind in fired if kind != "length"), f"gates that never fired: {fired}")
        check(min(actions.values()) > 0, f"actions: {actions}")
        corpus = json.loads((work / "corpus/corpus.json").read_text())
        counts = corpus["counts"]
        check((counts["dropped"], counts["quarantined"], counts["episodes"]) == (actions["drop"], actions["quarantine"], actions["keep"]), f"{counts}, {actions}")
        kept = {s["key"] for s in corpus["samples"]}
        check(kept == {d["key"] for d in report["decisions"] if d["action"] == "keep"}, "the corpus holds other segments than the report keeps")
        card = (work / "corpus/README.md").read_text()
        for decision in report["decisions"]:
            check((f"{decision['key']} ({decision['action']})" in card) == (decision["action"] != "keep"), f"data card: {decision['key']}")
        shutil.rmtree(work / "corpus")
    print("every figure as the files give it:", fired, actions)


if __name__ == "__main__":
    main()
