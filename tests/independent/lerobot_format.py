#!/usr/bin/python3
"""Holds a LeRobot data set (v3.0 or v2.1) against the format's rules: what a file IS, where lerobot_reader.py checks
what a reader gets from it. Parquet through hyparquet, video through ffprobe and PyAV, MP4 boxes by hand.

usage: lerobot_format.py ROOT [--pixels]
  --pixels  picture statistics recomputed from every decoded frame
Prints a JSON summary; exit code 1 and one line a fault when something is wrong.
"""
import argparse
import json
import pathlib
import re
import struct
import subprocess
import sys
from fractions import Fraction

import numpy as np
from video_facts import STATS_V3, STATS_V21, box, boxes, histogram_stats, pixel_sums

HERE = pathlib.Path(__file__).resolve().parent
MANDATORY = {"timestamp": "float32", "frame_index": "int64", "episode_index": "int64", "index": "int64", "task_index": "int64"}
NUMPY = {"float32": "FLOAT", "float64": "DOUBLE", "int64": "INT64", "string": "BYTE_ARRAY", "bool": "BOOLEAN"}
LONGEST_S = 1000
faults = []
counted = {}


def rule(holds, text):
    counted["rules"] = counted.get("rules", 0) + 1
    if not holds and len(faults) < 60:
        faults.append(text)
    return holds


def parquet(path):
    out = subprocess.run(["node", str(HERE / "parquet_dump.mjs"), str(path)], capture_output=True)
    if out.returncode:
        sys.exit(f"{path}: {out.stderr.decode()[-400:]}")
    return json.loads(out.stdout)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- info.json ---------------------------------------------------------------------------------------------------

def check_info(root, info, v3):
    for key in ["codebase_version", "fps", "features", "total_episodes", "total_frames", "total_tasks", "chunks_size",
                "data_path", "robot_type", "splits"] + (["data_files_size_in_mb", "video_files_size_in_mb"] if v3
                                                        else ["total_videos", "total_chunks"]):
        rule(key in info, f"info.json has no {key}")
    rule("video_path" in info, "info.json has no video_path")
    rule(isinstance(info["fps"], int) and info["fps"] > 0, f"fps is {info['fps']!r}")
    videos = [name for name, feature in info["features"].items() if feature["dtype"] == "video"]
    rule((info["video_path"] is None) == (not videos), f"video_path is {info['video_path']!r} with {len(videos)} cameras")
    last = 0  # the ranges of all splits, "0:80" or "0:80,100:140", cover every episode once
    ranges = sorted((*map(int, part.split(":")), split) for split, text in info["splits"].items() for part in text.split(","))
    for first, end, split in ranges:
        rule(first == last and end > first, f"split {split} has {first}:{end}, expected to start at {last}")
        last = end
    rule(last == info["total_episodes"], f"the splits end at {last} of {info['total_episodes']}")
    for name, kind in MANDATORY.items():
        feature = info["features"].get(name)
        good = feature and feature["dtype"] == kind and feature["shape"] == [1] and feature["names"] is None
        rule(good, f"feature {name} is {feature}")
    for name, feature in info["features"].items():
        rule("/" not in name, f"feature {name!r} holds '/'")
        rule(set(feature) - {"info"} == {"dtype", "shape", "names"}, f"feature {name} has keys {sorted(feature)}")
        if feature["dtype"] == "video":
            rule(feature["names"] == ["height", "width", "channels"] and feature["shape"][2] == 3, f"{name}: {feature['names']}")
            rule(feature["shape"][:2] == [feature["info"]["video.height"], feature["info"]["video.width"]], f"{name}: shape")
            rule(feature["info"]["video.fps"] == info["fps"], f"{name}: video.fps {feature['info']['video.fps']}")
            for key in ("video.codec", "video.pix_fmt", "video.channels", "has_audio", "is_depth_map"):
                rule(key in feature["info"], f"{name}: info has no {key}")
        else:
            rule(len(feature["shape"]) == 1, f"{name}: shape {feature['shape']}")
            if feature["names"] is not None:
                rule(len(feature["names"]) == feature["shape"][0], f"{name}: {len(feature['names'])} names for {feature['shape']}")
    return videos


