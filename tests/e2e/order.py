#!/usr/bin/python3
"""A session whose logs are out of order and whose camera starts late, every fault placed here: each command sees the same
samples and the same losses, nothing else is lost, rows without a frame are a counted loss, and a segmenter that finds
nothing says why."""
import json

import av
import numpy as np
from support import LOST, check, parquet, reelcell, work_folder, write_json

MS = 1_000_000
SECONDS, RATE, FRAMES = 5, 100, 60
CAMERA_START = 1000 * MS  # on the session clock; it stops two seconds later


def write_video(path):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"g": "10", "bf": "0", "preset": "ultrafast"}
        for i in range(FRAMES):
            picture = np.full((48, 64, 3), 3 * i, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())


def write_session(folder, window_ms=None, clock=None):
    folder.mkdir()
    write_video(folder / "front.mp4")
    times = [i * 1000 * MS // RATE for i in range(SECONDS * RATE)]
    rows = [[time, i] for i, time in enumerate(times)]
    rows[200][0] = 10**18  # a stamp far in the future, in the middle
    late, very_late = rows[300], rows[100]
    rows.insert(306, late)  # 50 ms late
    rows.insert(311, very_late)  # 2 s late
    del rows[300], rows[100]
    rows.append([4 * 10**18, -1])  # and one at the very end
    (folder / "joints.csv").write_text("t_ns,x\n" + "".join(f"{t},{x}\n" for t, x in rows))
    events = [{"t_ns": 250 * MS + 500 * MS * i, "event": "step", "step": "ABCDEFGHIJ"[i]} for i in range(10)]
    events.append(events.pop(1))  # written four seconds late
    (folder / "plc.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    known = {"offset_ns": 0}
    joints = {"name": "joints", "kind": "series", "path": "joints.csv", "clock": known,
              "options": {"time_column": "t_ns", "time_unit": "ns"}}
    if window_ms is not None:
        joints["reorder_window_ms"] = window_ms
    write_json(folder / "session.json", {
        "version": 1, "id": "seat-1", "clock": {"epoch": "boot"},
        "streams": [
            {"name": "front", "kind": "video", "path": "front.mp4", "clock": {"offset_ns": CAMERA_START}},
            joints,
            {"name": "plc", "kind": "events", "path": "plc.jsonl", "clock": known if clock is None else clock,
             "options": {"time_column": "t_ns", "time_unit": "ns", "kind_column": "event"}},
        ]})
    return folder


def write_recipe(path, segments, **more):
    write_json(path, {"version": 1, "name": "order", "grid": {"rate_hz": 30}, "segments": segments, **more})
    return path


def counts(diagnostics):
    """{code: count} of the losses that the ordering makes."""
    return {entry["code"]: entry["count"] for entry in diagnostics
            if entry["code"] in ("time-outlier", "time-backward", "time-duplicate", "event-late")}


def same_everywhere(session, samples, losses):
    info = json.loads(reelcell("info", "--scan", session, "--json", codes=(LOST,)).stdout)
    streams = {stream["name"]: stream for stream in info["items"][0]["streams"]}
    check(streams["joints"]["count"] == samples, f"info: {streams['joints']['count']} samples, not {samples}")
    check(streams["joints"]["last_ns"] == 4990 * MS, f"info: the log ends at {streams['joints']['last_ns']}")
    check(streams["plc"]["count"] == 10, f"info: {streams['plc']['count']} events")
    check(counts(info["diagnostics"]) == losses, f"info: {counts(info['diagnostics'])}, not {losses}")

    found = json.loads(reelcell("validate", session, "--json", codes=(1,)).stdout)["results"][0]
    check(found["checked"]["samples"] == samples, f"validate: {found['checked']}")
    check(found["checked"]["events"] == 10, f"validate: {found['checked']}")
    codes = {finding["code"] for finding in found["findings"]}
    check({f"READ-{code.upper()}" for code in losses} <= codes, f"validate: {codes}")

    aligned = json.loads(reelcell("align", session, "--json", codes=(LOST,)).stdout)
    streams = {stream["stream"]: stream for stream in aligned["sessions"][0]["streams"]}
    check(streams["joints"]["times"]["samples"] == samples, "align: other samples than info")
    check(streams["joints"]["times"]["backward"] == 0, "align: times go back")
    check(streams["plc"]["times"]["samples"] == 10, "align: other events than info")
    check(counts(aligned["diagnostics"]) == losses, f"align: {counts(aligned['diagnostics'])}")


def labels_see_late_events(folder, session):
    recipe = write_recipe(folder / "windows.json", [{"kind": "window", "length": "1s", "keep_last": True}], labels=[
        {"name": "steps", "value": "count(plc after segment.start before segment.end)"},
        {"name": "samples", "value": "count(joints.x >= -2)"}])
    told = json.loads(reelcell("label", session, "--recipe", recipe, "--json", codes=(LOST,)).stdout)
    steps = [segment["labels"]["steps"]["value"] for segment in told["segments"]]
    check(steps == [2] * SECONDS, f"label: {steps} steps a second")
    explained = json.loads(reelcell("label", session, "--recipe", recipe, "--explain", "--json", codes=(LOST,)).stdout)
    for segment, why in zip(told["segments"], explained["segments"], strict=True):
        labels = {label["name"]: label["value"] for label in why["explanation"]["labels"]}
        for name, label in segment["labels"].items():
            check(labels[name] == label["value"], f"{segment['key']}: {name} is {label['value']}, explained as {labels[name]}")


def rows_before_the_camera_are_gaps(folder, session):
    recipe = write_recipe(folder / "whole.json", [{"kind": "session"}], outputs=[{"format": "lerobot_v3", "folder": "set"}])
    out = folder / "corpus"
    built = json.loads(reelcell("build", session, "--recipe", recipe, "--out", out, "--json", codes=(LOST,)).stdout)
    check(built["lost"], "a build with gap rows says that nothing was lost")
    rows = parquet(next((out / "set/data").rglob("*.parquet")))["data"]
    check(len(rows) == SECONDS * 30, f"{len(rows)} rows")
    # A frame stands for rows up to one period away: 29 rows before it, and those after 3 s, have none.
    expected = 29 + (SECONDS - 3) * 30 - 1
    losses = {(entry["code"], entry["where"]): entry["count"] for entry in built["diagnostics"]}
    check(losses.get(("row-gap", "seat-1: front")) == expected, f"{losses}, expected {expected} gap rows")
    check(("row-gap", "seat-1: joints") not in losses, f"{losses}: the joints have no gap")
    joined = {entry["stream"]: entry["join"] for entry in built["alignment"]}
    aligned = json.loads(reelcell("align", session, "--recipe", recipe, "--json", codes=(LOST,)).stdout)
    for stream in aligned["sessions"][0]["streams"]:
        if stream["join"] is None:
            continue
        for key in ("rows", "gap", "reused", "nearest", "exact"):
            check(stream["join"][key] == joined[stream["stream"]][key],
                  f"{stream['stream']}: {key} is {joined[stream['stream']][key]} in the build, {stream['join'][key]} in align")
    check(joined["front"]["gap"] == expected, f"{joined['front']}")
    found = json.loads((out / "corpus.json").read_text())["samples"][0]["segment"]
    for side in ("begin", "finish"):
        check("uncertainty_ns" not in found[side], f"the session's {side} claims to be exact: {found[side]}")


def none_found_says_why(folder, session):
    def told(start):
        recipe = write_recipe(folder / "none.json", [{"kind": "events", "stream": "plc", "start": start}],
                              outputs=[{"format": "webdataset", "folder": "wds"}])
        for command in (["label"], ["build", "--out", folder / "none"]):
            yield reelcell(command[0], session, "--recipe", recipe, *command[1:], codes=(1,)).stderr
        check(not (folder / "none").exists() or not (folder / "none/corpus.json").exists(), "an empty corpus was made")
    for text in told("step == 'VISIT'"):
        for part in ("'events' found nothing", "holds for none of 10 events", "kinds are 'step'", "fields 'step'"):
            check(part in text, f"'{part}' is not said in: {text}")
    for text in told("stp == 'A'"):
        check("unknown field 'stp'" in text and "Did you mean 'step'?" in text, f"the wrong field is not named in: {text}")


def main():
    with work_folder() as folder:
        session = write_session(folder / "session")
        same_everywhere(session, 498, {"time-outlier": 2, "time-backward": 1, "event-late": 1})
        same_everywhere(write_session(folder / "wide", window_ms=3000), 499, {"time-outlier": 2, "event-late": 1})
        labels_see_late_events(folder, session)
        rows_before_the_camera_are_gaps(folder, session)
        none_found_says_why(folder, session)
        assumed = json.loads(reelcell("align", write_session(folder / "assumed", clock={}), "--json", codes=(LOST,)).stdout)
        stated = {stream["stream"]: stream["clock"]["stated"] for stream in assumed["sessions"][0]["streams"]}
        check(stated == {"front": True, "joints": True, "plc": False}, f"an empty clock counts as stated: {stated}")
        bad = json.loads((session / "session.json").read_text())
        bad["streams"][0]["reorder_window_ms"] = 10
        write_json(session / "session.json", bad)
        text = reelcell("align", session, codes=(1,)).stderr
        check("reorder_window_ms" in text and "video" in text, f"a window of a video is taken: {text}")


main()
