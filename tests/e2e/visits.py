#!/usr/bin/python3
"""Visits through `build`: the report says what truth.json says, and the evidence stills are the recorded frames.

A session with skipped, repeated and swapped points and a verdict log in which one verdict was lost, one names a point
that is none and one was given twice is built twice: with the controller's steps, and without them, when visits to one
point back to back cannot be told apart. Pictures are held against PyAV's decoding of the camera files.
"""
import bisect
import io
import json
import subprocess
import sys

import av
import numpy
from support import BINARY, INDEPENDENT, LOST, SOURCE, check, reelcell, work_folder, write_json

sys.path.insert(0, str(INDEPENDENT))
import webdataset_reader  # noqa: E402

CAMERAS = ("front", "wrist")
SKIPPED, REPEATED, SWAPPED = 2, 3, 2


def make_session(work):
    session = work / "session"
    made = subprocess.run([BINARY.parent / "reelcell-make-session", "--out", session, "--seed", "77", "--points", "40",
                           "--duration", "20", "--width", "240", "--height", "180", "--wrist-width", "160",
                           "--wrist-height", "120", "--skip", str(SKIPPED), "--repeat", str(REPEATED),
                           "--swap", str(SWAPPED)], capture_output=True, text=True)
    check(made.returncode == 0, made.stderr)
    return session, json.loads((session / "truth.json").read_text())


def disturb(session, truth):
    """Of points visited once: the verdict of one visit is lost, that of another is given twice, and that of a third once
    more for no planned point. Returns (visit without a verdict, visit with two)."""
    points = [visit["point"] for visit in truth["visits"]]
    once = [i for i, point in enumerate(points) if points.count(point) == 1]
    lost, doubled = once[3], once[-4]
    path = session / "verdicts.csv"
    header, *lines = path.read_text().splitlines()
    at = {int(line.split(",")[header.split(",").index("visit")]): i for i, line in enumerate(lines)}
    stray = lines[at[once[8]]].replace(points[once[8]], "NOWHERE")
    second = lines[at[doubled]]
    lines = [line for i, line in enumerate(lines) if i != at[lost]]
    order = header.split(",").index("t_ms")
    lines = sorted(lines + [stray, second], key=lambda line: float(line.split(",")[order]))
    path.write_text("\n".join([header, *lines]) + "\n")
    return lost, doubled


def longest_increasing(numbers):
    tails = []
    for number in numbers:
        at = bisect.bisect_left(tails, number)
        tails[at:at + 1] = [number]
    return len(tails)


def build(work, session, name, with_steps):
    recipe = json.loads((SOURCE / "samples/visits.json").read_text())
    recipe["outputs"] = [{"format": "webdataset", "folder": "shards", "shard_size": "64MB"}]
    if not with_steps:
        for key in ("step", "step_end"):
            del recipe["segments"][0][key]
    write_json(work / f"{name}.json", recipe)
    out = work / name
    text = reelcell("build", session, "--recipe", work / f"{name}.json", "--out", out, codes=(0, LOST)).stdout
    samples = [sample for shard in sorted((out / "shards").glob("*.tar")) for sample in webdataset_reader.samples(shard)]
    return json.loads((out / "report.json").read_text())["visits"], samples, text


def check_plan(report, truth, session):
    points = [visit["point"] for visit in truth["visits"]]
    planned = json.loads((session / "plan.json").read_text())["points"]
    plan = [point["id"] for point in sorted(planned, key=lambda point: point["order"])]
    check(report["planned"] == len(plan) and report["visited"] == len(set(points)), f"visited: {report['visited']}")
    check(sorted(report["skipped"]) == sorted(set(plan) - set(points)) and len(report["skipped"]) == SKIPPED,
          f"skipped: {report['skipped']}")
    first = list(dict.fromkeys(points))
    disordered = [visit["point"] for visit in report["out_of_order"]]
    rest = [plan.index(point) for point in first if point not in disordered]
    check(rest == sorted(rest), f"out of order: {disordered}, but others are too")
    least = len(first) - longest_increasing([plan.index(point) for point in first])
    check(len(disordered) == least == SWAPPED, f"out of order: {disordered}, at least {least} are")


def check_with_steps(report, samples, truth, lost, doubled):
    points = [visit["point"] for visit in truth["visits"]]
    check(report["visits"] == len(points), f"{report['visits']} visits, {len(points)} are true")
    check({v["point"] for v in report["repeated"]} == {p for p in points if points.count(p) > 1}
          and len(report["repeated"]) == REPEATED, f"repeated: {report['repeated']}")
    verdicts = report["verdicts"]
    # One less, one more, one of no point; both of the doubled visit are ambiguous.
    check(verdicts["given"] == len(points) + 1 and verdicts["tied"] == len(points) - 2, f"verdicts: {verdicts}")
    nowhere = [v for v in verdicts["untied"] if "'NOWHERE'" in v["reason"]]
    check(len(nowhere) == 1 and nowhere[0]["candidates"] == [], f"untied: {verdicts['untied']}")
    twice = [v for v in verdicts["untied"] if v["candidates"]]
    check(sum(v["count"] for v in twice) == 2 and all(v["candidates"] == [f"visit-{points[doubled]}"] for v in twice),
          f"ambiguous: {twice}")
    # A visit in a stall of the camera has no row.
    check(len(points) - 1 <= len(samples) <= len(points), f"{len(samples)} samples")
    for sample in samples:
        segment = document(sample)["segment"]
        middle = (segment["start_ns"] + segment["end_ns"]) // 2
        visit = next(v for v in truth["visits"] if v["start_ns"] <= middle < v["end_ns"])
        attributes = segment["attributes"]
        check(attributes["point"] == visit["point"], f"{sample['__key__']}: is a visit to {visit['point']}")
        tied = visit["visit"] not in (lost, doubled)
        check(attributes.get("verdict.visit") == (visit["visit"] if tied else None), f"{sample['__key__']}: {attributes}")
        check(attributes.get("verdict.result") == (visit["result"] if tied else None), f"{sample['__key__']}: verdict")