# --- Parquet -----------------------------------------------------------------------------------------------------

def leaf_tree(schema):
    """[(column, nesting as [(name, repetition)], physical type)] from the flat schema list; single-child lists only."""
    columns, chain = [], []
    for name, kind, repetition, converted in schema[1:]:
        chain.append((name, repetition, converted))
        if kind:
            columns.append((chain, kind))
            chain = []
    return columns


def check_columns(table, features, where):
    names = [name for name, feature in features.items() if feature["dtype"] != "video"]
    columns = leaf_tree(table["schema"])
    if not rule([chain[0][0] for chain, _ in columns] == names, f"{where}: columns are not those of info.json, in their order"):
        return
    for (chain, kind), name in zip(columns, names):
        feature = features[name]
        rule(kind == NUMPY.get(feature["dtype"], kind), f"{where}: {name} is stored as {kind}")
        if feature["shape"] == [1]:
            rule(len(chain) == 1 and chain[0][1] == "OPTIONAL", f"{where}: {name} is no optional scalar: {chain}")
        else:
            expected = [(name, "OPTIONAL", "LIST"), ("list", "REPEATED", ""), ("element", "OPTIONAL", chain[-1][2])]
            rule([tuple(level) for level in chain] == expected, f"{where}: {name} is nested {chain}")
    rule(table["codecs"] == ["SNAPPY"], f"{where}: codecs {table['codecs']}")
    typed = json.loads(table["key_values"].get("huggingface", "{}")).get("info", {}).get("features", {})
    rule(list(typed) == names, f"{where}: huggingface names {list(typed)[:4]}..")
    for name in names:
        width = features[name]["shape"][0]
        value = {"dtype": features[name]["dtype"], "_type": "Value"}
        expected = [value] if width == 1 else [{"feature": value, "length": width, "_type": t} for t in ("Sequence", "List")]
        rule(typed.get(name) in expected, f"{where}: huggingface types {name} as {typed.get(name)}")


def check_rows(rows, features, fps, first_index, episode, task_indexes, where):
    for frame, row in enumerate(rows):
        numbers = (row["index"], row["frame_index"], row["episode_index"])
        rule(numbers == (first_index + frame, frame, episode), f"{where}: row {frame} is numbered {numbers}")
        rule(row["timestamp"] == float(np.float32(frame / fps)), f"{where}: row {frame} is at {row['timestamp']}")
        rule(row["task_index"] in task_indexes, f"{where}: row {frame} has task {row['task_index']}")
    for name, feature in features.items():
        if feature["dtype"] == "video" or feature["shape"] == [1]:
            continue
        rule(all(len(row[name]) == feature["shape"][0] for row in rows), f"{where}: {name} has lists of other lengths")


# --- MP4 ---------------------------------------------------------------------------------------------------------

