#!/usr/bin/python3
"""What goes in: each container and codec with the times that ffprobe finds, topics with the times of their messages, and a
session.json proposed for realistic folders that opens at once."""
import json
import shutil
import subprocess
import time

from support import DATA, INDEPENDENT, LOST, check, reelcell, work_folder, write_json

# Codec by codec in the containers that recorders use: (file, encoder's arguments).
SOURCES = {
    "h264_b.mp4": "-c:v libx264 -preset ultrafast -bf 2 -g 12",
    "h264.ts": "-c:v libx264 -preset ultrafast -g 12",
    "h264.mov": "-c:v libx264 -preset ultrafast -g 12",
    "h264.mkv": "-c:v libx264 -preset ultrafast -bf 2 -g 12",
    "h264_fragmented.mp4": "-c:v libx264 -preset ultrafast -g 12 -movflags frag_keyframe+empty_moov",
    "h264_bframes.avi": "-c:v libx264 -preset ultrafast -g 12",
    "hevc.mp4": "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=12",
    "hevc.ts": "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=12",
    "av1.mp4": "-c:v libsvtav1 -preset 12 -g 12",
    "av1.mkv": "-c:v libsvtav1 -preset 12 -g 12",
    "vp9.webm": "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 12",
    "vp9.mp4": "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 12",
    "mpeg4.avi": "-c:v mpeg4 -g 12",
    "mpeg4_b.mp4": "-c:v mpeg4 -bf 2 -g 12",
    "mjpeg.avi": "-c:v mjpeg",
    "mjpeg.mkv": "-c:v mjpeg",
    "ffv1.mkv": "-c:v ffv1 -level 3",
}


def ffmpeg(*arguments):
    done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], capture_output=True, text=True)
    check(done.returncode == 0, f"ffmpeg {arguments}: {done.stderr[-500:]}")


def make(path, codec, rate="30000/1001"):
    """Two seconds of pictures, and three of sound where the container is used with sound."""
    sound = [] if path.suffix == ".avi" else ["-map", "1:a", "-ar", "48000", "-c:a", "libopus" if path.suffix == ".webm" else "aac"]
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size=160x120:rate={rate}:duration=2", "-f", "lavfi", "-i", "sine=duration=3:sample_rate=48000",
           "-map", "0:v", *sound, *codec.split(), path)


def shown_ns(path, track="v:0"):
    """Times at which ffprobe shows the frames of a track, in ns and in order."""
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", track, "-show_entries", "packet=pts,dts,flags:stream=time_base",
                           "-of", "json", path], capture_output=True, text=True)
    document = json.loads(done.stdout)
    num, den = map(int, document["streams"][0]["time_base"].split("/"))
    # AVI keeps decode times alone.
    ticks = sorted(p.get("pts", p.get("dts")) for p in document["packets"] if "D" not in p["flags"])
    return [round(t * num * 10**9 / den) for t in ticks]


def info(path, *options, codes=(0,)):
    return json.loads(reelcell("info", path, "--json", *options, codes=codes).stdout)["items"][0]


def streams_of(item, kind):
    return [stream for stream in item["streams"] if stream["kind"] == kind]


def containers_and_codecs(work):
    folder = work / "made"
    folder.mkdir()
    for name, codec in SOURCES.items():
        path = folder / name
        make(path, codec)
        item = info(path)
        video, = streams_of(item, "video")
        expected = shown_ns(path)
        check(video["count"] == len(expected) == 60, f"{name}: {video['count']} frames, ffprobe shows {len(expected)}")
        if path.suffix != ".avi":  # tests of the frame index hold the order that AVI leaves open
            for key, value in (("first_ns", expected[0]), ("last_ns", expected[-1])):
                check(abs(video[key] - value) <= 1, f"{name}: {key} is {video[key]}, ffprobe says {value}")
        check(abs(video["rate_hz"] - 30000 / 1001) < 1e-3, f"{name}: {video['rate_hz']} Hz, made at 29.97")
        check(video["video"]["codec"] in codec.replace("libx265", "hevc").replace("libx264", "h264").replace("svtav1", "av1"),
              f"{name}: found codec {video['video']['codec']}")
        if path.suffix != ".avi":
            sound, = streams_of(item, "audio")
            check(2.9e9 < sound["last_ns"] - sound["first_ns"] < 3.2e9, f"{name}: 3 s of sound lie at {sound['first_ns']} to {sound['last_ns']}")
            # Sound that runs on makes no rows: the session is as long as its pictures.
            align = json.loads(reelcell("align", path, "--json").stdout)
            session = (align.get("sessions") or [align])[0]
            line, = [s for s in session["streams"] if s["kind"] == "video"]
            joined = line.get("join", line)
            check(joined.get("gap_rows", 0) == 0, f"{name}: rows beyond the video: {joined}")


