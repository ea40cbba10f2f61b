#!/usr/bin/python3
"""Boxes, polygons and masks from hand-written Label Studio, CVAT and COCO documents through a build into LeRobot and
WebDataset, on a camera that lost frames: each object is beside the frame that it was drawn on, told by the pixels of that
frame, in both outputs; documents that do not fit the video are refused with the reason; an edit keeps the objects."""
import io
import json
import shutil
import subprocess
import tarfile
from fractions import Fraction

import av
import numpy as np
from support import INDEPENDENT, check, parquet, reelcell, work_folder, write_json

W, H, RATE = 64, 48, 30
# Frames that the camera lost: what a labelling tool counts is not the playing time.
SLOTS = [i for i in range(60) if i not in (20, 21, 40)]
FRAMES = len(SLOTS)


def luma(ordinal):
    return 20 + 3 * ordinal


def write_session(folder):
    folder.mkdir(exist_ok=True)
    with av.open(str(folder / "front.mp4"), "w", options={"video_track_timescale": "15360"}) as out:
        stream = out.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = W, H, "yuv420p"
        stream.options = {"g": "10", "bf": "0", "crf": "1"}
        stream.codec_context.time_base = Fraction(1, 15360)
        for ordinal, slot in enumerate(SLOTS):
            gray = np.full((H, W), luma(ordinal), np.uint8)
            frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = slot * 512, Fraction(1, 15360)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    (folder / "joints.csv").write_text("t_ns,x\n" + "".join(f"{i * 10_000_000},{i}\n" for i in range(201)))
    known = {"offset_ns": 0}
    write_json(folder / "session.json", {
        "version": 1, "id": "seat-1", "clock": {"epoch": "boot"},
        "streams": [{"name": "front", "kind": "video", "path": "front.mp4", "clock": known},
                    {"name": "joints", "kind": "series", "path": "joints.csv", "clock": known,
                     "options": {"time_column": "t_ns", "time_unit": "ns"}}]})
    return folder


def pts_of(path):
    with av.open(str(path)) as container:
        return sorted(packet.pts for packet in container.demux(video=0) if packet.size)


# The documents, by the formats' public descriptions.


def cvat(frames=FRAMES, width=W):
    """A box on every frame (placed on each fifth, moving one pixel a frame), a polygon on 7, a mask on 30."""
    boxes = "".join(f'<box frame="{n}" xtl="{n}" ytl="10" xbr="{n + 4}.5" ybr="20" outside="0" occluded="0" keyframe="1">'
                    f'<attribute name="side">left</attribute></box>' for n in range(0, FRAMES, 5))
    boxes += f'<box frame="{FRAMES - 1}" xtl="{FRAMES - 1}" ytl="10" xbr="{FRAMES + 3}.5" ybr="20" outside="0" occluded="1" keyframe="1"/>'
    return f"""<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><size>{frames}</size><start_frame>0</start_frame>
<original_size><width>{width}</width><height>{H}</height></original_size></task><source>front.mp4</source></meta>
<track id="0" label="hand" source="manual">{boxes}</track>
<track id="1" label="dent" source="manual"><polygon frame="7" points="1,2;11.5,2;6,9" outside="0" occluded="0" keyframe="1"/>
<polygon frame="8" points="1,2;11.5,2;6,9" outside="1" occluded="0" keyframe="1"/></track>
<track id="2" label="foam" source="manual"><mask frame="30" rle="2, 3, 4, 1" left="5" top="6" width="5" height="2" outside="0" occluded="0" keyframe="1"/></track>
</annotations>"""


def expected_cvat():
    found = {n: [("hand", "0", "box", [n, 10, n + 4.5, 20])] for n in range(FRAMES)}
    found[7].append(("dent", "1", "polygon", [1, 2, 11.5, 9]))
    found[30].append(("foam", "2", "mask", [7, 6, 10, 8]))
    return found


