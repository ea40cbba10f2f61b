#!/usr/bin/python3
"""LeRobot sets that keep their pictures in the table (features of dtype "image"): each is a camera whose frames are the rows."""
import io
import json
import shutil
import subprocess
import tarfile

import av
import numpy as np

from support import DATA, INDEPENDENT, LOST, check, frames, lerobot_loads, reelcell, work_folder, write_json

av.logging.set_level(av.logging.ERROR)
SOURCE_SET = DATA / "lerobot/hmk55555_Isaac-GR00T/demo_data/robot_sim.PickNPlace"
CAMERA, EPISODES = "observation.images.ego_view", 2


def pixels(data):
    """A coded picture as RGB."""
    with av.open(io.BytesIO(data)) as picture:
        return next(picture.decode(video=0)).to_ndarray(format="rgb24")


def duckdb(sql):
    done = subprocess.run(["node", INDEPENDENT / "duckdb_query.mjs", sql], capture_output=True, text=True)
    check(done.returncode == 0, f"{sql}: {done.stderr[-500:]}")


def encoded(frame, codec):
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.time_base = frame.width, frame.height, "1/20"
    context.pix_fmt = "rgb24" if codec == "png" else "yuvj420p"
    return b"".join(bytes(packet) for packet in [*context.encode(frame.reformat(format=context.pix_fmt)), *context.encode(None)])


def make_set(work, codec):
    """Two episodes of a real set, its video's frames put into the rows, as LeRobot does without videos. Gives the pictures."""
    root = work / codec
    for folder in ("meta", "data/chunk-000"):
        (root / folder).mkdir(parents=True)
    info = json.loads((SOURCE_SET / "meta/info.json").read_text())
    feature = info["features"][CAMERA]
    info["features"] = {name: spec for name, spec in info["features"].items() if spec["dtype"] != "video"}
    info["features"][CAMERA] = {"dtype": "image", "shape": feature["shape"], "names": feature["names"]}
    info.update(total_episodes=EPISODES, splits={"train": f"0:{EPISODES}"}, codebase_version="v2.1", video_path=None, total_videos=0)
    pictures = []
    for episode in range(EPISODES):
        stills = work / f"{codec}-{episode}"
        stills.mkdir()
        name = f"chunk-000/episode_{episode:06d}"
        with av.open(str(SOURCE_SET / f"videos/chunk-000/{CAMERA}/episode_{episode:06d}.mp4")) as video:
            coded = [encoded(frame, codec) for frame in video.decode(video=0)]
        for number, data in enumerate(coded):
            (stills / f"{number:06d}").write_bytes(data)
        duckdb(f"""COPY (SELECT rows.* EXCLUDE (n, file_row_number), struct_pack(bytes := file.content, path := NULL::VARCHAR) AS "{CAMERA}"
                   FROM (SELECT *, file_row_number AS n FROM read_parquet('{SOURCE_SET}/data/{name}.parquet', file_row_number = true)) AS rows
                   JOIN (SELECT content, parse_filename(filename)::BIGINT AS n FROM read_blob('{stills}/*')) AS file USING (n) ORDER BY n)
                   TO '{root}/data/{name}.parquet' (FORMAT parquet, ROW_GROUP_SIZE 100)""")
        pictures.append(coded)
    info["total_frames"] = sum(map(len, pictures))
    write_json(root / "meta/info.json", info)
    shutil.copy(SOURCE_SET / "meta/tasks.jsonl", root / "meta/tasks.jsonl")
    entries = (SOURCE_SET / "meta/episodes.jsonl").read_text().splitlines()[:EPISODES]
    (root / "meta/episodes.jsonl").write_text("\n".join(entries) + "\n")
    return root, pictures


def built(work, root, pictures):
    out = work / f"{root.name}-out"
    recipe = work / "recipe.json"
    write_json(recipe, {"version": 1, "name": "pictures", "stills": {"at": ["first", "last"], "format": "png"},
                        "outputs": [{"format": "lerobot_v3", "folder": "v3"}, {"format": "webdataset", "folder": "wds"}]})
    reelcell("build", root, "--recipe", recipe, "--out", out, codes=(0, LOST))
    reelcell("validate", out, "--deep")
    lerobot_loads(out / "v3")
    manifest = json.loads((out / "corpus.json").read_text())
    check([s["rows"] for s in manifest["samples"]] == [len(p) for p in pictures], f"rows: {[s['rows'] for s in manifest['samples']]}")
    shown = frames(next((out / "v3/videos").rglob("*.mp4")))
    check(len(shown) == sum(map(len, pictures)), f"{len(shown)} frames")
    return manifest, out


def check_stills(out, pictures):
    """First and last picture of each sample, pixel by pixel."""
    exact = 0
    for tar in sorted((out / "wds").glob("*.tar")):
        with tarfile.open(tar) as archive:
            for member in archive:
                if not member.name.endswith(".png"):
                    continue
                found = pixels(archive.extractfile(member).read())
                sources = [pixels(coded[0 if ".first." in member.name else -1]) for coded in pictures]
                check(any(np.array_equal(found, source) for source in sources), f"{member.name} shows another picture")
                exact += 1
    check(exact == 2 * EPISODES, f"{exact} stills")
    return exact


