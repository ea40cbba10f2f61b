#!/usr/bin/python3
"""GR00T's demo set, whose annotation columns hold indices of tasks: whatever is built and edited from it renumbers the
tasks, and each row's annotations still name the texts that they named in the source."""
import json
import shutil
import subprocess

from support import DATA, LOST, check, frames, lerobot_loads, parquet, reelcell, rows_below, same_tree, tree, work_folder, write_json

ROOT = DATA / "lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace"
COLUMNS = ["annotation.human.action.task_description", "annotation.human.validity"]
TICK = 50_000_000  # ns; the source's first row is at one tick
FORMATS = {"v21": {"format": "lerobot_v21", "gr00t": True}, "v3": {"format": "lerobot_v3", "gr00t": True}, "plain": {"format": "lerobot_v21"}}


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def tasks_of(root):
    table = root / "meta/tasks.parquet"
    rows = parquet(table)["data"] if table.exists() else lines(root / "meta/tasks.jsonl")
    return {row["task_index"]: row["task"] for row in rows}


def source_texts():
    """Of each episode, by its task: the texts of each row's annotations."""
    tasks, found = tasks_of(ROOT), {}
    for entry in lines(ROOT / "meta/episodes.jsonl"):
        rows = parquet(ROOT / f"data/chunk-000/episode_{entry['episode_index']:06d}.parquet")["data"]
        found[entry["tasks"][0]] = [[tasks[row[column]] for column in COLUMNS] for row in rows]
    check(len(found) == 5 and {texts[0][1] for texts in found.values()} == {"valid"}, f"the set is not what this test knows: {list(found)}")
    return found


def check_texts(root, truth, episodes, indices=True):
    """Every row names what the source's row at its sample's true time names. Gives the numbers of tasks that changed."""
    tasks, seen, moved = tasks_of(root), set(), set()
    before = {text: number for number, text in tasks_of(ROOT).items()}
    for row in rows_below(root / "data"):
        task = tasks[row["task_index"]]
        expected = truth[task][row["reelcell.frames.time_ns"] // TICK - 1]
        found = [tasks[row[column]] if indices else row[column] for column in COLUMNS]
        where = f"{root}: episode {row['episode_index']} row {row['frame_index']}"
        check(found == expected, f"{where}: annotations name {found}, the source's name {expected}")
        seen.add((row["episode_index"], task))
        moved |= {text for text in found if indices and before[text] != row[COLUMNS[found.index(text)]]}
    check(len(seen) == episodes, f"{root}: {len(seen)} episodes, {episodes} were expected")
    check(sorted(number for number, _ in seen) == list(range(episodes)), f"{root}: episodes {seen}")
    return moved


def check_metadata(root, indices=True):
    features = json.loads((root / "meta/info.json").read_text())["features"]
    types = {features[column]["dtype"] for column in COLUMNS}
    check(types == {"int64" if indices else "string"}, f"{root}: annotations are {types}")
    if not indices:
        check(not (root / "meta/modality.json").exists(), f"{root}: a modality.json that nobody asked for")
        return
    modality, source = (json.loads((folder / "meta/modality.json").read_text()) for folder in (root, ROOT))
    for section in ("state", "action"):
        check(modality[section] == source[section], f"{root}: groups of {section}: {modality[section]}")
    expected = {column.removeprefix("annotation."): {"original_key": column} for column in COLUMNS}
    expected["human.task_description"] = {"original_key": "task_index"}
    check(modality["annotation"] == expected, f"{root}: annotations of modality.json: {modality['annotation']}")
    stats = json.loads((root / "meta/stats.json").read_text())
    rows = rows_below(root / "data")
    for column in COLUMNS:
        values = [row[column] for row in rows]
        found = stats[column]["min"], stats[column]["max"]
        check(found == ([min(values)], [max(values)]) and all(isinstance(n[0], int) for n in found), f"{root}: {column}: min and max {found}")


def check_set(root, truth, episodes, indices=True):
    check_metadata(root, indices)
    return check_texts(root, truth, episodes, indices)


def cut_set(folder, episodes):
    """The source with these episodes only."""
    shutil.copytree(ROOT, folder, dirs_exist_ok=True)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    kept = [entry for entry in lines(ROOT / "meta/episodes.jsonl") if entry["episode_index"] in episodes]
    (folder / "meta/episodes.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in kept))


def build(source, recipe, out, *options):
    recipes = ["--recipe", recipe] if recipe else []
    return reelcell("build", source, *recipes, "--out", out, *options, codes=(LOST,))  # one camera has no files


def source_episodes():
    return [parquet(ROOT / f"data/chunk-000/episode_{i:06d}.parquet")["data"] for i in range(5)]


def by_episode(root):
    episodes = {}
    for row in rows_below(root / "data"):
        episodes.setdefault(row["episode_index"], []).append(row)
    return [episodes[i] for i in sorted(episodes)]


def rows_are_the_sources(work):
    """Without a recipe, and although the rows begin a tick after the video and end a tick after it: every row of the source
    is one row, with its values, its time and the frame of that time. Nothing is added for the frames beside them."""
    source = source_episodes()
    out = work / "rows"
    told = build(ROOT, None, out).stderr
    check("<row-gap>" not in told and "<lerobot-missing-video>" in told, told)
    again = by_episode(out / "lerobot")
    check([len(rows) for rows in again] == [416, 470, 470, 412, 328] == [len(rows) for rows in source], f"{[len(rows) for rows in again]}")
    for number, (before, after) in enumerate(zip(source, again)):
        for old, new in zip(before, after):
            check(all(old[name] == new[name] for name in ("observation.state", "action", "next.reward", "next.done")), f"episode {number}: values")
            check(new["reelcell.time_ns"] == new["reelcell.frames.time_ns"] == (new["frame_index"] + 1) * TICK, f"episode {number}: times {new}")
            check(new["reelcell.ego_view.time_ns"] == min(new["frame_index"] + 1, len(before) - 1) * TICK, f"episode {number}: frames {new}")
    reelcell("validate", out, "--deep")
    lerobot_loads(out / "lerobot")

    # A video that goes on after the rows, and segments within an episode.
    longer = work / "longer"
    reelcell("edit", out, "--to", "lerobot_v21", "--out", longer)
    video = longer / "lerobot_v21/videos/chunk-000/observation.images.ego_view/episode_000000.mp4"
    spare = work / "spare.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", video, "-vf", "tpad=stop_mode=clone:stop_duration=1", "-bf", "0", spare], check=True)
    check(len(frames(spare)) == 436, "the longer video")
    shutil.copy(spare, video)
    again = work / "again"
    reelcell("build", longer / "lerobot_v21", "--out", again)
    check([len(rows) for rows in by_episode(again / "lerobot")] == [416, 470, 470, 412, 328], "rows beside a longer video")
    write_json(work / "windows.json", {"version": 1, "name": "windows", "segments": [{"kind": "window", "length": "21s"}], "outputs": [{"format": "lerobot_v3", "folder": "lerobot"}]})
    reelcell("build", longer / "lerobot_v21", "--recipe", work / "windows.json", "--out", work / "windows")
    check([len(rows) for rows in by_episode(work / "windows/lerobot")] == [416, 420, 420], "rows of windows")