def mask_of_runs(runs):
    """Column by column, outside first."""
    flat = np.concatenate([np.full(run, i % 2, np.uint8) for i, run in enumerate(runs)])
    check(flat.size == W * H, f"the runs of a mask cover {flat.size} pixels")
    return flat.reshape(W, H).T


def coco_runs(mask):
    flat = mask.T.flatten()
    runs, value = [0], 0
    for pixel in flat:
        if pixel == value:
            runs[-1] += 1
        else:
            runs.append(1)
            value = pixel
    return runs


def coco_text(runs):
    """COCO's compressed runs: differences to the one before the last, five bits a character."""
    text = ""
    for i, run in enumerate(runs):
        left = run - (runs[i - 2] if i > 2 else 0)
        while True:
            bits, left = left & 31, left >> 5
            more = left != -1 if bits & 16 else left != 0
            text += chr((bits | 32 if more else bits) + 48)
            if not more:
                break
    return text


def disc(x, y, r):
    rows, columns = np.mgrid[0:H, 0:W]
    return ((rows - y) ** 2 + (columns - x) ** 2 <= r * r).astype(np.uint8)


def coco(width=W):
    images = [{"id": n, "file_name": f"f/{n:06d}.png", "width": width, "height": H} for n in range(0, FRAMES, 7)]
    annotations = []
    for n in range(0, FRAMES, 7):
        runs = coco_runs(disc(20, 15, 3 + n // 7))
        annotations.append({"id": n, "image_id": n, "category_id": 1, "iscrowd": 1, "bbox": [0, 0, 1, 1],
                            "segmentation": {"size": [H, W], "counts": coco_text(runs) if n % 2 else runs}})
        annotations.append({"id": 1000 + n, "image_id": n, "category_id": 2, "bbox": [n, 1, 2, 3]})
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "spot"}, {"id": 2, "name": "screw"}]}


def label_studio(frames=FRAMES):
    sequence = [{"frame": 1, "x": 0, "y": 25, "width": 50, "height": 50, "rotation": 0, "enabled": True, "time": 0},
                {"frame": 11, "x": 50, "y": 25, "width": 50, "height": 50, "rotation": 0, "enabled": False, "time": 0.33}]
    value = {"sequence": sequence, "labels": ["tool"], "duration": 2.0}
    if frames:
        value["framesCount"] = frames
    return [{"id": 1, "data": {"video": "/data/upload/front.mp4"}, "annotations": [{"id": 1, "result": [
        {"id": "r1", "type": "videorectangle", "from_name": "box", "to_name": "video", "value": value}]}]}]


def packed_rgba(mask):
    """Label Studio's brush: @thi.ng/rle-pack over RGBA pixels."""
    values = [v for pixel in mask.flatten() for v in (0, 0, 0, 255 if pixel else 0)]
    sizes = (3, 4, 8, 16)
    bits = format(len(values), "032b") + format(7, "05b") + "".join(format(s - 1, "04b") for s in sizes)
    i = 0
    while i < len(values):
        j = i
        while j < len(values) and values[j] == values[i] and j - i < 65536:
            j += 1
        n = j - i
        size = next(k for k, s in enumerate(sizes) if n - 1 < 1 << s)
        bits += "1" + format(size, "02b") + format(n - 1, f"0{sizes[size]}b") + format(values[i], "08b")
        i = j
    bits += "0" * (-len(bits) % 8)
    return [int(bits[k:k + 8], 2) for k in range(0, len(bits), 8)]


def label_studio_pictures():
    size = {"original_width": W, "original_height": H}
    return [{"id": 1, "data": {"image": "/data/upload/1/a.png"}, "annotations": [{"id": 1, "result": [
        {"type": "brushlabels", **size, "value": {"format": "rle", "rle": packed_rgba(disc(30, 20, 5)), "brushlabels": ["foam"]}}]}]},
            {"id": 2, "data": {"image": "/data/upload/1/b.png"}, "annotations": [{"id": 2, "result": [
                {"type": "polygonlabels", **size, "value": {"points": [[25, 25], [50, 25], [50, 75]], "polygonlabels": ["dent"]}},
                {"type": "rectanglelabels", **size, "value": {"x": 50, "y": 50, "width": 25, "height": 25, "rotation": 0, "rectanglelabels": ["dent"]}}]}]}]


