"""README.md shows what the binary prints: the table of formats, and each command with its output.

REELCELL_UPDATE=1 writes the blocks anew."""
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["REELCELL_SOURCE"])
BUILD = pathlib.Path(os.environ["REELCELL_BUILD"])
WORK = pathlib.Path(os.environ["REELCELL_CLI_WORK"])
README = SOURCE / "README.md"


def printed(command):
    environment = dict(os.environ, PATH=f"{BUILD}:{os.environ['PATH']}")
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=WORK, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"FAILED: README: '{command}' ends with {done.returncode}\n{done.stderr}")
    return done.stdout


def block(match):
    kind, command = match.group(1), match.group(2)
    shown = printed(command) if kind == "formats" else f"```\n$ {command}\n{printed(command)}```\n"
    return f"<!-- {kind}: {command} -->\n{shown}<!-- /{kind} -->"


text = README.read_text(encoding="utf-8")
fresh, count = re.subn(r"<!-- (formats|run): (.*?) -->\n.*?<!-- /\1 -->", block, text, flags=re.S)
if count < 6:
    sys.exit(f"FAILED: README has {count} blocks that the binary fills, 6 or more expected")
if os.environ.get("REELCELL_UPDATE"):
    README.write_text(fresh, encoding="utf-8")
elif fresh != text:
    before, after = text.splitlines(), fresh.splitlines()
    changed = [f"- {old}\n+ {new}" for old, new in zip(before, after) if old != new]
    sys.exit("FAILED: README is not what the binary prints (REELCELL_UPDATE=1 tests/cli/readme.py):\n" + "\n".join(changed[:10]))
faults = []
for path in re.findall(r"`((?:cli|docs|schemas|samples|tests|lib)/[\w./-]*|CHANGELOG.md|LICENSE)`", text):
    if not (SOURCE / path).exists():
        faults.append(f"README names {path}, which is not there")
for script in ("samples/run.sh", "tests/run.sh"):
    if not re.search(rf"^{script}\b", text, re.M) or not os.access(SOURCE / script, os.X_OK):
        faults.append(f"README does not show {script}, or it cannot be run")
print("\n".join(faults) or f"{count} blocks agree")
sys.exit(bool(faults))
