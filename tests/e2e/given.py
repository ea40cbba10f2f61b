#!/usr/bin/python3
"""What is given to a build, and what is in its folder already: recordings that come twice, links that lead nowhere, nothing
to try again, a plan that was worked, a corpus that cannot be written."""
import json
import os
import shutil
import subprocess

from small_sessions import noisy_session
from support import BINARY, LOST, check, reelcell, same_tree, tree, work_folder, write_json


def codes_of(done):
    return {entry["code"]: entry for entry in json.loads(done.stdout)["diagnostics"]}


def twice(work, command, sessions):
    """The same recordings under another id are told, also when they come later; of others nothing is."""
    copy = work / "copy"
    shutil.copytree(sessions[0], copy)
    session = json.loads((copy / "session.json").read_text())
    session["id"] = "other-0"
    write_json(copy / "session.json", session)
    done = reelcell(*command, *sessions, copy, "--out", work / "twice", "--json", codes=(0, LOST))
    told = codes_of(done)["session-identical"]
    check(told["where"] == "other-0" and "'noisy-0'" in told["message"] and told["severity"] == "warning" and told["count"] == 1, told)
    check("session-identical" not in codes_of(reelcell(*command, *sessions, "--out", work / "later", "--json", codes=(0, LOST))), "others are told")
    done = reelcell(*command, copy, "--out", work / "later", "--add", "--json", codes=(0, LOST))
    check(codes_of(done)["session-identical"]["where"] == "other-0", "not told when it is added")


def leads_nowhere(work, command):
    link = work / "noisy/gone"
    link.symlink_to(work / "nowhere")
    told = codes_of(reelcell(*command, work / "noisy", "--out", work / "linked", "--json", codes=(0, LOST)))["link-dangling"]
    check(told["where"] == str(link) and str(work / "nowhere") in told["message"] and told["severity"] == "warning", told)
    link.unlink()


def nothing_to_retry(work, command, sessions):
    out = work / "new"
    for options in ((), ("--add",)):
        told = reelcell(*command, *sessions, "--out", out, "--retry-failed", *options, codes=(1,)).stderr
        check("nothing to try again" in told and not out.exists(), told)
    reelcell(*command, *sessions, "--out", out, codes=(0, LOST))
    check("nothing was done" in reelcell(*command, *sessions, "--out", out, "--retry-failed", codes=(0, LOST)).stdout, "nothing failed")


def worked_plan(work, recipe, sessions):
    plan = work / "plan"
    command = ["plan", *sessions, "--recipe", recipe, "--out", plan]
    reelcell(*command, "--parts", "3")
    reelcell(*command, "--parts", "2")  # no part was worked
    reelcell("work", "--plan", plan, "--part", "0", codes=(0, LOST))
    before = (plan / "plan.json").read_bytes()
    reelcell(*command, "--parts", "2")
    check((plan / "plan.json").read_bytes() == before, "the same plan is another one")
    told = reelcell(*command, "--parts", "3", codes=(1,)).stderr
    check("it has 2 parts" in told and "--overwrite" in told, told)
    told = reelcell("plan", sessions[0], "--recipe", recipe, "--out", plan, "--parts", "2", codes=(1,)).stderr
    check("other sessions" in told and (plan / "plan.json").read_bytes() == before, told)
    os.utime(sessions[1] / "front.mp4")
    told = reelcell("work", "--plan", plan, "--part", "1", codes=(1,)).stderr
    check("'noisy-1' (front.mp4 has another size or time)" in told and "noisy-0" not in told, told)
    reelcell(*command, "--parts", "3", "--overwrite")
    for part in range(3):
        reelcell("work", "--plan", plan, "--part", part, codes=(0, LOST))
    reelcell("seal", "--plan", plan, "--out", work / "sealed", codes=(0, LOST))
    same_tree(tree(work / "new"), tree(work / "sealed"), "sealed")


def cannot_be_written(work, command, sessions):
    """By a user who may read it only."""
    out, program = work / "new", work / "program"
    program.mkdir()
    shutil.copy(BINARY, program)
    if (BINARY.parent / "lib/libduckdb.so").exists():
        (program / "lib").mkdir()
        shutil.copy(BINARY.parent / "lib/libduckdb.so", program / "lib")
    work.chmod(0o755)
    for folder, names, files in os.walk(out):
        for name in names:
            os.chmod(os.path.join(folder, name), 0o555)
    out.chmod(0o555)
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    done = subprocess.run([program / BINARY.name, *map(str, command), *map(str, sessions), "--out", str(out)], capture_output=True, text=True, **user)
    check(done.returncode in (0, LOST) and "complete; nothing was done" in done.stdout, f"{done.returncode} {done.stdout}{done.stderr}")
    done = subprocess.run([program / BINARY.name, *map(str, command), str(sessions[0]), "--out", str(out)], capture_output=True, text=True, **user)
    check(done.returncode == 1 and "EACCES" in done.stderr, f"another corpus in a folder that cannot be written: {done.stdout}{done.stderr}")
    for folder, names, files in os.walk(out):
        for name in names:
            os.chmod(os.path.join(folder, name), 0o755)
    out.chmod(0o755)


def main():
    with work_folder() as work:
        sessions = [noisy_session(work, number) for number in range(2)]
        recipe = work / "recipe.json"
        write_json(recipe, {"version": 1, "name": "given", "grid": {"rate_hz": 30, "anchor": "front"}, "segments": [{"kind": "window", "length": "1s"}],
                            "splits": {"by": "session", "ratios": {"train": 1}}, "outputs": [{"format": "lerobot_v3", "folder": "v3"}]})
        command = ["build", "--recipe", recipe]
        twice(work, command, sessions)
        leads_nowhere(work, command)
        nothing_to_retry(work, command, sessions)
        cannot_be_written(work, command, sessions)
        worked_plan(work, recipe, sessions)
        print("twice, nowhere, nothing, worked, read only: each is told")


if __name__ == "__main__":
    main()