def write_labels(session):
    (session / "front.xml").write_text(cvat())
    write_json(session / "coco.json", coco())
    pts = pts_of(session / "front.mp4")
    check(len(pts) == FRAMES, f"the video has {len(pts)} frames")
    (session / "frames.csv").write_text("file_name,pts\n" + "".join(f"{n:06d}.png,{p}\n" for n, p in enumerate(pts)))
    write_json(session / "ls.json", label_studio())
    write_json(session / "pictures.json", label_studio_pictures())
    (session / "pictures.csv").write_text("picture,frame\na.png,12\nb.png,13\n")


RULES = [{"file": "front.xml", "format": "cvat", "camera": "front", "fps": RATE},
         {"file": "coco.json", "format": "coco", "camera": "front", "frame_table": "frames.csv"},
         {"file": "ls.json", "format": "label_studio", "camera": "front"},
         {"file": "pictures.json", "format": "label_studio", "camera": "front", "frame_table": "pictures.csv"}]


def expected_objects():
    """{ordinal: [(label, track, shape, box)]}, and the masks by (ordinal, label)."""
    found, masks = expected_cvat(), {}
    mask = np.zeros((H, W), np.uint8)
    mask[6, 7:10] = 1
    mask[7, 9] = 1
    masks[30, "foam"] = mask
    for n in range(0, FRAMES, 7):
        r = 3 + n // 7
        masks[n, "spot"] = disc(20, 15, r)
        found[n] += [("spot", "", "mask", [20 - r, 15 - r, 21 + r, 16 + r]), ("screw", "", "box", [n, 1, n + 2, 4])]
    for n in range(11):
        found[n].append(("tool", "r1", "box", [3.2 * n, 12, 32 + 3.2 * n, 36]))
    masks[12, "foam"] = disc(30, 20, 5)
    found[12].append(("foam", "", "mask", [25, 15, 36, 26]))
    found[13] += [("dent", "", "polygon", [16, 12, 32, 36]), ("dent", "", "box", [32, 24, 48, 36])]
    return found, masks


def write_recipe(path, rules, segments=({"kind": "window", "length": "1s"},)):
    write_json(path, {"version": 1, "name": "objects", "grid": {"rate_hz": RATE}, "segments": list(segments), "objects": rules,
                      "outputs": [{"format": "lerobot_v3", "folder": "set"}, {"format": "webdataset", "folder": "wds"}]})
    return path


def samples_of(folder):
    """{key: {extension: bytes}} by GNU tar's own format rules, in order."""
    samples = {}
    for shard in sorted(folder.glob("*.tar")):
        with tarfile.open(shard) as tar:
            for member in tar:
                key, extension = member.name.split(".", 1)
                samples.setdefault(key, {})[extension] = tar.extractfile(member).read()
    return samples


def ordinals_of_clip(data):
    """Which frame each row of a clip shows, by its brightness."""
    shown = []
    with av.open(io.BytesIO(data)) as container:
        for frame in container.decode(video=0):
            shown.append(round((float(frame.to_ndarray(format="gray").mean()) - 20) / 3))
    return shown


def same_objects(found, expected, where):
    def flat(objects):
        return sorted((label, track, shape, [round(v, 6) for v in box]) for label, track, shape, box in objects)
    check(flat(found) == flat(expected), f"{where}:\n  found    {flat(found)}\n  expected {flat(expected)}")


