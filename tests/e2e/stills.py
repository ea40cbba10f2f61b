#!/usr/bin/python3
"""Stills at chosen instants: of each camera the frame nearest to a time from the segment's start or end, to a share of it
and to events in it. Names, true times and pixels are held against session.json, the logs and PyAV's decoding."""
import csv
import io
import json
import subprocess
import sys

import av
import numpy
from support import BINARY, INDEPENDENT, LOST, check, reelcell, work_folder, write_json
from visits import recorded

sys.path.insert(0, str(INDEPENDENT))
import webdataset_reader  # noqa: E402

CAMERAS = ("front", "wrist")
MS = 10**6
LENGTH = 700 * MS
AT = ["middle", "0s", "50ms", "-50ms", "25%", "33.5%", "100%", "1s", "event:plc",
      {"event": "plc", "where": "step == 'VISIT'", "name": "visit"}, {"event": "verdicts", "where": "score > limit"}]


def make_session(work):
    session = work / "session"
    subprocess.run([BINARY.parent / "reelcell-make-session", "--out", session, "--seed", "5", "--points", "12", "--duration", "8",
                    "--width", "160", "--height", "120", "--wrist-width", "96", "--wrist-height", "96"], check=True, capture_output=True)
    return session


def frame_times(session, camera):
    """[(session time, pts)] of the frames, by session.json's clock, at mid-exposure."""
    stream = next(s for s in json.loads((session / "session.json").read_text())["streams"] if s["name"] == camera)
    clock, shift = stream["clock"], stream["exposure_us"] * 500
    times = []
    with av.open(str(session / f"{camera}.mp4")) as video:
        for packet in video.demux(video=0):
            if packet.pts is not None:
                own = round(packet.pts * packet.time_base * 10**9) + shift
                drift = clock["drift_ppm"] * 1e-6 * (own - clock["reference_ns"])
                times.append((own + clock["offset_ns"] + round(drift), packet.pts))
    return sorted(times)


def events(session):
    """(time, kind) of the three lists of events that the recipe names."""
    plc = [json.loads(line) for line in (session / "plc.jsonl").read_text().splitlines()]
    clocks = {s["name"]: s["clock"] for s in json.loads((session / "session.json").read_text())["streams"]}

    def at(own, clock):
        return own + clock["offset_ns"] + round(clock["drift_ppm"] * 1e-6 * (own - clock["reference_ns"]))
    with (session / "verdicts.csv").open() as file:
        verdicts = list(csv.DictReader(file))
    return {"plc": [at(e["t_ns"], clocks["plc"]) for e in plc],
            "visit": [at(e["t_ns"], clocks["plc"]) for e in plc if e.get("step") == "VISIT"],
            "verdicts": [at(round(float(v["t_ms"]) * MS), clocks["verdicts"]) for v in verdicts if float(v["score"]) > 0.1]}


def expected(start, end, happened):
    """{name: time} of a segment; 1s lies outside of it."""
    length = end - start
    wanted = {"0s": start, "50ms": start + 50 * MS, "end-50ms": end - 50 * MS, "25pct": start + length // 4,
              "33.5pct": start + round(length * 0.335), "100pct": end - 1}
    for name, times in happened.items():
        inside = [t for t in times if start <= t < end]
        wanted.update({f"{name}-{i + 1}": t for i, t in enumerate(inside)})
    return wanted


