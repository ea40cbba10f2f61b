#!/usr/bin/python3
"""Device clocks that wrap or start anew within a session, of known truth: measured from a log of both clocks' stamps, stored
in session.json, and built. Each row's own time is held against the truth by readers that are not Reelcell's."""
import json
import random
import struct

from support import LOST, check, integers, parquet, reelcell, work_folder, write_json

NS, MS, US = 1, 1_000_000, 1_000
SECOND = 1_000_000_000
START = 1_769_850_000 * SECOND  # the host's clock, Unix
WRAP = (1 << 32) * US
FLOOR = MS  # the least delay: both clocks' stamps cannot tell it from an offset


class Device:
    """Samples at device times `true` (ns, never wrapped), which the host gets late and the log of the device shows as `raw`."""

    def __init__(self, seed, seconds, hz, begin, skew_ppm):
        chance = random.Random(seed)
        self.begin = begin
        self.true = [begin + round(i * 1e6 / hz) * US for i in range(round(seconds * hz))]
        self.raw = list(self.true)
        self.skew = skew_ppm
        self.host = [self.session(t) + FLOOR + round(chance.expovariate(1 / 4e6)) for t in self.true]

    def session(self, true):
        return START + (true - self.begin) + round((true - self.begin) * self.skew * 1e-6)

    def wrap(self, span):
        self.raw = [t % span for t in self.raw]

    def reset(self, at, to):
        by = self.raw[at] - to
        self.raw = [t - by if i >= at else t for i, t in enumerate(self.raw)]

    def silent(self, first, last):
        for row in (self.true, self.raw, self.host):
            del row[first:last]