def check_corpus(corpus):
    expected, masks = expected_objects()
    manifest = json.loads((corpus / "corpus.json").read_text())
    samples = samples_of(corpus / "wds")
    table = parquet(corpus / "set/meta/objects.parquet")["data"]
    seen_frames, seen_masks = set(), 0
    for sample in manifest["samples"]:
        members = samples[sample["key"]]
        shown = ordinals_of_clip(members["front.mp4"])
        check(len(shown) == sample["rows"], f"{sample['key']}: {len(shown)} frames")
        document = json.loads(members["objects.json"])
        check(document["format"] == "reelcell-objects", f"{document['format']}")
        clip, = document["clips"]
        check((clip["feature"], clip["stream"], clip["width"], clip["height"]) == ("observation.images.front", "front", W, H), f"{clip}")
        by_row = {entry["row"]: entry["objects"] for entry in clip["rows"]}
        in_table = {}
        for row in table:
            if row["episode_index"] == sample["episode"]:
                in_table.setdefault(row["frame_index"], []).append(row)
        for row, ordinal in enumerate(shown):
            objects = by_row.get(row, [])
            where = f"{sample['key']} row {row}, frame {ordinal}"
            same_objects([(o["label"], o.get("track", ""), o["shape"], o["box"]) for o in objects], expected[ordinal], where)
            same_objects([(o["label"], o["track"], o["shape"], [o["x0"], o["y0"], o["x1"], o["y1"]]) for o in in_table.get(row, [])],
                         expected[ordinal], where + " in LeRobot")
            for o in objects:
                if o["shape"] == "mask":
                    check((mask_of_runs(o["runs"]) == masks[ordinal, o["label"]]).all(), f"{where}: another mask")
                    seen_masks += 1
            for o in in_table.get(row, []):
                if o["shape"] == "mask":
                    check((mask_of_runs(o["mask_runs"]) == masks[ordinal, o["label"]]).all(), f"{where}: another mask in LeRobot")
                if o["label"] == "dent" and o["track"] == "1":
                    check(o["points"] == [1, 2, 11.5, 2, 6, 9] and o["outline_points"] == [3], f"{where}: {o['points']}")
                if o["label"] == "hand":
                    check(o["interpolated"] == (ordinal % 5 != 0 and ordinal != FRAMES - 1), f"{where}: interpolated is {o['interpolated']}")
            seen_frames.add(ordinal)
        files = {line["path"] for line in sample["lineage"] if line.get("item") == "objects"}
        check(files == {rule["file"] for rule in RULES}, f"{sample['key']}: lineage names {files}")
    check(seen_frames == set(range(FRAMES)), f"frames {sorted(set(range(FRAMES)) - seen_frames)} are in no row")
    check(seen_masks >= len(masks), f"only {seen_masks} masks were seen")


