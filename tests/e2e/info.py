#!/usr/bin/python3
"""`info --json` on one of each kind of file and folder: what it says is held, value by value, against readers that are not
Reelcell's (ffprobe, Python's csv, json and tarfile, the MCAP project's own reader, DuckDB) or against truth.json."""
import collections
import csv
import itertools
import json
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import tarfile
import zlib
from decimal import Decimal
from fractions import Fraction

import av

from support import BINARY, DATA, INDEPENDENT, LOST, check, reelcell, work_folder, write_json

WORK = pathlib.Path(os.environ["REELCELL_CLI_WORK"])
SESSION = WORK / "build/sample/session"
CORPUS = WORK / "build/sample/corpus"
PLOTJUGGLER = DATA / "mcap/PlotJuggler_pj-mcap-server/PJ4/pj-official-plugins"


def info(path, *options, codes=(0,)):
    document = json.loads(reelcell("info", "--json", *options, path, codes=codes).stdout)
    check(document["version"] == 1, f"{path}: version {document['version']}")
    (item,) = document["items"]
    check(item["path"] == str(path), f"{path}: told of as {item['path']}")
    if path.is_file():
        check(item["bytes"] == path.stat().st_size, f"{path}: {item['bytes']} bytes")
    return item


def named(item):
    return {stream["name"]: stream for stream in item["streams"]}


def same(found, expected, where):
    """Every expected value is there: floats to a part in a million (steps of the histogram of intervals: `near`)."""
    for key, value in expected.items():
        check(key in found, f"{where}: says nothing of {key}: {sorted(found)}")
        equal = abs(found[key] - value) <= 1e-6 * abs(value) if isinstance(value, float) else found[key] == value
        check(equal, f"{where}: {key} is {found[key]}, expected {value}")


def near(found, expected, where):
    """A figure that stands on a quantile of the intervals, which is known to 1/2048."""
    check(abs(found - expected) <= expected / 1000, f"{where}: {found}, expected {expected}")


def pace(times_ns):
    """(median rate, mean rate, [gaps]) of rising times; a gap is longer than three median intervals."""
    steps = [b - a for a, b in zip(times_ns, times_ns[1:])]
    median = statistics.median_low(steps)
    gaps = [{"start_ns": a, "end_ns": b} for a, b in zip(times_ns, times_ns[1:]) if b - a > 3 * median]
    return 1e9 / median, len(steps) * 1e9 / (times_ns[-1] - times_ns[0]), gaps


def check_time(time, times_ns, where, backward=0, duplicates=0):
    rate, mean, gaps = pace(sorted(set(times_ns)))
    same(time, {"samples": len(times_ns), "first_ns": min(times_ns), "last_ns": max(times_ns), "mean_rate_hz": mean,
                "backward": backward, "duplicates": duplicates}, where)
    near(time["rate_hz"], rate, f"{where}: rate")
    if "gaps" not in time:
        return
    told = [{key: gap[key] for key in ("start_ns", "end_ns")} for gap in time["gaps"]["longest"]]
    check(time["gaps"]["count"] == len(gaps) and told == gaps[:20], f"{where}: gaps {time['gaps']}, expected {gaps}")
    check(abs(time["gaps"]["total_ms"] - sum(g["end_ns"] - g["start_ns"] for g in gaps) / 1e6) < 1e-5, f"{where}: total of the gaps")


# Video

def probe(path):
    """ffprobe's view of the first video track: its facts, and its packets in presentation order."""
    entries = "stream=codec_name,width,height,pix_fmt,avg_frame_rate,has_b_frames,time_base:packet=pts,flags,size"
    done = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-show_packets", "-of", "json", path],
                          capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return found["streams"][0], sorted(found["packets"], key=lambda packet: packet["pts"])


