#!/usr/bin/python3
"""G1, a real LeRobot v2.1 set: stripped to plain MP4 + CSV as a robot cell would log it, rebuilt as v3.0 and v2.1, and
compared with the original: every value, every time, every decoded frame."""
import functools
import json
import shutil

from support import DATA, check, frames, lerobot_loads, packets, parquet, reelcell, rows_below, same_rows, work_folder, write_json

ROOT = DATA / "lerobot/YifanTian07_G1-policy-train"
CAMERA = "observation.images.cam_high"
EPISODES = [1, 2, 10, 11, 12, 13, 14]  # all whose video is at hand
WIDTH = 26
COLUMNS = ["observation.state", "action", "timestamp", "frame_index"]
TASK = "Pick up the yellow bottle on the table."


def original(number):
    video = ROOT / f"videos/chunk-000/{CAMERA}/episode_{number:06d}.mp4"
    return parquet(ROOT / f"data/chunk-000/episode_{number:06d}.parquet")["data"], video


def strip(folder, number, rows, video):
    """An MP4 and a CSV log; nothing of LeRobot is left. repr() gives the digits that read back to the same double."""
    folder.mkdir(parents=True)
    shutil.copy(video, folder / "camera.mp4")
    names = [f"s{i}" for i in range(WIDTH)], [f"a{i}" for i in range(WIDTH)]
    lines = [",".join(["t_ns", *names[0], *names[1]])]
    for row in rows:
        time_ns = (2 * row["frame_index"] * 10**9 + 30) // 60
        lines.append(",".join([str(time_ns), *map(repr, row["observation.state"] + row["action"])]))
    (folder / "robot.csv").write_text("\n".join(lines) + "\n")
    columns = [{"name": "state", "from": names[0], "dtype": "float32"}, {"name": "action", "from": names[1], "dtype": "float32"}]
    write_json(folder / "session.json", {
        "version": 1, "id": f"g1-{number:04d}", "clock": {"epoch": "boot"}, "streams": [
            {"name": "camera", "kind": "video", "path": "camera.mp4", "format": "video", "rate_hz": 30},
            {"name": "robot", "kind": "series", "path": "robot.csv", "format": "csv", "rate_hz": 30,
             "options": {"time_column": "t_ns", "time_unit": "ns", "columns": columns}}]})


def recipe(version, folder):
    return {"version": 1, "name": "g1", "robot_type": "Unitree_G1_Inspire", "task": TASK,
            "grid": {"rate_hz": 30, "anchor": "camera",
                     "policy": {"robot": {"method": "nearest", "tolerance": "1ms"},
                                "camera": {"method": "nearest", "tolerance": "1ms"}}},
            "features": [{"name": "observation.state", "from": ["robot.state"], "dtype": "float32"},
                         {"name": "action", "from": ["robot.action"], "dtype": "float32"},
                         {"name": CAMERA, "video": "camera"}],
            "segments": [{"kind": "session"}], "outputs": [{"format": version, "folder": folder}]}


def check_times(rows, where):
    """Nothing was moved: each row used the sample and the frame of its own time (within the rounding to 1 ns)."""
    for row in rows:
        for stream in ("robot", "camera"):
            check(row[f"reelcell.{stream}.flag"] in (0, 3), f"{where}: {stream} flag is {row[f'reelcell.{stream}.flag']}")
            check(abs(row[f"reelcell.{stream}.skew_ns"]) <= 1, f"{where}: {stream} skew is {row[f'reelcell.{stream}.skew_ns']}")


def check_frames(expected, found, first, where):
    check(len(expected) == len(found), f"{where}: {len(found)} frames instead of {len(expected)}")
    for number, ((time, picture), (our_time, ours)) in enumerate(zip(expected, found)):
        check(picture == ours, f"{where}: frame {number} is another picture")
        check(abs(float(our_time - first - time)) < 1e-6, f"{where}: frame {number} is at {float(our_time - first)} s, was at {float(time)} s")


def build(work, version):
    path = work / f"{version}.json"
    write_json(path, recipe(version, "lerobot"))
    reelcell("build", work / "sessions", "--recipe", path, "--out", work / version)
    report = json.loads((work / version / "report.json").read_text())["video"]
    clips = report[CAMERA]
    check("'encoded_clips': 0" in str(clips) or clips.get("encoded", {}).get("clips") == 0, f"{version}: clips were encoded again: {clips}")
    reelcell("validate", work / version, "--deep")
    return work / version / "lerobot", lerobot_loads(work / version / "lerobot", "--stats")


def check_v3(work, originals):
    made, summary = build(work, "lerobot_v3")
    rows = rows_below(made / "data")
    decode = functools.cache(frames)  # episodes share a file
    for number, entry in enumerate(rows_below(made / "meta/episodes")):
        expected, video, decoded = originals[number]
        where = f"v3.0 episode {number}"
        part = rows[entry["dataset_from_index"]:entry["dataset_to_index"]]
        same_rows(expected, part, COLUMNS, where)
        check_times(part, where)
        check(entry["tasks"] == [TASK], f"{where}: tasks {entry['tasks']}")
        place = f"videos/{CAMERA}/"
        path = made / f"{place}chunk-{entry[place + 'chunk_index']:03d}/file-{entry[place + 'file_index']:03d}.mp4"
        start, end = entry[place + "from_timestamp"], entry[place + "to_timestamp"]
        inside = [frame for frame in decode(path) if start - 1e-6 <= frame[0] < end - 1e-6]
        check_frames(decoded, inside, inside[0][0], where)
    return summary


def check_v21(work, originals):
    made, summary = build(work, "lerobot_v21")
    for number, (expected, video, decoded) in enumerate(originals):
        where = f"v2.1 episode {number}"
        part = parquet(made / f"data/chunk-000/episode_{number:06d}.parquet")["data"]
        same_rows(expected, part, COLUMNS, where)
        check_times(part, where)
        path = made / f"videos/chunk-000/{CAMERA}/episode_{number:06d}.mp4"
        check_frames(decoded, frames(path), 0, where)
        check([d for _, d in packets(path)] == [d for _, d in packets(video)], f"{where}: the packets are not those of the original")
    return summary


def main():
    originals = []
    with work_folder() as work:
        for number in sorted(EPISODES):  # sessions are built in the order of their ids
            rows, video = original(number)
            strip(work / "sessions" / str(number), number, rows, video)
            decoded = frames(video)
            check(len(decoded) == len(rows) and decoded[0][0] == 0, f"episode {number} is not what this test knows")
            originals.append((rows, video, decoded))
        print("v3.0", check_v3(work, originals))
        print("v2.1", check_v21(work, originals))


if __name__ == "__main__":
    main()
