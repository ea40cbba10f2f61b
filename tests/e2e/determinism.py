#!/usr/bin/python3
"""Same inputs and recipe, same bytes: with any number of threads, again, from another folder, in another time zone and
language, from another working folder, in parts, and whatever the order of the arguments and what the folders are called; also with
a session that cannot be read. Every file of every run is hashed."""
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


def foreign(work):
    """The environment of a machine elsewhere: numbers are written with a comma there."""
    locales = work / "locales"
    locales.mkdir()
    for name in ("de_DE", "tr_TR"):
        subprocess.run(["localedef", "--no-archive", "-i", name, "-f", "UTF-8", locales / f"{name}.UTF-8"], check=True, capture_output=True)
    environment = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8", "LOCPATH": str(locales)}
    comma = subprocess.run(["/usr/bin/python3", "-c", "import locale; locale.setlocale(locale.LC_ALL, ''); print(locale.localeconv()['decimal_point'])"],
                           env=environment, capture_output=True, text=True).stdout.strip()
    check(comma == ",", f"the language is not in force: the decimal point is {comma!r}")
    return environment


def make_sessions(work, abroad):
    made = []
    for number in range(3):
        folder = work / f"sessions/s{number}"
        folder.parent.mkdir(exist_ok=True)
        command = [GENERATOR, "--out", folder, "--duration", "5", "--points", "10", "--seed", str(number), "--id", f"seat-{number}",
                   "--width", "160", "--height", "120", "--wrist-width", "160", "--wrist-height", "120"]
        subprocess.run(command, check=True, capture_output=True)
        made.append(folder)
    again = work / "made-again"
    subprocess.run([*command[:2], again, *command[3:]], check=True, capture_output=True, env=abroad)
    same_tree(tree(made[-1]), tree(again), "the made session")
    # One that cannot be read: what is said of it is part of the corpus.
    cut = work / "sessions/s3"
    shutil.copytree(made[0], cut)
    (cut / "session.json").write_text((cut / "session.json").read_text().replace("seat-0", "seat-3"))
    (cut / "front.mp4").write_bytes((cut / "front.mp4").read_bytes()[:100])
    made.append(cut)
    return made


def main():
    with work_folder() as work:
        abroad = foreign(work)
        sessions = make_sessions(work, abroad)
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
        same_tree(expected, build("abroad", [f"./{p.name}" for p in sessions], "-j", "2", cwd=work / "sessions", env={**abroad, "HOME": "/nonexistent"}),
                  "other time zone, language and working folder")
        other_name = work / "a recipe.json"
        shutil.copy(recipe, other_name)
        reelcell("plan", work / "sessions", "--recipe", other_name, "--parts", "3", "--out", work / "plan", codes=(LOST,))
        told = reelcell("status", "--plan", work / "plan", codes=(LOST,)).stdout
        check("1 session quarantined" in told and "session seat-3: " in told and "breaks off" in told, told)
        for part in "201":
            reelcell("work", "--plan", work / "plan", "--part", part, codes=(0, LOST))
        reelcell("seal", "--plan", work / "plan", "--out", work / "sealed", codes=(LOST,))
        same_tree(expected, tree(work / "sealed"), "in parts")
        check("seat-3" in (work / "one/report.json").read_text(), "the session that cannot be read is not told")
        for path in (work / "one").rglob("*.json"):
            check(str(work) not in path.read_text(), f"{path.name} holds a path of this machine")
    print(f"{len(expected)} files, the same bytes in 9 builds")


if __name__ == "__main__":
    main()
