#!/usr/bin/python3
"""Mistakes in a recipe are told when the plan is made, with their place and the names that exist; a build of which nothing
is left says why and leaves its report; parameters stand for numbers; what a default recipe makes of awkward recordings."""
import json
import shutil
import struct
import subprocess

from large_mcap import MAGIC, record, text
from support import DATA, LOST, check, reelcell, work_folder, write_json


def log_session(folder, rows=301):
    """Three seconds of a force [N], a torque [N*m] and a joint's speed [rad/s]; no video."""
    folder.mkdir(parents=True)
    lines = [f"{i / 100:.2f},{abs(i % 100 - 50)},{i % 7},{0.01 * (i % 100)}" for i in range(rows)]
    (folder / "log.csv").write_text("t,f,m,dq\n" + "\n".join(lines) + "\n")
    write_json(folder / "session.json", {
        "version": 1, "id": folder.name, "clock": {"epoch": "boot"}, "streams": [
            {"name": "log", "kind": "series", "path": "log.csv", "format": "csv", "rate_hz": 100, "clock": {"offset_ns": 0},
             "options": {"time_column": "t", "time_unit": "s", "columns": [
                 {"name": "force", "from": ["f"], "unit": "N"}, {"name": "torque", "from": ["m"], "unit": "N*m"},
                 {"name": "dq", "from": ["dq"], "unit": "rad/s"}]}}]})
    return folder


def recipe_file(work, **parts):
    path = work / "recipe.json"
    write_json(path, {"version": 1, "name": "log", "grid": {"rate_hz": 20}, "segments": [{"kind": "window", "length": "1s"}],
                      "outputs": [{"format": "webdataset", "folder": "wds"}], **parts})
    return path


def gate_mistakes(work, session):
    """Each was a finished corpus without a sample once."""
    mistakes = [
        ({"max": "60 rad"}, "/gates/0/max", ["is an angle (rad)", "log.force is a force (N)"]),
        ({"signal": "log.forse", "max": 3}, "/gates/0/signal", ["'forse'", "Did you mean 'force'?"]),
        ({"max": "60 Nn"}, "/gates/0/max", ["unknown unit 'Nn'"]),
        ({"max": "f_mx"}, "/gates/0/max", ["unknown parameter 'f_mx'", "Did you mean 'f_max'?"]),
        ({"max": "slow"}, "/gates/0/max", ["is an angle per time (rad/s)", "log.force is a force (N)"]),
    ]
    parameters = {"f_max": {"value": 60, "unit": "N"}, "slow": {"value": 1, "unit": "rad/s"}}
    for gate, place, words in mistakes:
        recipe = recipe_file(work, parameters=parameters, gates=[{"kind": "range", "signal": "log.force", **gate}])
        out = work / "out"
        for arguments in (["--dry-run"], ["--out", out]):
            done = reelcell("build", session, "--recipe", recipe, *arguments, codes=(1,))
            for word in [place, *words]:
                check(word in done.stderr, f"{gate}: {word!r} is not said: {done.stderr}")
        check(not out.exists() or not list(out.rglob("*.json")), f"{gate}: something was written")
        knowable = gate["max"] in ("60 Nn", "f_mx")  # without a session
        done = reelcell("validate", recipe, codes=(1,) if knowable else (0,))
        check(not knowable or place in done.stdout, f"{gate}: validate does not say where: {done.stdout}")


def schema_mistakes(work):
    """One finding a mistake, as `build` would say it."""
    recipe = recipe_file(work, gates=[{"kind": "gaps", "max_gapp": "1s"}, {"kind": "blak"}], image_stats="al",
                         outputs=[{"format": "lerobot_v3", "chunks_size": [1]}])
    found = json.loads(reelcell("validate", recipe, "--json", codes=(1,)).stdout)["results"][0]["findings"]
    told = {finding["where"]: finding["message"] for finding in found}
    check(set(told) == {"/gates/0/max_gapp", "/gates/1/kind", "/image_stats", "/outputs/0/chunks_size"} and len(found) == 4, f"{found}")
    for where, words in {"/gates/0/max_gapp": "Did you mean 'max_gap'?", "/gates/1/kind": "Did you mean 'black'?", "/image_stats": "Did you mean 'all'?"}.items():
        check(words in told[where], f"{where}: {told[where]}")
    session = work / "mistyped"
    log_session(session)
    text = (session / "session.json").read_text().replace('"series"', '"serie"')
    (session / "session.json").write_text(text)
    found = json.loads(reelcell("validate", session, "--json", codes=(1,)).stdout)["results"][0]["findings"]
    check([finding["where"] for finding in found] == ["/streams/0/kind"] and "Did you mean 'series'?" in found[0]["message"], f"{found}")


