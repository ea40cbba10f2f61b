#!/usr/bin/python3
"""Holds a folder of WebDataset shards against the format's rules and against what the shards say of themselves.

GNU tar lists and extracts them, webdataset_reader.py groups them as WebDataset does, numpy loads arrays, PyAV decodes
clips and pictures. Checked: names and modes of members, the key rule, members of a sample adjacent and sorted, no
repeated extension, the index beside each shard (offsets, sizes, hashes by slicing the file), and each sample's json:
rows against arrays and frames, clip pts against the rate, stills against their instants, native ranges.

usage: webdataset_format.py FOLDER
"""
import io
import json
import pathlib
import subprocess
import sys
import tarfile
from fractions import Fraction

import av
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import webdataset_reader  # noqa: E402

faults = []
counted = {"shards": 0, "samples": 0, "clips": 0, "stills": 0, "native": 0, "true_times": 0, "zstd": 0, "rules": 0}


def rule(holds, text):
    counted["rules"] += 1
    if not holds and len(faults) < 40:
        faults.append(text)
    return holds


def check_archive(shard):
    listed = subprocess.run(["tar", "--numeric-owner", "-tvf", shard], capture_output=True, text=True)
    rule(listed.returncode == 0 and not listed.stderr, f"{shard.name}: GNU tar says {listed.stderr[:200]}")
    for line in listed.stdout.splitlines():
        rule(line.startswith("-r--r--r--") and line.split()[1] == "0/0", f"{shard.name}: {line}")
    names = [line.split(None, 5)[5] for line in listed.stdout.splitlines()]
    keys, previous = [], None
    for name in names:
        key, extension = name.split(".", 1)
        rule(not name.startswith("__") and "/" not in name and extension == extension.lower(), f"{shard.name}: member {name}")
        if key != previous:
            rule(key not in keys, f"{shard.name}: members of {key} are not adjacent")
            keys.append(key)
            last = ""
        rule(extension > last, f"{shard.name}: {name} is not in order")
        previous, last = key, extension
    with tarfile.open(shard) as archive:
        rule(archive.format in (tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT), f"{shard.name}: format")
        members = archive.getmembers()
        rule(all(m.mtime == 0 or m.mtime == members[0].mtime for m in members), f"{shard.name}: times of members differ")
    rule(shard.read_bytes()[257:262] == b"ustar", f"{shard.name}: is no USTAR")
    return keys, members


def check_index(shard, members):
    index = json.loads(shard.with_name(shard.stem + ".index.json").read_text())
    data = shard.read_bytes()
    rule(index["shard"] == shard.name and index["bytes"] == len(data), f"{shard.name}: index says {index['shard']}, {index['bytes']}")
    by_name = {m.name: m for m in members}
    found = 0
    for sample in index["samples"]:
        for entry in sample["members"]:
            member = by_name[f"{sample['key']}.{entry['extension']}"]
            rule((entry["offset"], entry["bytes"]) == (member.offset_data, member.size), f"{shard.name}: index of {member.name}")
            found += 1
    rule(found == len(members), f"{shard.name}: {found} members in the index, {len(members)} in the shard")


def array(sample, name):
    data = sample[name]
    if name.endswith(".zst"):
        counted["zstd"] += 1
        data = subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return np.load(io.BytesIO(data), allow_pickle=False)


def member_of(sample, name):
    return name + ".npy" if name + ".npy" in sample else name + ".npy.zst"


def check_clip(sample, name, clip, rows, rate):
    with av.open(io.BytesIO(sample[clip["member"]])) as container:
        stream = container.streams.video[0]
        frames = [(Fraction(f.pts * stream.time_base), f.key_frame, (f.width, f.height)) for f in container.decode(stream)]
        rule(stream.average_rate == rate, f"{sample['__key__']}: {name} runs at {stream.average_rate}")
    rule(len(frames) == rows == clip["frames"], f"{sample['__key__']}: {name} has {len(frames)} frames for {rows} rows")
    rule([t for t, _, _ in frames] == [i / rate for i in range(len(frames))], f"{sample['__key__']}: {name}: times")
    rule(frames[0][1] and {s for _, _, s in frames} == {(clip["width"], clip["height"])}, f"{sample['__key__']}: {name}: first frame or size")
    counted["clips"] += 1


