#!/usr/bin/python3
"""A corpus that is there is called complete only while it and all that it was made from are as they were: each file
that a build reads is changed in turn, files of the corpus are removed and cut, and `why` follows every source."""
import csv
import json
import os
import shutil
import subprocess

import av
from support import BINARY, LOST, check, reelcell, same_tree, tree, work_folder, write_json

GENERATOR = BINARY.parent / "reelcell-make-session"
RECIPE = {
    "version": 1, "name": "again", "grid": {"rate_hz": 30, "anchor": "front", "policy": {
        "front": {"method": "nearest", "tolerance": "40ms"}, "wrist": {"method": "nearest", "tolerance": "40ms"}}},
    "features": [{"name": "observation.state", "from": ["joints.q"], "dtype": "float32"}, {"name": "observation.images.wrist", "video": "wrist"}],
    "segments": [{"kind": "visits", "signal": "joints.dq", "v_in": 0.02, "v_out": 0.03, "step": "step == 'VISIT'"},
                 {"kind": "import", "file": "labels.csv", "format": "csv", "name": "marked"}],
    "labels": [{"name": "verdict", "value": "first(verdicts.result where visit == segment.visit)"}],
    "gates": [{"kind": "range", "signal": "force.force[2]", "min": "-500 N", "max": "500 N", "action": "drop"}],
    "splits": {"by": "session", "ratios": {"train": 1}},
    "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "webdataset", "folder": "wds"}]}


def make_session(folder):
    subprocess.run([GENERATOR, "--out", folder, "--duration", "4", "--points", "6", "--width", "64", "--height", "64",
                    "--wrist-width", "64", "--wrist-height", "64", "--stall-ms", "0", "--drop-rate", "0"], check=True, capture_output=True)
    with av.open(str(folder / "wrist.mp4")) as video:
        stream = video.streams.video[0]
        times = sorted(float(packet.pts * stream.time_base) for packet in video.demux(stream) if packet.size)
    write_stamps(folder, times)
    (folder / "labels.csv").write_text("session_start_ns,session_end_ns,label\n1000000000,1800000000,good\n2000000000,2900000000,bad\n")
    session = json.loads((folder / "session.json").read_text())
    next(s for s in session["streams"] if s["name"] == "wrist")["options"] = {"times": "wrist_times.csv", "times_unit": "s"}
    check(session["plan"] == "plan.json", "the made session has no plan file")
    write_json(folder / "session.json", session)
    return times


def write_stamps(folder, times):
    (folder / "wrist_times.csv").write_text("time\n" + "".join(f"{time:.9f}\n" for time in times))


def change_text(path, old, new):
    """The same size, as a careless edit has it."""
    text = path.read_text()
    check(old in text and len(old) == len(new), f"{path.name} does not hold {old}")
    path.write_text(text.replace(old, new, 1))


def change_verdict(path):
    rows = list(csv.reader(path.read_text().splitlines()))
    at = rows[0].index("result")
    rows[1][at] = {"OK": "NG", "NG": "OK"}.get(rows[1][at], "OK")
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")


def change_number(path, column, by):
    lines = path.read_text().splitlines()
    fields = lines[100].split(",")
    at = lines[0].split(",").index(column)
    fields[at] = f"{float(fields[at]) + by:.6f}"
    lines[100] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")


def changes(times, other):
    return {
        "session.json": lambda f: change_text(f / "session.json", '"cell": "A3"', '"cell": "B7"'),
        "plan.json": lambda f: change_text(f / "plan.json", '"id":"P001"', '"id":"Q001"'),
        "labels.csv": lambda f: change_text(f / "labels.csv", "good", "fine"),
        "wrist_times.csv": lambda f: write_stamps(f, [time + 0.001 for time in times]),
        "verdicts.csv": lambda f: change_verdict(f / "verdicts.csv"),
        "joints.csv": lambda f: change_number(f / "joints.csv", "q1", 0.25),
        "force.csv": lambda f: change_number(f / "force.csv", "fz", 1),
        "front.mp4": lambda f: shutil.copy(other / "front.mp4", f / "front.mp4"),
        "wrist.mp4": lambda f: shutil.copy(other / "wrist.mp4", f / "wrist.mp4"),
    }


def build(work, folder, out, *options, codes=(0, LOST)):
    return reelcell("build", folder, "--recipe", work / "recipe.json", "--out", out, *options, codes=codes)


def every_input_counts(work, times, other):
    for name, change in changes(times, other).items():
        folder, out = work / f"in-{name}", work / f"out-{name}"
        shutil.copytree(work / "session", folder)
        build(work, folder, out)
        before = tree(out)
        check("nothing was done" in build(work, folder, out).stdout, f"{name}: the second build was not for nothing")
        change(folder)
        told = build(work, folder, out, codes=(1,)).stderr
        check("--overwrite" in told and "has changed" in told and name in told, f"{name} was changed: {told}")
        same_tree(before, tree(out), f"{name}: a refused build")
        build(work, folder, out, "--overwrite")
        fresh = work / f"fresh-{name}"
        build(work, folder, fresh)
        same_tree(tree(fresh), tree(out), f"{name}: built over the old corpus")
        check(before != tree(out), f"{name}: the change is in nothing")


def touched(work, out, before):
    """A file with another time and the same content is no change, and is remembered so; one that is in no sample cannot be told."""
    for path in sorted((work / "session").iterdir()):
        os.utime(path)
        check("nothing was done" in build(work, work / "session", out).stdout, f"{path.name} was touched")
    same_tree(before, tree(out), "touched")
    moved = work / "moved"
    shutil.copytree(work / "session", moved, copy_function=shutil.copyfile)
    for folder in (moved, work / "session"):
        check("nothing was done" in build(work, folder, out).stdout, "a copy with other times")
    folder, other = work / "unlabelled", work / "unlabelled-out"
    shutil.copytree(work / "session", folder)
    labels = (folder / "labels.csv").read_text()
    (folder / "labels.csv").write_text(labels.splitlines()[0] + "\n")
    build(work, folder, other)
    (folder / "labels.csv").write_text(labels)
    told = build(work, folder, other, codes=(1,)).stderr
    check("labels.csv" in told and "no sample came from it" in told, f"labels that came later are not noticed: {told}")
    told = build(work, folder, other, "--add", codes=(LOST,)).stderr
    check("labels.csv" in told and "cannot be told" in told, told)
    build(work, folder, other, "--add", "--replace")
    whole = work / "labelled-out"
    build(work, folder, whole)
    keys = [sorted(s["key"] for s in json.loads((o / "corpus.json").read_text())["samples"]) for o in (other, whole)]
    check(keys[0] == keys[1], f"labels that came later: {keys}")


def damage_is_repaired(work, out, before):
    data = next((out / "v3/data").rglob("*.parquet"))
    shard = next((out / "wds").glob("*.tar"))
    damages = {data: lambda p: p.unlink(), shard: lambda p: os.truncate(p, p.stat().st_size - 512),
               out / "report.json": lambda p: p.unlink(), out / "v3": lambda p: shutil.rmtree(p)}
    for path, harm in damages.items():
        harm(path)
        told = build(work, work / "session", out).stderr
        check(str(path.relative_to(out)) in told and "built again" in told, f"{path.name}: {told}")
        same_tree(before, tree(out), f"{path.name} was damaged")
    check("nothing was done" in build(work, work / "session", out).stdout, "the repaired corpus is not called complete")


def lineage_is_whole(work, out):
    samples = json.loads((out / "corpus.json").read_text())["samples"]
    for sample in samples:
        roles = {}
        for line in sample["lineage"]:  # a stream has a line for each range that was read of it
            roles.setdefault(line["path"], set()).update(line["roles"])
        visit = sample["segment"]["kind"] == "visit"
        expected = {"wrist.mp4": {"rows"}, "front.mp4": {"grid"}, "force.csv": {"gate"}, "session.json": {"session"}, "wrist_times.csv": {"stamps"}}
        expected.update({"joints.csv": {"rows", "segment"}, "plan.json": {"plan"}} if visit else {"joints.csv": {"rows"}, "labels.csv": {"segment"}})
        for path, least in expected.items():
            check(least <= roles.get(path, set()), f"{sample['key']}: {path} is {roles.get(path)} in its lineage, {least} was expected")
        check("label" in roles.get("verdicts.csv", ()), f"{sample['key']}: the verdicts of its label are not in its lineage: {roles}")
        check(("plan.json" in roles) == visit and ("labels.csv" in roles) != visit, f"{sample['key']}: lineage of the other segmenter: {roles}")
        check(all(line.get("sha256") for line in sample["lineage"]), f"{sample['key']}: a file without a hash")
    key = next(s["key"] for s in samples if s["segment"]["kind"] == "visit")
    for name in ["plan.json", "verdicts.csv", "wrist_times.csv", "session.json"]:
        moved = work / f"why-{name}"
        shutil.copytree(work / "session", moved)
        told = json.loads(reelcell("why", out, key, "--sources", moved, "--check", "--json").stdout)
        check(all(s["check"] == "same" for s in told["sources"]), f"why: {told['sources']}")
        with open(moved / name, "a") as file:
            file.write("\n")
        told = json.loads(reelcell("why", out, key, "--sources", moved, "--json", codes=(1,)).stdout)
        check({s["file"] for s in told["sources"] if s["check"] != "same"} == {name}, f"why: {name} was changed: {told['sources']}")
    text = reelcell("why", out, key).stdout
    check("plan.json" in text and "verdicts.csv" in text and "stamps" in text, f"why: {text}")
    return len(samples)


def failures_leave_it(work, out, before):
    """Too many failures stop a build before it touches what is there."""
    broken = work / "broken"
    shutil.copytree(work / "session", broken)
    change_text(broken / "session.json", "seat-0001", "seat-0002")
    (broken / "joints.csv").write_text("nothing\n")
    told = reelcell("build", work / "session", broken, "--recipe", work / "recipe.json", "--out", out, "--overwrite", "--max-failures", "0", codes=(1,)).stderr
    check("--max-failures" in told, told)
    same_tree(before, tree(out), "a build that was stopped")
    reelcell("validate", out, "--deep")
    check("nothing was done" in build(work, work / "session", out).stdout, "the corpus that was left is not called complete")


def main():
    with work_folder() as work:
        times = make_session(work / "session")
        other = work / "other"
        subprocess.run([GENERATOR, "--out", other, "--duration", "4", "--points", "6", "--width", "64", "--height", "64", "--seed", "9",
                        "--wrist-width", "64", "--wrist-height", "64", "--stall-ms", "0", "--drop-rate", "0"], check=True, capture_output=True)
        write_json(work / "recipe.json", RECIPE)
        out = work / "corpus"
        build(work, work / "session", out)
        before = tree(out)
        count = lineage_is_whole(work, out)
        touched(work, out, before)
        damage_is_repaired(work, out, before)
        failures_leave_it(work, out, before)
        every_input_counts(work, times, other)
    print(f"{count} samples; 9 inputs changed, 4 damages repaired, a stopped build left all as it was")


if __name__ == "__main__":
    main()
