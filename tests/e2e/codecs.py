#!/usr/bin/python3
"""A camera of a LeRobot set has one codec, whatever of it is copied and whatever must be encoded: sources of five codecs are
cut between their key frames, sessions of different codecs become one camera, and additions keep to what is there."""
import json
import subprocess

from support import check, lerobot_loads, reelcell, same_tree, tree, work_folder, write_json

SOURCES = {"h264.mp4": "-c:v libx264 -preset ultrafast -bf 0", "av1.mp4": "-c:v libsvtav1 -preset 12",
           "vp9.webm": "-c:v libvpx-vp9 -deadline realtime -cpu-used 8", "mpeg4.mp4": "-c:v mpeg4",
           "full.mp4": "-c:v libx264 -preset ultrafast -bf 0 -pix_fmt yuvj420p -color_range pc", "hevc.mp4": "-c:v libx265 -x265-params log-level=none:bframes=0:open-gop=0"}
CAMERA = "observation.images.cam"


def make(folder, source):
    folder.mkdir(parents=True)
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=128x96:rate=30:duration=2", *SOURCES[source].split(),
                    "-g", "10", "-keyint_min", "10", "-sc_threshold", "0", folder / source], check=True, capture_output=True)
    write_json(folder / "session.json", {"version": 1, "id": folder.name, "clock": {"epoch": "boot"}, "streams": [
        {"name": "cam", "kind": "video", "path": source, "format": "video"}]})
    return folder


def write_recipe(path, **more):
    # 250 ms are 7 or 8 frames: some windows begin on a key frame, most do not.
    write_json(path, {"version": 1, "name": "c", "segments": [{"kind": "window", "length": "250ms"}],
                      "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "lerobot_v21", "folder": "v21"}], **more})
    return path


def one_codec(corpus, codec, pix_fmt="yuv420p"):
    """What info.json says is what every file is, for FFmpeg and for our own validate."""
    for output in ("v3", "v21"):
        info = json.loads((corpus / output / "meta/info.json").read_text())["features"][CAMERA]["info"]
        check((info["video.codec"], info["video.pix_fmt"]) == (codec, pix_fmt), f"{output}: info.json says {info}")
        files = sorted((corpus / output / "videos").rglob("*.mp4"))
        check(files, f"{output}: no video")
        for file in files:
            done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", file], capture_output=True, text=True)
            stream, = json.loads(done.stdout)["streams"]
            found = stream["codec_name"], stream["pix_fmt"]
            check(found == (codec, pix_fmt), f"{file}: {found} instead of {codec} {pix_fmt}")
            check(stream["nb_read_frames"] == stream["nb_frames"], f"{file}: not every frame can be decoded")
        lerobot_loads(corpus / output)
    reelcell("validate", corpus, "--deep")


def clips_of(corpus):
    return json.loads((corpus / "report.json").read_text())["video"][CAMERA]


def each_codec(work):
    recipe = write_recipe(work / "recipe.json")
    for source in SOURCES:
        name = source.split(".")[0]
        out = work / f"out-{name}"
        reelcell("build", make(work / name / "s", source), "--recipe", recipe, "--out", out, "-j", 2)
        codec, pix_fmt = ("h264", "yuvj420p") if name == "full" else (name, "yuv420p")
        one_codec(out, codec, pix_fmt)
        clips = clips_of(out)
        check(clips["copied"]["frames"] > 0 and clips["encoded"]["frames"] > 0, f"{name}: not both copied and encoded: {clips}")
    again = work / "again"
    reelcell("build", work / "av1/s", "--recipe", recipe, "--out", again, "-j", 1)
    same_tree(tree(work / "out-av1"), tree(again), "-j 1 and -j 2")


def named_codec(work):
    recipe = write_recipe(work / "named.json", video={"codec": "h264"})
    reelcell("build", work / "av1/s", "--recipe", recipe, "--out", work / "named")
    one_codec(work / "named", "h264")
    clips = clips_of(work / "named")
    check(clips["copied"]["frames"] == 0, f"AV1 was copied into a camera of H.264: {clips}")
    reasons = " ".join(clips["why_encoded"])
    check("the recipe makes the camera h264 yuv420p, and the source is av1 yuv420p" in reasons, f"no reason in {clips}")


def sessions_of_two_codecs(work):
    recipe = write_recipe(work / "two.json")
    first, second = make(work / "two/a", "vp9.webm"), make(work / "two/b", "h264.mp4")
    whole, added = work / "whole", work / "added"
    reelcell("build", first, second, "--recipe", recipe, "--out", whole)
    one_codec(whole, "vp9")
    check("the camera is vp9 yuv420p, and the source is h264 yuv420p" in " ".join(clips_of(whole)["why_encoded"]), f"{clips_of(whole)}")
    reelcell("build", first, "--recipe", recipe, "--out", added, "--add")
    reelcell("build", first, second, "--recipe", recipe, "--out", added, "--add")
    one_codec(added, "vp9")
    check(clips_of(added)["encoded"]["frames"] == clips_of(whole)["encoded"]["frames"], f"{clips_of(added)}")
    cluster(work, recipe, [first, second], whole)


def cluster(work, recipe, sessions, whole):
    plan, sealed = work / "plan", work / "sealed"
    reelcell("plan", *sessions, "--recipe", recipe, "--parts", 2, "--out", plan)
    for part in (1, 0):
        reelcell("work", "--plan", plan, "--part", part)
    reelcell("seal", "--plan", plan, "--out", sealed)
    same_tree(tree(whole), tree(sealed), "in parts")


def merged(work):
    reelcell("edit", work / "out-vp9", work / "out-h264", "--out", work / "merged")
    one_codec(work / "merged", "vp9")


def main():
    with work_folder() as work:
        each_codec(work)
        named_codec(work)
        sessions_of_two_codecs(work)
        merged(work)


main()
