#!/usr/bin/python3
"""What cannot be built is refused by the dry run as by the build, with the same words; what nobody would see is a warning."""
import json
import shutil
import subprocess

from support import BINARY, DATA, LOST, check, reelcell, work_folder, write_json

OUTPUTS = [{"format": "lerobot_v3", "folder": "set"}]


def make_session(folder):
    subprocess.run([BINARY.parent / "reelcell-make-session", "--out", folder, "--duration", "3", "--points", "6", "--width", "64", "--height", "64",
                    "--wrist-width", "64", "--wrist-height", "64", "--stall-ms", "0", "--drop-rate", "0"], check=True, capture_output=True)
    return folder


def recipe_file(work, **parts):
    write_json(work / "recipe.json", {"version": 1, "name": "dry", "outputs": OUTPUTS, **parts})
    return work / "recipe.json"


def refused(work, session, words, **parts):
    recipe = recipe_file(work, **parts)
    for arguments in (["--dry-run"], ["--out", work / "out"]):
        done = reelcell("build", session, "--recipe", recipe, *arguments, codes=(1,))
        for word in words:
            check(word in done.stderr, f"{parts} {arguments}: {word!r} is not said: {done.stderr}")
    check(not (work / "out/corpus.json").exists(), f"{parts}: a corpus was written")


def grids(work, session):
    refused(work, session, ["/grid/anchor", "unknown stream 'frontt'", "Did you mean 'front'?"], grid={"rate_hz": 30, "anchor": "frontt"})
    refused(work, session, ["/grid/anchor", "'plc' is neither a camera nor a series"], grid={"rate_hz": 30, "anchor": "plc"})
    refused(work, session, ["/grid/policy/plc", "holds events"], grid={"policy": {"plc": {"method": "nearest"}}})
    refused(work, session, ["/grid/policy/front/method", "a row shows the nearest frame"], grid={"policy": {"front": {"method": "linear"}}})
    refused(work, session, ["/grid/policy/joints/method", "no column of four numbers"], grid={"policy": {"joints": {"method": "slerp"}}})
    refused(work, session, ["/grid/policy/joints", "negative"], grid={"policy": {"joints": {"method": "linear", "tolerance": "-5ms"}}})
    refused(work, session, ["/grid", "more than 1000000 rows"], grid={"rate_hz": 1e9})
    refused(work, session, ["names no output"], outputs=[])
    refused(work, session, ["/gates/0", "no value is in the range"],
            gates=[{"kind": "range", "signal": "force.force[2]", "min": "20 N", "max": "-20 N"}])
    recipe = recipe_file(work, grid={"policy": {"frnt": {"method": "nearest", "tolerance": "40ms"}}})
    done = reelcell("build", session, "--recipe", recipe, "--out", work / "unused", codes=(0, LOST))
    check("unknown stream 'frnt'" in done.stderr and "policy-unused" in done.stderr, done.stderr)


def segments(work, session):
    refused(work, session, ["no segment was found", "found nothing"], segments=[{"kind": "window", "length": "100s"}])
    shutil.copytree(DATA / "e2e/luxonis_depthai-core", work / "years")
    reelcell("init", work / "years", codes=(0, LOST))
    refused(work, work / "years", ["they have no time in common", "more than 2147483647 rows"])


def labels(work, session):
    recipe = recipe_file(work, segments=[{"kind": "window", "length": "1s"}], labels=[
        {"name": "never", "value": "first(verdicts.nope)"}, {"name": "cell", "value": "session.cell"},
        {"name": "line", "cases": [{"when": "session.lyne == 'L1'", "value": "'one'"}]}])
    for arguments in (["--dry-run"], ["--out", work / "labelled"]):
        told = reelcell("build", session, "--recipe", recipe, *arguments, codes=(0, LOST)).stderr
        check("/labels/0: 'never' is unknown in all" in told and "the session has no 'lyne'" in told and "'cell' is unknown" not in told, told)


def empty_track(work):
    video = DATA / "video/androidx_media/libraries/test_data/src/test/assets/media/mp4/sample_empty_track.mp4"
    for arguments in (["--dry-run", "--json"], ["--out", work / "track", "--json"]):
        done = reelcell("build", video, *arguments, codes=(LOST,))
        check("camera-empty" in done.stdout, done.stdout)
    samples = json.loads((work / "track/corpus.json").read_text())["samples"]
    check([sample["rows"] for sample in samples] == [30], f"{samples}")
    reelcell("validate", work / "track", "--deep")