def check_scaled(folder, session, corpus):
    """Where the recipe scales the video, objects are in pixels of the pictures beside them, in both outputs."""
    w, h = W // 2, 2 * H
    recipe = write_recipe(folder / "scaled.json", RULES)
    document = json.loads(recipe.read_text())
    document["video"] = {"width": w, "height": h}
    write_json(recipe, document)
    scaled = folder / "scaled"
    reelcell("build", session, "--recipe", recipe, "--out", scaled, codes=(0, 3))
    old, new = samples_of(corpus / "wds"), samples_of(scaled / "wds")
    check(set(old) == set(new), f"{sorted(new)}")
    masks = 0
    for key, members in new.items():
        with av.open(io.BytesIO(members["front.mp4"])) as video:
            check((video.streams.video[0].width, video.streams.video[0].height) == (w, h), f"{key}: size of the clip")
        before, = json.loads(old[key]["objects.json"])["clips"]
        after, = json.loads(members["objects.json"])["clips"]
        check((after["width"], after["height"]) == (w, h), f"{key}: {after['width']} x {after['height']}")
        check([r["row"] for r in before["rows"]] == [r["row"] for r in after["rows"]], f"{key}: rows")
        for a, b in ((a, b) for x, y in zip(before["rows"], after["rows"]) for a, b in zip(x["objects"], y["objects"])):
            if a["shape"] == "mask":
                whole = mask_of_runs(a["runs"])
                y, x = np.mgrid[0:h, 0:w]
                runs, count = [], 0
                inside = False
                for value in whole[y // 2, 2 * x + 1].T.ravel():
                    if bool(value) != inside:
                        runs.append(count)
                        count, inside = 0, not inside
                    count += 1
                check(b["runs"] == runs + [count] or sum(b["runs"][1::2]) == 1, f"{key}: mask {a['label']}: {b['runs']}")
                masks += 1
                continue
            check([round(v, 6) for v in b["box"]] == [round(v, 6) for v in (a["box"][0] / 2, a["box"][1] * 2, a["box"][2] / 2, a["box"][3] * 2)],
                  f"{key}: {a['box']} became {b['box']}")
            for p, q in zip(a.get("outlines", []), b.get("outlines", [])):
                check([round(v * (2 if i % 2 else .5), 6) for i, v in enumerate(p)] == [round(v, 6) for v in q], f"{key}: {p} became {q}")
    check(masks > 0, "no mask was scaled")
    sizes = {(row["width"], row["height"]) for row in parquet(scaled / "set/meta/objects.parquet")["data"]}
    check(sizes == {(w, h)}, f"sizes in LeRobot: {sizes}")
    reelcell("validate", scaled, "--deep", codes=(0,))


def refused(folder, session):
    def tell(rules, *parts):
        recipe = write_recipe(folder / "bad.json", rules)
        done = reelcell("build", session, "--recipe", recipe, "--out", folder / "bad", codes=(1,))
        for part in parts:
            check(part in done.stderr, f"'{part}' is not said in: {done.stderr}")
        check(not (folder / "bad/corpus.json").exists(), "a corpus was made in spite of labels that do not fit")
    cvat_rule, coco_rule, studio_rule = RULES[0], RULES[1], RULES[2]
    (session / "bad.xml").write_text(cvat(frames=90))
    tell([{**cvat_rule, "file": "bad.xml"}], "seat-1: bad.xml", "90 frames", "57")
    (session / "bad.xml").write_text(cvat(width=128))
    tell([{**cvat_rule, "file": "bad.xml"}], "was drawn on a picture of 128 x 48 pixels, but the video has 64 x 48")
    write_json(session / "bad.json", label_studio(frames=None))
    tell([{**studio_rule, "file": "bad.json"}], "fps")
    tell([{**studio_rule, "file": "bad.json", "fps": 25}], "25 fps", "57 frames")
    tell([{"file": "coco.json", "format": "coco", "camera": "front"}], "frame_table")
    (session / "bad.csv").write_text("file_name,pts\n000000.png,17\n")
    tell([{**coco_rule, "frame_table": "bad.csv"}], "pts 17", "another video")
    (session / "bad.csv").write_text("file_name,frame\n000000.png,57\n")
    tell([{**coco_rule, "frame_table": "bad.csv"}], "57 frames")
    tell([{**coco_rule, "camera": "frnt"}], "front")
    tell([{**coco_rule, "format": "elan"}], "'elan' holds no objects")


def found_by_validate(path):
    done = reelcell("validate", path, "--json", codes=(0, 1))
    return {f["code"]: f for f in json.loads(done.stdout)["results"][0]["findings"] if f["code"] != "LR-INFO-ALONE"}


def rewrite_shard(source, target, change):
    """The shard with one document changed: change(key, extension, document) says whether it did."""
    with tarfile.open(source) as old, tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as new:
        for info in old:
            data = old.extractfile(info).read()
            key, extension = info.name.split(".", 1)
            if extension in ("json", "objects.json"):
                document = json.loads(data)
                change(key, extension, document)
                data = json.dumps(document).encode()
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))


def first_object(shape, change):
    """Changes the first object of a shape that a shard has, and no other."""
    done = []

    def damage(_, extension, document):
        if extension == "objects.json" and not done:
            for row in document["clips"][0]["rows"]:
                for drawn in row["objects"]:
                    if drawn["shape"] == shape and not done:
                        done.append(change(drawn, row))
    return damage