def check_sample(sample):
    key, document = sample["__key__"], json.loads(sample["json"])
    rows, rate = document["rows"], Fraction(*document["rate"])
    rule(document["key"] == key, f"{key}: calls itself {document['key']}")
    named = {"json", "txt"} & set(sample)
    times = array(sample, member_of(sample, "time_ns"))
    named.add(member_of(sample, "time_ns"))
    rule(times.shape == (rows,) and times.dtype == np.int64, f"{key}: time_ns {times.shape}")
    rule(np.abs(np.diff(times) - float(1e9 / rate)).max(initial=0) <= 1, f"{key}: rows are not 1/{rate} s apart")
    segment = document["segment"]
    rule(segment["start_ns"] <= times[0] and times[-1] < segment["end_ns"], f"{key}: rows leave the segment")
    for feature, entry in document["features"].items():
        values = array(sample, entry["member"])
        named.add(entry["member"])
        shape = (rows,) if entry["shape"] == [1] else (rows, *entry["shape"])
        rule(values.shape == shape and str(values.dtype) == entry["dtype"], f"{key}: {feature} is {values.shape} {values.dtype}")
        rule(entry["dtype"].startswith("int") or np.isfinite(values).all(), f"{key}: {feature} holds a gap that the gates should have seen")
    for feature, clip in document["videos"].items():
        named.add(clip["member"])
        check_clip(sample, feature, clip, rows, rate)
    if "source_pts" in document:
        pts = array(sample, document["source_pts"]["member"])
        named.add(document["source_pts"]["member"])
        rule(pts.shape == (len(document["videos"]), rows) and (np.diff(pts) >= 0).all(), f"{key}: source_pts {pts.shape}")
    for still in document.get("stills", []):
        named.add(still["member"])
        data = sample[still["member"]]
        magic = b"\x89PNG" if still["member"].endswith(".png") else b"\xff\xd8\xff"
        with av.open(io.BytesIO(data)) as picture:
            frame = next(picture.decode(video=0))
        clip = document["videos"][still["feature"]]
        rule(data.startswith(magic) and (frame.width, frame.height) == (clip["width"], clip["height"]), f"{key}: {still['member']}")
        at = {"first": 0, "middle": rows // 2, "last": rows - 1}[still["name"]]
        row = document["source_pts"]["videos"].index(still["feature"])
        rule(still["pts"] == array(sample, document["source_pts"]["member"])[row, at], f"{key}: {still['member']} is of another instant")
        counted["stills"] += 1
    if "source_streams" in document:
        found = {}
        for name in ("source_time_ns", "source_skew_ns", "source_flag"):
            found[name] = array(sample, member_of(sample, name))
            named.add(member_of(sample, name))
            rule(found[name].shape == (len(document["source_streams"]), rows), f"{key}: {name} {found[name].shape}")
        rule((found["source_time_ns"] - found["source_skew_ns"] == times).all(), f"{key}: time - skew is not the row's time")
        rule(found["source_flag"].min() >= 0 and found["source_flag"].max() <= 4, f"{key}: flags")
        counted["true_times"] += 1
    for stream, native in document.get("native", {}).items():
        own, ranges = array(sample, native["time_ns"]), array(sample, native["row_ranges"])
        named |= {native["time_ns"], native["row_ranges"]} | {c["member"] for c in native["columns"].values()}
        rule(own.shape == (native["samples"],) and (np.diff(own) > 0).all(), f"{key}: native {stream}: times")
        rule(ranges.shape == (2, rows) and (ranges[0] <= ranges[1]).all() and ranges[1].max() <= len(own), f"{key}: native {stream}: ranges")
        inside = all((own[a:b] >= t).all() for a, b, t in zip(ranges[0], ranges[1], times))
        rule(inside, f"{key}: native {stream}: a range starts before its row")
        for column, entry in native["columns"].items():
            rule(len(array(sample, entry["member"])) == len(own), f"{key}: native {stream}.{column}")
        counted["native"] += 1
    rule(named | {"__key__"} == set(sample), f"{key}: members that its json does not name: {sorted(set(sample) - named)[:4]}")
    for source in document["lineage"]:
        name = source.get("stream", source["path"])
        rule("first_ns" not in source or source["first_ns"] <= source["last_ns"], f"{key}: lineage of {name}: times")
        rule("rows" not in source["roles"] or "first_ns" in source, f"{key}: lineage of {name}: rows without a time")
        rule(len(source["sha256"]) in (0, 64), f"{key}: lineage of {name}: hash")


def main():
    folder = pathlib.Path(sys.argv[1])
    shards = sorted(folder.glob("*.tar"))
    rule(bool(shards), f"{folder}: no shard")
    everything = []
    for shard in shards:
        keys, members = check_archive(shard)
        check_index(shard, members)
        grouped = list(webdataset_reader.samples(str(shard)))
        rule([s["__key__"] for s in grouped] == keys, f"{shard.name}: WebDataset sees other samples")
        for sample in grouped:
            check_sample(sample)
        everything += keys
        counted["shards"] += 1
        counted["samples"] += len(keys)
    rule(len(set(everything)) == len(everything), "a key is in two shards")
    by_split = {}
    for shard in shards:
        split, number = shard.stem.rsplit("-", 1)
        by_split.setdefault(split, []).append(number)
    for split, numbers in by_split.items():
        wanted = sorted(set(numbers)) if "--with-gaps" in sys.argv else [f"{i:06d}" for i in range(len(numbers))]
        rule(numbers == wanted, f"shards of {split} are {numbers}")
    print(json.dumps({**counted, "faults": len(faults)}))
    for text in faults:
        print(text, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
