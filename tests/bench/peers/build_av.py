#!/usr/bin/python3
"""An episode build with python3-av and numpy. usage: SESSION OUT remux|h264|png all|sampled SECONDS

remux  the work that Reelcell does: packets are copied, pixels are decoded for the statistics alone
h264   LeRobot's streaming way: every frame becomes an RGB array and is encoded again (libx264, GOP 2, CRF 30)
png    LeRobot's older way: every frame is saved as PNG, read back, and encoded
State and timestamps go to .npy: python has no Parquet writer in Debian, which spares this side that work.
"""
import csv
import json
import pathlib
import resource
import sys
import time
from fractions import Fraction

import av
import numpy as np

FPS = 30
QUANTILES = [0.01, 0.10, 0.50, 0.90, 0.99]
CAMERAS = ["front", "wrist"]
# Reelcell's definition of a pixel: no short cuts in chroma or rounding.
FLAGS = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class ToRgb:
    def __init__(self, stream):
        self.graph = av.filter.Graph()
        source = self.graph.add_buffer(template=stream)
        scale = self.graph.add("scale", f"flags={FLAGS}")
        form = self.graph.add("format", "rgb24")
        sink = self.graph.add("buffersink")
        source.link_to(scale)
        scale.link_to(form)
        form.link_to(sink)
        self.graph.configure()

    def __call__(self, frame):
        self.graph.push(frame)
        return self.graph.pull().to_ndarray()


def wanted_rows(mode, n):
    if mode == "all":
        return set(range(n))
    k = min(n, max(100, min(int(n ** 0.75), 10000)))
    return {(i * (n - 1) + (k - 1) // 2) // (k - 1) for i in range(k)}


def vector_stats(x):
    x = x.astype(np.float64)
    return [x.min(axis=0), x.max(axis=0), x.mean(axis=0), x.std(axis=0), *np.quantile(x, QUANTILES, axis=0)]


def pixel_stats(histogram):
    out = []
    levels = np.arange(256) / 255
    for counts in histogram:
        n = counts.sum()
        mean = (counts * levels).sum() / n
        std = np.sqrt((counts * (levels - mean) ** 2).sum() / n)
        seen, up_to = np.nonzero(counts)[0], np.cumsum(counts)
        quantiles = []
        for q in QUANTILES:
            index = q * (n - 1)
            a, b = (np.searchsorted(up_to, rank, side="right") for rank in (int(index), min(int(index) + 1, n - 1)))
            quantiles.append((a + (b - a) * (index - int(index))) / 255)
        out.append([seen[0] / 255, seen[-1] / 255, mean, std, *quantiles])
    return np.array(out).T


class Encoder:
    def __init__(self, path, stream):
        self.container = av.open(str(path), "w")
        self.stream = self.container.add_stream("libx264", FPS, options={"crf": "30", "g": "2", "preset": "veryfast"})
        self.stream.width, self.stream.height, self.stream.pix_fmt = stream.width, stream.height, "yuv420p"

    def add(self, rgb):
        self.container.mux(self.stream.encode(av.VideoFrame.from_ndarray(rgb, "rgb24")))

    def close(self):
        self.container.mux(self.stream.encode(None))
        self.container.close()


def save_png(rgb, path):
    with av.open(str(path), "w", format="image2") as out:
        stream = out.add_stream("png", FPS)
        stream.width, stream.height, stream.pix_fmt = rgb.shape[1], rgb.shape[0], "rgb24"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, "rgb24")))
        out.mux(stream.encode(None))


def encode_episode(rgbs, path, stream, way):
    if way == "png":
        folder = path.with_suffix("")
        folder.mkdir()
        for i, rgb in enumerate(rgbs):
            save_png(rgb, folder / f"frame-{i:06d}.png")
        rgbs = (next(av.open(str(png)).decode(video=0)).to_ndarray(format="rgb24") for png in sorted(folder.iterdir()))
    encoder = Encoder(path, stream)
    for rgb in rgbs:
        encoder.add(rgb)
    encoder.close()


def camera(source, out, name, way, mode, length, histogram):
    """All episodes of one camera."""
    container = av.open(str(source))
    stream = container.streams.video[0]
    to_rgb, rows, episode, pending, frames = ToRgb(stream), wanted_rows(mode, length), 0, [], 0
    muxed = av.open(str(out / f"{name}.mp4"), "w") if way == "remux" else None
    target = muxed.add_stream(template=stream) if muxed else None
    for packet in container.demux(stream):
        for frame in packet.decode():
            row = frames % length
            if row in rows:
                rgb = to_rgb(frame)
                for c in range(3):
                    histogram[c] += np.bincount(rgb[:, :, c].reshape(-1), minlength=256)
            if not muxed:
                pending.append(frame.to_ndarray(format="rgb24"))
            frames += 1
            if frames % length == 0 and not muxed:
                encode_episode(pending, out / f"{name}-{episode:03d}.mp4", stream, way)
                pending, episode = [], episode + 1
        if muxed and packet.dts is not None:
            packet.stream = target
            muxed.mux(packet)
    if muxed:
        muxed.close()
    container.close()
    return frames


def main():
    session, out = map(pathlib.Path, sys.argv[1:3])
    way, mode, length = sys.argv[3], sys.argv[4], int(sys.argv[5]) * FPS
    out.mkdir(parents=True)
    wall, used = time.monotonic(), cpu()
    histograms = {name: np.zeros((3, 256), dtype=np.int64) for name in CAMERAS}
    frames = [camera(session / f"{name}.mp4", out, name, way, mode, length, histograms[name]) for name in CAMERAS]
    with open(session / "joints.csv", encoding="ascii") as file:
        log = np.array(list(csv.reader(file))[1:], dtype=np.float64)
    times = np.array([float(Fraction(i, FPS)) for i in range(frames[0])])
    state = np.stack([np.interp(times, log[:, 0], log[:, 1 + k]) for k in range(14)], axis=1).astype(np.float32)
    for episode in range(0, frames[0], length):
        part = state[episode:episode + length]
        np.save(out / f"state-{episode // length:03d}.npy", part)
        vector_stats(part)
    stats = {"observation.state": vector_stats(state)}
    stats |= {f"observation.images.{name}": pixel_stats(histograms[name]) for name in CAMERAS}
    (out / "stats.json").write_text(json.dumps({name: [list(map(float, row)) for row in value] for name, value in stats.items()}))
    print(json.dumps({"wall": time.monotonic() - wall, "cpu": cpu() - used, "count": sum(frames)}))


main()
