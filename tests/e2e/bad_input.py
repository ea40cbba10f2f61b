#!/usr/bin/python3
"""Bad input: never a crash, the right exit code, a message that says what to do, nothing half written that looks whole."""
import contextlib
import csv
import json
import pathlib
import resource
import shutil
import signal
import subprocess

import av

from support import BINARY, DATA, LOST, check, integers, reelcell, tree, work_folder, write_json


def says_something(done, where):
    if done.returncode:
        check((done.stdout + done.stderr).strip(), f"{where}: exit code {done.returncode} and no message")
    for word in ("std::", "terminate called", "Sanitizer", "vector::", "basic_string"):
        check(word not in done.stdout + done.stderr, f"{where}: speaks of {word}\n{done.stdout[-800:]}{done.stderr[-800:]}")


def torn_videos(work):
    """What a recorder that is stopped hard leaves behind, and copies that broke off."""
    folder = work / "torn"
    folder.mkdir()

    def record(name, *options):
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=320x240:r=30:d=4", "-c:v", "libx264",
                        "-g", "15", *options, folder / name], check=True)
        return (folder / name).read_bytes()

    def write(name, data):
        (folder / name).write_bytes(data)

    whole = record("whole.mp4")
    start = whole.index(b"mdat") - 4
    write("without-moov.mp4", whole[:3000])
    # Before its first flush a recorder has not yet written how long the pictures are.
    write("without-moov-open.mp4", whole[:start] + bytes(4) + whole[start + 4:3000])
    write("moov-cut-behind-pictures.mp4", whole[:whole.index(b"moov") + 200])
    write("header-only.mp4", whole[:start])
    write("moov-cut-before-pictures.mp4", record("fast.mp4", "-movflags", "+faststart")[:1500])
    write("fragments-cut.mp4", record("fragments.mp4", "-movflags", "frag_keyframe+empty_moov")[:20000])
    matroska = record("whole.mkv")
    write("header-cut.mkv", matroska[:300])
    write("cut.mkv", matroska[:20000])
    live = record("live.mkv", "-live", "1")
    write("without-cues-cut.mkv", live[:20000])
    for name in ("whole.mp4", "fast.mp4", "fragments.mp4", "whole.mkv"):
        (folder / name).unlink()
    counts = {path.name: json.loads(reelcell("info", path, "--json", codes=(0, LOST)).stdout)["items"][0]["streams"][0]["count"]
              for path in folder.glob("*.mkv") if path.name != "header-cut.mkv"}
    check(counts["live.mkv"] == 120, f"live.mkv has no index and no duration, and all its pictures: {counts}")
    check(30 < counts["cut.mkv"] < 70 and 30 < counts["without-cues-cut.mkv"] < 70, f"a cut MKV keeps what is there: {counts}")
    return {f"torn/{path.name}": path for path in folder.iterdir()}


def malformed_files(work):
    """Every file against malformed.tsv: exit codes of info and validate, the errors found, and what must be said."""
    files = {str(path.relative_to(DATA / "malformed")): path for path in (DATA / "malformed").rglob("*") if path.is_file()}
    files |= torn_videos(work)
    with open(pathlib.Path(__file__).with_name("malformed.tsv"), encoding="utf-8") as table:
        expected = {row["file"]: row for row in csv.DictReader(table, delimiter="\t")}
    check(files.keys() == expected.keys(), f"malformed.tsv and the folder differ: {sorted(files.keys() ^ expected.keys())}")
    for name, path in sorted(files.items()):
        done = reelcell("info", path, codes=(int(expected[name]["info"]),))
        says_something(done, f"info {name}")
        done = reelcell("validate", path, "--json", codes=(int(expected[name]["validate"]),))
        says_something(done, f"validate {name}")
        check((expected[name]["says"] or "") in done.stdout, f"validate {name}: {expected[name]['says']!r} is not said: {done.stdout}")
        errors = {f["code"] for f in json.loads(done.stdout)["results"][0]["findings"] if f["level"] == "error"}
        found = ",".join(sorted(errors)) or "-"
        check(found == expected[name]["errors"], f"validate {name}: found {found}, expected {expected[name]['errors']}")
    return {"malformed files": len(files)}


