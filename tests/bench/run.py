#!/usr/bin/python3
"""Benchmarks beside their peers; see run.sh. Every comparison first shows that both sides made the same."""
import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile

import av
import fixtures
import numpy as np
from sides import Side, Unequal, compare

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ["REELCELL_BUILD"])
BENCH, REELCELL = BUILD / "tests/bench/reelcell_bench", BUILD / "reelcell"
PYTHON = "/usr/bin/python3"
BENCHMARKS = {}
FRAMES = 3000  # of each video that is decoded; see --frames


def benchmark(function):
    BENCHMARKS[function.__name__] = function
    return function


def fresh(path):
    return lambda: shutil.rmtree(path, ignore_errors=True)


def packets(path):
    """Presentation time and bytes of every packet, on a base that containers share."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [(round(float(p.pts * stream.time_base) * 1e6), hashlib.sha256(bytes(p)).hexdigest())
                for p in container.demux(stream) if p.pts is not None and p.size]


def clips(folder):
    """Of each file: the packets, from the first one's time on."""
    out = []
    for path in sorted(folder.iterdir(), key=lambda p: int(p.stem.split("-")[1])):
        found = packets(path)
        out.append([(time - found[0][0], digest) for time, digest in found])
    return hashlib.sha256(json.dumps(out).encode()).hexdigest()


@benchmark
def cut(work, rounds):
    """12 segments of 5 s by packet copy"""
    source = fixtures.video(work, 150, 1800)
    ours, each, one = work / "cut-ours", work / "cut-each", work / "cut-one"
    loop = f"mkdir -p {each}; for i in 0 1 2 3 4 5 6 7 8 9 10 11; do ffmpeg -v error -y -ss $((i*5)) -i {source} -frames:v 150 -c copy {each}/segment-$i.mp4; done"
    split = f"mkdir -p {one}; ffmpeg -v error -y -i {source} -c copy -f segment -segment_time 5 -reset_timestamps 1 {one}/segment-%d.mp4"
    own = [BENCH, "cut", source, ours, 150, 12]
    sides = lambda clock: [
        Side("reelcell" + (", in process" if clock else ", whole process"), own, clock, 12, check=lambda: clips(ours)),
        Side("ffmpeg -c copy, one process a segment", ["sh", "-c", loop], False, 12, check=lambda: clips(each)),
        Side("ffmpeg -f segment, one process", ["sh", "-c", split], False, 12, check=lambda: clips(one))]
    return [("segments/s", "909 (1.1 ms each)", compare(sides(True), rounds)), ("segments/s", "909", compare(sides(False), rounds))]


def corpus_facts(corpus):
    """Packets of both cameras in order, and the statistics of the whole set."""
    root = corpus / "lerobot"
    stats = json.loads((root / "meta/stats.json").read_text())
    names = ["min", "max", "mean", "std", "q01", "q10", "q50", "q90", "q99"]
    figures = [[np.ravel(stats[f][n]).tolist() for n in names]
               for f in ("observation.state", "observation.images.front", "observation.images.wrist")]
    digests = [[d for path in sorted((root / f"videos/observation.images.{c}").rglob("*.mp4")) for _, d in packets(path)]
               for c in ("front", "wrist")]
    return [digests, figures]


def peer_facts(folder):
    stats = json.loads((folder / "stats.json").read_text())
    figures = [stats[f] for f in ("observation.state", "observation.images.front", "observation.images.wrist")]
    return [[[d for _, d in packets(folder / f"{c}.mp4")] for c in ("front", "wrist")], figures]


def encoded_facts(folder):
    """Encoded again, so not the same pictures: the same number of them, and the same state."""
    count = sum(len(packets(path)) for path in folder.glob("*-*.mp4"))
    return [count, json.loads((folder / "stats.json").read_text())["observation.state"]]


