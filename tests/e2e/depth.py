#!/usr/bin/python3
"""Cameras of 16 bits a pixel (depth, thermal): every value of every frame comes through an MCAP's raw and coded images, an FFV1
video and a LeRobot table into clips and stills, as PyAV reads them; a codec that cannot hold them is a counted loss."""
import io
import json
import struct
import subprocess
import tarfile

import av
import numpy as np

from support import INDEPENDENT, LOST, check, lerobot_loads, reelcell, work_folder, write_json

WIDTH, HEIGHT, FRAMES = 63, 47, 12  # odd: nothing may be cut
CAMERA = "observation.images.cam"
IMAGE = "uint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data\n"
CODED = "string format\nuint8[] data\n"
HEADER = "=" * 80 + "\nMSG: std_msgs/Header\nuint32 seq\ntime stamp\nstring frame_id\n"


def pictures():
    rng = np.random.default_rng(4)
    frames = [np.add.outer(np.arange(HEIGHT) * 311, np.arange(WIDTH) * 37 + n * 501).astype(np.uint16) for n in range(FRAMES)]
    frames[3] = rng.integers(0, 65536, (HEIGHT, WIDTH), np.uint16)
    return frames


def text(value):
    return struct.pack("<I", len(value)) + value.encode()


def record(opcode, body):
    return struct.pack("<BQ", opcode, len(body)) + body


def write_mcap(path, schema, definition, body_of):
    out = b"\x89MCAP0\r\n" + record(1, text("ros1") + text("depth"))
    out += record(3, struct.pack("<H", 1) + text(schema) + text("ros1msg") + text("std_msgs/Header header\n" + definition + HEADER))
    out += record(4, struct.pack("<HH", 1, 1) + text("cam") + text("ros1") + struct.pack("<I", 0))
    for n, picture in enumerate(pictures()):
        time = 10**11 + n * 10**8
        message = struct.pack("<III", n, 100, n * 10**8) + text("f") + body_of(picture)
        out += record(5, struct.pack("<HIQQ", 1, n, time, time) + message)
    path.write_bytes(out + record(15, struct.pack("<I", 0)) + record(2, struct.pack("<QQI", 0, 0, 0)) + b"\x89MCAP0\r\n")
    return path


def raw(encoding, order):
    def body(picture):
        data = picture.astype(order + "u2").tobytes()
        return struct.pack("<II", HEIGHT, WIDTH) + text(encoding) + struct.pack("<BII", order == ">", 2 * WIDTH, len(data)) + data
    return body


def png(picture):
    context = av.CodecContext.create("png", "w")
    context.width, context.height, context.time_base, context.pix_fmt = WIDTH, HEIGHT, "1/10", "gray16be"
    frame = av.VideoFrame.from_ndarray(picture, format="gray16le").reformat(format="gray16be")
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def coded(picture):
    data = png(picture)
    return text("16UC1; png compressed") + struct.pack("<I", len(data)) + data


def ffv1_session(folder):
    folder.mkdir()
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-f", "rawvideo", "-pix_fmt", "gray16le", "-s", f"{WIDTH}x{HEIGHT}", "-r", "10", "-i", "-",
                    "-c:v", "ffv1", folder / "cam.mkv"], input=b"".join(p.tobytes() for p in pictures()), check=True)
    write_json(folder / "session.json", {"version": 1, "id": "ffv1", "clock": {"epoch": "boot"}, "streams": [
        {"name": "cam", "kind": "video", "path": "cam.mkv", "format": "video"}]})
    return folder


def table_set(root):
    (root / "data/chunk-000").mkdir(parents=True)
    (root / "meta").mkdir()
    for n, picture in enumerate(pictures()):
        (root / f"{n:03d}.png").write_bytes(png(picture))
    sql = f"""COPY (SELECT struct_pack(bytes := content, path := NULL::VARCHAR) AS "{CAMERA}", (n / 10.0)::FLOAT AS timestamp, n AS frame_index,
              0::BIGINT AS episode_index, n AS "index", 0::BIGINT AS task_index
              FROM (SELECT content, row_number() OVER (ORDER BY filename) - 1 AS n FROM read_blob('{root}/*.png')) ORDER BY n)
              TO '{root}/data/chunk-000/episode_000000.parquet' (FORMAT parquet)"""
    done = subprocess.run(["node", INDEPENDENT / "duckdb_query.mjs", sql], capture_output=True, text=True)
    check(done.returncode == 0, done.stderr[-500:])
    features = {CAMERA: {"dtype": "image", "shape": [HEIGHT, WIDTH, 3], "names": ["height", "width", "channels"]}}
    for name in ("timestamp", "frame_index", "episode_index", "index", "task_index"):
        features[name] = {"dtype": "float32" if name == "timestamp" else "int64", "shape": [1], "names": None}
    write_json(root / "meta/info.json", {
        "codebase_version": "v2.1", "robot_type": "x", "total_episodes": 1, "total_frames": FRAMES, "total_tasks": 1, "total_videos": 0, "total_chunks": 1,
        "chunks_size": 1000, "fps": 10, "splits": {"train": "0:1"}, "video_path": None, "features": features,
        "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"})
    (root / "meta/episodes.jsonl").write_text(json.dumps({"episode_index": 0, "tasks": ["do"], "length": FRAMES}) + "\n")
    (root / "meta/tasks.jsonl").write_text('{"task_index": 0, "task": "do"}\n')
    return root


