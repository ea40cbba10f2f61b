"""Every subcommand has a man page that names each of its options, and no other; all pages are clean."""
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["REELCELL_SOURCE"])
BINARY = pathlib.Path(os.environ["REELCELL_BUILD"]) / "reelcell"
MAN = SOURCE / "cli/man"
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "MEMORY", "EXAMPLES", "SEE ALSO"]
faults = []


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def plain(page):
    return output("mandoc", "-T", "ascii", str(page))


def without_overstrike(text):
    return re.sub(r".\x08", "", text)


def flags_of_help(text):
    return set(re.findall(r"^ +(?:-\w,)?(--[a-z][a-z-]*)", text, re.M)) - {"--help", "--version"}


def flags_of_page(text):
    options = re.search(r"^OPTIONS\n(.*?)^\S", text, re.M | re.S)
    # The lines that name options: indented by seven, as .TP gives them.
    named = re.findall(r"^ {7}(-.*)$", options.group(1) if options else "", re.M)
    return {flag for line in named for flag in re.findall(r"--[a-z][a-z-]*", line)}


main_help = output(BINARY, "--help")
version = output(BINARY, "--version").strip()
commands = re.findall(r"^  ([a-z]+) ", main_help.split("Subcommands:")[1], re.M)
assert len(commands) >= 11, commands
main_page = without_overstrike(plain(MAN / "reelcell.1"))
for command in commands:
    page = MAN / f"reelcell-{command}.1"
    if not page.exists():
        faults.append(f"{command}: has no man page")
        continue
    text = without_overstrike(plain(page))
    for section in SECTIONS:
        if not re.search(rf"^{section}$", text, re.M):
            faults.append(f"{page.name}: has no section {section}")
    in_help, in_page = flags_of_help(output(BINARY, command, "--help")), flags_of_page(text)
    faults += [f"{page.name}: does not name {flag}" for flag in sorted(in_help - in_page)]
    faults += [f"{page.name}: names {flag}, which the command does not have" for flag in sorted(in_page - in_help)]
    if f"reelcell-{command}(1)" not in main_page:
        faults.append(f"reelcell.1: does not name {command}")
    if version not in text:
        faults.append(f"{page.name}: is of another version than '{version}'")
for page in MAN.glob("*.1"):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], capture_output=True, text=True)
    faults += lint.stdout.splitlines()
    for link in re.findall(r"reelcell-([a-z]+)", re.sub(r"[\\]f.", "", page.read_text(encoding="utf-8"))):
        if link not in commands and link != "make":
            faults.append(f"{page.name}: speaks of reelcell-{link}, which is not there")
print("\n".join(faults) or f"{len(commands)} pages agree with the help")
sys.exit(bool(faults))