def nothing_left(work, session):
    """Every segment is dropped: no corpus, but the report and the true reason."""
    for output in ("lerobot_v3", "webdataset"):
        recipe = recipe_file(work, gates=[{"kind": "range", "signal": "log.force", "max": "20 N"}], outputs=[{"format": output, "folder": "set"}])
        out = work / f"empty_{output}"
        done = reelcell("build", session, "--recipe", recipe, "--out", out, "--json", codes=(1,))
        for word in ("no sample is left of 3 segments", "dropped by the gate 'range'", "log.force", "20 N"):
            check(word in done.stderr, f"{output}: {word!r} is not said: {done.stderr}")
        printed, written = json.loads(done.stdout), json.loads((out / "report.json").read_text())
        for report in (printed, written):
            check([d["action"] for d in report["decisions"]] == ["drop"] * 3 and report["episodes"] == 0, f"{report['decisions']}")
            check(all(d["gates"][0]["figure"] > 0 for d in report["decisions"]), "figures are missing")
        left = sorted(path.name for path in out.iterdir())
        check(left == [".reelcell", "report.json"], f"{output}: left behind: {left}")
        check(reelcell("validate", out, codes=(1,)).returncode == 1, "what is left looks whole")
        # With other gates the same folder takes a corpus, and a complete one stays when nothing is left.
        reelcell("build", session, "--recipe", recipe_file(work, outputs=[{"format": output, "folder": "set"}]), "--out", out)
        whole = (out / "corpus.json").read_bytes()
        recipe = recipe_file(work, gates=[{"kind": "range", "signal": "log.force", "max": "20 N"}], outputs=[{"format": output, "folder": "set"}])
        reelcell("build", session, "--recipe", recipe, "--out", out, "--overwrite", codes=(1,))
        check((out / "corpus.json").read_bytes() == whole, "the corpus that was there is another one")
        reelcell("validate", out)


def no_decoder(work):
    """A session whose video cannot be decoded says that."""
    video = next(DATA.rglob("sample_vvc.mp4"))
    out = work / "vvc"
    done = reelcell("build", video, "--out", out, codes=(1,))
    check("no decoder" in done.stderr.lower() or "cannot be decoded" in done.stderr, f"the reason is not said: {done.stderr}")
    check(not (out / "corpus.json").exists() and not (out / "lerobot").exists(), "something that looks whole is left")


def parameters(work, session):
    """--set and variants reach gates and segmenters, in any unit."""
    recipe = recipe_file(work, parameters={"f_max": {"value": 60, "unit": "N"}, "win": {"value": 1, "unit": "s"}, "v": {"value": 20, "unit": "deg/s"}},
                         variants={"soft": {"f_max": 20}}, segments=[{"kind": "window", "length": "win"}],
                         gates=[{"kind": "range", "signal": "log.force", "min": "-f_max", "max": "f_max"}])

    def decisions(*options, codes=(0,)):
        return json.loads(reelcell("build", session, "--recipe", recipe, "--out", work / f"set{len(options)}{codes[0]}", "--json", *options, codes=codes).stdout)["decisions"]

    kept = decisions()
    check([(d["action"], d["gates"][0]["passed"]) for d in kept] == [("keep", True)] * 3, f"{kept}")
    check("allowed from -60 to 60 N" in kept[0]["gates"][0]["reason"], f"{kept[0]}")
    check("allowed from -20 to 20 N" in decisions("--variant", "soft", codes=(1,))[0]["reason"], "the variant does not reach the gate")
    check(len(decisions("--set", "win=500ms", "--set", "f_max=0.06 kN")) == 6, "--set does not reach the segmenter")
    manifest = json.loads((work / "set40/corpus.json").read_text())
    check(manifest["recipe"]["document"]["parameters"]["f_max"]["value"] == 60 and manifest["recipe"]["document"]["parameters"]["win"]["value"] == 0.5,
          f"{manifest['recipe']['document']['parameters']}")
    dwell = recipe_file(work, parameters={"v": {"value": 20, "unit": "deg/s"}}, segments=[{"kind": "dwell", "signal": "log.dq", "v_in": "v", "v_out": "0.5 rad/s", "smooth": "0s"}])
    plan = json.loads(reelcell("build", session, "--recipe", dwell, "--dry-run", "--json").stdout)
    check(plan["segments"] and "< 0.349" in plan["segments"][1]["begin"]["source"], f"{plan['segments']}")
    wrong = recipe_file(work, segments=[{"kind": "dwell", "signal": "log.dq", "v_in": "3 N", "v_out": 4}])
    done = reelcell("build", session, "--recipe", wrong, "--dry-run", codes=(1,))
    check("/segments/0/v_in: '3 N' is a force (N)" in done.stderr, f"{done.stderr}")


