#!/usr/bin/python3
"""--memory: a segment that by estimate takes more is named by --dry-run, is built alone, and comes out the same; the peak is lower."""
import json
import os
import re
import subprocess

from support import BINARY, check, reelcell, same_tree, tree, work_folder, write_json

ROWS = 200_001  # 200 s


def log_session(folder):
    folder.mkdir()
    with open(folder / "log.csv", "w") as log:  # line by line: the peak of a child begins with that of its parent
        log.write("t,a,b\n")
        log.writelines(f"{i / 1000:.3f},{i * 0.5},{-i}\n" for i in range(ROWS))
    write_json(folder / "session.json", {"version": 1, "id": "log", "streams": [
        {"name": "log", "kind": "series", "path": "log.csv", "rate_hz": 1000}]})
    return folder


def recipe_of(work, name, segments, rate=20):
    path = work / f"{name}.json"
    write_json(path, {"version": 1, "name": "log", "grid": {"rate_hz": rate}, "segments": segments,
                      "outputs": [{"format": "webdataset", "folder": "wds"}]})
    return path


def large(diagnostics):
    return [entry for entry in diagnostics if entry["code"] == "segment-large"]


def peak_mib(session, recipe, out, memory):
    with subprocess.Popen([BINARY, "build", session, "--recipe", recipe, "--out", out, "--overwrite", "--memory", memory, "-j", "8"],
                          stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode == 0, f"build --memory {memory} ended with {process.returncode}")
    return usage.ru_maxrss / 1024


def main():
    with work_folder() as work:
        session = log_session(work / "session")
        whole = recipe_of(work, "whole", [{"kind": "session"}])
        windows = recipe_of(work, "windows", [{"kind": "window", "length": "20s"}])
        plan = lambda recipe, *more: json.loads(reelcell("build", session, "--recipe", recipe, "--dry-run", "--json", *more).stdout)

        # The file's bytes a second say what a segment takes: ten windows take a tenth each.
        bytes_of_log = (session / "log.csv").stat().st_size
        tight, between, roomy = "1MB", f"{bytes_of_log}B", "1GB"
        (told,) = large(plan(whole, "--memory", tight)["diagnostics"])
        check(told["severity"] == "warning" and told["count"] == 1, f"one segment is too large: {told}")
        check("--memory" in told["message"] and "windows" in told["message"], f"what to do is not said: {told}")
        check(re.search(r"by estimate \d+\.\d MB for (200|199\.999)", told["message"]), f"estimate and length are not said: {told}")
        check(len(plan(windows, "--memory", tight)["segments"]) == 10, "the session has ten windows of 20 s")
        named = [entry["where"] for entry in large(plan(windows, "--memory", tight)["diagnostics"])]
        check(named == [f"log_window-{i:04d}" for i in range(10)], f"each of ten windows is too large: {named}")
        check(large(plan(whole, "--memory", between)["diagnostics"]), "the whole session takes more than its file's size")
        check(not large(plan(windows, "--memory", between)["diagnostics"]), "a tenth of the session takes less than the file's size")
        check(not large(plan(whole, "--memory", roomy)["diagnostics"]), "200 s of a log do not take a gigabyte")

        # It is a warning: nothing is lost by it, and nothing differs.
        told = reelcell("build", session, "--recipe", windows, "--out", work / "warned", "--memory", tight).stderr
        least = re.search(r"by estimate \d+\.\d MB, more than the 1\.0 MB of --memory; 10 of 10 segments are built alone.*least .* --memory (\d+MB)", told)
        check(least, f"a build with too little memory does not say what the least is: {told}")
        told = reelcell("build", session, "--recipe", windows, "--out", work / "least", "--memory", least[1]).stderr
        check("segment-large" not in told, f"{least[1]} was to be enough: {told}")
        for too_little in ("1", "999kB"):
            refused = reelcell("build", session, "--recipe", windows, "--out", work / "refused", "--memory", too_little, codes=(2,))
            check("1.0 MB are the least" in refused.stderr and not (work / "refused").exists(), f"--memory {too_little}: {refused.stderr}")
        built = {}
        for name, memory in (("tight", tight), ("roomy", roomy)):
            reelcell("build", session, "--recipe", windows, "--out", work / name, "--memory", memory, "-j", "4")
            built[name] = tree(work / name)
        same_tree(built["roomy"], built["tight"], "a build that has to take segments one by one")

        # Eight threads with 20,000 rows each, or one; a sanitizer keeps what is freed.
        if not os.environ.get("REELCELL_SANITIZE"):
            dense = recipe_of(work, "dense", [{"kind": "window", "length": "20s"}], rate=1000)
            low, high = (peak_mib(session, dense, work / "dense", memory) for memory in (tight, roomy))
            check(high - low > 10, f"--memory {tight} peaks at {low:.0f} MiB, --memory {roomy} at {high:.0f} MiB")


if __name__ == "__main__":
    main()