@benchmark
def build(work, rounds):
    """2 cameras and a log into LeRobot v3, episodes of 300 rows"""
    rows = []
    for gop, mode, aim in ((15, "all", 800), (15, "sampled", 5000), (2, "sampled", 5000)):
        cameras = {"front": fixtures.video(work, gop, FRAMES), "wrist": fixtures.video(work, gop, FRAMES, 20)}
        session = fixtures.session(work / f"session-gop{gop}-{FRAMES}", cameras, FRAMES)
        recipe = fixtures.recipe(work / f"recipe-{mode}.json", mode, 10)
        out = work / "build-ours"
        name = f"reelcell build -j 2, statistics: {mode}, GOP {gop}"
        command = [REELCELL, "build", session, "--recipe", recipe, "--out", out, "-j", 2]
        peer = work / "build-peer"
        again = lambda way, m: [PYTHON, HERE / "peers/build_av.py", session, peer, way, m, 10]
        sides = [Side(name, command, False, 2 * FRAMES, fresh(out), lambda: corpus_facts(out)),
                 Side("python3-av + numpy, packets copied", again("remux", mode), True, 2 * FRAMES, fresh(peer), lambda: peer_facts(peer))]
        rows.append(("frames/s", str(aim), compare(sides, rounds)))
        if gop == 15 and mode == "all":
            facts = lambda: [len(corpus_facts(out)[0][0]) * 2, corpus_facts(out)[1][0]]
            for way, text in (("h264", "LeRobot's way, streaming H.264"), ("png", "LeRobot's way, PNG then H.264")):
                sides = [Side(name, command, False, 2 * FRAMES, fresh(out), facts),
                         Side(text, again(way, "sampled"), True, 2 * FRAMES, fresh(peer), lambda: encoded_facts(peer))]
                rows.append(("frames/s", str(aim), compare(sides, 1)))
    return rows


@benchmark
def features(work, rounds):
    """Brightness, contrast, sharpness and motion of every frame beside decoding alone"""
    source = fixtures.video(work, 15, FRAMES)
    ours = lambda mode: Side(f"reelcell {mode}, 1 thread", [BENCH, "features", source, mode, 1])
    peers = [ours("figures"), Side("python3-av + numpy, the same figures", [PYTHON, HERE / "peers/features_av.py", source])]
    plain = Side("ffmpeg decode only, 1 thread", ["ffmpeg", "-v", "error", "-threads", 1, "-i", source, "-f", "null", "-"], False, FRAMES)
    sides = [ours("figures"), ours("decode"), plain]
    for side in sides:
        side.check = lambda: f"{FRAMES} frames"
    pixels = [ours("pixels"), ours("decode")]
    for side in pixels:
        side.check = lambda: f"{FRAMES} frames"
    return [("frames/s", "", compare(peers, rounds)), ("frames/s", "0.9 of decode only", compare(sides, rounds)),
            ("frames/s", "", compare(pixels, rounds))]


@benchmark
def frames(work, rounds):
    """Random frames, single and 100 at a time"""
    source = fixtures.video(work, 15, FRAMES)
    rows, chance = [], random.Random(1)
    shapes = (("single", [[chance.randrange(FRAMES)] for _ in range(100)], "4x"),
              ("100 at a time", [[chance.randrange(FRAMES) for _ in range(100)] for _ in range(3)], "20x"))
    for name, queries, aim in shapes:
        path = work / "queries.json"
        path.write_text(json.dumps(queries))
        peer = lambda mode, way: [PYTHON, HERE / "peers/frames_av.py", source, path, mode, way]
        for way, opening, text in (("lerobot", ["open"], "as LeRobot's pyav reader"), ("kept", [], "file kept open")):
            sides = [Side(f"reelcell, {name}" + (", opening each time" if opening else ""), [BENCH, "frames", source, path, "rgb", *opening]),
                     Side(f"python3-av, {text}", peer("rgb", way))]
            sides[0].check = lambda: Side("", [BENCH, "frames", source, path, "check"]).run()["check"]
            sides[1].check = lambda way=way: Side("", peer("check", way)).run()["check"]
            rows.append(("frames/s", aim, compare(sides, rounds)))
    return rows