def lineage_ranges(work, session):
    """Each role's range is what it read: rows at 20 Hz end earlier than the native data and the label, which looks at the sample behind, too."""
    recipe = recipe_file(work, labels=[{"name": "peak", "value": "max(log.force)"}])
    reelcell("build", session, "--recipe", recipe, "--out", work / "lineage")
    for sample in json.loads((work / "lineage/corpus.json").read_text())["samples"]:
        ranges = {role: (line["first_ns"], line["last_ns"]) for line in sample["lineage"] if line.get("stream") == "log" for role in line["roles"]}
        end = sample["segment"]["end_ns"]
        check({"rows", "label", "native"} <= set(ranges), f"{ranges}")
        check(ranges["rows"][1] == end - 50_000_000 and ranges["label"][1] >= ranges["native"][1] == end - 10_000_000, f"{sample['key']}: {ranges}, the segment ends at {end}")


def mixed_units(work, session):
    recipe = recipe_file(work, labels=[{"name": "peak", "value": "max(log.force)"}, {"name": "count", "value": "3"}], features=[{"name": "observation.wrench", "from": ["log.force", "log.torque"]}], outputs=[{"format": "lerobot_v3", "folder": "set"}])
    reelcell("build", session, "--recipe", recipe, "--out", work / "mixed")
    info = json.loads((work / "mixed/set/meta/info.json").read_text())
    check(info["features"]["observation.wrench"]["info"]["unit"] == "N, N*m", f"{info['features']['observation.wrench']}")
    card = (work / "mixed/README.md").read_text()
    check("| N, N*m |" in card, "the card has no unit of a joined feature")
    check(any(line.startswith("| peak |") and "| N |" in line for line in card.splitlines()), f"the card has no unit of a label: {card}")
    labels = json.loads((work / "mixed/corpus.json").read_text())["statistics"]["labels"]
    check(labels["peak"]["unit"] == "N" and "unit" not in labels["count"], f"{labels}")

    # What is added in another unit does not take the place of the one that was there.
    other = log_session(work / "kilo", 101)
    document = json.loads((other / "session.json").read_text())
    document["streams"][0]["options"]["columns"][0]["unit"] = "kN"
    write_json(other / "session.json", document)
    for _ in range(2):
        reelcell("build", session, other, "--recipe", recipe, "--out", work / "mixed", "--add")
        labels = json.loads((work / "mixed/corpus.json").read_text())["statistics"]["labels"]
        check(labels["peak"]["unit"] == "N / kN" and "unit" not in labels["count"], f"{labels}")


def default_recipes(work):
    """A camera of 29.97 Hz with sound, and nothing but it."""
    video = work / "ntsc.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=160x120:r=30000/1001:d=2", "-f", "lavfi", "-i", "sine=d=2",
                    "-c:v", "libx264", "-g", "15", "-c:a", "aac", video], check=True)
    done = reelcell("build", video, "--out", work / "ntsc")
    for word in ("29.97", "rows are 30 a second", "is sound"):
        check(word in done.stderr, f"{word!r} is not said: {done.stderr}")
    check(done.stderr.count("sound-not-written") == 1, "sound is told more than once")
    check(json.loads((work / "ntsc/lerobot/meta/info.json").read_text())["fps"] == 30, "fps")
    reelcell("validate", work / "ntsc", "--deep")
    report = json.loads((work / "ntsc/report.json").read_text())
    check([(entry["kind"], entry["sessions"]) for entry in report["not_written"]] == [("audio", 1)], f"{report['not_written']}")
    cells = [work / "cell1", work / "cell2"]
    for cell in cells:
        cell.mkdir()
        shutil.copy(video, cell / "cam.mp4")
        reelcell("init", cell)
    told = reelcell("build", *cells, "--out", work / "cells").stderr
    check(told.count("<sound-not-written>") == 1 and "is sound, in 2 sessions" in told, f"sound of two sessions: {told}")
    check([entry["sessions"] for entry in json.loads((work / "cells/report.json").read_text())["not_written"]] == [2], "sound of two sessions in the report")

    lines = json.loads(reelcell("align", video, "--json", codes=(0, LOST)).stdout)["sessions"][0]["streams"]
    sound = [line for line in lines if line["kind"] == "audio"]
    check(len(sound) == 1 and sound[0]["times"]["last_ns"] > 1_900_000_000 and sound[0]["join"] is None, f"{lines}")
    check("audio" in reelcell("align", video).stdout, "the table leaves the sound out")
    recipe = recipe_file(work, grid={"rate_hz": 29.97}, segments=[{"kind": "session"}], outputs=[{"format": "lerobot_v3", "folder": "set"}])
    done = reelcell("build", video, "--recipe", recipe, "--out", work / "ntsc2", codes=(1,))
    check('"rate_hz": 30' in done.stderr and not (work / "ntsc2/set").exists(), f"{done.stderr}")
    # No whole number is near this one: many rows would have no frame of their own.
    slow = work / "slow.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=160x120:r=25/2:d=4", "-c:v", "libx264", slow], check=True)
    done = reelcell("build", slow, "--out", work / "slow", codes=(1,))
    check('"rate_hz": 13' in done.stderr and not (work / "slow").exists(), f"{done.stderr}")
    check('"rate_hz": 13' in reelcell("build", slow, "--out", work / "slow", "--dry-run", codes=(1,)).stderr, "the plan alone does not tell it")
    (work / "slow").mkdir()
    reelcell("build", slow, "--out", work / "slow", codes=(1,))
    check(list((work / "slow").iterdir()) == [], "something is left in a folder that was empty")