def check_without_steps(report, truth):
    """Two visits back to back are one stop: their verdicts belong to none for certain, and all others are tied."""
    points = [visit["point"] for visit in truth["visits"]]
    check(report["visits"] == len(points) - REPEATED, f"{report['visits']} visits without steps")
    ambiguous = [v for v in report["verdicts"]["untied"] if v["candidates"]]
    check(sum(v["count"] for v in ambiguous) == 2 * REPEATED + 2, f"ambiguous without steps: {ambiguous}")
    check(report["verdicts"]["tied"] == len(points) - 2 * REPEATED - 2, f"tied without steps: {report['verdicts']}")


def document(sample):
    return json.loads(sample["json"])


def recorded(session, camera):
    """{pts: RGB picture} by FFmpeg's exact conversion; its default one rounds, and takes chroma from the nearest pixel."""
    pictures = {}
    with av.open(str(session / f"{camera}.mp4")) as video:
        stream = video.streams.video[0]
        graph = av.filter.Graph()
        exact = graph.add("scale", "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact")
        chain = [graph.add_buffer(template=stream), exact, graph.add("format", "pix_fmts=rgb24"), graph.add("buffersink")]
        for left, right in zip(chain, chain[1:]):
            left.link_to(right)
        graph.configure()
        for frame in video.decode(stream):
            pts = frame.pts
            graph.push(frame)
            pictures[pts] = graph.pull().to_ndarray().astype(numpy.int16)
    return pictures


def check_stills(samples, session, report):
    figures = {"stills": 0, "unlike_both_neighbours": 0}
    for camera in CAMERAS:
        frames = recorded(session, camera)
        order = sorted(frames)
        found = 0
        for sample in samples:
            attributes = document(sample)["segment"]["attributes"]
            still = sample.get(f"{camera}.evidence.png")
            pts = attributes.get(f"evidence.{camera}.pts")
            check((still is None) == (pts is None), f"{sample['__key__']}: {camera}: still and pts do not go together")
            if still is None:
                check(f"evidence.{camera}.missing" in attributes, f"{sample['__key__']}: {camera}: no still, no reason")
                continue
            found += 1
            with av.open(io.BytesIO(still)) as picture:
                ours = next(picture.decode(video=0)).to_ndarray(format="rgb24").astype(numpy.int16)
            check(pts in frames, f"{sample['__key__']}: {camera}: no frame has pts {pts}")
            check(order[attributes[f"evidence.{camera}.ordinal"]] == pts, f"{sample['__key__']}: {camera}: ordinal")
            apart = numpy.abs(ours - frames[pts])
            check(not apart.any(), f"{sample['__key__']}: {camera}: is off by {apart.max()} from the frame of pts {pts}")
            at = order.index(pts)
            others = order[max(0, at - 1):at] + order[at + 1:at + 2]
            figures["stills"] += 1
            figures["unlike_both_neighbours"] += all((ours != frames[other]).any() for other in others)
        said = report["evidence"][camera]["found"]
        check(0 <= said - found <= report["visits"] - len(samples), f"{camera}: {found} stills, the report says {said}")
        check(found >= 0.9 * report["visits"], f"{camera}: only {found} stills in {report['visits']} visits")
    # Most frames differ from those beside them, so that a wrong one would show.
    check(figures["unlike_both_neighbours"] > 0.5 * figures["stills"], f"the recording shows too little: {figures}")
    return figures


def main():
    with work_folder() as work:
        session, truth = make_session(work)
        lost, doubled = disturb(session, truth)
        (report,), samples, text = build(work, session, "with", with_steps=True)
        check_plan(report, truth, session)
        check_with_steps(report, samples, truth, lost, doubled)
        verdicts = report["verdicts"]
        for part in (f"visits: {report['visits']}; {report['visited']} of {report['planned']} planned points visited, {SKIPPED} skipped; "
                     f"{REPEATED} repeated, {SWAPPED} out of order",
                     f"verdicts: {verdicts['tied']} of {verdicts['given']} tied, 2 ambiguous, 1 of no visit"):
            check(part in text, f"the summary does not say '{part}':\n{text}")
        print("stills", check_stills(samples, session, report))
        (without,), _, _ = build(work, session, "without", with_steps=False)
        check_plan(without, truth, session)
        check_without_steps(without, truth)


if __name__ == "__main__":
    main()
