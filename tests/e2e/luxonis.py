#!/usr/bin/python3
"""A camera's MP4 with 103 frames and the MCAP log of the same recording with 124 frame messages: 21 frames are lost.
Reelcell must say so and must not stretch the one over the other."""
import json
import shutil
import subprocess

from support import DATA, INDEPENDENT, LOST, check, frames, integers, packets, reelcell, work_folder, write_json

ROOT = DATA / "e2e/luxonis_depthai-core"
LOGGED, WRITTEN = 124, 103
GAP = 4  # flag of a row without a sample


def logged_times():
    """Host times of the frame messages, by the MCAP project's own reader."""
    done = subprocess.run(["node", INDEPENDENT / "mcap_json.mjs", ROOT / "recording.mcap"], capture_output=True, text=True, check=True)
    return [int(json.loads(line)["log_time"]) for line in done.stdout.splitlines()]


def make_session(folder, times, video):
    folder.mkdir()
    for name in ("recording.mp4", "recording.mcap"):
        shutil.copy(ROOT / name, folder)
    (folder / "stamps.csv").write_text("time\n" + "".join(f"{time}\n" for time in times))
    write_json(folder / "session.json", {
        "version": 1, "id": folder.name, "clock": {"epoch": "unix"}, "streams": [
            {"name": "camera", "kind": "video", "path": "recording.mp4", "format": "video", **video},
            {"name": "log", "kind": "series", "path": "recording.mcap", "format": "mcap", "item": "video"}]})
    return folder


def stamps_of_other_frames(work, times):
    """124 stamps cannot be those of 103 frames: which belongs to which is unknown, so the camera is left out, loudly."""
    session = make_session(work / "stamps", times, {"options": {"times": "stamps.csv", "times_unit": "ns"}})
    for arguments, codes in ((["align", session], (LOST,)), (["info", session], (LOST,)), (["validate", session], (1,)),
                             (["build", session, "--out", work / "never"], (1,))):
        done = reelcell(*arguments, codes=codes)
        said = done.stdout + done.stderr
        for part in ("camera", f"{LOGGED} stamps", f"{WRITTEN} frames", f"{LOGGED - WRITTEN} unmatched", "never stretched"):
            check(part in said, f"{arguments[0]}: does not say '{part}': {said}")
    check(not (work / "never/corpus.json").exists(), "a corpus was made of a camera whose times are unknown")


def as_it_lies():
    """The folder without a session.json: every recording in it is checked."""
    done = json.loads(reelcell("validate", ROOT, "--json").stdout)["results"][0]
    check(done["kind"] == "folder" and done["checked"]["parts"] == 2 and done["checked"]["frames"] >= WRITTEN, f"the folder: {done}")
    check({f["path"] for f in done["findings"]} <= {"recording.mp4", "recording.mcap"}, f"the folder: {done['findings']}")


def own_times(work, times):
    """On the MP4's own times the mismatch shows in counts, rates and rows without a picture; no frame is moved."""
    session = make_session(work / "own", times, {"clock": {"offset_ns": times[0]}})
    report = json.loads(reelcell("align", session, "--json").stdout)["sessions"][0]
    streams = {stream["stream"]: stream for stream in report["streams"]}
    camera, log = streams["camera"]["times"], streams["log"]["times"]
    check((camera["samples"], log["samples"]) == (WRITTEN, LOGGED), f"counts are {camera['samples']}, {log['samples']}")
    check((log["first_ns"], log["last_ns"]) == (times[0], times[-1]), "the log's times are not those of its messages")
    shown = [time for time, _ in frames(ROOT / "recording.mp4")]
    last = times[0] + round(shown[-1] * 10**9)
    check(camera["first_ns"] == times[0] and abs(camera["last_ns"] - last) <= 1, f"the camera was stretched: {camera}, not to {last}")
    check(streams["camera"]["overlap"] < 0.78, f"the camera is said to cover {streams['camera']['overlap']} of the session")
    check(streams["camera"]["join"]["gap"] > 0, "no row is said to be without a picture")

    recipe = work / "recipe.json"
    write_json(recipe, {"version": 1, "name": "own", "grid": {"rate_hz": 30, "anchor": "log", "policy": {
        "camera": {"method": "nearest", "tolerance": "20ms"}}}, "segments": [{"kind": "session"}],
        "outputs": [{"format": "lerobot_v3", "folder": "lerobot"}]})
    reelcell("build", session, "--recipe", recipe, "--out", work / "corpus", codes=(0, LOST))
    rows = integers(work / "corpus/lerobot/data/chunk-000/file-000.parquet",
                    ["reelcell.time_ns", "reelcell.camera.time_ns", "reelcell.camera.flag"])
    frame_times = [times[0] + round(time * 10**9) for time in shown]
    gaps = 0
    for number, row in enumerate(rows):
        grid, used = row["reelcell.time_ns"], row["reelcell.camera.time_ns"]
        near = min(abs(time - grid) for time in frame_times)
        if near > 20_000_001:
            gaps += 1
            check(row["reelcell.camera.flag"] == GAP, f"row {number}: the camera has no frame near, flag {row['reelcell.camera.flag']}")
        else:
            check(min(abs(time - used) for time in frame_times) <= 1, f"row {number}: {used} is no time of a frame")
            check(abs(abs(used - grid) - near) <= 2, f"row {number}: there is a nearer frame than {used}")
    check(gaps > 20, f"only {gaps} rows have no picture")
    return {"rows": len(rows), "rows_without_picture": gaps}


def values_are_of_their_times(work):
    """Counters and stamps cannot be interpolated: each is of the message whose time its row keeps, by the MCAP project's reader."""
    done = subprocess.run(["node", INDEPENDENT / "mcap_json.mjs", ROOT / "recording.mcap"], capture_output=True, text=True, check=True)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    number_at = {int(message["log_time"]): message["data"]["sequenceNumber"] for message in messages}
    said = reelcell("build", ROOT, "--out", work / "alone").stderr
    check("recording.mp4 belongs to no session here" in said, f"the MP4 beside the log is left out without a word: {said}")
    rows = integers(work / "alone/lerobot/data/chunk-000/file-000.parquet",
                    ["reelcell.video.time_ns", "reelcell.video.flag", "observation.video.sequenceNumber"])
    check(len(rows) > 100 and len(number_at) == LOGGED, f"{len(rows)} rows of {len(number_at)} messages")
    for number, row in enumerate(rows):
        time, _, found = row.values()
        check(row["reelcell.video.flag"] == GAP or found == number_at[time], f"row {number}: {found} is not of the message at {time}")


def stamps_of_written_frames(work, times):
    """With the 21 rows left out, stamps and frames match, and every packet is copied."""
    session = make_session(work / "matched", times[:WRITTEN], {"options": {"times": "stamps.csv", "times_unit": "ns"}})
    report = json.loads(reelcell("align", session, "--json").stdout)["sessions"][0]
    camera = next(stream for stream in report["streams"] if stream["stream"] == "camera")["times"]
    check((camera["samples"], camera["first_ns"], camera["last_ns"]) == (WRITTEN, times[0], times[WRITTEN - 1]), f"times are {camera}")


def main():
    times = logged_times()
    check(len(times) == LOGGED and len(packets(ROOT / "recording.mp4")) == WRITTEN, "the recording is not what this test knows")
    with work_folder() as work:
        stamps_of_other_frames(work, times)
        as_it_lies()
        print(own_times(work, times))
        stamps_of_written_frames(work, times)
        values_are_of_their_times(work)


if __name__ == "__main__":
    main()