class Video:
    def __init__(self, path):
        self.path = path
        data = path.read_bytes()
        self.bytes = len(data)
        self.order = [kind for kind, _, _ in boxes(data)]
        start, _ = box(data, "moov/trak/mdia/mdhd")
        self.timescale = struct.unpack_from(">I", data, start + (20 if data[start] else 12))[0]
        start, _ = box(data, "moov/trak/mdia/minf/stbl/stts")
        self.steps = struct.unpack_from(">I", data, start + 4)[0]
        start, _ = box(data, "moov/trak/mdia/minf/stbl/stsd")
        self.entries = struct.unpack_from(">I", data, start + 4)[0]
        start, end = box(data, "moov")
        self.tracks = sum(kind == "trak" for kind, _, _ in boxes(data, start, end))
        probe = json.loads(subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_packets", "-of", "json", str(path)],
                                          capture_output=True, check=True).stdout)
        self.stream = probe["streams"][0]
        packets = sorted(probe["packets"], key=lambda p: p["pts"])
        self.pts = [Fraction(p["pts"]) * Fraction(self.stream["time_base"]) for p in packets]
        self.key = ["K" in p["flags"] for p in packets]

    def check(self, info, key):
        where, fps = str(self.path.name), info["fps"]
        rule(self.order.index("moov") < self.order.index("mdat"), f"{where}: not faststart: {self.order}")
        rule(self.timescale % fps == 0, f"{where}: timescale {self.timescale} at {fps} fps")
        rule(self.steps == 1, f"{where}: {self.steps} runs of frame durations")
        rule(self.entries == 1 and self.tracks == 1, f"{where}: {self.entries} sample entries, {self.tracks} tracks")
        rule(Fraction(self.stream["avg_frame_rate"]) == fps, f"{where}: average rate {self.stream['avg_frame_rate']}")
        rule(Fraction(self.stream["r_frame_rate"]) == fps, f"{where}: base rate {self.stream['r_frame_rate']}")
        rule(self.pts == [Fraction(i, fps) for i in range(len(self.pts))], f"{where}: frames are not at multiples of 1/{fps} s from 0")
        rule(len(self.pts) <= LONGEST_S * fps, f"{where}: {len(self.pts)} frames are longer than {LONGEST_S} s")
        said = info["features"][key]["info"]
        rule(self.stream["codec_name"] == said["video.codec"], f"{where}: codec {self.stream['codec_name']}, info {said['video.codec']}")
        rule(self.stream["pix_fmt"] == said["video.pix_fmt"], f"{where}: {self.stream['pix_fmt']}, info {said['video.pix_fmt']}")
        size = [self.stream["height"], self.stream["width"]]
        rule(size == info["features"][key]["shape"][:2], f"{where}: pictures are {size}")


def check_picture_stats(stored, histogram, frames, stats, exact, where):
    # Chroma may be interpolated or repeated, and pictures may have been encoded after they were measured: 1 grey level
    # for the averages, 3 for quantiles; the ends of the range are single pixels.
    for name in stats:
        values = np.array(stored[name], dtype=np.float64)
        if name == "count":
            rule(values.shape == (1,) and (not exact or values[0] == frames), f"{where}: count {stored[name]}, {frames} frames")
            continue
        if not rule(values.shape == (3, 1, 1), f"{where}: {name} has shape {values.shape}"):
            continue
        rule(values.min() >= 0 and values.max() <= 1, f"{where}: {name} is outside [0,1]: {values.ravel().tolist()}")
        if histogram is not None and exact:
            truth = histogram_stats(histogram)[name]
            allowed = {"min": 24, "max": 24, "mean": 1, "std": 1}.get(name, 3) / 255 + 1e-9
            apart = np.abs(values.ravel() - truth).max()
            rule(apart <= allowed, f"{where}: {name} is {values.ravel().tolist()}, the frames give {truth}")


# --- the two versions --------------------------------------------------------------------------------------------

