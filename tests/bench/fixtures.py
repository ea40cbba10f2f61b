"""What the benchmarks read: made once below a work folder, from a real recording where there is one."""
import csv
import json
import math
import os
import pathlib
import shutil
import subprocess

SOURCE = pathlib.Path(os.environ["REELCELL_SOURCE"])
DATA = pathlib.Path(os.environ.get("REELCELL_DATA", SOURCE / "../shared/data"))
RECORDING = DATA / "video/intel-iot-devkit_sample-videos/one-by-one-person-detection.mp4"


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr[-1500:]}")
    return done


def once(path, make):
    """`make` writes to a path beside, which then takes its name: an interrupted run leaves nothing half-made."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name("part-" + path.name)
        make(part)
        part.rename(path)
    return path


def video(work, gop, frames, shift=0.0):
    """640x480 at 30 frames/s, H.264 without B-frames, a key frame every `gop` frames."""
    def make(part):
        if RECORDING.exists():
            source = ["-stream_loop", "-1", "-ss", shift, "-i", RECORDING, "-vf", "scale=640:480,setpts=N/30/TB"]
        else:
            source = ["-f", "lavfi", "-i", "testsrc2=s=640x480:r=30", "-vf", "noise=alls=12:allf=t"]
        run("ffmpeg", "-v", "error", "-y", *source, "-r", 30, "-frames:v", frames, "-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", 20,
            "-pix_fmt", "yuv420p", "-bf", 0, "-g", gop, "-keyint_min", gop, "-sc_threshold", 0, "-video_track_timescale", 15360, "-f", "mp4", part)
    return once(work / f"video-gop{gop}-{frames}-{shift:g}.mp4", make)


def joint(i, k):
    return round(math.sin(i * 0.01 + k) * (1 + 0.1 * k), 6)


def session(folder, videos, frames, rate=100, name="bench"):
    """Two cameras and a log of 14 joints, as a session folder."""
    def make(part):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        streams = []
        for camera, source in videos.items():
            os.link(source, part / f"{camera}.mp4")
            streams.append({"name": camera, "kind": "video", "path": f"{camera}.mp4", "format": "video", "rate_hz": 30})
        names = [f"q{k}" for k in range(14)]
        with open(part / "joints.csv", "w", encoding="ascii", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["t", *names])
            for i in range(frames * rate // 30 + 2):
                writer.writerow([f"{i / rate:.6f}", *(joint(i, k) for k in range(14))])
        streams.append({"name": "joints", "kind": "series", "path": "joints.csv", "format": "csv", "rate_hz": rate,
                        "options": {"time_column": "t", "time_unit": "s",
                                    "columns": [{"name": "q", "from": names, "unit": "rad", "dtype": "float64"}]}})
        (part / "session.json").write_text(json.dumps({"version": 1, "id": name, "streams": streams}, indent=1))
    return once(folder, make)


def recipe(path, image_stats, seconds):
    document = {
        "version": 1, "name": "bench", "grid": {"rate_hz": 30, "anchor": "front"}, "image_stats": image_stats,
        "features": [{"name": "observation.state", "from": ["joints.q"], "dtype": "float32", "modality": "state"},
                     {"name": "observation.images.front", "video": "front"}, {"name": "observation.images.wrist", "video": "wrist"}],
        "segments": [{"kind": "window", "length": f"{seconds}s"}] if seconds else [{"kind": "session"}],
        "outputs": [{"format": "lerobot_v3", "folder": "lerobot"}],
    }
    path.write_text(json.dumps(document, indent=1))
    return path
