#!/usr/bin/python3
"""Data sets without a corpus around them: an episode that two of them hold is known by its rows and coded frames, whatever
its number and the layout it lies in."""
import json
import shutil

from small_sessions import noisy_session
from support import LOST, check, lerobot_loads, reelcell, work_folder, write_json


def bare(work, name, source, layout):
    """What is left of a corpus is a data set of somebody's."""
    made = work / f"made-{name}"
    reelcell("edit", *source, "--to", f"lerobot_{layout}", "--out", made)
    shutil.copytree(made / f"lerobot_{layout}", work / name)
    for path in ("labels.jsonl", "pixels.jsonl"):
        (work / name / "meta" / path).unlink(missing_ok=True)
    return work / name


def main():
    with work_folder() as work:
        sessions = [noisy_session(work, number) for number in range(4)]
        # Another camera's view of the same motion: the same rows, other frames.
        shutil.copy(sessions[0] / "joints.csv", sessions[3] / "joints.csv")
        write_json(work / "recipe.json", {"version": 1, "name": "set", "grid": {"rate_hz": 30, "anchor": "front"}, "segments": [{"kind": "window", "length": "1s"}],
                                          "splits": {"by": "session", "ratios": {"train": 1}}, "outputs": [{"format": "lerobot_v3", "folder": "v3"}]})
        for name, given in (("a", sessions[:2]), ("b", sessions[1:3]), ("c", sessions[3:])):
            reelcell("build", *given, "--recipe", work / "recipe.json", "--out", work / name, codes=(0, LOST))
        count = {name: len(json.loads((work / name / "corpus.json").read_text())["samples"]) for name in "abc"}
        check(count["a"] == count["b"] == 2 * count["c"] > 2, f"{count}")
        sets = {"a": bare(work, "set-a", [work / "a"], "v3"), "b": bare(work, "set-b", [work / "b"], "v21"), "c": bare(work, "set-c", [work / "c"], "v3")}
        # Of b the first half is the second half of a, in another layout and under other numbers.
        for sources in ((sets["a"], sets["b"]), (work / "a", sets["b"]), (sets["a"], work / "b")):
            told = reelcell("edit", *sources, "--out", work / "doubled", codes=(1,)).stderr
            check(f"and {count['c'] - 1} more are in an earlier source too" in told and "--distinct" in told and "rows and coded frames" in told, told)
            check(not (work / "doubled").exists(), "a refused merge left a folder")
        out = work / "distinct"
        reelcell("edit", sets["a"], sets["b"], "--distinct", "--out", out)
        manifest = json.loads((out / "corpus.json").read_text())
        check(len(manifest["samples"]) == 3 * count["c"] and manifest["edits"][-1]["left_out"] == count["c"], f"{len(manifest['samples'])} {manifest['edits'][-1]}")
        lerobot_loads(out)
        # With itself it would come twice, and comes once where that is asked for.
        copy = work / "copy"
        shutil.copytree(sets["a"], copy)
        check("--distinct" in reelcell("edit", sets["a"], copy, "--out", work / "twice", codes=(1,)).stderr, "merged with itself")
        reelcell("edit", sets["a"], copy, "--distinct", "--out", work / "once")
        check(len(json.loads((work / "once/corpus.json").read_text())["samples"]) == count["a"], "merged with itself, distinct")
        # The same motion seen by another camera is no double.
        reelcell("edit", sets["a"], sets["c"], "--out", work / "together")
        check(len(json.loads((work / "together/corpus.json").read_text())["samples"]) == 3 * count["c"], "other frames are taken for the same")
        print(f"{count['c']} doubles of {count['a']} episodes found in three ways")


if __name__ == "__main__":
    main()