def truncated_is_told(work):
    """A file that lost its end is no clean file."""
    whole = DATA / "e2e/luxonis_depthai-core/recording.mcap"
    cut = work / "cut.mcap"
    cut.write_bytes(whole.read_bytes()[:6000])
    check(reelcell("validate", whole).returncode == 0, "the whole file is found faulty")
    done = reelcell("validate", cut, codes=(1, LOST))
    check("cut.mcap" in done.stdout + done.stderr, "the message does not name the file")


def log_session(folder, rows=300):
    folder.mkdir()
    lines = [f"{i / 100:.2f},{i * 0.5},{-i}" for i in range(rows)]
    (folder / "log.csv").write_text("t,a,b\n" + "\n".join(lines) + "\n")
    write_json(folder / "session.json", {
        "version": 1, "id": "log", "clock": {"epoch": "boot"}, "streams": [
            {"name": "log", "kind": "series", "path": "log.csv", "format": "csv", "rate_hz": 100,
             "options": {"time_column": "t", "time_unit": "s", "columns": [{"name": "x", "from": ["a", "b"]}]}}]})
    return folder


def log_recipe(work):
    path = work / "recipe.json"
    write_json(path, {"version": 1, "name": "log", "grid": {"rate_hz": 20}, "segments": [{"kind": "session"}],
                      "outputs": [{"format": "webdataset", "folder": "wds"}, {"format": "lerobot_v3", "folder": "lerobot"}]})
    return path


def missing_files(work, recipe):
    session = log_session(work / "missing")
    (session / "log.csv").unlink()
    out = work / "missing_out"
    done = reelcell("build", session, "--recipe", recipe, "--out", out, codes=(1, LOST))
    check("log.csv" in done.stderr + done.stdout, f"the missing file is not named: {done.stderr}")
    if done.returncode == LOST:
        check(json.loads((out / "corpus.json").read_text())["samples"] == [], "samples without data")
    done = reelcell("validate", session, codes=(1,))
    check("log.csv" in done.stderr + done.stdout, f"validate does not name the missing file: {done.stderr}")
    done = reelcell("info", work / "nowhere", codes=(1, 2))
    check("nowhere" in done.stderr, f"the missing folder is not named: {done.stderr}")


def one_bad_among_good(work, recipe):
    """A broken session costs only itself."""
    sessions = work / "several"
    sessions.mkdir()
    for name in ("one", "two", "three"):
        session = log_session(sessions / name)
        text = (session / "session.json").read_text().replace('"log"', f'"{name}"', 1)
        (session / "session.json").write_text(text)
    (sessions / "two/log.csv").unlink()
    done = reelcell("build", sessions, "--recipe", recipe, "--out", work / "several_out", codes=(LOST,))
    built = {sample["session"] for sample in json.loads((work / "several_out/corpus.json").read_text())["samples"]}
    check(built == {"one", "three"}, f"built were {built}: {done.stderr}")
    check("two" in (work / "several_out/report.json").read_text(), "the report does not name the session left out")


def blocked_output(work, recipe):
    session = log_session(work / "blocked")
    (work / "file").write_text("not a folder")
    for out in (work / "file", work / "file/below"):
        done = reelcell("build", session, "--recipe", recipe, "--out", out, codes=(1,))
        check("file" in done.stderr, f"{out}: the message does not name it: {done.stderr}")
    check((work / "file").read_text() == "not a folder", "the file in the way was touched")
    full = work / "foreign"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    done = reelcell("build", session, "--recipe", recipe, "--out", full, codes=(1, 2))
    check(tree(full).keys() == {"notes.txt"}, f"a foreign folder was written to: {sorted(tree(full))}")
    done = reelcell("build", session, "--recipe", recipe, "--out", full, "--overwrite", codes=None)
    check((full / "notes.txt").exists(), f"--overwrite removed a file that no build made: {done.stderr}")