@benchmark
def mcap(work, rounds):
    """Messages of 192 bytes, 8 topics, into typed columns; CRCs checked"""
    rows = []
    for compression, aim in (("none", "25 M"), ("lz4", "10 M"), ("zstd", "5 M")):
        path = fixtures.once(work / f"joints-{compression}.mcap",
                             lambda part: fixtures.run(BENCH, "make-mcap", part, compression, 1_000_000))
        sides = [Side(f"reelcell, {compression}", [BENCH, "read-mcap", path, 1]),
                 Side("@mcap/core", ["node", HERE / "peers/mcap_core.mjs", path])]
        if compression == "none":
            sides.append(Side("python struct + numpy", [PYTHON, HERE / "peers/mcap_struct.py", path]))
        rows.append(("messages/s", aim, compare(sides, rounds)))
    return rows


def members(path):
    """Names and contents, whoever wrote the archive."""
    digest = hashlib.sha256()
    with tarfile.open(path) as tar:
        for member in tar:
            digest.update(f"{member.name} {member.size}\n".encode())
            digest.update(tar.extractfile(member).read())
    return digest.hexdigest()


@benchmark
def shards(work, rounds):
    """Samples of 68 kB into shards, and back"""
    samples, ours = 4000, work / "shard"
    write = [BENCH, "write-shard", ours, samples]
    done = fixtures.run(*write)
    size = json.loads(done.stdout)["bytes"]
    files = fixtures.once(work / "members", lambda part: tarfile.open(ours / "train-000000.tar").extractall(part))
    (work / "names").write_text("".join(f"{p.name}\n" for p in sorted(files.iterdir())))
    # One set of members, in the order that a shard has.
    tar = f"cd {files} && tar --format=ustar -cf {work}/gnu.tar -T {work}/names && sync -d {work}/gnu.tar"
    blocks = size // (1 << 20)
    checks = {"tar": lambda: members(work / "gnu.tar"), "python": lambda: members(work / "python.tar"),
              "ours": lambda: members(ours / "train-000000.tar")}
    durable = [Side("reelcell, XXH3-128 + SHA-256, durable", write, check=checks["ours"]),
               Side("GNU tar + sync", ["sh", "-c", tar], False, samples, check=checks["tar"]),
               Side("python tarfile (webdataset's way), fdatasync",
                    [PYTHON, HERE / "peers/shard_tarfile.py", "write", work / "python.tar", files], check=checks["python"]),
               Side("dd conv=fdatasync, zeros, no hash", ["dd", "if=/dev/zero", f"of={work}/dd.bin", "bs=1M", f"count={blocks}", "conv=fdatasync"],
                    False, samples, check=checks["ours"])]
    rows = [("samples/s", "30,000; 0.9 of dd", compare(durable, rounds))]
    shard = ours / "train-000000.tar"
    counted = json.loads(fixtures.run(BENCH, "verify-shard", ours).stdout)["check"]
    reading = [Side("reelcell verify, hashes against the index", [BENCH, "verify-shard", ours]),
               Side("python tarfile (webdataset's way), no hash", [PYTHON, HERE / "peers/shard_tarfile.py", "read", shard]),
               Side("GNU tar -xO, no hash", ["sh", "-c", f"tar -xOf {shard} > /dev/null"], False, samples, check=lambda: counted)]
    return rows + [("samples/s", "70,000", compare(reading, rounds))]