def video(path):
    facts, packets = probe(path)
    base = Fraction(facts["time_base"])
    times = [round(packet["pts"] * base * 1_000_000_000) for packet in packets]
    keys = [at for at, packet in enumerate(packets) if "K" in packet["flags"]]
    longest = max(b - a for a, b in zip(keys, keys[1:] + [len(packets)]))
    item = info(path)
    stream = next(s for s in item["streams"] if s["kind"] == "video")
    where = path.name
    check(item["format"] == "video", f"{where}: {item['format']}")
    same(stream, {"count": len(packets), "first_ns": times[0], "last_ns": times[-1], "clock": "pts"}, where)
    same(stream["details"], {"codec": facts["codec_name"]}, where)
    same(stream["video"],
         {"codec": facts["codec_name"], "width": facts["width"], "height": facts["height"], "pix_fmt": facts["pix_fmt"],
          "b_frames": facts["has_b_frames"] > 0, "frames": len(packets), "complete": True, "key_frames": len(keys),
          "longest_gop": longest, "coded_bytes": sum(int(packet["size"]) for packet in packets)}, where)
    check_time(stream["video"]["time"], times, where)
    return len(packets), len(keys), stream["rate_hz"]


def videos(work):
    remuxed = work / "front.mkv"  # the times of a Matroska file are in whole milliseconds
    with av.open(str(SESSION / "front.mp4")) as source, av.open(str(remuxed), "w") as target:
        stream = target.add_stream(template=source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    bframes = DATA / "mcap/PlotJuggler_pj-mcap-server/PJ4/pj_scene2D/testdata/test_h264_bframes.mp4"
    paths = [SESSION / "front.mp4", remuxed, bframes, DATA / "e2e/luxonis_depthai-core/recording.mp4",
             DATA / "video/meta-pytorch_torchcodec/test/resources/av1_video.mkv",
             DATA / "video/androidx_media/libraries/test_data/src/test/assets/media/mkv/bbb_642x642_768kbps_30fps_vp9.webm",
             DATA / "video/androidx_media/libraries/test_data/src/test/assets/media/mkv/sample.mkv"]
    rates = [30, 30, 30, 10000 / 303, 25, 30, 30]
    found = [video(path) for path in paths]
    for path, rate, (*_, told) in zip(paths, rates, found):
        near(told, rate, f"{path.name}: rate")
    # Whole milliseconds between which frames are lost: neither 33 ms (30.3 Hz) nor the average (29.4 Hz) is the rate.
    check(found[0][:2] == found[1][:2], f"the same packets in MP4 and MKV: {found[:2]}")
    with av.open(str(remuxed)) as container:
        check(container.streams.video[0].time_base == Fraction(1, 1000), "the MKV keeps no milliseconds")

    whole = (SESSION / "front.mp4").read_bytes()
    cut = work / "cut.mkv"
    cut.write_bytes(remuxed.read_bytes()[:len(whole) // 2])
    stream = info(cut, codes=(0, LOST))["streams"][0]
    check(stream["count"] == len(probe(cut)[1]) < found[1][0], f"a cut MKV: {stream['count']} frames")
    return {"videos": len(paths), "frames": sum(frames for frames, *_ in found)}


# Logs

def log_rows():
    """(time in us, x, text): 200 Hz for 6 s with a hole of 0.5 s, one late row, one row twice."""
    times = [1_000_000 + 5_000 * i + (500_000 if i >= 700 else 0) for i in range(1200)]
    times[300], times[301] = times[301], times[300]
    times.insert(500, times[500])
    return [(t, (i * 37 % 101) / 8, "on" if i % 3 else "off") for i, t in enumerate(times)]


def check_log(path, kind, times, columns, codes=(0,), **shape):
    item = info(path, codes=codes)
    (stream,) = item["streams"]
    check(item["format"] == path.suffix[1:] and stream["kind"] == kind, f"{path.name}: {item['format']}, {stream['kind']}")
    same(stream, {"count": len(times), "first_ns": min(times), "last_ns": max(times)}, path.name)
    if kind == "series":
        near(stream["rate_hz"], pace(sorted(set(times)))[0], f"{path.name}: rate")
    else:
        check(stream["rate_hz"] is None, f"{path.name}: events run at {stream['rate_hz']} Hz")
    check_time(stream["time"], times, path.name, **shape)
    if kind == "series":
        check([column["name"] for column in stream["columns"]] == columns, f"{path.name}: columns {stream['columns']}")
    else:
        check(stream["details"]["fields"] == columns, f"{path.name}: fields {stream['details']['fields']}")
    return stream


def csv_times(path, column, per_second):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(Decimal(row[column]) * 1_000_000_000 / per_second) for row in rows], list(rows[0])


def logs(work):
    times, fields = csv_times(SESSION / "joints.csv", "t", 1)
    stream = check_log(SESSION / "joints.csv", "series", times, fields[1:])
    same(stream, {"clock": "t"}, "joints.csv")
    same(stream["details"], {"fields": fields, "time_unit": "s", "time_unit_assumed": False, "delimiter": ","}, "joints.csv")
    check({c["dtype"] for c in stream["columns"]} == {"float64"}, f"joints.csv: {stream['columns']}")
    events = [json.loads(line) for line in (SESSION / "plc.jsonl").read_text().splitlines()]
    fields = list(dict.fromkeys(itertools.chain.from_iterable(events)))
    check_log(SESSION / "plc.jsonl", "events", [event["t_ns"] for event in events], fields,
              duplicates=len(events) - len({event["t_ns"] for event in events}))

    # A late row is sorted in and told of; of two at one time the second is a counted loss for numbers, not for events.
    rows = log_rows()
    times = sorted(t * 1000 for t, *_ in rows)
    once = sorted(set(times))
    semicolons = work / "valve.csv"
    with semicolons.open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([("t_us", "pressure", "valve"), *rows])
    lines = work / "valve.jsonl"
    lines.write_text("".join(json.dumps({"t_us": t, "pressure": x, "valve": v}) + "\n" for t, x, v in rows))
    for path in (semicolons, lines):
        stream = check_log(path, "series", once, ["pressure"], codes=(LOST,))
        same(stream["details"], {"text_fields": ["valve"], "time_unit": "us"}, path.name)
        told = collections.Counter()
        for entry in json.loads(reelcell("info", "--json", path, codes=(LOST,)).stdout)["diagnostics"]:
            told[entry["severity"], entry["code"].split("-", 1)[1] if entry["severity"] == "warning" else entry["code"]] += entry["count"]
        check(told["warning", "time-backward"] == told["loss", "time-duplicate"] == 1, f"{path.name}: {told}")
    numbers = work / "pressure.jsonl"
    numbers.write_text("".join(json.dumps({"t_us": t, "pressure": x}) + "\n" for t, x, _ in rows))
    stream = check_log(numbers, "series", once, ["pressure"], codes=(LOST,))
    check(len(stream["time"]["gaps"]["longest"]) == 1, f"the hole: {stream['time']['gaps']}")

    # Beyond 16 MiB its start and its end are read, and what was not counted is not said; --scan counts.
    large, period = work / "large.csv", 250
    count = 600_000
    with large.open("w") as file:
        file.write("t_us,a,b\n")
        file.writelines(f"{1_700_000_000_000_000 + i * period},{i % 997}.125,{i % 89}.5\n" for i in range(count))
    check(large.stat().st_size > 16 << 20, "the large log is not large")
    first, last = 1_700_000_000_000_000_000, 1_700_000_000_000_000_000 + (count - 1) * period * 1000
    (stream,) = info(large)["streams"]
    same(stream, {"count": None, "first_ns": first, "last_ns": last}, "large.csv")
    near(stream["rate_hz"], 1e6 / period, "large.csv: rate")
    check(0 < stream["first_samples"] < count // 10, f"large.csv: {stream['first_samples']} samples read")
    (stream,) = info(large, "--scan")["streams"]
    same(stream, {"count": count, "first_ns": first, "last_ns": last}, "large.csv --scan")
    return {"log rows": count + len(rows) * 3}


# MCAP

def mcap():
    paths = [DATA / "e2e/luxonis_depthai-core/recording.mcap"]
    paths += [PLOTJUGGLER / f"data_load_mcap/test_data/test_{name}.mcap" for name in ("large_arrays", "empty_channel", "publish_vs_log_time")]
    done = subprocess.run(["node", INDEPENDENT / "mcap_times.mjs", *paths], capture_output=True, text=True, check=True)
    topics = 0
    for line in done.stdout.splitlines():
        read = json.loads(line)
        path = pathlib.Path(read["file"])
        item = info(path)
        check(item["format"] == "mcap", f"{path.name}: {item['format']}")
        for stream in item["streams"]:
            where = f"{path.name}: {stream['item']}"
            if stream["item"] not in read["topics"]:  # a channel without a message
                same(stream, {"count": 0, "first_ns": None, "last_ns": None, "rate_hz": None}, where)
                continue
            first, last, count = read["topics"].pop(stream["item"])
            same(stream, {"count": count, "first_ns": int(first), "last_ns": int(last), "clock": "log_time"}, where)
            same(stream["time"], {"samples": count, "mean_rate_hz": (count - 1) * 1e9 / (int(last) - int(first))}, where)
            topics += 1
        check(not read["topics"], f"{path.name}: says nothing of {read['topics']}")
    check(topics == 5, f"{topics} topics compared")

    done = subprocess.run(["node", INDEPENDENT / "mcap_json.mjs", paths[0]], capture_output=True, text=True, check=True)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    (stream,) = info(paths[0])["streams"]
    check_time(stream["time"], [int(m["log_time"]) for m in messages], "recording.mcap")
    check({"sequenceNumber", "timestamp", "width"} <= {c["name"] for c in stream["columns"]}, f"recording.mcap: {stream['columns']}")
    (stream,) = info(paths[1])["streams"]
    check(stream["columns"][0] == {"name": "data", "dtype": "float64", "width": 1000}, f"an array: {stream['columns'][0]}")
    return {"topics": topics}


# Sessions

def session():
    truth = json.loads((SESSION / "truth.json").read_text())
    item = info(SESSION)
    same(item, {"format": "session", "id": truth["session"]}, "the session")
    found = named(item)
    check(list(found) == ["front", "wrist", "joints", "force", "plc", "verdicts"], f"streams {list(found)}")
    for name, stream in found.items():
        clock = truth["clocks"][name]
        same(stream["clock"], {"method": "given", "knots": [{"stream_ns": clock["reference_ns"], "session_ns": clock["offset_ns"],
                                                             "skew_ppm": clock["drift_ppm"]}]}, f"{name}: clock")
    for name in ("front", "wrist"):
        camera, stream = truth[name], found[name]
        same(stream, {"count": camera["written"], "nominal_rate_hz": camera["fps"]}, name)
        near(stream["rate_hz"], camera["fps"], f"{name}: rate")
        same(stream["video"], {"codec": "h264", "width": camera["width"], "height": camera["height"], "complete": True}, name)
        true = camera["exposure_mid_ns"]
        for key, at in (("first_ns", true[0]), ("last_ns", true[-1])):
            check(abs(stream[key] - at) < 1_000_000, f"{name}: {key} is {stream[key]}, in truth {at}")  # stamps jitter
        # The frames that were lost are what its rate, its range and its count leave over.
        lost = (stream["last_ns"] - stream["first_ns"]) * stream["nominal_rate_hz"] / 1e9 + 1 - stream["count"]
        check(round(lost) == len(camera["lost"]) > 0, f"{name}: {lost:.2f} frames lost, in truth {len(camera['lost'])}")
        near(stream["video"]["time"]["rate_hz"], camera["fps"], f"{name}: rate")
        # Three frames lost in a row make a gap.
        runs = []
        for loss in camera["lost"]:
            if runs and loss["trigger"] == runs[-1][-1] + 1:
                runs[-1].append(loss["trigger"])
            else:
                runs.append([loss["trigger"]])
        runs = [run for run in runs if len(run) >= 3]
        gaps = stream["video"]["time"]["gaps"]
        check(gaps["count"] == len(runs) == len(gaps["longest"]), f"{name}: gaps {gaps}, in truth {runs}")
        for run, gap in zip(runs, gaps["longest"]):
            before, after = camera["trigger"].index(run[0] - 1), camera["trigger"].index(run[-1] + 1)
            for key, at in (("start_ns", true[before]), ("end_ns", true[after])):
                check(abs(gap[key] - at) < 1_000_000, f"{name}: {key} of the gap is {gap[key]}, in truth {at}")
    check(found["front"]["video"]["time"]["gaps"]["count"] == 1, "the stall of the front camera")
    for name, rate in (("joints", 500), ("force", 1000)):
        near(found[name]["rate_hz"], rate, f"{name}: rate")
        rows = sum(1 for _ in (SESSION / f"{name}.csv").open()) - 1
        same(found[name], {"count": rows, "kind": "series"}, name)
        same(found[name]["time"], {"samples": rows, "backward": 0, "duplicates": 0}, name)
    check([(c["name"], c["width"], c["unit"]) for c in found["force"]["columns"]] == [("force", 3, "N"), ("torque", 3, "N*m")],
          f"force: {found['force']['columns']}")
    same(found["verdicts"], {"count": len(truth["visits"]), "kind": "events"}, "verdicts")

    text = reelcell("info", SESSION).stdout
    (row,) = [line for line in text.splitlines() if line.startswith("front ")]
    for said in ("h264 480x360", "79 key frames", "longest GOP 15", "1 gap", "clock given +137.250 ms, +35.00 ppm"):
        check(said in row, f"the text does not say '{said}': {row}")
    return {"streams": len(found)}


# Rates

def aligned(path):
    (session,) = json.loads(reelcell("align", path, "--json", codes=(0, LOST)).stdout)["sessions"][:1]
    return {stream["stream"]: stream for stream in session["streams"]}


def proposed(path, work):
    folder = work / ("init-" + path.name.replace(".", "-"))
    folder.mkdir()
    shutil.copy(path, folder)
    return {stream["name"]: stream for stream in json.loads(reelcell("init", folder, "--dry-run", codes=(0, LOST)).stdout)["streams"]}


def rates(work):
    """`info`, `align` and `init` say one rate, and each figure what it is: at which a stream runs, its samples by its length,
    and what somebody stated."""
    told = 0
    pick = DATA / "lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace"
    so101 = DATA / "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example"
    files = [SESSION / "front.mp4", SESSION / "joints.csv", SESSION / "plc.jsonl", *sorted((DATA / "e2e/luxonis_depthai-core").glob("recording.m*")),
             DATA / "video/gopro_gpmf-parser/samples/hero7.mp4", DATA / "mcap/PlotJuggler_pj-mcap-server/PJ4/pj_scene2D/testdata/test_h264_bframes.mp4",
             DATA / "ros2bag/ros2_rosbag2/rosbag2_tests/resources/mcap/cdr_test/cdr_test_0.mcap"]
    for path in [SESSION, pick, so101, *files]:
        said, joined = named(info(path, codes=(0, LOST))), aligned(path)
        drafts = proposed(path, work) if path in files else {}
        for name, stream in said.items():
            where = f"{path.name}: {name}"
            if stream.get("count") == 0:
                continue
            check(joined[name]["rate_hz"] == stream["rate_hz"], f"{where}: info says {stream['rate_hz']} Hz, align {joined[name]['rate_hz']}")
            check(joined[name]["nominal_rate_hz"] == stream.get("nominal_rate_hz"), f"{where}: stated {stream.get('nominal_rate_hz')} and {joined[name]['nominal_rate_hz']}")
            check((stream.get("nominal_rate_hz") is not None) == (path in (SESSION, pick, so101) and stream["rate_hz"] is not None), f"{where}: {stream}")
            time = stream.get("time") or stream.get("video", {}).get("time")
            if time:
                for figure in ("rate_hz", "mean_rate_hz"):
                    check(time[figure] == joined[name]["times"][figure], f"{where}: {figure} {time[figure]} and {joined[name]['times'][figure]}")
            draft = drafts.get(name if len(drafts) > 1 else path.stem, {}).get("rate_hz")
            if draft is not None:
                check(abs(draft - stream["rate_hz"]) <= (0.01 if draft == int(draft) else 1e-3) * draft, f"{where}: init proposes {draft}, info says {stream['rate_hz']}")
            if drafts and stream["kind"] in ("series", "video"):
                check(draft is not None, f"{where}: init proposes no rate: {drafts}")
            told += 1
    # By hand: the times of a log, the truth of a camera with lost frames, and a message stream that jitters.
    times = [round(Decimal(line.split(",")[0]) * 1_000_000_000) for line in (SESSION / "joints.csv").read_text().splitlines()[1:]]
    stream = named(info(SESSION / "joints.csv"))["joints"]
    near(stream["rate_hz"], pace(times)[0], "joints: rate")
    same(stream["time"], {"mean_rate_hz": pace(times)[1]}, "joints")
    text = reelcell("align", SESSION).stdout.splitlines()
    check("rate Hz" in text[1] and "nominal Hz" in text[1], f"{text[:2]}")
    return {"rates": told}


# What is made of sessions

def corpus(work):
    document = json.loads((CORPUS / "corpus.json").read_text())
    item = info(CORPUS)
    folders = [folder.name for folder in sorted(CORPUS.iterdir()) if folder.is_dir() and not folder.name.startswith(".")]
    truth = json.loads((SESSION / "truth.json").read_text())
    same(item, {"format": "corpus", "name": "seat-inspection", "rate": {"num": 30, "den": 1}, "splits": document["splits"]}, "the corpus")
    check(sorted(output["folder"] for output in item["outputs"]) == folders, f"outputs: {item['outputs']}")
    same(item["counts"], {"sessions": 1, "episodes": len(truth["visits"])}, "the corpus")

    (rows,) = duckdb(f"SELECT count(*) FROM read_parquet('{CORPUS}/lerobot/data/*/*.parquet')")[0]
    same(item["counts"], {"rows": int(rows)}, "the corpus")
    for root in (CORPUS / "lerobot",
                 DATA / "lerobot/nimiCurtis_so101_rosbag2lerobot_dataset/local_dataset_ros2/data/lerobot_dataset_example"):
        meta = json.loads((root / "meta/info.json").read_text())
        query = f"FROM read_parquet('{root}/data/*/*.parquet')"
        (episodes,) = duckdb(f"SELECT count(DISTINCT episode_index) {query}")[0]
        first, last, count = duckdb(f"SELECT min(timestamp), max(timestamp), count(*) {query} WHERE episode_index = 0")[0]
        item = info(root)
        same(item, {"format": "lerobot", "episodes": int(episodes), "streams_of": "episode_000000"}, root.name)
        same(item["attributes"], {"codebase_version": meta["codebase_version"], "fps": meta["fps"]}, root.name)
        streams = named(item)
        same(streams["frames"], {"count": int(count)}, root.name)
        near(streams["frames"]["rate_hz"], meta["fps"], f"{root.name}: rate")
        check(abs(streams["frames"]["last_ns"] - streams["frames"]["first_ns"] - (float(last) - float(first)) * 1e9) < 1e4, f"{root.name}: range")
        cameras = {key.split(".")[-1]: feature for key, feature in meta["features"].items() if feature["dtype"] == "video"}
        check(cameras.keys() == {name for name, s in streams.items() if s["kind"] == "video"}, f"{root.name}: cameras {list(streams)}")
        for name, feature in cameras.items():
            height, width, _ = feature["shape"]
            same(streams[name], {"count": int(count)}, f"{root.name}: {name}")
            codec = {"libsvtav1": "av1"}.get(feature["info"]["video.codec"], feature["info"]["video.codec"])
            same(streams[name]["video"], {"codec": codec, "width": width, "height": height}, f"{root.name}: {name}")

    shards = [CORPUS / "webdataset/val-000000.tar"] + sorted((DATA / "webdataset").rglob("*.tar"))[:2]
    for path in shards:
        with tarfile.open(path) as archive:
            files = [member for member in archive if member.isfile()]
        count, size, samples = collections.Counter(), collections.Counter(), set()
        for member in files:
            folder, _, name = member.name.rpartition("/")
            stem, _, extension = name.partition(".")
            samples.add(f"{folder}/{stem}")
            count[extension] += 1
            size[extension] += member.size
        item = info(path)
        same(item, {"format": "webdataset", "shards": 1, "samples": len(samples)}, path.name)
        told = {m["extension"]: (m["count"], m["bytes"]) for m in item["members"]}
        check(told == {e: (count[e], size[e]) for e in count}, f"{path.name}: members {told}")
        check("damage" not in item, f"{path.name}: {item}")
    cut = work / "cut.tar"
    cut.write_bytes(shards[0].read_bytes()[:200_000])
    check(info(cut, codes=(0, LOST)).get("damage"), "a cut shard is not told of as damaged")
    return {"shards": len(shards)}


# Single files

def duckdb(query):
    done = subprocess.run(["node", INDEPENDENT / "duckdb_query.mjs", query], capture_output=True, text=True)
    check(done.returncode == 0, f"DuckDB: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def png(path, width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = zlib.compress((b"\0" + bytes(range(3)) * width) * height)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def single_files(work):
    table = work / "table.parquet"
    duckdb(f"""COPY (SELECT i AS number, i / 3.0::DOUBLE AS third, [i::FLOAT] AS list, 'text ' || i AS word
        FROM range(5000) t(i)) TO '{table}' (FORMAT parquet, ROW_GROUP_SIZE 2048)""")
    (groups,) = duckdb(f"SELECT count(DISTINCT row_group_id) FROM parquet_metadata('{table}')")[0]
    item = info(table)
    same(item, {"format": "parquet"}, "the table")
    same(item["table"], {"rows": 5000, "row_groups": int(groups)}, "the table")
    check([(c["name"], c["dtype"], c["list_depth"]) for c in item["table"]["columns"]] ==
          [("number", "int64", 0), ("third", "float64", 0), ("list", "float32", 1), ("word", "string", 0)], f"columns: {item['table']}")

    recipe = json.loads((WORK / "samples/recipe.json").read_text())
    item = info(WORK / "samples/recipe.json")
    same(item, {"format": "document", "document": "recipe"}, "the recipe")
    contents = {entry["key"]: entry["text"] for entry in item["contents"]}
    check(contents.keys() == recipe.keys(), f"the recipe: {contents}")
    same(contents, {"name": recipe["name"], "labels": f"{len(recipe['labels'])}: " + ", ".join(label["name"] for label in recipe["labels"])}, "the recipe")

    png(work / "tile.png", 37, 23)
    with tarfile.open(CORPUS / "webdataset/val-000000.tar") as archive:
        member = next(m for m in archive if m.name.endswith(".wrist.middle.jpg"))
        (work / "still.jpg").write_bytes(archive.extractfile(member).read())
    for name in ("tile.png", "still.jpg"):
        with av.open(str(work / name)) as picture:
            stream = picture.streams.video[0]
            size = {"width": stream.width, "height": stream.height}
        item = info(work / name)
        check((item["format"], item["picture"]) == ("picture", size), f"{name}: {item}, expected {size}")
    check(size == {"width": 320, "height": 240}, f"a still of the wrist camera: {size}")

    folder = DATA / "models"
    endings = collections.Counter(path.suffix for path in folder.rglob("*") if path.is_file())
    item = info(folder)
    same(item, {"format": "folder", "sessions": [], "bytes": sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())}, "a folder")
    check({f["extension"]: f["count"] for f in item["files"]} == endings and "init" in item["note"], f"a folder: {item}")
    item = info(SESSION.parent)
    same(item, {"format": "folder"}, "a folder of a session")
    check([(s["id"], pathlib.Path(s["path"]).resolve()) for s in item["sessions"]] == [("seat-0001", SESSION.resolve())], f"its session: {item}")


def no_picture():
    """An encrypted fragmented MP4: its packets are there, none makes a picture."""
    path = DATA / "video/androidx_media/libraries/test_data/src/test/assets/media/mp4/sample_fragmented_uuid.mp4"
    done = json.loads(reelcell("info", "--json", path, codes=(LOST,)).stdout)
    check([d["code"] for d in done["diagnostics"]] == ["info-no-picture"], f"no picture: {done['diagnostics']}")
    check(done["items"][0]["streams"][0]["count"] == 30, f"no picture: {done['items']}")
    found = json.loads(reelcell("validate", "--json", path, codes=(1,)).stdout)["results"][0]["findings"]
    check([f["code"] for f in found] == ["VIDEO-NO-PICTURE"], f"no picture: {found}")


def refusals(work):
    """What is not read: one line that says what it looks like, exit code 1, nothing on standard output."""
    (work / "notes.dat").write_text("just some words\n")
    (work / "noise.bin").write_bytes(bytes(range(256)) * 64)
    (work / "empty.dat").write_bytes(b"")
    shutil.copy(work / "table.parquet", work / "cut.parquet")
    os.truncate(work / "cut.parquet", 4000)
    write_json(work / "broken.json", {"version": 1})
    os.truncate(work / "broken.json", 8)
    said = {"notes.dat": "is text", "noise.bin": "binary data of an unknown kind", "empty.dat": "is empty", "missing.mp4": "does not exist",
            "cut.parquet": "cut.parquet", "broken.json": "broken.json"}
    for name, words in said.items():
        done = reelcell("info", "--json", work / name, codes=(1,))
        lines = done.stderr.splitlines()
        check(not done.stdout and len(lines) == 1 and name in lines[0] and words in lines[0], f"{name}: {done.stdout}{done.stderr}")
    return {"refused": len(said)}


def main():
    check(BINARY.exists(), f"{BINARY} is not built")
    with work_folder() as work:
        found = {**videos(work), **logs(work), **mcap(), **session(), **rates(work), **corpus(work)}
        single_files(work)
        no_picture()
        print({**found, **refusals(work)})


if __name__ == "__main__":
    main()