def full_disk(work, recipe):
    """Every write beyond the limit fails as on a full disk (EFBIG in place of ENOSPC)."""
    session = log_session(work / "long", rows=60_000)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    out = work / "full_out"
    done = reelcell("build", session, "--recipe", recipe, "--out", out, codes=(1,), preexec_fn=limit)
    check("full_out" in done.stderr, f"the message does not name the file: {done.stderr}")
    check(not (out / "corpus.json").exists(), "a corpus that is not whole has its corpus.json")
    reelcell("build", session, "--recipe", recipe, "--out", out)
    reelcell("build", session, "--recipe", recipe, "--out", work / "roomy_out")
    check(tree(out) == tree(work / "roomy_out"), "after a full disk, the next run gives another corpus")


def wrong_usage():
    for arguments, hint in ((["buil"], "build"), (["build", "--recipee", "x"], "--recipe"),
                            (["info", "--jsn", "x"], "--json"), (["validate", "x", "--format", "html"], "sarif"), ([], "")):
        done = reelcell(*arguments, codes=(2,))
        check(hint in done.stderr, f"{arguments}: {hint} is not suggested: {done.stderr}")
        check(not done.stdout, f"{arguments}: a usage error on stdout")


def closed_pipe(work):
    command = f"'{BINARY}' info '{DATA}/lerobot/YifanTian07_G1-policy-train' --json; echo $? >'{work}/code'"
    shell = subprocess.run(["bash", "-c", f"({command}) | head -c 1"], capture_output=True, text=True, timeout=120)
    check(shell.returncode == 0 and len(shell.stdout) == 1, f"pipe to head: {shell}")
    code = int((work / "code").read_text())
    check(code in (0, 1, LOST, 128 + signal.SIGPIPE), f"pipe to head: exit code {code}")
    check("terminate" not in shell.stderr, f"pipe to head: {shell.stderr}")


def bad_documents(work):
    session = log_session(work / "documents")
    good = json.loads((session / "session.json").read_text())
    cases = {"": "", "{": "", "[]": "", json.dumps({**good, "version": 2}): "version",
             json.dumps({**good, "streams": [{**good["streams"][0], "kind": "serie"}]}): "kind",
             json.dumps({**good, "streams": [{**good["streams"][0], "clock": {"offset_ns": "late"}}]}): "offset_ns",
             json.dumps({**good, "stream": []}): "stream"}
    for text, named in cases.items():
        (session / "session.json").write_text(text)
        for command in ("info", "validate"):
            done = reelcell(command, session, codes=(1,))
            said = done.stdout + done.stderr
            check("session.json" in said and named in said, f"{command} of {text[:60]!r}: neither file nor key is named: {said}")


def undecodable_frame(work):
    """A frame that no decoder gives is in no corpus: its row shows the neighbour and says when that was."""
    name = "sample_with_invalid_nalu"
    source = DATA / f"video/androidx_media/libraries/test_data/src/test/assets/media/mp4/{name}.mp4"
    with av.open(str(source)) as container:
        times = sorted(packet.pts * packet.time_base for packet in container.demux(video=0) if packet.pts is not None)
    shown = []
    with av.open(str(source)) as container:
        for packet in container.demux(video=0):
            with contextlib.suppress(av.error.InvalidDataError):
                shown += [frame.pts * frame.time_base for frame in packet.decode()]
    bad = [round(time * 10**9) for time in times if time not in shown]
    check(len(times) == 30 and len(bad) == 1, f"{name}: {len(times)} packets, {len(shown)} frames")
    for form, encode in (("copied", {}), ("encoded", {"width": 320, "height": 240})):
        recipe = work / f"{form}.json"
        write_json(recipe, {"version": 1, "name": form, "grid": {"rate_hz": 30}, "features": [{"name": "observation.images.a", "video": name}],
                            "video": encode, "outputs": [{"format": "lerobot_v3", "folder": "lerobot"}]})
        out = work / form
        done = reelcell("build", source, "--recipe", recipe, "--out", out, codes=(LOST,))
        check("video-undecodable-frame" in done.stderr + done.stdout, f"{form}: the frame is not told: {done.stderr}")
        rows = integers(out / "lerobot/data/chunk-000/file-000.parquet", ["reelcell.time_ns", f"reelcell.{name}.time_ns", f"reelcell.{name}.flag"])
        used = [row[f"reelcell.{name}.time_ns"] for row in rows]
        check(len(rows) == 30 and not any(abs(time - bad[0]) <= 1 for time in used), f"{form}: rows show the frame at {bad[0]} ns: {used}")
        check(all(min(abs(time - round(at * 10**9)) for at in shown) <= 1 for time in used), f"{form}: a row's time is none of a frame: {used}")
        made = next((out / "lerobot/videos").rglob("*.mp4"))
        with av.open(str(made)) as container:
            check(sum(1 for _ in container.decode(video=0)) == 30, f"{form}: not every frame of the corpus can be decoded")
        reelcell("validate", out, "--deep")