def consecutive(files, chunks_size, what):
    """chunk-000/file-000 .. without a hole, rolling over after chunks_size files."""
    places = sorted((int(m[1]), int(m[2])) for m in (re.search(r"chunk-(\d{3,})/file-(\d{3,})\.", str(f)) for f in files) if m)
    expected = [(i // chunks_size, i % chunks_size) for i in range(len(files))]
    rule(places == expected, f"{what}: files are {places[:5]}.., expected {expected[:5]}..")


def check_v3(root, info, cameras, pixels):
    size = {"data": info["data_files_size_in_mb"] << 20, "video": info["video_files_size_in_mb"] << 20}
    tables = {path: parquet(path) for path in sorted((root / "data").glob("*/*.parquet"))}
    consecutive(tables, info["chunks_size"], "data")
    tasks_table = parquet(root / "meta/tasks.parquet")
    tasks = tasks_table["data"]
    pandas = json.loads(tasks_table["key_values"].get("pandas", "{}"))
    rule(pandas.get("index_columns") == ["task"], f"tasks.parquet: pandas index is {pandas.get('index_columns')}")
    rule([t["task_index"] for t in tasks] == list(range(info["total_tasks"])), "tasks.parquet: task_index is not 0..N-1")
    episode_tables = {path: parquet(path) for path in sorted((root / "meta/episodes").glob("*/*.parquet"))}
    consecutive(episode_tables, info["chunks_size"], "meta/episodes")
    stats_json = json.loads((root / "meta/stats.json").read_text())
    episodes = []
    for path, table in episode_tables.items():
        place = tuple(map(int, re.search(r"chunk-(\d+)/file-(\d+)", str(path)).groups()))
        names = [chain[0][0] for chain, _ in leaf_tree(table["schema"])]
        head = ["episode_index", "tasks", "length", "data/chunk_index", "data/file_index", "dataset_from_index", "dataset_to_index"]
        for camera in cameras:
            head += [f"videos/{camera}/{f}" for f in ("chunk_index", "file_index", "from_timestamp", "to_timestamp")]
        rule(names[:len(head)] == head, f"{path.name}: columns start {names[:len(head)]}")
        rule(names[-2:] == ["meta/episodes/chunk_index", "meta/episodes/file_index"], f"{path.name}: columns end {names[-2:]}")
        stats = [name for name in names if name.startswith("stats/")]
        rule(names[-2 - len(stats):-2] == stats, f"{path.name}: stats columns are not together before the end")
        for feature in stats_json:
            expected = [f"stats/{feature}/{name}" for name in STATS_V3]
            rule([s for s in stats if s.rsplit("/", 1)[0] == f"stats/{feature}"] == expected, f"{path.name}: stats of {feature}")
        for chain, kind in leaf_tree(table["schema"]):
            name = chain[0][0]
            if name.startswith("stats/"):
                feature, stat = name[6:].rsplit("/", 1)
                picture = feature in cameras and stat != "count"
                integer = stat == "count" or info["features"][feature]["dtype"] == "int64" and stat in ("min", "max")
                rule(kind == ("INT64" if integer else "DOUBLE"), f"{path.name}: {name} is {kind}")
                depth = sum(level[2] == "LIST" for level in chain)
                rule(depth == (3 if picture else 1), f"{path.name}: {name} is nested {depth} deep")
            elif name.endswith("_timestamp"):
                rule(kind == "DOUBLE", f"{path.name}: {name} is {kind}")
        for entry in table["data"]:
            rule((entry["meta/episodes/chunk_index"], entry["meta/episodes/file_index"]) == place, f"{path.name}: places itself elsewhere")
            episodes.append(entry)
    rule([e["episode_index"] for e in episodes] == list(range(info["total_episodes"])), "episodes are not contiguous from 0")
    # data: a row group an episode, in order
    groups = {path: list(table["row_groups"]) for path, table in tables.items()}
    for path, table in tables.items():
        check_columns(table, info["features"], f"data/{path.name}")
        rule(path.stat().st_size <= size["data"] or len(table["row_groups"]) == 1, f"{path.name}: {path.stat().st_size} bytes")
        table["left"] = list(table["data"])
    index = 0
    for number, entry in enumerate(episodes):
        path = root / info["data_path"].format(chunk_index=entry["data/chunk_index"], file_index=entry["data/file_index"])
        rule((entry["dataset_from_index"], entry["dataset_to_index"]) == (index, index + entry["length"]), f"episode {number}: from, to")
        rule(groups[path] and groups[path].pop(0) == entry["length"], f"episode {number}: is no row group of its own")
        rows, tables[path]["left"] = tables[path]["left"][:entry["length"]], tables[path]["left"][entry["length"]:]
        named = {t["task_index"] for t in tasks if t["task"] in entry["tasks"]}
        check_rows(rows, info["features"], info["fps"], index, number, named, f"episode {number}")
        index += entry["length"]
    rule(index == info["total_frames"], f"{index} rows, total_frames {info['total_frames']}")
    for camera in cameras:
        check_v3_camera(root, info, camera, episodes, size["video"], stats_json, pixels)
    for feature, figures in stats_json.items():
        rule(list(figures) == STATS_V3, f"stats.json: {feature} has {list(figures)}")


def check_v3_camera(root, info, camera, episodes, cap, stats_json, pixels):
    files = sorted((root / "videos" / camera).glob("*/*.mp4"))
    consecutive(files, info["chunks_size"], camera)
    videos = {path: Video(path) for path in files}
    ends = {path: 0 for path in files}
    counts = {path: 0 for path in files}
    histograms = {path: list(pixel_sums(path)) for path in files} if pixels else {}
    total = np.zeros((3, 256), dtype=np.int64)
    sampled = False
    for number, entry in enumerate(episodes):
        at = f"videos/{camera}/"
        path = root / info["video_path"].format(video_key=camera, chunk_index=entry[at + "chunk_index"], file_index=entry[at + "file_index"])
        first, end = ends[path], ends[path] + entry["length"]
        rule(entry[at + "from_timestamp"] == first / info["fps"], f"episode {number}: {camera} from {entry[at + 'from_timestamp']}, frame {first}")
        rule(entry[at + "to_timestamp"] == end / info["fps"], f"episode {number}: {camera} to {entry[at + 'to_timestamp']}, frame {end}")
        rule(videos[path].key[first], f"episode {number}: {camera}: {path.name} has no key frame at {first}")
        ends[path] = end
        counts[path] += 1
        if f"stats/{camera}/mean" in entry:
            stored = {name: entry[f"stats/{camera}/{name}"] for name in STATS_V3}
            histogram = sum(histograms[path][first:end]) if pixels else None
            exact = stored["count"] == [entry["length"]]
            sampled |= not exact
            check_picture_stats(stored, histogram, entry["length"], STATS_V3, exact, f"episode {number} {camera}")
            if pixels:
                total += histogram
    if camera in stats_json:
        check_picture_stats(stats_json[camera], total if pixels else None, info["total_frames"], STATS_V3, not sampled, f"stats.json {camera}")
    for path, video in videos.items():
        video.check(info, camera)
        rule(ends[path] == len(video.pts), f"{path.name}: {len(video.pts)} frames, episodes use {ends[path]}")
        rule(video.bytes <= cap or counts[path] == 1, f"{path.name}: {video.bytes} bytes of {cap}")
    counted["videos"] = counted.get("videos", 0) + len(videos)


def check_v21(root, info, cameras, pixels):
    episodes, tasks = lines(root / "meta/episodes.jsonl"), lines(root / "meta/tasks.jsonl")
    stats = lines(root / "meta/episodes_stats.jsonl")
    rule([t["task_index"] for t in tasks] == list(range(info["total_tasks"])), "tasks.jsonl: task_index")
    for name, entries in (("episodes", episodes), ("episodes_stats", stats)):
        rule([e["episode_index"] for e in entries] == list(range(info["total_episodes"])), f"{name}.jsonl: episode_index")
    rule(info["total_videos"] == len(cameras) * len(episodes), f"total_videos {info['total_videos']}")
    rule(info["total_chunks"] == -(-len(episodes) // info["chunks_size"]), f"total_chunks {info['total_chunks']}")
    index, found = 0, set()
    for number, entry in enumerate(episodes):
        at = {"episode_chunk": number // info["chunks_size"], "episode_index": number}
        path = root / info["data_path"].format(**at)
        found.add(path)
        table = parquet(path)
        check_columns(table, info["features"], path.name)
        rule(table["row_groups"] == [entry["length"]], f"{path.name}: row groups {table['row_groups']}")
        named = {t["task_index"] for t in tasks if t["task"] in entry["tasks"]}
        check_rows(table["data"], info["features"], info["fps"], index, number, named, f"episode {number}")
        index += entry["length"]
        for camera in cameras:
            path = root / info["video_path"].format(video_key=camera, **at)
            found.add(path)
            video = Video(path)
            video.check(info, camera)
            rule(len(video.pts) == entry["length"] and video.key[0], f"{path}: {len(video.pts)} frames for {entry['length']} rows")
            stored = stats[number]["stats"].get(camera)
            if stored:
                rule(list(stored) == STATS_V21, f"episode {number}: stats of {camera} are {list(stored)}")
                histogram = sum(pixel_sums(path)) if pixels else None
                check_picture_stats(stored, histogram, entry["length"], STATS_V21, stored["count"] == [entry["length"]], f"episode {number} {camera}")
        for name, figures in stats[number]["stats"].items():
            rule(list(figures) == STATS_V21, f"episode {number}: stats of {name} are {list(figures)}")
        rule(set(info["features"]) - set(cameras) <= set(stats[number]["stats"]) | {n for n, f in info["features"].items() if f["dtype"] == "string"},
             f"episode {number}: features without statistics")
    there = {p for folder in ("data", "videos") for p in (root / folder).rglob("*") if p.is_file()}
    rule(there == found, f"stray or missing files: {sorted(str(p) for p in there ^ found)[:4]}")
    rule(index == info["total_frames"], f"{index} rows, total_frames {info['total_frames']}")
    if (root / "meta/modality.json").exists():
        check_modality(root, info, cameras)


def check_modality(root, info, cameras):
    modality = json.loads((root / "meta/modality.json").read_text())
    for section in ("state", "action"):
        covered = {}
        for key, part in modality[section].items():
            column = part.get("original_key", {"state": "observation.state", "action": "action"}[section])
            if rule(column in info["features"], f"modality.json: {key} refers to {column}"):
                width = info["features"][column]["shape"][0]
                rule(0 <= part["start"] < part["end"] <= width, f"modality.json: {key} is {part} of {width}")
                covered.setdefault(column, []).append((part["start"], part["end"]))
            rule("." not in key, f"modality.json: key {key} holds a dot")
        for column, parts in covered.items():
            parts.sort()
            rule(all(a[1] == b[0] for a, b in zip(parts, parts[1:])) and parts[0][0] == 0 and parts[-1][1] == info["features"][column]["shape"][0],
                 f"modality.json: {column} is not covered whole: {parts}")
    rule({v["original_key"] for v in modality["video"].values()} == set(cameras), f"modality.json: video {modality['video']}")
    for key, part in modality.get("annotation", {}).items():
        rule(part["original_key"] in info["features"], f"modality.json: annotation {key}")
    stats = json.loads((root / "meta/stats.json").read_text())
    for name in ("observation.state", "action"):
        if name in info["features"]:
            width = info["features"][name]["shape"][0]
            for stat in ("mean", "std", "min", "max", "q01", "q99"):
                rule(len(stats[name][stat]) == width, f"stats.json: {name} {stat}")
    counted["modality"] = 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--pixels", action="store_true")
    options = parser.parse_args()
    info = json.loads((options.root / "meta/info.json").read_text())
    v3 = info["codebase_version"] == "v3.0"
    rule(info["codebase_version"] in ("v3.0", "v2.1"), f"codebase_version {info['codebase_version']}")
    cameras = check_info(options.root, info, v3)
    (check_v3 if v3 else check_v21)(options.root, info, cameras, options.pixels)
    print(json.dumps({"version": info["codebase_version"], "episodes": info["total_episodes"], "frames": info["total_frames"], **counted, "faults": len(faults)}))
    for text in faults:
        print(text, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
