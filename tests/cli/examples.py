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


def run(where, lines):
    with tempfile.TemporaryDirectory(prefix="reelcell-examples-") as folder:
        # The source tree after samples/run.sh, a folder of files as a recorder leaves it, and another data set.
        shutil.copytree(WORK, folder, dirs_exist_ok=True)
        shutil.copytree(WORK / "build/sample/session", f"{folder}/run07", ignore=shutil.ignore_patterns("session.json", "truth.json"))
        shutil.copytree(WORK / "build/sample/corpus/lerobot", f"{folder}/other_set")
        environment = dict(os.environ, PATH=f"{BUILD}:{os.environ['PATH']}", EDITOR="true")
        for line in lines:
            # pipefail without the sample's loss: 3 is what `build` says of a session that lost frames.
            done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, env=environment, capture_output=True, text=True)
            if done.returncode not in (0, 3):
                sys.exit(f"FAILED: {where}: '{line}' ends with {done.returncode}\n{done.stdout[-500:]}{done.stderr[-1500:]}")


count = 0
for where, lines in [*help_examples(), *man_examples()]:
    run(where, lines)
    count += len(lines)
print(f"{count} examples run")