def clip(change):
    return lambda _, extension, document: change(document["clips"][0]) if extension == "objects.json" else None


# One value each: in the table of LeRobot (an expression for a column, in the rows of a shape), and in a shard's document.
DAMAGES = [
    ("OBJ-BOX", "x0", "x1 + 1", "box", first_object("box", lambda o, _: o["box"].__setitem__(0, o["box"][2] + 1))),
    ("OBJ-BOX", "x1", "'NaN'::DOUBLE", "box", first_object("box", lambda o, _: o["box"].__setitem__(0, 1e9))),
    ("OBJ-BOX", "y1", "y1 + 5", "polygon", first_object("polygon", lambda o, _: o["box"].__setitem__(3, o["box"][3] + 5))),
    ("OBJ-BOX", "x1", "x1 + 3", "mask", first_object("mask", lambda o, _: o["box"].__setitem__(2, o["box"][2] + 3))),
    ("OBJ-BOX-OVER", "x1", "width + 9", "box", first_object("box", lambda o, _: o["box"].__setitem__(2, W + 9))),
    ("OBJ-OUTLINE", "outline_points", "[2]", "polygon two", first_object("polygon", lambda o, _: o.update(outlines=[[16, 12, 32, 36]]))),
    ("OBJ-MASK", "mask_runs", "list_concat(mask_runs, [1])", "mask", first_object("mask", lambda o, _: o["runs"].append(1))),
    ("OBJ-MASK", "mask_runs", "[width * height]", "mask", first_object("mask", lambda o, _: o.update(runs=[W * H]))),
    ("OBJ-LABEL", "label", "''", "box", first_object("box", lambda o, _: o.update(label=""))),
    ("OBJ-LABEL", "label", "label || ' '", "box", first_object("box", lambda o, _: o.update(label=o["label"] + " "))),
    ("OBJ-LABEL-SPELLING", "label", "'H and'", "box", first_object("box", lambda o, _: o.update(label=o["label"].capitalize()))),
    ("OBJ-DOCUMENT", "shape", "'circle'", "box", first_object("box", lambda o, _: o.update(shape="circle"))),
    ("OBJ-DOCUMENT", "attributes", "'[1'", "box", first_object("box", lambda o, _: o.pop("box"))),
    ("OBJ-ROW", "frame_index", "4000", "box", clip(lambda c: c["rows"][-1].update(row=4000))),
    ("OBJ-ROW", "frame_index", "-1", "box", clip(lambda c: c["rows"].reverse())),
    ("OBJ-FEATURE", "feature", "'observation.images.back'", "box", clip(lambda c: c.update(feature="observation.images.back"))),
    ("OBJ-SIZE", "width", "width * 2", "box", clip(lambda c: c.update(width=2 * W))),
    ("OBJ-EPISODE", "episode_index", "99", "box", None),
    ("OBJ-COUNT", None, None, None, lambda _, extension, d: d["objects"]["counts"].update({"observation.images.front": 1}) if extension == "json" else None),
]