def main():
    with work_folder() as work:
        session = make_session(work)
        recipe = {"version": 1, "name": "stills", "grid": {"rate_hz": 10}, "parameters": {"limit": 0.1},
                  "features": [{"name": f"observation.images.{camera}", "video": camera} for camera in CAMERAS],
                  "segments": [{"kind": "window", "length": "700ms"}], "stills": {"at": AT, "format": "png"},
                  "outputs": [{"format": "webdataset", "folder": "shards"}]}
        write_json(work / "recipe.json", recipe)
        reelcell("validate", work / "recipe.json")
        trees = []
        for threads in ("1", "3"):
            out = work / f"out{threads}"
            done = reelcell("build", session, "--recipe", work / "recipe.json", "--out", out, "-j", threads, codes=(0, LOST))
            trees.append({p.name: p.read_bytes() for p in out.rglob("*") if p.is_file() and ".reelcell" not in p.parts})
        check(trees[0] == trees[1], "the bytes depend on the threads")
        check("<still-outside-segment>" in done.stderr and "stills '1s'" in done.stderr, f"1s is not told of: {done.stderr}")
        reelcell("validate", "--deep", out)

        times = {camera: frame_times(session, camera) for camera in CAMERAS}
        pictures = {camera: recorded(session, camera) for camera in CAMERAS}
        happened = events(session)
        found, kinds, beside = 0, set(), 0
        for shard in sorted((out / "shards").glob("*.tar")):
            for sample in webdataset_reader.samples(shard):
                told = json.loads(sample["json"])
                segment = told["segment"]
                wanted = expected(segment["start_ns"], segment["end_ns"], happened)
                for camera in CAMERAS:
                    stills = {s["name"]: s for s in told["stills"] if s["feature"].endswith(camera)}
                    near = {name: min(times[camera], key=lambda t: (abs(t[0] - at), t[0])) for name, at in wanted.items()}
                    near = {name: frame for name, frame in near.items() if abs(frame[0] - wanted[name]) <= 100 * MS}
                    check(set(stills) - {"middle"} == set(near), f"{sample['__key__']} {camera}: {sorted(stills)}, not {sorted(near)}")
                    for name, (time, pts) in near.items():
                        still, member = stills[name], f"{camera}.{name}.png"
                        check(still["member"].endswith(member) and member in sample, f"{name}: called {still['member']}")
                        check(still["pts"] == pts and abs(still["time_ns"] - time) <= 2, f"{name}: {still}, nearest is {pts} at {time}")
                        with av.open(io.BytesIO(sample[member])) as picture:
                            ours = next(picture.decode(video=0)).to_ndarray(format="rgb24").astype(numpy.int16)
                        check((ours == pictures[camera][pts]).all(), f"{sample['__key__']} {member}: other pixels than frame {pts}")
                        found += 1
                        kinds.add(name.split("-")[0])
                    rows = {min(times[camera], key=lambda t: (abs(t[0] - at), t[0]))[1]
                            for at in range(segment["start_ns"], segment["end_ns"], 100 * MS)}
                    beside += sum(pts not in rows for _, pts in near.values())
        check(kinds == {"0s", "50ms", "end", "25pct", "33.5pct", "100pct", "plc", "visit", "verdicts"}, f"made: {kinds}")
        check(found > 150 and beside > 30, f"{found} stills, {beside} of frames that no row shows")

        # What cannot be is told with its place.
        for at, words in (([" noon"], "unknown instant ' noon'"), (["120%"], "0% to 100%"), (["50 parsec"], "is not a duration"),
                          (["event:plc", {"event": "plc"}], "a second instant is named 'plc'"), ([{"event": "plc", "where": "step =="}], "/stills/at/0/where"),
                          (["event:plk"], "unknown event stream 'plk'"), ([{"event": "plc", "nam": "x"}], "nam")):
            write_json(work / "recipe.json", {**recipe, "stills": {"at": at}})
            said = reelcell("build", session, "--recipe", work / "recipe.json", "--dry-run", codes=(1,)).stderr
            check("/stills/at" in said and words in said, f"{at}: {said}")
        write_json(work / "recipe.json", {**recipe, "stills": {"at": [{"event": "plc", "where": "stepp == 'VISIT'"}], "format": "jpeg"}})
        done = reelcell("build", session, "--recipe", work / "recipe.json", "--out", work / "none", codes=(0, LOST))
        check("has the field 'stepp'" in done.stderr and "<still-no-event>" in done.stderr, f"a mistyped field: {done.stderr}")
        write_json(work / "recipe.json", {**recipe, "stills": {"at": ["middle"], "format": "jpeg"}})
        reelcell("validate", work / "recipe.json")
        reelcell("build", session, "--recipe", work / "recipe.json", "--out", work / "jpeg", codes=(0, LOST))
        sample = next(webdataset_reader.samples(sorted((work / "jpeg/shards").glob("*.tar"))[0]))
        check("front.middle.jpg" in sample and sample["front.middle.jpg"][:2] == b"\xff\xd8", f"jpeg: {sorted(sample)}")
        print({"stills": found, "of frames that no row shows": beside})


if __name__ == "__main__":
    main()
