#!/usr/bin/python3
"""Inputs cut and with bytes flipped: no crash, a message, the right exit code, and nothing lost beyond what was hit."""
import json
import random
import shutil

from support import DATA, LOST, check, reelcell, work_folder, write_json

CUTS = 5   # of each file
FLIPS = 5


def clean_words(done, where):
    said = done.stdout + done.stderr
    for word in ("std::", "terminate called", "Sanitizer", "vector::", "basic_string", "Traceback"):
        check(word not in said, f"{where}: speaks of {word}\n{said[-800:]}")
    if done.returncode == 1:
        check(done.stderr.strip() or done.stdout.strip(), f"{where}: fails without a message")


def damaged(data, seed):
    """(what was done, bytes): the file cut at places spread over it, and with single bits flipped."""
    dice = random.Random(seed)
    for i in range(CUTS):
        at = i * len(data) // CUTS
        yield f"cut at {at} of {len(data)}", at, data[:at]
    for _ in range(FLIPS):
        at, bit = dice.randrange(len(data)), dice.randrange(8)
        yield f"bit {bit} of byte {at} flipped", at, data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]


def scan(path, where, codes=(0, 1, LOST)):
    """What is found when the file is read through: (exit code, streams, diagnostics)."""
    done = reelcell("info", path, "--scan", "--json", codes=codes)
    clean_words(done, where)
    if done.returncode == 1:
        return 1, [], []
    document = json.loads(done.stdout)
    return done.returncode, document["items"][0]["streams"], document["diagnostics"]


def logs(work):
    """Only the line that was hit is lost, and it is counted."""
    rows = 400
    csv = "t,a,b\n" + "".join(f"{i / 100:.2f},{i * 0.5},{-i}\n" for i in range(rows))
    jsonl = "".join(json.dumps({"t": i / 100, "a": i * 0.5, "b": [i, -i]}) + "\n" for i in range(rows))
    for name, text in (("log.csv", csv), ("log.jsonl", jsonl)):
        data = text.encode()
        path = work / name
        path.write_bytes(data)
        code, (whole,), _ = scan(path, name)
        check(code == 0 and whole["count"] == rows, f"{name}: {whole}")
        for what, at, bytes_ in damaged(data, name):
            path.write_bytes(bytes_)
            code, streams, diagnostics = scan(path, f"{name}: {what}")
            if at < 200:  # the names and the first lines decide how a log is read
                continue
            check(code in (0, LOST) and streams, f"{name}: {what}: refused as a whole")
            lines = bytes_.count(b"\n") - (name == "log.csv")
            count = streams[0]["count"]
            check(lines - 2 <= count <= lines + 1, f"{name}: {what}: {count} rows of {lines} lines")
            check(count >= lines or code == LOST or diagnostics, f"{name}: {what}: {lines - count} rows vanish unsaid")


def torn_and_odd_lines(work):
    """Every kind of fault at once, each counted under its own code with its line; the good rows stay as they are."""
    path = work / "odd.csv"
    path.write_text("t,a,b\n0.00,1,2\n0.01,nan,3\n0.02,1\n0.03,x,4\n0.03,5,6\n0.01,7,8\n,9,9\n0.05,inf,1\n0.06,,2\n0.07,1,2,3\n0.08,1,2\n0.09,1")
    code, (stream,), diagnostics = scan(path, "odd.csv")
    codes = {entry["code"] for entry in diagnostics}
    check(code == LOST, f"a torn log is taken for whole: {diagnostics}")
    for fault in ("csv-bad-time", "csv-bad-number", "csv-time-duplicate", "csv-time-backward", "csv-torn-line", "csv-column-count", "csv-missing-value"):
        check(fault in codes, f"odd.csv: {fault} is not told: {sorted(codes)}")
    # What went back or came twice is counted as lost, and is no part of the stream's own figures any more.
    time = stream["time"]
    check(time["samples"] == 6 and not time["backward"] and not time["duplicates"], f"odd.csv: {time}")
    check(all("odd.csv" in entry["where"] for entry in diagnostics), f"odd.csv: where? {diagnostics}")


