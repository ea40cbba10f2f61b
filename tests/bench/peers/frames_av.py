#!/usr/bin/python3
"""Random frames with python3-av. usage: VIDEO QUERIES.json check|rgb lerobot|kept

lerobot  as LeRobot's pyav reader: open, seek to the key frame before the first time, decode all up to the last, keep the nearest
kept     the best one can do with it: the file stays open, wanted frames are sorted, and it seeks only over key frames
"""
import hashlib
import json
import resource
import sys
import time

import av
import numpy as np

FPS = 30


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def picture(frame, check):
    return frame.to_ndarray() if check else frame.to_ndarray(format="rgb24")


def as_lerobot(path, query, check):
    container = av.open(path)
    stream = container.streams.video[0]
    times = [n / FPS for n in query]
    container.seek(int(min(times) / stream.time_base), stream=stream, backward=True)
    loaded, stamps = [], []
    for frame in container.decode(stream):
        loaded.append(picture(frame, check))
        stamps.append(float(frame.pts * stream.time_base))
        if stamps[-1] >= max(times):
            break
    container.close()
    distance = np.abs(np.array(times)[:, None] - np.array(stamps)[None, :])
    nearest = distance.argmin(axis=1)
    if distance.min(axis=1).max() > 1e-4:
        raise SystemExit("a frame is not within the tolerance")
    return [loaded[i] for i in nearest]


class Kept:
    def __init__(self, path):
        self.container = av.open(path)
        self.stream = self.container.streams.video[0]
        self.tick = int(1 / FPS / self.stream.time_base + 0.5)
        self.keys = [p.pts for p in self.container.demux(self.stream) if p.pts is not None and p.is_keyframe]
        self.frames, self.at = None, -1

    def __call__(self, path, query, check):
        out = {}
        for n in sorted(set(query)):
            pts = n * self.tick
            key = self.keys[np.searchsorted(self.keys, pts, side="right") - 1]
            if self.frames is None or self.at >= pts or key > self.at:
                self.container.seek(pts, stream=self.stream, backward=True)
                self.frames = self.container.decode(self.stream)
            for frame in self.frames:
                self.at = frame.pts
                if frame.pts == pts:
                    out[n] = picture(frame, check)
                    break
        return [out[n] for n in query]


def main():
    path, check = sys.argv[1], sys.argv[3] == "check"
    with open(sys.argv[2], encoding="ascii") as file:
        queries = json.load(file)
    read = as_lerobot if sys.argv[4] == "lerobot" else Kept(path)
    digest, count = hashlib.sha256(), 0
    wall, used = time.monotonic(), cpu()
    for query in queries:
        pictures = read(path, query, check)
        count += len(pictures)
        if check:
            for entry in pictures:
                digest.update(entry.tobytes())
    print(json.dumps({"wall": time.monotonic() - wall, "cpu": cpu() - used, "count": count, "check": digest.hexdigest()}))


main()