def partial_set(work):
    """Two of five episodes of a LeRobot set have their video."""
    sessions = work / "sessions"
    for number in range(5):
        folder = log_session(sessions / f"s{number}", 100)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=160x120:r=20:d=1", "-c:v", "libx264", "-g", "5", folder / "cam.mp4"], check=True)
        document = json.loads((folder / "session.json").read_text())
        document["streams"].append({"name": "cam", "kind": "video", "path": "cam.mp4", "clock": {"offset_ns": 0}})
        write_json(folder / "session.json", document)
    recipe = recipe_file(work, segments=[{"kind": "session"}], outputs=[{"format": "lerobot_v21", "folder": "set"}])
    reelcell("build", sessions, "--recipe", recipe, "--out", work / "five")
    data_set = work / "five/set"
    videos = sorted(data_set.rglob("*.mp4"))
    check(len(videos) == 5, f"{videos}")
    for video in videos[:1] + videos[3:]:
        video.unlink()
    done = reelcell("build", data_set, "--out", work / "two", codes=(LOST,))
    report = json.loads((work / "two/report.json").read_text())
    kept = [d["session"] for d in report["decisions"] if d["action"] == "keep"]
    check(len(kept) == 2 and all(name.endswith(("1", "2")) for name in kept), f"kept: {kept}\n{done.stderr}")
    check('"features" of a recipe' in done.stderr, f"the next step is not said: {done.stderr}")


def mcap_defaults(work):
    done = reelcell("build", DATA / "e2e/luxonis_depthai-core/recording.mcap", "--dry-run", "--json", codes=(0, 1, LOST))
    if done.returncode != 1:
        names = [feature["name"] for feature in json.loads(done.stdout)["features"]]
        check(names and not [n for n in names if n.endswith((".log_time", ".publish_time", ".sequence"))], f"{names}")


    # A message's own field of such a name is data; the recorder's column is "mcap.sequence" then.
    schema = json.dumps({"type": "object", "properties": {"x": {"type": "number"}, "sequence": {"type": "integer"}}})
    body = record(3, struct.pack("<H", 1) + text("sample") + text("jsonschema") + text(schema))
    body += record(4, struct.pack("<HH", 1, 1) + text("/joints") + text("json") + struct.pack("<I", 0))
    for i in range(200):
        body += record(5, struct.pack("<HIQQ", 1, i, i * 10_000_000, i * 10_000_000) + json.dumps({"x": i / 2, "sequence": 7 * i}).encode())
    log = work / "own.mcap"
    log.write_bytes(MAGIC + record(1, text("") + text("recipe")) + body + record(15, bytes(4)) + record(2, bytes(20)) + MAGIC)
    dry = json.loads(reelcell("build", log, "--dry-run", "--json").stdout)
    check([feature["name"].rsplit(".", 1)[1] for feature in dry["features"]] == ["x", "sequence"] and not any(".mcap." in feature["name"] for feature in dry["features"]), f"{dry['features']}")


def odd_words(work):
    bag = work / "x.bag"
    bag.write_bytes(b"#ROSBAG V2.0\n" + bytes(200))
    done = reelcell("info", bag, codes=(1,))
    check("is a ROS 1 bag, which this program does not read; convert it" in done.stderr, f"{done.stderr}")
    data_set = work / "unversioned"
    shutil.copytree(work / "five/set", data_set)
    info = json.loads((data_set / "meta/info.json").read_text())
    del info["codebase_version"]
    write_json(data_set / "meta/info.json", info)
    done = reelcell("info", data_set, codes=(0, LOST))
    check("codebase_version: v" not in done.stdout and "has no codebase_version" in done.stdout + done.stderr, f"{done.stdout}{done.stderr}")


def main():
    with work_folder() as work:
        session = log_session(work / "session")
        gate_mistakes(work, session)
        schema_mistakes(work)
        nothing_left(work, session)
        no_decoder(work)
        parameters(work, session)
        lineage_ranges(work, session)
        mixed_units(work, session)
        default_recipes(work)
        partial_set(work)
        mcap_defaults(work)
        odd_words(work)
    print("recipes: mistakes are told with their place, nothing is written that is not whole, parameters reach every number")


if __name__ == "__main__":
    main()