def encoders(work, session):
    """Before the first frame is encoded, in the recipe alone where it says enough; and no folder is left."""
    features = [{"name": "observation.images.front", "video": "front"}]
    for video, words in (({"width": 101, "height": 76}, ["width is 101", "100 or 102"]), ({"width": 100, "height": 77}, ["height is 77"]),
                         ({"codec": "av1", "pix_fmt": "gray"}, ["'gray'", "av1", "yuv420p10le"]), ({"codec": "vp9", "pix_fmt": "nv12"}, ["'nv12'"]),
                         ({"codec": "h264", "pix_fmt": "rgb24"}, ["'rgb24'"]), ({"codec": "h264", "preset": "hasty"}, ["/video", "preset 'hasty'"])):
        refused(work, session, words, video=video, features=features)
        check(not (work / "out").exists(), f"{video}: a folder was left")
    done = reelcell("validate", recipe_file(work, video={"codec": "av1", "pix_fmt": "gray"}), codes=(1,))
    check("RECIPE-INVALID" in done.stdout, done.stdout)
    # What is written is what is stated: validate holds both against each other.
    for codec, pix_fmt, stored in (("h264", "nv12", "yuv420p"), ("h264", "gray", None), ("mjpeg", "yuv422p", "yuvj422p"), ("mjpeg", "yuv444p", "yuvj444p"),
                                   ("hevc", "gray", None), ("h264", "yuv444p", "yuv444p"), ("vp9", "yuv444p", "yuv444p")):
        out = work / f"{codec}-{pix_fmt}"
        recipe = recipe_file(work, video={"codec": codec, "pix_fmt": pix_fmt}, features=features, segments=[{"kind": "window", "length": "1s"}])
        reelcell("build", session, "--recipe", recipe, "--out", out, codes=(0, LOST))
        reelcell("validate", out, "--deep")
        said = json.loads((out / "set/meta/info.json").read_text())["features"]["observation.images.front"]["info"]["video.pix_fmt"]
        (first, *_) = sorted((out / "set/videos").rglob("*.mp4"))
        probe = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=pix_fmt", "-of", "csv=p=0", first], capture_output=True, text=True)
        check(probe.stdout.strip() == said and (stored is None or said == stored), f"{codec} {pix_fmt}: {said}, ffprobe says {probe.stdout}")


def odd_sizes(work):
    """Of a source that must be encoded, the last row and column are cut; one that refuses half way leaves no folder."""
    for name, codec in (("ffv1.mkv", "ffv1"), ("vp9.webm", "libvpx-vp9")):
        folder = work / name.replace(".", "-")
        folder.mkdir()
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc=size=101x77:rate=10:duration=3,format=yuv420p", "-c:v", codec,
                        "-g", "10", folder / name], check=True, capture_output=True)
        write_json(folder / "session.json", {"version": 1, "id": codec, "clock": {"epoch": "boot"}, "streams": [
            {"name": "cam", "kind": "video", "path": name, "format": "video"}]})
    recipe = recipe_file(work, segments=[{"kind": "window", "length": "700ms"}])
    reelcell("build", work / "ffv1-mkv", "--recipe", recipe, "--out", work / "odd")
    shape = json.loads((work / "odd/set/meta/info.json").read_text())["features"]["observation.images.cam"]["shape"]
    check(shape == [76, 100, 3], f"{shape}")
    reelcell("validate", work / "odd", "--deep")
    done = reelcell("build", work / "vp9-webm", "--recipe", recipe, "--out", work / "torn", codes=(1,))
    check("100x76" in done.stderr and not (work / "torn").exists(), f"{done.stderr}{list((work / 'torn').rglob('*'))}")


def main():
    with work_folder() as work:
        session = make_session(work / "session")
        grids(work, session)
        segments(work, session)
        labels(work, session)
        empty_track(work)
        encoders(work, session)
        odd_sizes(work)
    print("the dry run refuses what the build refuses")


if __name__ == "__main__":
    main()
