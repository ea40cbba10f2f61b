#!/usr/bin/python3
"""How well segment borders found from the gripper and the motion fit IsaacLab's own subtask signals.

usage: isaaclab.py

Turns each demonstration of the annotated Franka stacking set into a session (20 Hz: the environment steps
physics at 100 Hz and acts on every fifth step), runs `reelcell label`, and compares the phases with the
rising edges of subtask_term_signals, which the segmenters do not see. Prints F1 at tIoU 10/25/50, the error
of the matched borders and how many were found, for each way of segmenting, also the poor ones.
"""
import csv
import json
import pathlib
import sys

import h5py
import numpy

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/e2e"))
from support import DATA, LOST, check, reelcell, work_folder, write_json  # noqa: E402

RATE = 20
FILE = DATA / "hdf5/seosangryeong_IsaacLab_snake/datasets/annotated_dataset.hdf5"
REACH_MS = 1000  # a border further than this from every found one was not found

GRIPPER = {"kind": "gripper", "signal": "robot.gripper", "threshold": 0.035, "hysteresis": 0.002}
STOP = {"kind": "stop", "signal": "robot.dq", "v_in": 0.1, "v_out": 0.2, "smooth": "200ms", "min_length": "100ms",
        "merge_gap": "300ms"}
SLOW = {**STOP, "passes": True, "pass_depth": 0.6}
WAYS = {
    "state (the signals themselves)": {"kind": "phases", "merge": "0s", "sources": [
        {"kind": "state", "edge": "rise", "signal": f"truth.{name}", "bounce": "0s"}
        for name in ("grasp_1", "stack_1", "grasp_2")]},
    "gripper": {"kind": "phases", "merge": "300ms", "sources": [GRIPPER]},
    "gripper, then stops": {"kind": "phases", "merge": "300ms", "sources": [GRIPPER, STOP]},
    "stops and slow passes alone": {"kind": "phases", "merge": "300ms", "sources": [SLOW]},
    "key frames": {"kind": "keyframes", "signal": "robot.dq", "v_stop": 0.1, "smooth": "200ms",
                   "gripper": "robot.gripper", "threshold": 0.035, "hysteresis": 0.002},
    "changes of the gripper": {"kind": "changes", "signal": "robot.gripper", "resolution": "50ms",
                               "min_length": "400ms"},
}


def write_session(folder, demo):
    folder.mkdir()
    velocity, gripper = demo["obs/joint_vel"][:, :7], demo["obs/gripper_pos"][:, 0]
    signals = demo["obs/datagen_info/subtask_term_signals"]
    names = sorted(signals)
    times = [f"{i / RATE:.3f}" for i in range(len(gripper))]
    with open(folder / "robot.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["t", *[f"dq{i}" for i in range(7)], "gripper"])
        for t, dq, g in zip(times, velocity, gripper):
            out.writerow([t, *[f"{v:.7g}" for v in dq], f"{g:.7g}"])
    with open(folder / "truth.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["t", *names])
        for row, t in enumerate(times):
            out.writerow([t, *[int(signals[name][row]) for name in names]])
    clock = {"offset_ns": 0}
    csv_options = {"time_column": "t", "time_unit": "s"}
    write_json(folder / "session.json", {
        "version": 1, "id": folder.name, "streams": [
            {"name": "robot", "kind": "series", "path": "robot.csv", "format": "csv", "clock": clock,
             "options": {**csv_options, "columns": [
                 {"name": "dq", "from": [f"dq{i}" for i in range(7)], "unit": "rad/s", "dtype": "float64"},
                 {"name": "gripper", "from": ["gripper"], "unit": "m", "dtype": "float64"}]}},
            {"name": "truth", "kind": "series", "path": "truth.csv", "format": "csv", "clock": clock,
             "options": {**csv_options, "columns": [
                 {"name": name, "from": [name], "dtype": "int64"} for name in names]}}]})


def true_borders(demo):
    """Each subtask ends where its signal rises for the first time; the last one ends with the demonstration."""
    signals = demo["obs/datagen_info/subtask_term_signals"]
    rises = [int(numpy.flatnonzero(signals[name][:])[0]) for name in ("grasp_1", "stack_1", "grasp_2")]
    return sorted(1000.0 * row / RATE for row in rises), 1000.0 * len(demo["obs/gripper_pos"]) / RATE


def segments_of(borders, end):
    edges = [0.0, *borders, end]
    return list(zip(edges, edges[1:]))


def tiou(a, b):
    inside = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return inside / (max(a[1], b[1]) - min(a[0], b[0]))


def matched(found, true, least):
    """How many found segments pair with one of their own, overlapping by at least `least`."""
    ranked = sorted(((tiou(f, t), i, j) for i, f in enumerate(found) for j, t in enumerate(true)), reverse=True)
    used_found, used_true = set(), set()
    for share, i, j in ranked:
        if share >= least and i not in used_found and j not in used_true:
            used_found.add(i)
            used_true.add(j)
    return len(used_true)


def found_borders(session, way, folder):
    recipe = folder / "recipe.json"
    write_json(recipe, {"version": 1, "grid": {"rate_hz": RATE, "anchor": ""}, "segments": [way],
                        "features": [{"name": "observation.state", "from": ["robot.gripper"]}]})
    done = reelcell("label", session, "--recipe", recipe, "--json", codes=(0, LOST))
    segments = json.loads(done.stdout)["segments"]
    for segment in segments:
        check(segment["begin"]["source"] and segment["finish"]["source"], "a border without a source")
    return [segment["start_ns"] / 1e6 for segment in segments[1:]]


def evaluate(way, demos, folder):
    hits, found_count, true_count, errors, missed = {0.1: 0, 0.25: 0, 0.5: 0}, 0, 0, [], 0
    for session, borders, end in demos:
        mine = found_borders(session, way, folder)
        found, true = segments_of(mine, end), segments_of(borders, end)
        found_count += len(found)
        true_count += len(true)
        for least in hits:
            hits[least] += matched(found, true, least)
        for border in borders:
            nearest = min((abs(border - b) for b in mine), default=REACH_MS + 1)
            missed += nearest > REACH_MS
            if nearest <= REACH_MS:
                errors.append(nearest)
    return {"found_segments": found_count, "true_segments": true_count,
            **{f"f1_tiou{int(100 * least)}": round(2 * count / (found_count + true_count), 3)
               for least, count in hits.items()},
            "border_mae_ms": round(sum(errors) / len(errors), 1) if errors else None,
            "border_max_ms": round(max(errors), 1) if errors else None,
            "borders": len(errors) + missed, "borders_missed": missed}


def main():
    with work_folder() as folder, h5py.File(FILE) as file:
        demos = []
        for name, demo in file["data"].items():
            write_session(folder / name, demo)
            demos.append((folder / name, *true_borders(demo)))
        result = {way: evaluate(segmenter, demos, folder) for way, segmenter in WAYS.items()}
    print(json.dumps(result, indent=1))
    exact = result["state (the signals themselves)"]
    # A logged state changes between two samples: half of 50 ms is what it can be known to.
    check(exact["border_max_ms"] <= 25.1, f"states are off by {exact['border_max_ms']} ms")
    check(result["gripper"]["f1_tiou50"] >= 0.85, f"gripper: F1 {result['gripper']['f1_tiou50']}")
    check(result["gripper"]["borders_missed"] == 0, "gripper: borders were missed")


if __name__ == "__main__":
    main()