def values(source):
    with av.open(source) as video:
        return [frame.to_ndarray(format="gray16le") if frame.format.name == "gray16be" else frame.to_ndarray() for frame in video.decode(video=0)]


def build(work, source, name, camera, codes, **recipe):
    out = work / name
    write_json(work / "recipe.json", {"version": 1, "name": "depth", "features": [{"name": CAMERA, "video": camera}], "grid": {"rate_hz": 10, "anchor": camera},
                                      "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "webdataset", "folder": "wds"}], **recipe})
    done = reelcell("build", source, "--recipe", work / "recipe.json", "--out", out, codes=codes)
    reelcell("validate", out, "--deep")
    return out, done.stderr


def is_whole(out, where):
    expected = pictures()
    (video,) = (out / "v3/videos").rglob("*.mp4")
    clips = {str(video): values(str(video))}
    stills = 0
    for shard in (out / "wds").glob("*.tar"):
        with tarfile.open(shard) as archive:
            for member in archive:
                data = io.BytesIO(archive.extractfile(member).read())
                if member.name.endswith(".mp4"):
                    clips[member.name] = values(data)
                elif member.name.endswith(".png"):
                    stills += 1
                    check(np.array_equal(values(data)[0], expected[3]), f"{where}: {member.name} has other values")
    check(len(clips) == 2 and stills == 1, f"{where}: {list(clips)}, {stills} stills")
    for name, found in clips.items():
        check(len(found) == FRAMES, f"{where}: {name} has {len(found)} frames")
        for n, (left, right) in enumerate(zip(expected, found)):
            check(right.dtype == np.uint16 and np.array_equal(left, right), f"{where}: {name}: frame {n} has other values")
    info = json.loads((out / "v3/meta/info.json").read_text())["features"][CAMERA]
    said = info["info"]
    check(said["is_depth_map"] is True and said["video.is_depth_map"] is True and said["video.channels"] == 1, f"{where}: {said}")
    check((said["video.codec"], said["video.pix_fmt"], info["shape"][:2]) == ("ffv1", "gray16le", [HEIGHT, WIDTH]), f"{where}: {info}")
    lerobot_loads(out / "v3")


def main():
    with work_folder() as work:
        sources = {"16UC1": (write_mcap(work / "a.mcap", "sensor_msgs/Image", IMAGE, raw("16UC1", "<")), "cam"),
                   "mono16": (write_mcap(work / "b.mcap", "sensor_msgs/Image", IMAGE, raw("mono16", ">")), "cam"),
                   "png": (write_mcap(work / "c.mcap", "sensor_msgs/CompressedImage", CODED, coded), "cam"),
                   "ffv1": (ffv1_session(work / "ffv1"), "cam"), "table": (table_set(work / "table"), "cam")}
        for name, (source, camera) in sources.items():
            out, said = build(work, source, "out-" + name, camera, (0,), stills={"at": ["300ms"]})
            is_whole(out, name)
            check("depth-reduced" not in said, said)
            print(f"{name}: {FRAMES} frames exact in both outputs")
        source, camera = sources["16UC1"]
        _, said = build(work, source, "named", camera, (LOST,), video={"codec": "h264"}, stills={"at": ["first"], "format": "jpg"})
        check("depth-reduced" in said and "8 of 16 bits" in said and f"{FRAMES - 1} more" in said and "stills" in said, said)
        out, said = build(work, source, "ffv1-named", camera, (0,), video={"codec": "ffv1"}, stills={"at": ["300ms"]})
        is_whole(out, "ffv1 by name")


main()