def odd_times(work):
    folder = work / "odd"
    folder.mkdir()
    # Frames 10 to 14 and 30 are lost, and the first is shown at 10 s.
    lost = folder / "lost.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2", "-vf", "select='not(between(n,10,14)+eq(n,30))',setpts=PTS+10/TB",
           "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", lost)
    video, = streams_of(info(lost), "video")
    expected = shown_ns(lost)
    check((video["count"], video["first_ns"], video["last_ns"]) == (44, expected[0], expected[-1]), f"lost frames: {video}")
    gaps = video["video"]["time"]["gaps"]
    check(gaps["count"] == 1 or gaps["count"] == 2, f"lost frames: gaps {gaps}")
    check(gaps["longest"][0]["ms"] == 240, f"lost frames: the gap of 5 frames is {gaps['longest']}")
    check(abs(video["rate_hz"] - 25) < 1e-6, f"lost frames: {video['rate_hz']} Hz for a camera of 25")
    one, two = folder / "one.mp4", folder / "two.mp4"
    make(one, "-c:v libx264 -preset ultrafast")
    ffmpeg("-i", one, "-i", lost, "-map", "0:v", "-map", "1:v", "-map", "0:a", "-c", "copy", two)
    videos = streams_of(info(two), "video")
    check([v["count"] for v in videos] == [60, 44], f"two cameras in one file: {[v['count'] for v in videos]}")
    check(len({v["name"] for v in videos}) == 2, "two cameras of one name")
    rotated = streams_of(info(DATA / "video/androidx_media/libraries/test_data/src/test/assets/media/mp4/sample_rotate_and_reflect.mp4"), "video")
    check(rotated[0]["video"].get("rotation") in (90, 180, 270), f"a turned recording is not told of: {rotated[0]['video']}")


def topic_times():
    """A topic's range is that of its own messages, not of the file or of a chunk."""
    files = [*sorted((DATA / "ros2bag").rglob("*.mcap")), *sorted((DATA / "mcap/PlotJuggler_pj-mcap-server").rglob("*.mcap"))]
    done = subprocess.run(["node", INDEPENDENT / "mcap_times.mjs", *files], capture_output=True, text=True)
    check(done.returncode == 0, f"mcap_times: {done.stderr[-500:]}")
    compared = 0
    for line in done.stdout.splitlines():
        found = json.loads(line)
        for stream in info(found["file"], codes=(0, LOST))["streams"]:
            if stream["clock"] != "log_time" or stream["item"] not in found["topics"]:
                continue
            first, last, count = (int(x) for x in found["topics"][stream["item"]])
            where = f"{found['file']}: {stream['item']}"
            if stream["first_ns"] is not None:
                check((stream["first_ns"], stream["last_ns"]) == (first, last),
                      f"{where}: {stream['first_ns']} to {stream['last_ns']}, its messages lie at {first} to {last}")
                compared += 1
            # Messages that do not decode are losses, not samples; no recording has more samples than messages.
            check(stream["count"] <= count, f"{where}: {stream['count']} samples of {count} messages")
    check(compared > 50, f"only {compared} topics were compared")
    return compared


def opens_at_once(folder, expected, *options):
    """Writes the proposal, which must be a valid document; returns it."""
    reelcell("init", folder, *options)
    reelcell("validate", folder / "session.json")
    proposal = json.loads((folder / "session.json").read_text())
    reelcell("align", folder)
    kinds = {stream["name"]: stream["kind"] for stream in proposal["streams"]}
    check(kinds == expected, f"{folder.name}: proposed are {kinds}")
    return proposal


def by_name(proposal):
    return {stream["name"]: stream for stream in proposal["streams"]}