def check_frames(out, pictures):
    """Each row's frame is its own picture, encoded: nearer to it than to any other of its neighbours."""
    worst = 99.0
    with av.open(str(next((out / "v3/videos").rglob("*.mp4")))) as video:
        for frame, (episode, row) in zip(video.decode(video=0), [(e, r) for e, coded in enumerate(pictures) for r in range(len(coded))]):
            if row % 25 not in (0, 1):
                continue
            found = frame.to_ndarray(format="rgb24").astype(float)
            error = np.mean((found - pixels(pictures[episode][row])) ** 2)
            worst = min(worst, 10 * np.log10(255 ** 2 / max(error, 1e-9)))
    check(worst > 30, f"a frame is {worst:.1f} dB from its picture")
    return worst


def lost_pictures(work, root):
    """A row without a picture is a counted loss, and the rest stays."""
    file = root / "data/chunk-000/episode_000000.parquet"
    copy = work / "copy.parquet"
    duckdb(f"""COPY (SELECT * REPLACE (CASE WHEN "index" = 7 THEN NULL WHEN "index" = 9 THEN struct_pack(bytes := 'no picture'::BLOB, path := NULL::VARCHAR)
               ELSE "{CAMERA}" END AS "{CAMERA}") FROM read_parquet('{file}')) TO '{copy}' (FORMAT parquet)""")
    shutil.copy(copy, file)
    done = reelcell("build", root, "--out", work / "lost", codes=(LOST,))
    check("lerobot-picture" in done.stderr and "left out" in done.stderr, done.stderr)
    check(len(json.loads((work / "lost/corpus.json").read_text())["samples"]) == EPISODES, "an episode was lost with two pictures")


def faults_in_rows(work, root):
    """What `validate --deep` finds in the pictures of a table, and what a build leaves out of them."""
    file = root / "data/chunk-000/episode_000001.parquet"
    whole = file.read_bytes()
    small, other = work / "small.png", work / "other.jpg"
    frame = av.VideoFrame.from_ndarray(np.full((128, 256, 3), 90, np.uint8), format="rgb24")
    small.write_bytes(encoded(frame, "png"))
    other.write_bytes(encoded(av.VideoFrame.from_ndarray(np.full((256, 256, 3), 90, np.uint8), format="rgb24"), "mjpeg"))

    def found():
        report = json.loads(reelcell("validate", root, "--deep", "--format", "json", codes=None).stdout)
        return {f["code"] for result in report["results"] for f in result["findings"] if f["code"].startswith("LR-PICTURE")}
    check(not found(), f"of a good set: {found()}")

    def bytes_of(path):
        return f"(SELECT content FROM read_blob('{path}'))"
    for code, value in (("LR-PICTURE-DECODE", "NULL"), ("LR-PICTURE-DECODE", f'"{CAMERA}".bytes[:900]'), ("LR-PICTURE-SIZE", bytes_of(small)),
                        ("LR-PICTURE-MIXED", bytes_of(other))):
        copy = work / "fault.parquet"
        duckdb(f"""COPY (SELECT * EXCLUDE (n) REPLACE (CASE WHEN n = 5 THEN struct_pack(bytes := {value}::BLOB, path := NULL::VARCHAR) ELSE "{CAMERA}" END
                   AS "{CAMERA}") FROM (SELECT *, row_number() OVER () - 1 AS n FROM read_parquet('{file}'))) TO '{copy}' (FORMAT parquet)""")
        shutil.copy(copy, file)
        check(found() == {code}, f"{value}: {found()}")
        if code == "LR-PICTURE-SIZE":
            done = reelcell("build", root, "--out", work / "sized", codes=(LOST,))
            check("lerobot-picture" in done.stderr and "another size" in done.stderr, done.stderr)
        file.write_bytes(whole)


def main():
    with work_folder() as work:
        for codec in ("png", "mjpeg"):
            root, pictures = make_set(work, codec)
            told = json.loads(reelcell("info", root, "--json").stdout)["items"][0]
            camera = next(s for s in told["streams"] if s["kind"] == "video")
            check(camera["video"]["codec"] == codec and (camera["video"]["width"], camera["video"]["height"]) == (256, 256), f"{camera}")
            _, out = built(work, root, pictures)
            if codec == "png":
                faults_in_rows(work, root)
            print(f"{codec}: {check_stills(out, pictures) if codec == 'png' else 0} stills exact, frames at least {check_frames(out, pictures):.1f} dB")
        refused = reelcell("edit", root, "--out", work / "edited", codes=(1,)).stderr
        check("'reelcell build'" in refused, refused)
        lost_pictures(work, root)


if __name__ == "__main__":
    main()
