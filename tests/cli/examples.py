"""The examples of the help and of the man pages run as they stand, and end with 0 or (data lost) 3."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["REELCELL_SOURCE"])
BUILD = pathlib.Path(os.environ["REELCELL_BUILD"])
WORK = pathlib.Path(os.environ["REELCELL_CLI_WORK"])


def help_examples():
    text = subprocess.run([BUILD / "reelcell", "--help"], capture_output=True, text=True, check=True).stdout
    for command in re.findall(r"^  ([a-z]+) ", text.split("Subcommands:")[1], re.M):
        shown = subprocess.run([BUILD / "reelcell", command, "--help"], capture_output=True, text=True, check=True).stdout
        lines = [line.strip() for line in shown.partition("Examples:\n")[2].splitlines() if line.strip()]
        if not lines:
            sys.exit(f"FAILED: the help of {command} has no example")
        yield from ((f"{command} --help", [line]) for line in lines)


def man_examples():
    for page in sorted((SOURCE / "cli/man").glob("*.1")):
        text = page.read_text(encoding="utf-8").partition(".SH EXAMPLES")[2].partition(".SH ")[0]
        blocks = re.findall(r"\.nf\n(.*?)\.fi", text, re.S)
        if not blocks:
            sys.exit(f"FAILED: {page.name} has no example")
        for block in blocks:
            yield page.name, [line.replace("\\-", "-") for line in block.splitlines()]


# What examples take as given, and how it came about. A line that is to make it itself (--out) has it made by no one else.
MADE = {
    "corpus": "cp -r build/sample/corpus corpus",
    "edited": "reelcell edit build/sample/corpus --drop 0 --out edited",
    "incoming": "mkdir incoming && cp -r build/sample/session incoming/session && touch incoming/session/done.txt",
    "monday": "cp -r build/sample/corpus monday",
    "tuesday": "cp -r build/sample/corpus tuesday",
    "lerobot_a": "cp -r other_set lerobot_a",
    "lerobot_b": "reelcell edit other_set --keep 0 --out lerobot_b",
    "plan": "reelcell plan build/sample/session --recipe samples/recipe.json --parts 4 --out plan",
}


def shell(line, folder, environment):
    # pipefail without the sample's loss: 3 is what `build` says of a session that lost frames.
    return subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)


def prepare(line, folder, environment):
    words = line.split()
    made_here = {words[i + 1] for i, word in enumerate(words[:-1]) if word in ("--out", "-o")}
    for name, how in MADE.items():
        if name in words[2:] and name not in made_here and not pathlib.Path(folder, name).exists():
            if shell(how, folder, environment).returncode not in (0, 3):
                sys.exit(f"FAILED: cannot make '{name}' for '{line}'")
    if words[:2] == ["reelcell", "seal"]:
        for part in range(4):
            shell(f"reelcell work --plan plan --part {part}", folder, environment)


def run(where, lines):
    with tempfile.TemporaryDirectory(prefix="reelcell-examples-") as folder:
        # The source tree after samples/run.sh, a folder of files as a recorder leaves it, and another data set.
        shutil.copytree(WORK, folder, dirs_exist_ok=True)
        shutil.copytree(WORK / "build/sample/session", f"{folder}/run07", ignore=shutil.ignore_patterns("session.json", "truth.json"))
        shutil.copytree(WORK / "build/sample/corpus/lerobot", f"{folder}/other_set")
        environment = dict(os.environ, PATH=f"{BUILD}:{os.environ['PATH']}", EDITOR="true")
        for line in lines:
            prepare(line, folder, environment)
            if line.startswith("reelcell submit") and "--dry-run" not in line:
                line += " --dry-run"  # no cluster is at hand; tests/kill has one
            done = shell(line, folder, environment)
            allowed = (0, 1) if line.startswith("reelcell diff") else (0, 3)  # 1: they differ
            if done.returncode not in allowed:
                sys.exit(f"FAILED: {where}: '{line}' ends with {done.returncode}\n{done.stdout[-500:]}{done.stderr[-1500:]}")


count = 0
for where, lines in [*help_examples(), *man_examples()]:
    run(where, lines)
    count += len(lines)
print(f"{count} examples run")