def proposals(work):
    made = work / "cell 7"
    made.mkdir()
    video = DATA / "e2e/luxonis_depthai-core/recording.mp4"
    shutil.copy(video, made / "front.mp4")
    stamps = [1_700_000_000_000_000_000 + i * 30_300_000 + i % 3 * 1000 for i in range(103)]
    (made / "front_times.csv").write_text("frame,t_ns,exposure_us\n" + "".join(f"{i},{t},4000\n" for i, t in enumerate(stamps)))
    (made / "joints.csv").write_text("timestamp_us;q1 [rad];q2 [rad];q3 [rad];fx;fy;fz;mode\n" + "".join(
        f"{t // 1000};{i},5;-{i},25;0,0;1,0;2,0;3,5;run\n" for i, t in enumerate(stamps)))
    (made / "plc.jsonl").write_text("".join(json.dumps({"t_ns": t, "event": "step", "step": f"S{i}"}) + "\n"
                                             for i, t in enumerate(stamps[::20])))
    (made / "verdicts.csv").write_text("time_ms,result,score\n" + "".join(f"{t // 10**6},OK,0.5\n" for t in stamps[::25]))
    (made / "notes.txt").write_text("The gripper was replaced before this run.\n")
    (made / "plan.json").write_text('{"points": []}')
    proposal = opens_at_once(made, {"front": "video", "joints": "series", "plc": "events", "verdicts": "events"})
    named = by_name(proposal)
    check(named["front"]["options"] == {"times": "front_times.csv", "times_column": "t_ns", "times_unit": "ns"},
          f"the frames' stamps are not taken: {named['front']}")
    options = named["joints"]["options"]
    check((options["time_column"], options["time_unit"], options["delimiter"], options["decimal"]) == ("timestamp_us", "us", ";", "comma"),
          f"how the log is written: {options}")
    check({"name": "q", "from": ["q1", "q2", "q3"], "unit": "rad"} in options["columns"], f"the joints are no vector: {options['columns']}")
    check({"name": "f", "from": ["fx", "fy", "fz"], "unit": ""} in options["columns"], f"the force is no vector: {options['columns']}")
    check(abs(named["front"]["rate_hz"] - 33) < 0.1, f"rate of the camera: {named['front']['rate_hz']}")
    check(named["plc"]["role"] == "plc" and named["plc"]["options"]["kind_column"] == "event", f"PLC steps: {named['plc']}")
    check(named["verdicts"]["role"] == "verdicts", f"verdicts: {named['verdicts']}")
    check(all("clock" not in stream for stream in proposal["streams"]), "a clock is stated that nothing tells")
    check(proposal["clock"]["epoch"] == "unix" and proposal["plan"] == "plan.json", f"epoch and plan: {proposal}")
    align = json.loads(reelcell("align", made, "--json").stdout)
    check("assumed" in json.dumps(align), "an assumed clock is not reported as one")
    done = reelcell("init", made, codes=(1,))
    check("--force" in done.stderr, f"an existing session.json: {done.stderr}")

    # One stamp too few: which frame it belongs to is not known, and the proposal says so.
    lacking = work / "lacking"
    shutil.copytree(made, lacking, ignore=shutil.ignore_patterns("session.json", "plan.json"))
    rows = (made / "front_times.csv").read_text().splitlines()
    (lacking / "front_times.csv").write_text("\n".join(rows[:-1]) + "\n")
    named = by_name(opens_at_once(lacking, {"front": "video", "front_times": "series", "joints": "series", "plc": "events",
                                            "verdicts": "events"}))
    check("102 stamps" in named["front"]["comment"] and "options" not in named["front"], f"stamps of another count: {named['front']}")

    bag = work / "bag"
    shutil.copytree(DATA / "ros2bag/ros2_rosbag2/rosbag2_tests/resources/mcap/cdr_test", bag)
    proposal = opens_at_once(bag, {stream["name"]: stream["kind"] for stream in info(bag / "cdr_test_0.mcap")["streams"]})
    check(all(stream["clock"]["offset_ns"] == 0 and "log_time" in stream["clock"]["source"] for stream in proposal["streams"]),
          f"the streams of one file share its clock: {proposal['streams']}")

    data_set = work / "so101"
    shutil.copytree(DATA / "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example", data_set)
    done = reelcell("init", data_set, codes=(1,))
    check("6 episodes" in done.stderr and not (data_set / "session.json").exists(), f"a data set: {done.stderr}")
    check(len(json.loads(reelcell("init", data_set, "--dry-run").stdout)["streams"]) == 3, "a look at a data set's first episode")
    proposal = opens_at_once(data_set, {"frames": "series", "tasks": "events", "wrist": "video"},
                             "--episode", "episode_000002")
    check({stream["episode"] for stream in proposal["streams"]} == {"episode_000002"}, "another episode is described")
    empty = work / "empty"
    empty.mkdir()
    done = reelcell("init", empty, codes=(1,))
    check("formats" in done.stderr and not any(empty.iterdir()), f"an empty folder: {done.stderr}")


def large_files_in_a_moment(work):
    """Above 256 MiB a container without tables is not read through: its ends tell."""
    source = DATA / "e2e/luxonis_depthai-core/recording.mp4"
    path = work / "large.mkv"
    ffmpeg("-stream_loop", 80, "-i", source, "-an", "-c", "copy", path)
    check(path.stat().st_size > 257 << 20, f"{path.name} is too small for this test")
    started = time.monotonic()
    video, = streams_of(info(path), "video")
    seconds = time.monotonic() - started
    expected = shown_ns(path)
    check((video["first_ns"], video["last_ns"]) == (expected[0], expected[-1]),
          f"{path.name}: {video['first_ns']} to {video['last_ns']}, ffprobe says {expected[0]} to {expected[-1]}")
    check(video["count"] is None and video["video"]["first_frames"] > 100, f"{path.name}: a part is given for the whole: {video}")
    check(video["video"]["longest_gop"] == 30, f"{path.name}: key frames: {video['video']}")
    whole, = streams_of(info(path, "--scan"), "video")
    check(whole["count"] == len(expected), f"{path.name}: --scan counts {whole['count']} of {len(expected)}")
    print(f"{path.name}: {path.stat().st_size >> 20} MiB told of in {seconds:.2f} s")
    path.unlink()


def main():
    with work_folder() as work:
        proposals(work)
        containers_and_codecs(work)
        odd_times(work)
        large_files_in_a_moment(work)
    print({"topics": topic_times()})


if __name__ == "__main__":
    main()