def videos(work):
    """Frames before the damage are there with their times; what is missing is told."""
    media = DATA / "video/androidx_media/libraries/test_data/src/test/assets/media"
    for source in (media / "mp4/sample_no_bframes.mp4", media / "mp4/sample_fragmented_seekable.mp4", media / "ts/sample_h264.ts",
                   media / "mkv/sample.mkv"):
        data = source.read_bytes()
        path = work / ("camera" + source.suffix)
        path.write_bytes(data)
        _, streams, _ = scan(path, source.name, codes=(0,))
        whole = {s["name"]: s["count"] for s in streams if s["kind"] == "video"}
        for what, at, bytes_ in damaged(data, source.name):
            path.write_bytes(bytes_)
            where = f"{source.name}: {what}"
            code, streams, diagnostics = scan(path, where)
            for stream in streams:
                if stream["kind"] != "video" or "error" in stream or stream["name"] not in whole:
                    continue
                count = stream["count"]
                check(count <= whole[stream["name"]] + 1, f"{where}: {count} frames out of {whole}")
                if "cut" in what and count < whole[stream["name"]]:
                    check(code == LOST or source.suffix in (".ts", ".mkv"), f"{where}: {count} of {whole} frames, and nothing said")
            clean_words(reelcell("validate", path, codes=(0, 1, LOST)), where)


def data_sets(work):
    """A damaged file of a data set costs no crash; the other episodes of a v2 set stay readable."""
    source = DATA / "malformed/CentroidLabs_torq-robotics/tests/fixtures/data/lerobot"
    for name in ("meta/info.json", "data/chunk-000/episode_000000.parquet"):
        root = work / "set"
        shutil.copytree(source, root)
        data = (root / name).read_bytes()
        for what, _, bytes_ in damaged(data, name):
            (root / name).write_bytes(bytes_)
            scan(root, f"{name}: {what}")
            clean_words(reelcell("validate", root, codes=(0, 1, LOST)), f"{name}: {what}")
        shutil.rmtree(root)
    v3 = DATA / "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example"
    for name in ("meta/tasks.parquet", "meta/episodes/chunk-000/file-000.parquet", "data/chunk-000/file-000.parquet"):
        root = work / "set"
        shutil.copytree(v3, root)
        data = (root / name).read_bytes()
        for what, _, bytes_ in damaged(data, name):
            (root / name).write_bytes(bytes_)
            scan(root, f"{name}: {what}")
        shutil.rmtree(root)


def recordings(work):
    """An MCAP with a flipped byte or a lost end keeps its other messages."""
    source = DATA / "malformed/CentroidLabs_torq-robotics/tests/fixtures/data/sample.mcap"
    data = source.read_bytes()
    path = work / "run.mcap"
    for what, at, bytes_ in damaged(data, "mcap"):
        path.write_bytes(bytes_)
        code, streams, diagnostics = scan(path, f"run.mcap: {what}")
        if "cut" in what and at > 8:
            check(code == LOST and any("mcap" in entry["code"] for entry in diagnostics), f"run.mcap: {what}: taken for whole")


def damaged_stream_of_a_session(work):
    """A session whose camera file is cut goes on with its log and with the frames that are left."""
    session = work / "session"
    session.mkdir()
    source = DATA / "video/androidx_media/libraries/test_data/src/test/assets/media/mp4/sample_no_bframes.mp4"
    data = source.read_bytes()
    (session / "log.csv").write_text("t,a\n" + "".join(f"{i / 100:.2f},{i}\n" for i in range(100)))
    write_json(session / "session.json", {"version": 1, "id": "s", "streams": [
        {"name": "front", "kind": "video", "path": "front.mp4"}, {"name": "log", "kind": "series", "path": "log.csv"}]})
    (session / "front.mp4").write_bytes(data[:len(data) * 3 // 4])
    done = reelcell("align", session, "--json", codes=(0, 1, LOST))
    clean_words(done, "a cut camera file")
    check("front" in done.stdout + done.stderr, f"the damaged stream is not named: {done.stderr}")


def main():
    with work_folder() as work:
        torn_and_odd_lines(work)
        logs(work)
        videos(work)
        data_sets(work)
        recordings(work)
        damaged_stream_of_a_session(work)


if __name__ == "__main__":
    main()