def csv_session(folder, device, every=1, swap=None, jsonl=False):
    """The device's own log, and the host's with a stamp of each `every`-th sample. `swap`: a sample stored two later."""
    folder.mkdir()
    rows = [[raw // US, i] for i, raw in enumerate(device.raw)]
    if swap is not None:
        rows.insert(swap + 2, rows.pop(swap))
    if jsonl:
        (folder / "imu.jsonl").write_text("".join(json.dumps({"stamp_us": t, "n": n}) + "\n" for t, n in rows))
    else:
        (folder / "imu.csv").write_text("stamp_us,n\n" + "".join(f"{t},{n}\n" for t, n in rows))
    pairs = sorted(zip(device.host, device.raw))[::every]
    (folder / "sync.csv").write_text("host_ns,stamp_us\n" + "".join(f"{host},{raw // US}\n" for host, raw in pairs))
    write_json(folder / "session.json", {"version": 1, "id": folder.name, "clock": {"epoch": "unix"}, "streams": [
        {"name": "imu", "kind": "series", "path": "imu.jsonl" if jsonl else "imu.csv",
         "options": {"time_column": "stamp_us", "time_unit": "us",
                     "columns": [{"name": "n", "from": "n", "dtype": "int64"}]},
         "clock": {"comment": "on the wrist",
                   "measure": {"by": "pairs", "against": "sync", "device": {"stamp_us": "us"}}}},
        {"name": "sync", "kind": "series", "path": "sync.csv", "clock": {"offset_ns": 0},
         "options": {"time_column": "host_ns", "time_unit": "ns",
                     "columns": [{"name": "stamp_us", "from": "stamp_us", "dtype": "int64"}]}}]})
    return folder


def align(session, *arguments, codes=(0, LOST)):
    return json.loads(reelcell("align", session, "--json", *arguments, codes=codes).stdout)["sessions"][0]


def stored(session):
    streams = json.loads((session / "session.json").read_text())["streams"]
    return next(stream["clock"] for stream in streams if stream["name"] == "imu")


def build(work, session, codes=(0,)):
    recipe, out = work / "recipe.json", work / f"{session.name}.corpus"
    write_json(recipe, {"version": 1, "name": "breaks", "grid": {"anchor": "imu", "rate_hz": 120, "policy": {"imu": {"method": "nearest", "tolerance": "0s"}}}, "segments": [{"kind": "session"}],
                        "features": [{"name": "observation.state", "from": ["imu.n"]}],
                        "gates": [{"kind": "clock", "streams": ["imu"], "action": "quarantine"}],
                        "outputs": [{"format": "lerobot_v3", "folder": "set"}]})
    reelcell("build", session, "--recipe", recipe, "--out", out, "--overwrite", codes=codes)
    reelcell("validate", out)
    return out


def rows_are_true(out, device, within, where):
    """Row by row: the sample's number, and the time that it says it was taken at."""
    path = next((out / "set/data").rglob("*.parquet"))
    times = integers(path, ["index", "reelcell.imu.time_ns"])
    states = {row["index"]: row["observation.state"] for row in parquet(path)["data"]}
    seen, worst = set(), 0
    for row in times:
        state = states[row["index"]]
        n = round(state[0] if isinstance(state, list) else state)
        truth = device.session(device.true[n]) + FLOOR
        worst = max(worst, abs(row["reelcell.imu.time_ns"] - truth))
        seen.add(n)
    check(worst <= within, f"{where}: a row's time is {worst / MS:.3f} ms off")
    check(len(seen) >= 0.98 * len(device.true), f"{where}: {len(seen)} of {len(device.true)} samples have a row")
    print(f"{where}: {len(seen)} samples in rows, at most {worst / MS:.4f} ms from their true times")


def lineage_clock(out):
    corpus = json.loads((out / "corpus.json").read_text())
    maps = [line["clock_map"] for sample in corpus["samples"] for line in sample["lineage"] if line.get("stream") == "imu"]
    check(maps, "corpus.json tells no clock of the imu")
    return maps[0]


def measured(work, session, kinds, codes=(0, LOST)):
    """Before, the clock is assumed; after, it is stored with its breaks, and a second look finds no loss."""
    before = align(session, "--measure", "--write", codes=codes)
    clock = before["clocks"][0]
    check(clock["verdict"] == "measured", f"{session.name}: {clock['verdict']}: {clock['reason']}")
    written = stored(session)
    found = [entry["kind"] for entry in written.get("breaks", [])]
    check(found == kinds, f"{session.name}: breaks {found}, expected {kinds}")
    check(written["comment"] == "on the wrist" and "measure" in written, f"{session.name}: {written}")
    for entry in written["breaks"]:
        check(("interval_ms" in entry) == (entry["kind"] == "reset"), f"{session.name}: {entry}")
    text = reelcell("align", session, "--fail-on", "assumed").stdout
    check(f"{len(kinds)} break" in text and all(kind in text for kind in kinds), text)
    line = next(line for line in align(session, codes=(0,))["streams"] if line["stream"] == "imu")
    check(line["times"]["backward"] == 0 and line["clock"]["method"] == "measured", f"{session.name}: {line}")
    told = line["clock"]
    check(told["reference_ns"] == clock["reference_ns"] and abs(told["offset_ns"] - clock["offset_ns"]) <= 1
          and abs(told["drift_ppm"] - clock["drift_ppm"]) < 0.01, f"{session.name}: the table says {told}, measured was {clock}")
    check(len(line["clock"]["breaks"]) == len(kinds), f"{session.name}: {line['clock']}")
    check("joined over" in reelcell("info", session).stdout, "info does not tell of the breaks")
    reelcell("validate", session)
    again = align(session, "--measure", "--write", codes=(0,))["clocks"][0]
    check(again["verdict"] == "measured" and stored(session)["breaks"] == written["breaks"], f"{session.name}: measured twice")
    check(stored(session)["points"] == written["points"], f"{session.name}: other points the second time")
    return written


def a_wrapped_counter(work):
    """2^32 us, 40 s before the wrap; the never wrapped log of the same device gives the same clock to the ns."""
    device = Device(1, 120, 30, WRAP - 40 * SECOND, 35)
    plain = csv_session(work / "plain", device)
    device.wrap(WRAP)
    for name, jsonl in (("wrapped", False), ("wrapped-jsonl", True)):
        session = csv_session(work / name, device, jsonl=jsonl)
        clock = measured(work, session, ["wrap"])
        check(clock["breaks"][0]["add_ns"] == WRAP, f"{clock['breaks']}")
        align(plain, "--measure", "--write")
        check(stored(plain)["points"] == clock["points"], "the wrap changed the clock")
        out, unwrapped = build(work, session), build(work, plain)
        rows_are_true(out, device, MS // 2, name)
        check(lineage_clock(out)["breaks"] == clock["breaks"], "corpus.json does not tell of the breaks")
        check("breaks" not in lineage_clock(unwrapped), "breaks of a clock that has none")
        data = [next((folder / "set/data").rglob("*.parquet")).read_bytes() for folder in (out, unwrapped)]
        check(data[0] == data[1], "the wrapped log gives other rows")
    page = work / "page.html"
    reelcell("align", work / "wrapped", "--measure", "--html", page)
    data = json.loads(page.read_text().split('id="data">')[1].split("</script>")[0])["clocks"][0]
    check("wrap after" in data["joined"], f"the page tells of no break: {data['joined']}")
    check(len(data["residuals"]) == len(device.true), f"{len(data['residuals'])} residuals on the page")
    times = [time for time, _ in data["residuals"]]
    check(max(times) - min(times) < 121 and all(-1 < rest < 60 for _, rest in data["residuals"]), "residuals of another clock")
    # The same stated by hand.
    by_hand = json.loads((work / "wrapped/session.json").read_text())
    for stream in by_hand["streams"]:
        if stream["name"] == "imu":
            del stream["clock"]["breaks"], stream["clock"]["measured"]
            stream["clock"]["wrap"] = {"bits": 32, "tick_ns": 1000}
    write_json(work / "wrapped/session.json", by_hand)
    rows_are_true(build(work, work / "wrapped"), device, MS // 2, "wrap by hand")


def a_restarted_device(work):
    """Off for 4 s, then from 0 again; set back by half a second later on. Every second sample is in the host's log, and
    one sample comes late over the second break."""
    device = Device(2, 180, 50, 700 * SECOND, -20)
    device.silent(3000, 3200)
    device.reset(3000, 0)
    device.reset(6001, device.raw[6000] - 480 * MS)
    session = csv_session(work / "reset", device, every=2, swap=6000)
    clock = measured(work, session, ["reset", "reset"])
    steps = [(device.true[at] - device.raw[at]) - entry["add_ns"] for at, entry in zip((3000, 6001), clock["breaks"])]
    for step, entry in zip(steps, clock["breaks"]):
        check(abs(step) / MS <= 2 * entry["interval_ms"], f"{entry}: off by {step / MS} ms")
    rows_are_true(build(work, session), device, MS, "reset")


def wraps_and_a_reset(work):
    """A counter of 16 bits of ms has three wraps; between them the device starts anew."""
    device = Device(3, 200, 25, 30 * SECOND, 50)
    device.true = [t // MS * MS for t in device.true]
    device.raw = list(device.true)
    device.host = [device.session(t) + FLOOR + round(random.Random(t).expovariate(1 / 3e6)) for t in device.true]
    device.reset(2600, 5 * SECOND)
    device.wrap(65_536 * MS)
    session = csv_session(work / "both", device)
    kinds = ["wrap" if device.raw[i] + 1000 * MS < device.raw[i - 1] and i != 2600 else "reset"
             for i in range(1, len(device.raw)) if device.raw[i] < device.raw[i - 1] or i == 2600]
    check(kinds.count("reset") == 1 and kinds.count("wrap") >= 2, f"the test makes {kinds}")
    measured(work, session, kinds)
    rows_are_true(build(work, session), device, 2 * MS, "wraps and a reset")


def text(value):
    return struct.pack("<I", len(value)) + value.encode()


def record(opcode, body):
    return struct.pack("<BQ", opcode, len(body)) + body


def an_mcap_topic_by_its_own_stamps(work):
    """One topic, read twice: by the times at which it was logged, and by the device's stamps in the messages."""
    device = Device(7, 60, 40, WRAP - 25 * SECOND, 15)
    device.wrap(WRAP)
    device.reset(2000, 3 * SECOND)
    session = work / "mcap"
    session.mkdir()
    stamp = {"type": "object", "properties": {"sec": {"type": "integer"}, "nsec": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"timestamp": stamp, "n": {"type": "integer"}}}
    out = b"\x89MCAP0\r\n" + record(1, text("") + text("clock_breaks"))
    out += record(3, struct.pack("<H", 1) + text("sample") + text("jsonschema") + text(json.dumps(schema)))
    out += record(4, struct.pack("<HH", 1, 1) + text("/imu") + text("json") + struct.pack("<I", 0))
    for n, (raw, host) in enumerate(zip(device.raw, device.host)):
        message = json.dumps({"timestamp": {"sec": raw // SECOND, "nsec": raw % SECOND}, "n": n}).encode()
        out += record(5, struct.pack("<HIQQ", 1, n, host, host) + message)
    out += record(15, struct.pack("<I", 0)) + record(2, struct.pack("<QQI", 0, 0, 0)) + b"\x89MCAP0\r\n"
    (session / "cell.mcap").write_bytes(out)
    common = {"kind": "series", "path": "cell.mcap", "item": "/imu"}
    write_json(session / "session.json", {"version": 1, "id": "mcap", "clock": {"epoch": "unix"}, "streams": [
        common | {"name": "imu", "options": {"clock": "header"}, "clock": {"comment": "on the wrist", "measure": {
            "by": "pairs", "against": "log", "device": {"timestamp": "ns"}}}},
        common | {"name": "log", "options": {"clock": "log_time"}, "clock": {"offset_ns": 0}}]})
    measured(work, session, ["wrap", "reset"])
    rows_are_true(build(work, session), device, MS, "mcap")


def events_too(work):
    """A PLC that stamps its steps with a counter of 16 bits of ms."""
    session = work / "plc"
    session.mkdir()
    chance = random.Random(8)
    span = 65_536 * MS
    steps, at = [], 10 * SECOND
    while len(steps) < 400:
        length = chance.randrange(200, 900) * MS
        if (at + length) // span > at // span:  # one that lasts over a wrap keeps its start only, and is counted
            at += length
        steps.append((at, at + length))
        at += length + chance.randrange(50, 400) * MS
    (session / "plc.jsonl").write_text("".join(
        json.dumps({"t_ms": start % span // MS, "end_ms": end % span // MS, "event": "step"}) + "\n" for start, end in steps))
    host = [START + start + FLOOR + round(chance.expovariate(1 / 3e6)) for start, _ in steps]
    (session / "sync.csv").write_text("host_ns,t_ms\n" + "".join(f"{h},{s % span // MS}\n" for h, (s, _) in zip(host, steps)))
    write_json(session / "session.json", {"version": 1, "id": "plc", "clock": {"epoch": "unix"}, "streams": [
        {"name": "imu", "kind": "events", "path": "plc.jsonl",
         "options": {"time_column": "t_ms", "time_unit": "ms", "end_column": "end_ms", "kind_column": "event"},
         "clock": {"comment": "on the wrist", "measure": {"by": "pairs", "against": "sync", "device": {"t_ms": "ms"}}}},
        {"name": "sync", "kind": "series", "path": "sync.csv", "clock": {"offset_ns": 0},
         "options": {"time_column": "host_ns", "time_unit": "ns"}}]})
    wraps = steps[-1][0] // span - steps[0][0] // span
    measured(work, session, ["wrap"] * wraps)
    times = next(line for line in align(session, codes=(0,))["streams"] if line["stream"] == "imu")["times"]
    check(times["samples"] == len(steps), f"{times['samples']} steps of {len(steps)}")
    for key, (start, _) in (("first_ns", steps[0]), ("last_ns", steps[-1])):
        check(abs(times[key] - (START + start + FLOOR)) <= 2 * MS, f"{key}: {times[key]}")
    recipe, out = work / "steps.json", work / "plc.corpus"
    write_json(recipe, {"version": 1, "name": "steps", "grid": {"rate_hz": 20, "anchor": "sync"},
                        "features": [{"name": "observation.state", "from": ["sync.t_ms"]}],
                        "segments": [{"kind": "events", "stream": "imu", "until": "own-end"}],
                        "outputs": [{"format": "lerobot_v3", "folder": "set"}]})
    reelcell("build", session, "--recipe", recipe, "--out", out, codes=(0, LOST))
    found = [(sample["segment"]["start_ns"], sample["segment"]["end_ns"]) for sample in json.loads((out / "corpus.json").read_text())["samples"]]
    check(len(found) == len(steps), f"{len(found)} segments of {len(steps)} steps")
    # The session ends with the start of the last one.
    off = max(abs(a - (START + b + FLOOR)) for pair, true in zip(sorted(found)[:-1], steps) for a, b in zip(pair, true))
    check(off <= 2 * MS, f"a step is {off / MS} ms off")
    print(f"events: {len(found)} steps over {wraps} wraps, at most {off / MS:.4f} ms from their true times")


def what_cannot_be_placed_gets_no_number(work):
    device = Device(4, 60, 30, 700 * SECOND, 10)
    device.reset(900, 10 * SECOND)
    device.reset(905, 3 * SECOND)
    session = csv_session(work / "short", device)
    before = (session / "session.json").read_text()
    clock = align(session, "--measure", "--write", "--fail-on", "ambiguous", codes=(1,))["clocks"][0]
    check(clock["verdict"] == "ambiguous" and "too short" in clock["reason"], f"{clock['verdict']}: {clock['reason']}")
    check(clock["offset_ns"] is None and "breaks" not in clock, f"{clock}")
    check(json.loads((session / "session.json").read_text()) == json.loads(before), "it was written all the same")
    # A break that only the stream shows: its log ends before.
    device = Device(5, 60, 30, 700 * SECOND, 10)
    device.reset(1500, 10 * SECOND)
    session = csv_session(work / "unseen", device)
    lines = (session / "sync.csv").read_text().splitlines()
    (session / "sync.csv").write_text("\n".join(lines[:1400]) + "\n")
    clock = align(session, "--measure")["clocks"][0]
    check(clock["verdict"] == "ambiguous" and "step back" in clock["reason"], f"{clock['verdict']}: {clock['reason']}")


def wrong_statements_are_refused(work):
    device = Device(6, 20, 30, WRAP - 10 * SECOND, 0)
    device.wrap(WRAP)
    session = csv_session(work / "stated", device)
    document = json.loads((session / "session.json").read_text())
    clock = next(stream for stream in document["streams"] if stream["name"] == "imu")["clock"]
    del clock["measure"]
    at = next(i for i in range(1, len(device.raw)) if device.raw[i] < device.raw[i - 1])
    good = {"before_ns": device.raw[at - 1], "after_ns": device.raw[at], "add_ns": WRAP, "kind": "wrap"}
    clock.update({"offset_ns": START - device.begin, "breaks": [good]})
    write_json(session / "session.json", document)
    reelcell("align", session)
    for change, told in (({"add_ns": 5}, "does not come later"), ({"before_ns": good["before_ns"] - 7 * US}, "nowhere")):
        clock["breaks"] = [good | change]
        write_json(session / "session.json", document)
        done = reelcell("align", session, codes=(1,))
        check(told in done.stderr, f"{change}: {done.stderr}")
    clock["wrap"] = {"bits": 32, "tick_ns": 1000}
    write_json(session / "session.json", document)
    check("not both" in reelcell("align", session, codes=(1,)).stderr, "breaks and wrap at once")


def main():
    with work_folder() as work:
        for part in (a_wrapped_counter, a_restarted_device, wraps_and_a_reset, an_mcap_topic_by_its_own_stamps, events_too, what_cannot_be_placed_gets_no_number,
                     wrong_statements_are_refused):
            part(work)


if __name__ == "__main__":
    main()