def main():
    truth = source_texts()
    with work_folder() as work:
        rows_are_the_sources(work)
        recipe = work / "recipe.json"
        write_json(recipe, {"version": 1, "name": "groot", "segments": [{"kind": "session"}], "splits": {"by": "session", "ratios": {"train": 1}},
                            "outputs": [{**output, "folder": name} for name, output in FORMATS.items()]})
        whole, later = work / "whole", work / "later"
        build(ROOT, recipe, whole)
        cut_set(work / "set", {1, 2, 3, 4})  # without the first episode every task has another number
        build(work / "set", recipe, later)
        for name, output in FORMATS.items():
            check_set(whole / name, truth, 5, "gr00t" in output)
            moved = check_set(later / name, truth, 4, "gr00t" in output)
            check(len(moved) == (4 if "gr00t" in output else 0), f"{name}: other numbers for {moved}: this test shows nothing")
        reelcell("validate", whole, "--deep")

        grown = work / "grown"
        cut_set(work / "set", {1, 2})
        build(work / "set", recipe, grown)
        cut_set(work / "set", {1, 2, 3, 4})
        build(work / "set", recipe, grown, "--add")
        for name, output in FORMATS.items():
            check_set(grown / name, truth, 4, "gr00t" in output)
        for name in ("v21", "plain"):  # v3.0 puts what is added into files of its own
            same_tree(tree(later / name), tree(grown / name), f"{name}: built at once and added to")

        write_json(work / "typed.json", {"version": 1, "name": "typed", "outputs": [FORMATS["v21"]], "features": [{"name": COLUMNS[1], "from": f"frames.{COLUMNS[1]}", "dtype": "int64"}]})
        told = reelcell("build", ROOT, "--recipe", work / "typed.json", "--out", work / "typed", codes=(1,)).stderr
        check("is made of text, its dtype cannot be int64" in told, f"a text as int64: {told}")

        edited = 0
        for source, folder in ((whole, "v21"), (whole / "v21", ""), (whole / "v3", "")):
            out = work / f"edit{edited}"
            reelcell("edit", source, "--drop", "0", "--out", out)
            check(len(check_set(out / folder, truth, 4)) == 4, f"{source}: the edit gave no task another number")
            edited += 1
        told = reelcell("edit", whole / "v3", later / "v21", "--out", work / "merged", codes=(1,)).stderr
        check("would double them" in told, f"four episodes twice: {told}")
        reelcell("edit", whole / "v3", "--keep", "0", "--out", work / "first")
        reelcell("edit", work / "first", later / "v21", "--out", work / "merged")
        check(len(check_set(work / "merged", truth, 5)) == 0, "the merged set's first source should give the numbers")
        reelcell("edit", whole, "--split", "a=0.5", "--split", "b=0.5", "--out", work / "split")
        counts = [json.loads((work / f"split/{part}/v21/meta/info.json").read_text())["total_episodes"] for part in "ab"]
        check(sum(counts) == 5 and min(counts) > 0, f"split: {counts}")
        for part, episodes in zip("ab", counts):
            check_texts(work / f"split/{part}/v21", truth, episodes)
            check_texts(work / f"split/{part}/plain", truth, episodes, indices=False)
        for made in (whole / "v21", whole / "v3", work / "merged"):
            lerobot_loads(made)
    print("5 episodes built whole, in part, added to, edited, merged and split: every annotation names its text")


if __name__ == "__main__":
    main()
