#!/usr/bin/python3
"""Holds a WebDataset corpus built from the made session against the session's truth.json.

usage: sample_truth.py SESSION WEBDATASET_FOLDER

Reads the shards with tests/independent/webdataset_reader.py and the raw camera files with PyAV: nothing of
Reelcell's own. Prints what was checked; ends with 1 at the first contradiction.
"""
import bisect
import glob
import io
import json
import os
import sys

import av
import numpy

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "independent"))
import webdataset_reader  # noqa: E402

CAMERAS = {"observation.images.front": "front", "observation.images.wrist": "wrist"}
# Re-encoded H.264 against the recorded picture, mean over the luma plane, grey levels. Between two frames of a robot at
# rest the encoder may keep the one before: then that one is nearer, by less than the second figure.
PICTURE_TOLERANCE = 1.6
KEPT_TOLERANCE = 0.25
NEIGHBOURS = 3


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


def array(sample, name):
    return numpy.load(io.BytesIO(sample[name + ".npy"]), allow_pickle=False)


def luma_frames(source):
    with av.open(source) as video:
        stream = video.streams.video[0]
        for frame in video.decode(stream):
            yield frame.pts, frame.to_ndarray(format="gray").astype(numpy.int16)


class Camera:
    """What is true of one camera: when its frames were taken and what they show."""

    def __init__(self, session, truth, name):
        self.name = name
        self.pts = truth[name]["pts"]
        self.mid = truth[name]["exposure_mid_ns"]
        self.exposure = truth[name]["exposure_ns"]
        self.clock = truth["clocks"][name]
        self.pictures = dict(luma_frames(os.path.join(session, name + ".mp4")))
        check(sorted(self.pictures) == self.pts, f"{name}: the file's frames are not those of the truth")
        self.index = {pts: i for i, pts in enumerate(self.pts)}

    def mapped(self, pts):
        """Middle of the exposure by stamp and stated clock (session.json's convention)."""
        stream = pts * 1000
        middle = stream + self.exposure // 2
        return middle + self.clock["offset_ns"] + round(self.clock["drift_ppm"] * 1e-6 * middle)

    def nearest(self, time_ns):
        """pts of the frame nearest to a session time, by mapped stamps."""
        at = bisect.bisect_left(self.pts, time_ns, key=self.mapped)
        around = self.pts[max(0, at - 1) : at + 1]
        return min(around, key=lambda pts: abs(self.mapped(pts) - time_ns))


def check_frames(sample, document, cameras, figures):
    times, sources = array(sample, "time_ns"), array(sample, "source_time_ns")
    pts_of = array(sample, "source_pts")
    for row_of, feature in zip(pts_of, document["source_pts"]["videos"]):
        camera = cameras[CAMERAS[feature]]
        source = sources[document["source_streams"].index(camera.name)]
        clip = [luma for _, luma in luma_frames(io.BytesIO(sample[camera.name + ".mp4"]))]
        check(len(clip) == len(times), f"{sample['__key__']}: {camera.name} has {len(clip)} frames")
        for row, pts in enumerate(row_of.tolist()):
            where = f"{sample['__key__']}: {camera.name} row {row}"
            check(pts in camera.index, f"{where}: pts {pts} is no frame of the recording")
            best = camera.nearest(int(times[row]))
            gap = abs(abs(camera.mapped(best) - times[row]) - abs(camera.mapped(pts) - times[row]))
            check(gap <= 2, f"{where}: pts {pts} was used, {best} is nearer to {times[row]}")
            check(abs(int(source[row]) - camera.mapped(pts)) <= 2, f"{where}: true time is not the frame's")
            off = abs(int(source[row]) - camera.mid[camera.index[pts]])
            figures["stamp_error_ns"] = max(figures.get("stamp_error_ns", 0), off)
            check_picture(clip[row], pts, camera, where, figures)
            figures["frames"] = figures.get("frames", 0) + 1


def check_picture(picture, pts, camera, where, figures):
    """It shows the recorded frame, and none of the frames around it better."""
    own = numpy.abs(picture - camera.pictures[pts]).mean()
    check(own < PICTURE_TOLERANCE, f"{where}: the picture differs by {own:.1f}")
    at = camera.index[pts]
    around = camera.pts[max(0, at - NEIGHBOURS) : at] + camera.pts[at + 1 : at + 1 + NEIGHBOURS]
    nearest = min(numpy.abs(picture - camera.pictures[other]).mean() for other in around)
    check(own < nearest + KEPT_TOLERANCE, f"{where}: a frame beside {pts} is shown: {own:.2f}, {nearest:.2f}")
    figures["picture_difference"] = max(figures.get("picture_difference", 0), own)
    figures["nearest"] = figures.get("nearest", 0) + (own < nearest)


def check_sample(sample, document, visit, cameras, figures):
    key = sample["__key__"]
    segment, labels = document["segment"], document["labels"]
    check(segment["start_ns"] == visit["plc_start_ns"], f"{key}: starts at {segment['start_ns']}")
    check(segment["end_ns"] == visit["plc_end_ns"], f"{key}: ends at {segment['end_ns']}")
    check(labels["verdict"]["value"] == visit["result"], f"{key}: verdict {labels['verdict']}")
    check(labels["score"]["value"] == visit["score"], f"{key}: score {labels['score']}")
    check(visit["point"] in document["task"], f"{key}: task {document['task']}")
    check(labels["still"]["value"] is True, f"{key}: the robot rests in a visit")
    check_frames(sample, document, cameras, figures)
    front = visit["evidence"]["front"]
    used = array(sample, "source_pts")[document["source_pts"]["videos"].index("observation.images.front")]
    if front is not None:
        figures["evidence"] = figures.get("evidence", 0) + 1
        figures["evidence_in_clip"] = figures.get("evidence_in_clip", 0) + (front["pts"] in used)


def main():
    session, folder = sys.argv[1:3]
    with open(os.path.join(session, "truth.json"), encoding="utf-8") as file:
        truth = json.load(file)
    cameras = {name: Camera(session, truth, name) for name in CAMERAS.values()}
    visits = {visit["visit"]: visit for visit in truth["visits"]}
    figures, splits = {}, {}
    seen = set()
    for shard in sorted(glob.glob(os.path.join(folder, "*.tar"))):
        for sample in webdataset_reader.samples(shard):
            document = json.loads(sample["json"])
            number = document["segment"]["attributes"]["visit"]
            check(number in visits and number not in seen, f"{sample['__key__']}: visit {number}")
            seen.add(number)
            check(os.path.basename(shard).startswith(document["split"] + "-"), f"{shard}: holds another split")
            point = visits[number]["point"]
            check(splits.setdefault(point, document["split"]) == document["split"], f"{point}: in two splits")
            check_sample(sample, document, visits[number], cameras, figures)
    check(seen == set(visits), f"visits without a sample: {sorted(set(visits) - seen)}")
    # Stamps jitter by 0.2 ms (sigma, cut at 3) and are rounded to 1 us.
    check(figures["stamp_error_ns"] <= 601_000, f"true times are off by {figures['stamp_error_ns']} ns")
    check(figures["evidence_in_clip"] >= 0.95 * figures["evidence"], f"evidence frames: {figures}")
    # By chance it would be one in seven.
    check(figures["nearest"] >= 0.6 * figures["frames"], f"too many pictures are nearer to a frame beside theirs: {figures}")
    print(f"{len(seen)} visits as the truth says:", json.dumps(figures, default=float))


if __name__ == "__main__":
    main()