@benchmark
def stats(work, rounds):
    """min, max, mean, std and five quantiles of float32 values"""
    rows = []
    for name, shape, aim in (("500 episodes x 2 x (300 x 14)", (1000, 300, 14), "100x LeRobot"), ("1 M x 14", (1, 1_000_000, 14), "20x LeRobot")):
        path = fixtures.once(work / f"values-{shape[0]}.f32", lambda part: np.random.default_rng(1).standard_normal(shape).astype(np.float32).tofile(part))
        arguments = [path, shape[1], shape[2], shape[0]]
        ours = lambda: Side(f"reelcell, {name}", [BENCH, "stats", *arguments])
        peer = lambda way: [PYTHON, HERE / "peers/stats_numpy.py", *arguments, way]
        rows.append(("values/s", aim, compare([ours(), Side("numpy, exact quantiles", peer("exact"))], rounds)))
        binned = [ours(), Side("LeRobot's way, quantiles from bins (not exact)", peer("histogram"))]
        for side in binned:
            side.check = lambda: "quantiles differ by design"
        rows.append(("values/s", aim, compare(binned, rounds)))
    return rows


@benchmark
def validate(work, rounds):
    """A corpus of episodes of 10 s: structure alone, and every byte hashed and videos decoded at borders"""
    cameras = {"front": fixtures.video(work, 15, FRAMES), "wrist": fixtures.video(work, 15, FRAMES, 20)}
    session = fixtures.session(work / f"session-gop15-{FRAMES}", cameras, FRAMES)
    corpus = fixtures.once(work / f"corpus-{FRAMES}", lambda part: fixtures.run(
        REELCELL, "build", session, "--recipe", fixtures.recipe(work / "recipe-none.json", "none", 10), "--out", part))
    files = [path for path in corpus.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    quick = [Side("reelcell validate", [REELCELL, "validate", corpus], False, 1)]
    deep = [Side("reelcell validate --deep", [REELCELL, "validate", corpus, "--deep"], False, megabytes),
            Side("sha256sum of the files", ["sha256sum", *files], False, megabytes),
            Side("openssl dgst -sha256 of the files", ["openssl", "dgst", "-sha256", *files], False, megabytes)]
    return [("data sets/s", "36-125 (8-28 ms)", compare(quick, rounds)), ("MB/s", "hash speed", compare(deep, rounds))]


def number(value):
    for limit, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if value >= limit:
            return f"{value / limit * (10 if unit == ' k' else 1):.3g}{unit}"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def table(results):
    lines = ["| benchmark | aim | ours | a cpu-s | peer | peer's | a cpu-s | ratio | by cpu (spread) |", "|---|---|---|---|---|---|---|---|---|"]
    for name, rows in results.items():
        for unit, aim, compared in rows:
            for row in compared:
                wall, cpu = row["wall"], row["cpu"]
                cells = [f"{name}: {row['side']}", aim, f"{number(wall['ours'])} {unit}", number(cpu["ours"]), row["peer"]]
                if "ratio" in wall:
                    spread = f"{cpu['ratio']:.3g}x ({cpu['spread'][0]:.3g}-{cpu['spread'][1]:.3g})"
                    cells += [number(wall["peer"]), number(cpu["peer"]), f"{wall['ratio']:.3g}x", spread]
                else:
                    cells += ["", "", "", ""]
                lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    parser.add_argument("--rounds", type=int, default=5, help="times each side runs, in turn (default 5)")
    parser.add_argument("--frames", type=int, default=FRAMES, help="frames of each video that is decoded, a multiple of 300 (default 3000)")
    parser.add_argument("--work", type=pathlib.Path, default=BUILD / "bench-data", help="folder for what is read and made (default build/bench-data)")
    arguments = parser.parse_args()
    globals()["FRAMES"] = arguments.frames
    for name in arguments.names:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark '{name}'; there are {', '.join(BENCHMARKS)}")
    arguments.work.mkdir(parents=True, exist_ok=True)
    results, failed = {}, False
    for name in arguments.names or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name].__doc__} ..", file=sys.stderr)
        try:
            results[name] = BENCHMARKS[name](arguments.work.resolve(), arguments.rounds)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            print(f"{name}: not measured: {error}", file=sys.stderr)
            failed = True
    print(json.dumps(results, indent=1) if arguments.json else table(results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
