#!/usr/bin/python3
"""Deletes 1 of 50 episodes and merges two LeRobot data sets: `reelcell edit` against decoding and encoding the same frames with
ffmpeg. Wall time, processor time and bytes; every packet that stays is compared.

usage: edit_bench.py REELCELL [--episodes 50] [--seconds 4] [--encoder libsvtav1]
The encoder's settings are those of LeRobot's own writer (AV1, crf 30, key frame every 2 frames); libx264 is run as well.
"""
import argparse
import json
import pathlib
import resource
import subprocess
import tempfile
import time

import av

SIZE, RATE = "640x480", 30


def timed(commands):
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall_s": time.monotonic() - started, "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def make_sessions(folder, episodes, seconds, seed):
    """Moving pictures with sensor noise, and a joint log."""
    for number in range(episodes):
        session = folder / f"s{number:03d}"
        session.mkdir(parents=True)
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={SIZE}:rate={RATE}:duration={seconds}",
                        "-vf", f"noise=alls=6:allf=t:all_seed={seed + number}", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23",
                        "-g", "30", "-bf", "0", "-pix_fmt", "yuv420p", session / "front.mp4"], check=True)
        rows = [f"{i / 100:.3f},{i * 0.01 + number},{i * 0.02}" for i in range(seconds * 100)]
        (session / "joints.csv").write_text("t,q0,q1\n" + "\n".join(rows) + "\n")
        (session / "session.json").write_text(json.dumps({
            "version": 1, "id": f"{folder.name}-{number:03d}", "clock": {"epoch": "unknown"},
            "streams": [{"name": "front", "kind": "video", "path": "front.mp4", "clock": {"offset_ns": 0}},
                        {"name": "joints", "kind": "series", "path": "joints.csv", "options": {"time_column": "t", "time_unit": "s"}}]}))


def packets(root):
    found = []
    for path in sorted(root.rglob("*.mp4")):
        with av.open(str(path)) as container:
            found += [bytes(packet) for packet in container.demux(video=0) if packet.size]
    return found


def video_bytes(root):
    return sum(path.stat().st_size for path in root.rglob("*.mp4"))


def encode_commands(roots, skip_frames, out, encoder):
    """One ffmpeg a video file, with the frames of the dropped episode taken out by their number."""
    out.mkdir()
    settings = {"libsvtav1": ["-crf", "30", "-g", "2", "-preset", "12"], "libx264": ["-crf", "23", "-g", "2", "-preset", "veryfast"]}[encoder]
    commands = []
    for root in roots:
        for number, path in enumerate(sorted(root.rglob("*.mp4"))):
            cut = ["-vf", f"select='not(between(n,{skip_frames[0]},{skip_frames[1]}))',setpts=N/{RATE}/TB"] if skip_frames and number == 0 else []
            commands.append(["ffmpeg", "-v", "error", "-y", "-i", path, *cut, "-c:v", encoder, *settings, "-pix_fmt", "yuv420p",
                             "-r", RATE, out / f"{root.parent.name}{number}.mp4"])
    return commands


def line(name, ours, other, moved, made):
    print(f"{name}: edit {ours['wall_s']:.2f} s wall, {ours['cpu_s']:.2f} s processor; ffmpeg {other['wall_s']:.2f} s wall, "
          f"{other['cpu_s']:.2f} s processor; ratio {other['wall_s'] / ours['wall_s']:.0f}x wall, {other['cpu_s'] / ours['cpu_s']:.0f}x processor; "
          f"{moved / 1e6:.1f} MB copied, {made / 1e6:.1f} MB encoded again")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reelcell", type=pathlib.Path)
    parser.add_argument("--episodes", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--encoder", action="append", choices=["libsvtav1", "libx264"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reelcell-bench-") as name:
        work = pathlib.Path(name)
        for set_name, seed in (("a", 1), ("b", 1000)):
            make_sessions(work / f"sessions-{set_name}", arguments.episodes, arguments.seconds, seed)
            subprocess.run([arguments.reelcell, "build", work / f"sessions-{set_name}", "--out", work / set_name], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sets = [work / "a/lerobot", work / "b/lerobot"]
        before = [packets(root) for root in sets]
        frames = arguments.seconds * RATE
        gone = arguments.episodes // 2
        deleted = timed([[arguments.reelcell, "edit", work / "a", "--drop", gone, "--out", work / "deleted"]])
        assert packets(work / "deleted") == before[0][: gone * frames] + before[0][(gone + 1) * frames :], "packets differ"
        merged = timed([[arguments.reelcell, "edit", work / "a", work / "b", "--out", work / "merged"]])
        assert packets(work / "merged") == before[0] + before[1], "packets differ"
        print(f"{arguments.episodes} episodes of {frames} frames {SIZE}, {video_bytes(sets[0]) / 1e6:.1f} MB of video a set; packets bit-identical")
        for encoder in arguments.encoder or ["libsvtav1", "libx264"]:
            again = timed(encode_commands(sets[:1], (gone * frames, (gone + 1) * frames - 1), work / f"{encoder}-deleted", encoder))
            line(f"delete 1 of {arguments.episodes} against {encoder}", deleted, again, video_bytes(work / "deleted"), video_bytes(work / f"{encoder}-deleted"))
            again = timed(encode_commands(sets, None, work / f"{encoder}-merged", encoder))
            line(f"merge 2 x {arguments.episodes} against {encoder}", merged, again, video_bytes(work / "merged"), video_bytes(work / f"{encoder}-merged"))


if __name__ == "__main__":
    main()