def damaged(folder, corpus):
    """Each value that is damaged in either output is found by its code, and nothing is found in what is whole."""
    whole, table = corpus / "set/meta/objects.parquet", folder / "damaged/meta/objects.parquet"
    shutil.copytree(corpus / "set", folder / "damaged")
    shard = sorted((corpus / "wds").glob("*.tar"))[0]
    good = found_by_validate(folder / "damaged")
    check(not any(code.startswith("OBJ") for code in good), f"objects that are as they were drawn: {good}")
    check(not found_by_validate(shard), f"a shard as it was written: {found_by_validate(shard)}")
    for code, column, value, shape, change in DAMAGES:
        if column:
            # One row; the others as they are.
            first = f"(SELECT min(n) FROM numbered WHERE shape = '{shape.split()[0]}')"
            columns = f"(CASE WHEN n = {first} THEN {value} ELSE {column} END) AS {column}"
            if shape.endswith("two"):
                columns += f", (CASE WHEN n = {first} THEN points[1:4] ELSE points END) AS points"
            query = (f"COPY (WITH numbered AS (SELECT row_number() OVER () AS n, * FROM read_parquet('{whole}')) "
                     f"SELECT * EXCLUDE (n) REPLACE ({columns}) FROM numbered ORDER BY n) TO '{table}' (FORMAT parquet)")
            done = subprocess.run(["node", INDEPENDENT / "duckdb_query.mjs", query], capture_output=True, text=True)
            check(done.returncode == 0, f"DuckDB: {done.stderr[-500:]}")
            found = found_by_validate(folder / "damaged")
            check(code in found and found[code]["path"] == "meta/objects.parquet", f"{column} = {value}: {code} is not among {sorted(found)}")
            check({c for c in found if c.startswith("OBJ")} - {code} <= {"OBJ-LABEL-SPELLING", "OBJ-BOX" if code == "OBJ-OUTLINE" else code}, f"{column} = {value} is also found as {sorted(found)}")
        if change:
            rewrite_shard(shard, folder / "damaged.tar", change)
            found = found_by_validate(folder / "damaged.tar")
            check(code in found, f"{code} is not among {found} in a shard")
    whole_table = whole.read_bytes()
    table.write_bytes(whole_table[:500])
    check("OBJ-DOCUMENT" in found_by_validate(folder / "damaged"), "a cut table of objects")


def main():
    with work_folder() as folder:
        session = write_session(folder / "session")
        write_labels(session)
        recipe = write_recipe(folder / "recipe.json", RULES)
        corpus = folder / "corpus"
        reelcell("build", session, "--recipe", recipe, "--out", corpus, codes=(0, 3))
        check_corpus(corpus)
        reelcell("validate", corpus, "--deep", codes=(0,))
        check_scaled(folder, session, corpus)
        damaged(folder, corpus)
        # The same bytes at any number of threads, and again from both outputs and from each alone.
        reelcell("build", session, "--recipe", recipe, "--out", folder / "again", "-j", "1")
        for path in ("set/meta/objects.parquet", "corpus.json"):
            check((folder / "again" / path).read_bytes() == (corpus / path).read_bytes(), f"{path} differs at one thread")
        # A changed label file is another corpus.
        text = (session / "ls.json").read_text()
        (session / "ls.json").write_text(text.replace('"tool"', '"gripper"'))
        done = reelcell("build", session, "--recipe", recipe, "--out", corpus, codes=(1,))
        check("overwrite" in done.stderr, f"a changed label file goes unnoticed: {done.stderr}{done.stdout}")
        (session / "ls.json").write_text(text)

        edited = folder / "edited"
        first = json.loads((corpus / "corpus.json").read_text())["samples"][0]["key"]
        reelcell("edit", corpus, "--drop", first, "--out", edited)
        kept = parquet(edited / "set/meta/objects.parquet")["data"]
        before = [row for row in parquet(corpus / "set/meta/objects.parquet")["data"] if row["episode_index"] > 0]
        for row in before:
            row["episode_index"] -= 1
        check(kept == before and kept, "an edit changed the objects in LeRobot")
        old, new = samples_of(corpus / "wds"), samples_of(edited / "wds")
        check(set(new) == set(old) - {first}, f"{sorted(new)}")
        for key, members in new.items():
            check(json.loads(members["objects.json"]) == json.loads(old[key]["objects.json"]), f"an edit changed the objects of {key}")
        (folder / "alone").mkdir()
        reelcell("edit", corpus / "set", "--drop", "0", "--out", folder / "alone/set")
        alone = parquet(folder / "alone/set/meta/objects.parquet")["data"]
        check(alone == before, "an edit of the LeRobot folder alone changed the objects")
        refused(folder, session)


main()
