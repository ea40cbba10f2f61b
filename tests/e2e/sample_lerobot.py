#!/usr/bin/python3
"""Holds a LeRobot v3.0 set built from the made session against the session's truth.json and its raw logs.

usage: sample_lerobot.py SESSION LEROBOT_FOLDER

Times are mapped with the truth's clocks and values are joined by numpy; Parquet is read by hyparquet and by DuckDB's
client, pictures by PyAV: nothing of Reelcell's own. Prints what was checked; ends with 1 at the first contradiction.
"""
import csv
import json
import pathlib
import sys

import numpy
from sample_truth import CAMERAS, Camera, check_picture, luma_frames
from support import check, integers, rows_below

# (feature, log, unit of its time column in ns, columns)
SERIES = [("observation.state", "joints", 1e9, [f"q{i}" for i in range(1, 8)]),
          ("action", "joints", 1e9, [f"dq{i}" for i in range(1, 8)]),
          ("observation.force", "force", 1e3, ["fx", "fy", "fz", "tx", "ty", "tz"])]
TIME_COLUMN = {"joints": "t", "force": "t_us"}
EXACT, INTERPOLATED, HELD, NEAREST = 0, 1, 2, 3


def log_of(session, name, unit, columns, clock):
    """(times on the session clock [ns], values), rows that cannot be read left out."""
    times, values = [], []
    with open(session / f"{name}.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            stamp = round(float(row[TIME_COLUMN[name]]) * unit)
            times.append(stamp + clock["offset_ns"] + clock["drift_ppm"] * 1e-6 * stamp)
            values.append([float(row[column]) for column in columns])
    order = numpy.argsort(times, kind="stable")
    return numpy.array(times)[order], numpy.array(values)[order]


def check_series(session, truth, rows, exact, figures):
    grid = numpy.array([row["reelcell.time_ns"] for row in exact], dtype=numpy.float64)
    for feature, log, unit, columns in SERIES:
        times, values = log_of(session, log, unit, columns, truth["clocks"][log])
        for column in range(len(columns)):
            expected = numpy.interp(grid, times, values[:, column])
            found = numpy.array([row[feature][column] for row in rows])
            scale = max(1.0, float(numpy.abs(values[:, column]).max()))
            off = numpy.abs(found - expected)
            worst = int(off.argmax())
            # float32 has 24 bits; times are float64 of ns here.
            check(off[worst] <= 1e-6 * scale, f"row {worst}: {feature} {columns[column]} is {found[worst]}, the log says {expected[worst]}")
            figures["values"] = figures.get("values", 0) + len(found)
        flags = {row[f"reelcell.{log}.flag"] for row in exact}
        check(flags <= {EXACT, INTERPOLATED}, f"{log}: rows are flagged {flags}")


def check_videos(root, cameras, episodes, exact, figures):
    for feature, name in CAMERAS.items():
        camera, place = cameras[name], f"videos/{feature}/"
        opened, pictures = None, []
        for episode in episodes:
            path = root / f"{place}chunk-{episode[place + 'chunk_index']:03d}/file-{episode[place + 'file_index']:03d}.mp4"
            if path != opened:
                opened, pictures = path, [luma for _, luma in luma_frames(str(path))]
            first = round(episode[place + "from_timestamp"] * 30)
            for number, row in enumerate(exact[episode["dataset_from_index"]:episode["dataset_to_index"]]):
                where = f"episode {episode['episode_index']}: {name} row {number}"
                time = row[f"reelcell.{name}.time_ns"]
                pts = camera.nearest(time)
                check(abs(camera.mapped(pts) - time) <= 2, f"{where}: no frame was taken at {time}")
                best = camera.nearest(row["reelcell.time_ns"])
                gap = abs(abs(camera.mapped(best) - row["reelcell.time_ns"]) - abs(time - row["reelcell.time_ns"]))
                check(gap <= 4, f"{where}: frame {pts} was used, {best} is nearer")
                check(row[f"reelcell.{name}.skew_ns"] == time - row["reelcell.time_ns"], f"{where}: skew is not time minus time")
                check_picture(pictures[first + number], pts, camera, where, figures)
                figures["frames"] = figures.get("frames", 0) + 1


def check_episodes(root, truth, episodes, exact):
    visits = {f"{truth['session']}_visit-{visit['point']}": visit for visit in truth["visits"]}
    with open(root / "meta/labels.jsonl", encoding="utf-8") as file:
        labels = {entry["episode_index"]: entry for entry in map(json.loads, file)}
    check(len(episodes) == len(visits) == len(labels), f"{len(episodes)} episodes, {len(labels)} with labels, {len(visits)} visits")
    for episode in episodes:
        entry = labels[episode["episode_index"]]
        visit = visits.pop(entry["key"])
        where = entry["key"]
        check(visit["point"] in episode["tasks"][0], f"{where}: task {episode['tasks']}")
        values = {label["name"]: label["value"] for label in entry["labels"]}
        check(values["verdict"] == visit["result"] and values["score"] == visit["score"], f"{where}: {values}")
        rows = exact[episode["dataset_from_index"]:episode["dataset_to_index"]]
        check(rows and all(visit["plc_start_ns"] <= row["reelcell.time_ns"] < visit["plc_end_ns"] for row in rows),
              f"{where}: rows lie outside of the visit")
    check(not visits, f"visits without an episode: {sorted(visits)}")


def main():
    session, root = map(pathlib.Path, sys.argv[1:3])
    truth = json.loads((session / "truth.json").read_text(encoding="utf-8"))
    cameras = {name: Camera(session, truth, name) for name in CAMERAS.values()}
    rows, episodes = rows_below(root / "data"), rows_below(root / "meta/episodes")
    columns = ["reelcell.time_ns"] + [f"reelcell.{stream}.{what}" for stream in (*CAMERAS.values(), "joints", "force")
                                      for what in ("time_ns", "skew_ns", "flag")]
    exact = [row for path in sorted((root / "data").rglob("*.parquet")) for row in integers(path, columns)]
    check(len(rows) == len(exact), "hyparquet and DuckDB count different rows")
    figures = {}
    check_episodes(root, truth, episodes, exact)
    check_series(session, truth, rows, exact, figures)
    check_videos(root, cameras, episodes, exact, figures)
    check(figures["nearest"] >= 0.6 * figures["frames"], f"too many pictures are nearer to a frame beside theirs: {figures}")
    print(f"{len(episodes)} episodes as the truth says:", json.dumps(figures, default=float))


if __name__ == "__main__":
    main()
