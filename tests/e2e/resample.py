#!/usr/bin/python3
"""LeRobot sets built at another rate than their own: their columns, also those that number their rows, are kept beside the
grid, and come back from an edit. A log with such columns too, and one whose columns differ in case only."""
import json

from support import DATA, LOST, check, lerobot_loads, parquet, reelcell, work_folder, write_json

SETS = {"so101": "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example",
        "gr00t": "lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace"}
OUTPUTS = [{"format": "lerobot_v3", "folder": "v3"}, {"format": "lerobot_v21", "folder": "v21"}, {"format": "webdataset", "folder": "wds"}]


def native(folder):
    """The rows of every native table of the set, by table."""
    tables = {}
    for path in sorted((folder / "native").rglob("*.parquet")):
        tables.setdefault(path.relative_to(folder / "native").parts[0], []).extend(parquet(path)["data"])
    return tables


def source_rows(source):
    return [row for path in sorted((source / "data").rglob("*.parquet")) for row in parquet(path)["data"]]


def resampled(work, name, rate, codes):
    source, out = DATA / SETS[name], work / name
    write_json(work / "recipe.json", {"version": 1, "name": name, "grid": {"rate_hz": rate}, "outputs": OUTPUTS})
    reelcell("build", source, "--recipe", work / "recipe.json", "--out", out, codes=codes)
    reelcell("validate", out, "--deep")
    for folder in ("v3", "v21"):
        lerobot_loads(out / folder)
    rows = source_rows(source)
    manifest = json.loads((out / "corpus.json").read_text())
    kept = {int(s["session"].rsplit("_", 1)[-1]) for s in manifest["samples"]}
    of_kept = [row for row in rows if row["episode_index"] in kept]
    (table, found), = native(out / "v3").items()
    check(len(found) >= 0.98 * len(of_kept), f"{name}: {len(found)} native rows of {len(of_kept)}")
    # Each native sample is the source's row of that number, bit by bit.
    by_number = {row["index"]: row for row in of_kept}
    for row in found:
        source_row = by_number[row["index"]]
        check(row["source.episode_index"] == source_row["episode_index"] and row.get("source.frame_index") == source_row.get("frame_index"),
              f"{name}: {row} for {source_row}")
        for column, value in source_row.items():
            # Annotations are numbers of texts there, and texts here.
            if column in row and column not in ("episode_index", "frame_index", "time_ns") and not column.startswith("annotation."):
                check(row[column] == value, f"{name}: {column} of {row['index']} is {row[column]}, was {value}")
        check(round(row["time_ns"] * 1e-9, 4) == round(source_row["timestamp"], 4), f"{name}: {row['time_ns']} for {source_row['timestamp']}")
    check([r["time_ns"] for r in native(out / "v21")[table]] == [r["time_ns"] for r in found], f"{name}: v2.1 has others")
    reelcell("edit", out, "--out", work / f"{name}-copy")
    check(native(work / f"{name}-copy/v3") == native(out / "v3"), f"{name}: other native rows after an edit")
    return len(found)


def log_with_our_names(work):
    session = work / "log"
    session.mkdir()
    lines = ["t,frame_index,Episode_Index,source.frame_index,q"] + [f"{i / 1000:.3f},{i % 7},{i * 3},{i % 5},{i * 0.5}" for i in range(500)]
    (session / "robot.csv").write_text("\n".join(lines) + "\n")
    reelcell("init", session)
    write_json(work / "recipe.json", {"version": 1, "name": "log", "grid": {"rate_hz": 20}, "outputs": OUTPUTS})
    reelcell("build", session, "--recipe", work / "recipe.json", "--out", work / "log-out", codes=(0, LOST))
    reelcell("validate", work / "log-out")
    found = native(work / "log-out/v3")["robot"]
    for i, row in enumerate(found[:100]):
        check((row["source.frame_index"], row["source.Episode_Index"], row["source.source.frame_index"], row["q"]) == (i % 7, i * 3, i % 5, i * 0.5),
              f"sample {i} is {row}")
    reelcell("edit", work / "log-out", "--out", work / "log-copy")
    check(native(work / "log-copy/v3") == native(work / "log-out/v3"), "log: other native rows after an edit")
    return len(found)


def columns_that_differ_in_case(work):
    session = work / "case"
    session.mkdir()
    (session / "robot.csv").write_text("t,Q,q\n" + "".join(f"{i / 1000:.3f},{i},{2 * i}\n" for i in range(500)))
    reelcell("init", session)
    recipe = {"version": 1, "name": "case", "grid": {"rate_hz": 20}, "outputs": OUTPUTS[:2]}
    write_json(work / "recipe.json", recipe)
    for more in ([], ["--dry-run"]):
        refused = reelcell("build", session, "--recipe", work / "recipe.json", "--out", work / "case-out", *more, codes=(1,)).stderr
        check("in case only" in refused, refused)
    write_json(work / "recipe.json", {**recipe, "features": [{"name": "big", "from": ["robot.Q"]}, {"name": "small", "from": ["robot.q"]}]})
    reelcell("build", session, "--recipe", work / "recipe.json", "--out", work / "case-out", codes=(0, LOST))
    row = native(work / "case-out/v3")["robot"][10]
    check((row["Q"], row["q~2"]) == (10, 20), f"{row}")


def main():
    with work_folder() as work:
        told = [resampled(work, "so101", 15, (0, LOST)), resampled(work, "gr00t", 10, (0, LOST)), log_with_our_names(work)]
        columns_that_differ_in_case(work)
        print(f"native rows compared: {told}")


if __name__ == "__main__":
    main()
