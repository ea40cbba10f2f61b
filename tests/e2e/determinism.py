#!/usr/bin/python3
"""Same inputs and recipe, same bytes: with any number of threads, again, from another folder, in another time zone and
language, from another working folder, and whatever the order of the arguments. Every file of every run is hashed."""
import os
import shutil
import subprocess

from support import BINARY, LOST, check, reelcell, same_tree, tree, work_folder, write_json

GENERATOR = BINARY.parent / "reelcell-make-session"
RECIPE = {
    "version": 1, "name": "same", "grid": {"rate_hz": 30, "anchor": "front", "policy": {"wrist": {"method": "nearest", "tolerance": "25ms"}}},
    "segments": [{"kind": "window", "length": "1500ms"}],
    "labels": [{"name": "peak", "value": "max(norm(force.force))"}], "task": "Window {segment.name} of {session.part}",
    "gates": [{"kind": "gaps", "max_gap": "150ms", "action": "drop"}],
    "splits": {"by": "session", "ratios": {"train": 0.5, "val": 0.5}},
    "stills": {"at": ["middle"], "format": "png"},
    "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "lerobot_v21", "folder": "v21", "gr00t": True},
                {"format": "webdataset", "folder": "wds", "compress": "zstd"}]}


def make_sessions(work):
    made = []
    for number in range(3):
        folder = work / f"sessions/s{number}"
        folder.parent.mkdir(exist_ok=True)
        command = [GENERATOR, "--out", folder, "--duration", "5", "--points", "10", "--seed", str(number), "--id", f"seat-{number}",
                   "--width", "160", "--height", "120", "--wrist-width", "160", "--wrist-height", "120"]
        subprocess.run(command, check=True, capture_output=True)
        made.append(folder)
    again = work / "made-again"
    subprocess.run([*command[:2], again, *command[3:]], check=True, capture_output=True, env={**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8"})
    same_tree(tree(made[-1]), tree(again), "the made session")
    return made


def main():
    with work_folder() as work:
        sessions = make_sessions(work)
        recipe = work / "recipe.json"
        write_json(recipe, RECIPE)

        def build(name, inputs, *options, **process):
            out = work / name
            reelcell("build", *inputs, "--recipe", recipe, "--out", out, *options, codes=(0, LOST), **process)
            return tree(out)

        expected = build("one", sessions, "-j", "1")
        check({p.split("/")[0] for p in expected} == {"v3", "v21", "wds", "corpus.json", "report.json", "README.md"}, f"files: {sorted(expected)[:9]}")
        for number in ("2", "8"):
            same_tree(expected, build(f"threads-{number}", sessions, "-j", number), f"-j {number}")
        same_tree(expected, build("repeat", sessions, "-j", "2"), "repeat")
        same_tree(expected, build("order", sessions[::-1], "-j", "2"), "other order of arguments")
        same_tree(expected, build("parent", [work / "sessions"], "-j", "2"), "the folder above")
        moved = work / "elsewhere/deeper"
        shutil.copytree(work / "sessions", moved)
        same_tree(expected, build("moved", sorted(moved.iterdir()), "-j", "2"), "other folder")
        abroad = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8", "HOME": "/nonexistent"}
        same_tree(expected, build("abroad", [p.name for p in sessions], "-j", "2", cwd=work / "sessions", env=abroad), "other time zone, language and working folder")
        for path in (work / "one").rglob("*.json"):
            check(str(work) not in path.read_text(), f"{path.name} holds a path of this machine")
    print(f"{len(expected)} files, the same bytes in 8 builds")


if __name__ == "__main__":
    main()
