"""Failures and what becomes of them: damaged sessions, --max-failures, --retry-failed, a recording
that brings the process down, two builders in one folder, foreign files in the folder."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from builds import BUILT, Builds, same_bytes


def check(condition, what):
    if not condition:
        sys.exit("failed: " + what)


def quarantined_in(out):
    with open(os.path.join(out, "report.json")) as report:
        return json.load(report)["quarantined_sessions"]


def builds_stop_and_go_on(folder):
    builds = Builds(folder, 1)
    want, out = builds.undisturbed(), os.path.join(folder, "out")
    # A session whose logs are gone is quarantined, the rest is built, the reason is told.
    log = next(os.path.join(builds.inputs[1], name) for name in sorted(os.listdir(builds.inputs[1]))
               if name.startswith("joints"))
    os.rename(log, log + ".away")
    stopped = builds.whole(out, "--max-failures", "0")
    check(stopped.returncode == 1 and "--max-failures 0" in stopped.stderr, stopped.stderr)
    check(not os.path.exists(os.path.join(out, "corpus.json")), "no manifest after stopping")
    partial = builds.whole(out)
    check(partial.returncode == 3, "exit 3 with a session quarantined: " + partial.stderr)
    quarantined = quarantined_in(out)
    check([q["session"] for q in quarantined] == ["s1"], "s1 is quarantined")
    again = builds.whole(out)
    check(again.returncode == 3 and "nothing was done" in again.stdout, "the same once more")
    os.rename(log + ".away", log)
    retried = builds.whole(out, "--retry-failed")
    check(retried.returncode in BUILT, retried.stderr)
    same_bytes(want, out, "retry-failed")


def suspects_are_built_alone(folder):
    """A process is killed while one segment is in work: its mark stays, and the next run builds it
    in a process of its own first. It was not to blame, so the bytes are the same."""
    builds = Builds(folder, 1)
    want, out = builds.undisturbed(), os.path.join(folder, "out")
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
    builds.ends_in(want, out, "after a suspect")


def what_kills_its_process_is_quarantined(folder):
    """Whoever opens the log of session s1 is killed, as by the kernel when memory runs out."""
    builds = Builds(folder, 1)
    out = os.path.join(folder, "out")
    log = next(name for name in sorted(os.listdir(builds.inputs[1])) if name.startswith("joints"))
    environment = dict(os.environ, LD_PRELOAD=os.path.abspath(sys.argv[1]),
                       KILL_ON=os.path.join("session1", log))
    first = builds.whole(out, environment=environment)
    check(first.returncode == -9, f"the first build is killed, not exit {first.returncode}")
    second = builds.whole(out, environment=environment)
    check(second.returncode == 3, f"the second goes on: {second.returncode}: {second.stderr}")
    quarantined = quarantined_in(out)
    check([q["session"] for q in quarantined] == ["s1"] and "SIGKILL" in quarantined[0]["reason"],
          f"s1 is quarantined with its reason: {quarantined}")


def at_work(builds, out):
    """A build that has taken the folder."""
    child = subprocess.Popen(builds.command(out), stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    # The holder's name is in the lock once it is held; the file alone may be a moment older.
    lock = os.path.join(out, ".reelcell", "lock")
    while not (os.path.exists(lock) and os.path.getsize(lock)) and child.poll() is None:
        time.sleep(0.001)
    return child


def second_builder_is_kept_out(folder):
    builds = Builds(folder, 1)
    out = os.path.join(folder, "out")
    first = at_work(builds, out)
    os.kill(first.pid, 19)  # SIGSTOP
    try:
        second = builds.whole(out)
    finally:
        os.kill(first.pid, 18)  # SIGCONT
    check(first.wait() in BUILT, "the first builder")
    check(second.returncode == 1 and f"process {first.pid} on" in second.stderr, second.stderr)


def foreign_files_stay(folder):
    builds = Builds(folder, 1)
    out = os.path.join(folder, "out")
    child = at_work(builds, out)
    child.kill()
    child.wait()
    os.makedirs(os.path.join(out, "lerobot"), exist_ok=True)
    note = os.path.join(out, "lerobot", "NOTES.txt")
    with open(note, "w") as text:
        text.write("mine\n")
    check(builds.whole(out).returncode in BUILT, "the resumed build")
    check(builds.whole(out, "--overwrite").returncode in BUILT, "overwriting")
    with open(note) as text:
        check(text.read() == "mine\n", "a file of others was touched")


def interrupted_says_how_to_go_on(folder):
    builds = Builds(folder, 1)
    want = builds.undisturbed()
    out = os.path.join(folder, "interrupted")
    child = subprocess.Popen(builds.command(out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not os.path.exists(os.path.join(out, ".reelcell")) and child.poll() is None:
        time.sleep(0.005)
    child.send_signal(signal.SIGINT)
    said = child.communicate()[1]
    check(child.returncode == -signal.SIGINT and "the same command goes on" in said, f"{child.returncode}: {said}")
    builds.ends_in(want, out, "interrupted")


def main():
    for case in (builds_stop_and_go_on, suspects_are_built_alone,
                 what_kills_its_process_is_quarantined, second_builder_is_kept_out, interrupted_says_how_to_go_on,
                 foreign_files_stay):
        folder = tempfile.mkdtemp(prefix="reelcell-poison-")
        try:
            case(folder)
        finally:
            shutil.rmtree(folder)
        print(case.__name__)


if __name__ == "__main__":
    main()
