"""Failures and what becomes of them: damaged sessions, --max-failures, --retry-failed, a recording
that brings the process down, two builders in one folder, foreign files in the folder."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kill_test import Builds, difference, hashes  # noqa: E402


def check(condition, what):
    if not condition:
        sys.exit("failed: " + what)


def builds_stop_and_go_on(folder):
    builds = Builds(folder, 1)
    whole, out = os.path.join(folder, "whole"), os.path.join(folder, "out")
    check(builds.whole(whole).returncode in (0, 3), "the undisturbed build")
    # A session whose logs are gone is quarantined, the rest is built, the reason is told.
    log = next(os.path.join(builds.inputs[1], name) for name in sorted(os.listdir(builds.inputs[1]))
               if name.startswith("joints"))
    os.rename(log, log + ".away")
    stopped = subprocess.run(builds.command(out) + ["--max-failures", "0"], capture_output=True,
                             text=True)
    check(stopped.returncode == 1 and "--max-failures 0" in stopped.stderr, stopped.stderr)
    check(not os.path.exists(os.path.join(out, "corpus.json")), "no manifest after stopping")
    partial = builds.whole(out)
    check(partial.returncode == 3, "exit 3 with a session quarantined: " + partial.stderr)
    with open(os.path.join(out, "report.json")) as report:
        quarantined = json.load(report)["quarantined_sessions"]
    check([q["session"] for q in quarantined] == ["s1"], "s1 is quarantined")
    again = builds.whole(out)
    check(again.returncode == 3 and "nothing was done" in again.stdout, "the same once more")
    os.rename(log + ".away", log)
    retried = subprocess.run(builds.command(out) + ["--retry-failed"], capture_output=True,
                             text=True)
    check(retried.returncode in (0, 3), retried.stderr)
    wrong = difference(hashes(whole), hashes(out))
    check(not wrong, "retry-failed: " + "; ".join(wrong[:10]))


def suspects_are_built_alone(folder):
    """A process is killed while one segment is in work: its mark stays, and the next run builds it
    in a process of its own first. It was not to blame, so the bytes are the same."""
    builds = Builds(folder, 1)
    whole, out = os.path.join(folder, "whole"), os.path.join(folder, "out")
    check(builds.whole(whole).returncode in (0, 3), "the undisturbed build")
    marks = os.path.join(out, ".reelcell", "begun")
    for _ in range(20):
        child = subprocess.Popen(builds.command(out), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        while child.poll() is None and not (os.path.isdir(marks) and os.listdir(marks)):
            time.sleep(0.001)
        child.kill()
        child.wait()
        if os.path.isdir(marks) and os.listdir(marks):
            break
    else:
        sys.exit("no kill left a mark")
    result = builds.whole(out)
    check(result.returncode in (0, 3), result.stderr)
    wrong = difference(hashes(whole), hashes(out))
    check(not wrong, "after a suspect: " + "; ".join(wrong[:10]))


def what_kills_its_process_is_quarantined(folder):
    """Whoever opens the log of session s1 is killed, as by the kernel when memory runs out."""
    builds = Builds(folder, 1)
    out = os.path.join(folder, "out")
    log = next(name for name in sorted(os.listdir(builds.inputs[1])) if name.startswith("joints"))
    environment = dict(os.environ, LD_PRELOAD=os.path.abspath(sys.argv[1]),
                       KILL_ON=os.path.join("session1", log))

    def build():
        return subprocess.run(builds.command(out), capture_output=True, text=True, env=environment)

    first = build()
    check(first.returncode == -9, f"the first build is killed, not exit {first.returncode}")
    second = build()
    check(second.returncode == 3, f"the second goes on: {second.returncode}: {second.stderr}")
    with open(os.path.join(out, "report.json")) as report:
        quarantined = json.load(report)["quarantined_sessions"]
    check([q["session"] for q in quarantined] == ["s1"] and "SIGKILL" in quarantined[0]["reason"],
          f"s1 is quarantined with its reason: {quarantined}")


def second_builder_is_kept_out(folder):
    builds = Builds(folder, 1)
    out = os.path.join(folder, "out")
    first = subprocess.Popen(builds.command(out), stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    lock = os.path.join(out, ".reelcell", "lock")
    while not os.path.exists(lock) and first.poll() is None:
        time.sleep(0.001)
    os.kill(first.pid, 19)  # SIGSTOP
    try:
        second = builds.whole(out)
    finally:
        os.kill(first.pid, 18)  # SIGCONT
    check(first.wait() in (0, 3), "the first builder")
    check(second.returncode == 1 and f"process {first.pid} on" in second.stderr, second.stderr)


def foreign_files_stay(folder):
    builds = Builds(folder, 1)
    out = os.path.join(folder, "out")
    builds.killed(out, 0.5)
    os.makedirs(os.path.join(out, "lerobot"), exist_ok=True)
    note = os.path.join(out, "lerobot", "NOTES.txt")
    with open(note, "w") as text:
        text.write("mine\n")
    check(builds.whole(out).returncode in (0, 3), "the resumed build")
    check(subprocess.run(builds.command(out) + ["--overwrite"],
                         capture_output=True).returncode in (0, 3), "overwriting")
    with open(note) as text:
        check(text.read() == "mine\n", "a file of others was touched")


def main():
    for case in (builds_stop_and_go_on, suspects_are_built_alone,
                 what_kills_its_process_is_quarantined, second_builder_is_kept_out,
                 foreign_files_stay):
        folder = tempfile.mkdtemp(prefix="reelcell-poison-")
        try:
            case(folder)
        finally:
            shutil.rmtree(folder)
        print(case.__name__)


if __name__ == "__main__":
    main()
