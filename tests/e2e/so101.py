#!/usr/bin/python3
"""SO-101, a real LeRobot v3.0 set: v3.0 -> v3.0 gives every value and every video packet back, and so does v3.0 -> v2.1."""
import json
import tarfile

import numpy as np
from support import DATA, check, lerobot_loads, packets, parquet, reelcell, rows_below, same_rows, work_folder, write_json

ROOT = DATA / "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example"
CAMERA = "observation.images.wrist"
COLUMNS = ["observation.state", "action", "timestamp", "frame_index", "episode_index", "index", "task_index"]


def same_stats(expected, found, where):
    """Exact ones agree to float32 accuracy; quantiles of the set are estimates in LeRobot, ours are checked by the reader."""
    for feature in ("observation.state", "action"):
        check(feature in found, f"{where}: no statistics of {feature}")
        check(expected[feature]["count"] == found[feature]["count"], f"{where}: {feature} count {found[feature]['count']}")
        # The original's variance is E(x^2) - E(x)^2 summed up in float32: a joint that never moves has a std of 4e-3.
        # The reader below holds ours against numpy to 1e-9.
        largest = np.maximum(np.abs(expected[feature]["min"]), np.abs(expected[feature]["max"]))
        rounding = 5e-3 * largest
        for name in ("min", "max", "mean", "std"):
            apart = np.abs(np.subtract(expected[feature][name], found[feature][name]))
            allowed = rounding if name == "std" else 1e-5 * largest
            check(np.all(apart <= allowed + 1e-9), f"{where}: {feature} {name} is {found[feature][name]}, was {expected[feature][name]}")
    # LeRobot samples and shrinks pictures, we take all of them whole; the std of the original's pictures is 0 throughout.
    close = np.allclose(expected[CAMERA]["mean"], found[CAMERA]["mean"], atol=0.02)
    check(close, f"{where}: {CAMERA} mean is {found[CAMERA]['mean']}, was {expected[CAMERA]['mean']}")


def episode_stats(entry):
    stats = {}
    for name, value in entry.items():
        if name.startswith("stats/"):
            feature, stat = name[len("stats/"):].rsplit("/", 1)
            stats.setdefault(feature, {})[stat] = value
    return stats


def check_v3(work, rows, entries, video):
    reelcell("build", ROOT, "--out", work / "v3")
    reelcell("validate", work / "v3", "--deep")
    made = work / "v3/lerobot"
    same_rows(rows, rows_below(made / "data"), COLUMNS, "v3.0")
    same_rows(entries, rows_below(made / "meta/episodes"),
              ["episode_index", "tasks", "length", "dataset_from_index", "dataset_to_index"], "v3.0 episodes")
    again = packets(made / f"videos/{CAMERA}/chunk-000/file-000.mp4")
    check(len(again) == len(video), f"v3.0: {len(again)} packets instead of {len(video)}")
    check([data for _, data in again] == [data for _, data in video], "v3.0: the packets are not those of the original")
    late = max(abs(a - b) for (a, _), (b, _) in zip(again, video))
    check(late == 0, f"v3.0: packets are shifted by {float(late)} s")
    for entry, ours in zip(entries, rows_below(made / "meta/episodes")):
        same_stats(episode_stats(entry), episode_stats(ours), f"v3.0 episode {entry['episode_index']}")
    same_stats(json.loads((ROOT / "meta/stats.json").read_text()), json.loads((made / "meta/stats.json").read_text()), "stats.json")
    return lerobot_loads(made, "--stats")


def check_v21(work, rows, entries, video):
    recipe = work / "v21.json"
    write_json(recipe, {"version": 1, "name": "v21", "segments": [{"kind": "session"}],
                        "outputs": [{"format": "lerobot_v21", "folder": "lerobot"}]})
    reelcell("build", ROOT, "--recipe", recipe, "--out", work / "v21")
    reelcell("validate", work / "v21", "--deep")
    made = work / "v21/lerobot"
    for entry in entries:
        number, first, last = entry["episode_index"], entry["dataset_from_index"], entry["dataset_to_index"]
        table = parquet(made / f"data/chunk-000/episode_{number:06d}.parquet")
        same_rows(rows[first:last], table["data"], COLUMNS, f"v2.1 episode {number}")
        again = packets(made / f"videos/chunk-000/{CAMERA}/episode_{number:06d}.mp4")
        check([data for _, data in again] == [data for _, data in video[first:last]], f"v2.1 episode {number}: other packets")
        check([time for time, _ in again] == [time - video[first][0] for time, _ in video[first:last]],
              f"v2.1 episode {number}: other packet times")
    return lerobot_loads(made, "--stats")


def check_even_members(work):
    """Windows whose borders lie between rows hold one sample more or less than rows: what stands beside the grid does not depend on that."""
    recipe = work / "even.json"
    write_json(recipe, {"version": 1, "name": "even", "segments": [{"kind": "window", "length": "170ms"}], "image_stats": "none",
                        "outputs": [{"format": "webdataset", "folder": "wds"}]})
    reelcell("build", ROOT, "--recipe", recipe, "--out", work / "even")
    report = reelcell("validate", work / "even/wds").stdout
    check("WDS-UNEVEN" not in report, report)
    members = {}
    for shard in sorted((work / "even/wds").glob("*.tar")):
        with tarfile.open(shard) as archive:
            for name in archive.getnames():
                key, extension = name.split(".", 1)
                members.setdefault(key, set()).add(extension)
    check(len(members) > 300, f"{len(members)} samples")
    check(len({frozenset(names) for names in members.values()}) == 1, "samples have other members than the first")
    # At the rate of the rows, a stream stands in them; there is nothing to keep beside.
    check(not any(name.startswith("native.") for name in next(iter(members.values()))), f"{members}")


def main():
    rows, entries = rows_below(ROOT / "data"), rows_below(ROOT / "meta/episodes")
    video = packets(ROOT / f"videos/{CAMERA}/chunk-000/file-000.mp4")
    check(len(rows) == len(video) == 1782 and len(entries) == 6, "the original is not what this test knows")
    with work_folder() as work:
        print("v3.0", check_v3(work, rows, entries, video))
        check_even_members(work)
        print("v2.1", check_v21(work, rows, entries, video))


if __name__ == "__main__":
    main()