def damaged_end(work):
    """A recording whose second half no decoder gives: told once, each frame once, and in little more time than it takes whole."""
    whole = work / "whole.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=128x96:r=30:d=12", "-c:v", "libx264", "-g", "15", "-bf", "0", whole], check=True)
    damaged = work / "damaged.mp4"
    data = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        for packet in container.demux(video=0):
            if packet.size and packet.pts * packet.time_base >= 4:  # lengths of its units: no unit is found
                data[packet.pos:packet.pos + packet.size] = b"\xff" * packet.size
    damaged.write_bytes(data)
    recipe = work / "end.json"
    write_json(recipe, {"version": 1, "name": "end", "grid": {"rate_hz": 10}, "features": [{"name": "observation.images.a", "video": "damaged"}],
                        "segments": [{"kind": "window", "length": "5s"}], "outputs": [{"format": "lerobot_v3", "folder": "lerobot"}]})
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    out = work / "damaged-out"
    done = json.loads(reelcell("build", damaged, "--recipe", recipe, "--out", out, "--json", codes=(LOST,)).stdout)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    lost = [entry for entry in done["diagnostics"] if entry["code"] == "video-undecodable-frame"]
    check(len(lost) == 1 and 25 <= lost[0]["count"] <= 31, f"a segment of 5 s, of which 1 is damaged: {lost}")
    check(seconds < 2, f"{seconds:.1f} s of CPU time for 12 s of 128x96")
    reasons = [entry["reason"] for entry in json.loads((out / "report.json").read_text())["decisions"] if entry["failed"]]
    check(len(reasons) == 1 and "can be decoded" in reasons[0], f"the second segment: {reasons}")


def apart(work):
    """Two clocks from different eras, as they lie in one folder: said everywhere, and not taken for a long session."""
    folder = work / "apart"
    folder.mkdir()
    for name in ("recording.mp4", "recording.mcap"):
        shutil.copy(DATA / "e2e/luxonis_depthai-core" / name, folder)
    reelcell("init", folder)
    comment = json.loads((folder / "session.json").read_text())["comment"]
    check("decades" in comment, f"init does not say that the clocks are of different eras: {comment}")
    done = reelcell("align", folder, codes=None)
    check("clock-no-overlap" in done.stdout + done.stderr and "offset_ns" in done.stdout + done.stderr, f"align: {done.stdout}{done.stderr}")
    done = reelcell("build", folder, "--out", work / "apart-out", codes=(1,))
    check("no time in common" in done.stderr and "offset_ns" in done.stderr, f"build: {done.stderr}")


def main():
    with work_folder() as work:
        shared = malformed_files(work)
        undecodable_frame(work)
        damaged_end(work)
        apart(work)
        recipe = log_recipe(work)
        truncated_is_told(work)
        missing_files(work, recipe)
        one_bad_among_good(work, recipe)
        blocked_output(work, recipe)
        full_disk(work, recipe)
        wrong_usage()
        closed_pipe(work)
        bad_documents(work)
    print(shared)


if __name__ == "__main__":
    main()
