#!/usr/bin/python3
"""Reads a LeRobot data set as LeRobot's own reader does, with none of Reelcell's code.

Every frame of every episode is looked up twice, as lerobot/datasets/video_utils.py does it:
  torchcodec  frame number round((from_timestamp + t) * average_fps), then |pts - query| < 1e-4 in float32
  pyav        the decoded frame nearest to the query, then the same tolerance
where t is the float32 timestamp of the row. Both must give the same frame.

usage: lerobot_reader.py ROOT [--numbers FILE] [--stats [--no-picture-stats]]
  --numbers  {camera: {episode: [number, ..]}}: the frame number that is drawn into each picture as 8 bars
  --stats    statistics recomputed with numpy, episode by episode and for the whole set
  --no-picture-stats  the set was asked for without statistics of pictures: none may be there
Prints a JSON summary; exit code 1 and one line a fault when something is wrong.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import av
import numpy as np
import torch

TOLERANCE = 1e-4
HERE = pathlib.Path(__file__).resolve().parent
STATS_V21 = ["min", "max", "mean", "std", "count"]
STATS_V3 = STATS_V21 + ["q01", "q10", "q50", "q90", "q99"]
faults = []


def fault(text):
    if len(faults) < 50:
        faults.append(text)


def parquet(path):
    out = subprocess.run(["node", str(HERE / "parquet_dump.mjs"), str(path)], capture_output=True, check=True)
    return json.loads(out.stdout)


def concatenated(root, folder):
    """As load_nested_dataset: all files two levels down, sorted by path."""
    tables = [parquet(path) for path in sorted((root / folder).glob("*/*.parquet"))]
    return tables, [row for table in tables for row in table["data"]]


def pandas_tasks(table):
    """Task texts as pandas would give them: the index named by the footer, else a RangeIndex."""
    pandas = json.loads(table["key_values"].get("pandas", "{}"))
    index = (pandas.get("index_columns") or [None])[0]
    rows = table["data"]
    return [row[index] if isinstance(index, str) else position for position, row in enumerate(rows)]


def check_hf_types(table, features, path):
    typed = json.loads(table["key_values"]["huggingface"])["info"]["features"]
    names = [name for name, feature in features.items() if feature["dtype"] != "video"]
    if list(typed) != names:
        fault(f"{path}: huggingface features {list(typed)} are not {names}")
    if list(table["data"][0]) != names:
        fault(f"{path}: columns {list(table['data'][0])} are not {names}")
    for name in names:
        inner = typed[name].get("feature", typed[name])
        if inner != {"dtype": features[name]["dtype"], "_type": "Value"}:
            fault(f"{path}: {name} is typed {typed[name]}")
        width = features[name]["shape"][0]
        if width != 1 and typed[name].get("length") != width:
            fault(f"{path}: {name} has length {typed[name].get('length')}")


def load_v3(root, info):
    tasks = pandas_tasks(parquet(root / "meta/tasks.parquet"))
    tables, rows = concatenated(root, "data")
    for table in tables:
        if "huggingface" in table["key_values"]:
            check_hf_types(table, info["features"], "data")
    _, entries = concatenated(root, "meta/episodes")
    episodes = []
    for position, entry in enumerate(entries):
        if entry["episode_index"] != position:
            fault(f"episode {entry['episode_index']} is at position {position}")
        path = info["data_path"].format(chunk_index=entry["data/chunk_index"], file_index=entry["data/file_index"])
        if not (root / path).exists():
            fault(f"episode {position}: {path} is missing")
        videos = {}
        for key, feature in info["features"].items():
            if feature["dtype"] == "video":
                place = f"videos/{key}/"
                videos[key] = (info["video_path"].format(video_key=key, chunk_index=entry[place + "chunk_index"],
                                                         file_index=entry[place + "file_index"]),
                               entry[place + "from_timestamp"], entry[place + "to_timestamp"])
        stats = {}
        for name, value in entry.items():
            if name.startswith("stats/"):
                feature, stat = name[len("stats/"):].rsplit("/", 1)
                stats.setdefault(feature, {})[stat] = value
        episodes.append({"rows": rows[entry["dataset_from_index"]:entry["dataset_to_index"]],
                         "length": entry["length"], "tasks": entry["tasks"], "videos": videos, "stats": stats})
    if episodes and entries[-1]["dataset_to_index"] != len(rows):
        fault(f"the episodes end at row {entries[-1]['dataset_to_index']} of {len(rows)}")
    return tasks, episodes


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def load_v21(root, info):
    tasks = [line["task"] for line in lines(root / "meta/tasks.jsonl")]
    stats = {line["episode_index"]: line["stats"] for line in lines(root / "meta/episodes_stats.jsonl")}
    episodes = []
    for entry in lines(root / "meta/episodes.jsonl"):
        index = entry["episode_index"]
        numbers = {"episode_chunk": index // info["chunks_size"], "episode_index": index}
        table = parquet(root / info["data_path"].format(**numbers))
        if "huggingface" in table["key_values"]:
            check_hf_types(table, info["features"], f"episode {index}")
        videos = {key: (info["video_path"].format(video_key=key, **numbers), 0.0, None)
                  for key, feature in info["features"].items() if feature["dtype"] == "video"}
        episodes.append({"rows": table["data"], "length": entry["length"], "tasks": entry["tasks"],
                         "videos": videos, "stats": stats[index]})
    return tasks, episodes


def check_rows(info, tasks, episodes):
    index = 0
    for number, episode in enumerate(episodes):
        rows = episode["rows"]
        if len(rows) != episode["length"]:
            fault(f"episode {number}: {len(rows)} rows, length {episode['length']}")
        for frame, row in enumerate(rows):
            if (row["index"], row["frame_index"], row["episode_index"]) != (index, frame, number):
                fault(f"episode {number}: row {frame} is numbered {row['index']}, {row['frame_index']}, {row['episode_index']}")
            if np.float32(row["timestamp"]) != np.float32(frame / info["fps"]):
                fault(f"episode {number}: row {frame} is at {row['timestamp']}")
            if tasks[row["task_index"]] not in episode["tasks"]:
                fault(f"episode {number}: task {tasks[row['task_index']]!r} is not among {episode['tasks']}")
            index += 1
        # check_timestamps_sync of v2.1
        steps = np.diff(np.array([row["timestamp"] for row in rows], dtype=np.float32).astype(np.float64))
        if len(steps) and np.max(np.abs(steps - 1 / info["fps"])) > TOLERANCE:
            fault(f"episode {number}: timestamps are not 1/fps apart")
    if index != info["total_frames"]:
        fault(f"{index} rows, total_frames {info['total_frames']}")
    if len(episodes) != info["total_episodes"] or len(tasks) != info["total_tasks"]:
        fault("total_episodes or total_tasks is wrong")


def drawn_number(frame):
    """The number drawn as 8 bars, white for 1, the lowest bit first."""
    luma = frame.to_ndarray(format="gray")
    width = luma.shape[1] // 8
    return sum((luma[:, bit * width:(bit + 1) * width].mean() > 127) << bit for bit in range(8))


class Video:
    def __init__(self, path, with_numbers):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            self.average_fps = float(stream.average_rate)
            self.size = (stream.height, stream.width)
            self.pts, self.key, self.numbers = [], [], []
            for frame in container.decode(stream):
                self.pts.append(float(frame.pts * stream.time_base))
                self.key.append(frame.key_frame)
                if with_numbers:
                    self.numbers.append(int(drawn_number(frame)))
        self.loaded = torch.tensor(self.pts, dtype=torch.float32)  # as LeRobot makes it


def check_videos(root, info, episodes, numbers):
    videos, looked_up, worst = {}, 0, 0.0
    for number, episode in enumerate(episodes):
        for key, (path, start, end) in episode["videos"].items():
            if path not in videos:
                videos[path] = Video(root / path, numbers is not None)
            video = videos[path]
            if list(video.size) != info["features"][key]["shape"][:2]:
                fault(f"{path}: frames are {video.size}")
            if end is not None and abs(round((end - start) * info["fps"]) - episode["length"]) > 0:
                fault(f"episode {number}: {start} to {end} are not {episode['length']} frames")
            times = torch.tensor([row["timestamp"] for row in episode["rows"]], dtype=torch.float32).tolist()
            queries = [start + t for t in times]
            by_number = [round(query * video.average_fps) for query in queries]
            if max(by_number) >= len(video.pts):
                fault(f"episode {number}: {path} has {len(video.pts)} frames, frame {max(by_number)} is asked for")
                continue
            distance = torch.cdist(torch.tensor(queries, dtype=torch.float32)[:, None], video.loaded[:, None], p=1)
            near, by_time = distance.min(1)
            apart = torch.abs(torch.tensor(queries, dtype=torch.float32) - video.loaded[by_number])
            worst = max(worst, float(near.max()), float(apart.max()))
            if not bool((near < TOLERANCE).all()) or not bool((apart < TOLERANCE).all()):
                fault(f"episode {number}: {path}: {worst} s from the nearest frame")
            if by_time.tolist() != by_number:
                fault(f"episode {number}: {path}: the two look-ups give different frames")
            if not video.key[by_number[0]]:
                fault(f"episode {number}: {path}: frame {by_number[0]} is no key frame")
            if numbers is not None:
                seen = [video.numbers[i] for i in by_number]
                if seen != numbers[key][str(number)]:
                    fault(f"episode {number}: {path}: pictures {seen} are not {numbers[key][str(number)]}")
            looked_up += len(queries)
    for path, video in videos.items():
        rows = sum(len(e["rows"]) for e in episodes for p, _, _ in e["videos"].values() if p == path)
        if rows != len(video.pts):
            fault(f"{path}: {len(video.pts)} frames for {rows} rows")
        if video.average_fps != info["fps"] or video.pts[0] != 0:
            fault(f"{path}: average_fps {video.average_fps}, first pts {video.pts[0]}")
    return {"videos": len(videos), "look_ups": looked_up, "worst_s": worst}


def compare_stats(where, stored, values, stats):
    values = np.array(values, dtype=np.float64).reshape(len(values), -1)
    truth = {"min": values.min(0), "max": values.max(0), "mean": values.mean(0), "std": values.std(0),
             "count": np.array([len(values)])}
    for name, share in (("q01", .01), ("q10", .1), ("q50", .5), ("q90", .9), ("q99", .99)):
        truth[name] = np.quantile(values, share, axis=0)
    for name in stats:
        if not np.allclose(np.array(stored[name], dtype=np.float64), truth[name], rtol=1e-9, atol=1e-9):
            fault(f"{where} {name}: stored {stored[name]}, numpy gives {truth[name].tolist()}")


def check_stats(root, info, episodes, v3, pictures):
    stats = STATS_V3 if v3 else STATS_V21
    total = json.loads((root / "meta/stats.json").read_text()) if v3 else None
    for name, feature in info["features"].items():
        if feature["dtype"] in ("video", "image"):
            for number, episode in enumerate(episodes):
                if (name in episode["stats"]) != pictures:
                    fault(f"episode {number}: {name} has {'no' if pictures else 'unwanted'} statistics")
                if name not in episode["stats"]:
                    continue
                for stat in stats:
                    shape = np.array(episode["stats"][name][stat]).shape
                    if shape != ((1,) if stat == "count" else (3, 1, 1)):
                        fault(f"episode {number}: {name} {stat} has shape {shape}")
        elif feature["dtype"] != "string":
            for number, episode in enumerate(episodes):
                compare_stats(f"episode {number} {name}", episode["stats"][name],
                              [row[name] for row in episode["rows"]], stats)
            if total:
                compare_stats(f"stats.json {name}", total[name],
                              [row[name] for episode in episodes for row in episode["rows"]], stats)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--numbers", type=pathlib.Path)
    parser.add_argument("--stats", action="store_true")
    parser.add_argument("--no-picture-stats", action="store_true")
    options = parser.parse_args()
    info = json.loads((options.root / "meta/info.json").read_text())
    v3 = info["codebase_version"] == "v3.0"
    tasks, episodes = (load_v3 if v3 else load_v21)(options.root, info)
    check_rows(info, tasks, episodes)
    numbers = json.loads(options.numbers.read_text()) if options.numbers else None
    summary = check_videos(options.root, info, episodes, numbers)
    if options.stats:
        check_stats(options.root, info, episodes, v3, not options.no_picture_stats)
    summary |= {"episodes": len(episodes), "rows": sum(len(e["rows"]) for e in episodes), "tasks": tasks,
                "faults": len(faults)}
    print(json.dumps(summary))
    for text in faults:
        print(text, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
