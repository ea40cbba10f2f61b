#!/usr/bin/python3
"""A group taken out of a corpus: what held nothing of it stays as it is, and nothing of it is left, in whatever file and packing."""
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile

import numpy as np

from small_sessions import RECIPE, as_readers_see_it, make_session
from support import LOST, check, packets, parquet, reelcell, same_tree, tree, work_folder, write_json

GROUP = "seat-1"


def identities(folder):
    return {path: (stat.st_ino, stat.st_mtime_ns) for path in tree(folder) for stat in [(folder / path).stat()]}


def make_corpus(work):
    """Four sessions, two of them at first: several files of every kind, with a shard that two groups share."""
    sessions = [make_session(work, number) for number in range(4)]
    recipe = {**RECIPE, "name": "forgets", "gates": [], "splits": {"by": "session", "ratios": {"train": 1}},
              "outputs": [*RECIPE["outputs"][:2], {"format": "webdataset", "folder": "wds", "shard_samples": 2, "compress": "zstd"}]}
    write_json(work / "recipe.json", recipe)
    for count in (2, 3, 4):
        reelcell("build", *sessions[:count], "--recipe", work / "recipe.json", "--out", work / "corpus", "--add", codes=(0, LOST))
    manifest = json.loads((work / "corpus/corpus.json").read_text())
    groups = [sample["group"] for sample in manifest["samples"]]
    check(groups == sorted(groups) and len(set(groups)) == 4, f"the corpus is not what this test knows: {groups}")
    return work / "corpus", manifest


def files_of(sample):
    """Every data file that the sample lies in, but for tables of series."""
    return {file for place in sample["places"]
            for file in [place["file"], *(video["file"] for video in place["details"].get("videos", {}).values())]}


def stays(corpus, manifest, out):
    """Files without the group are the same files; gives what was written."""
    before, after = identities(corpus), identities(out)
    gone = [s for s in manifest["samples"] if s["group"] == GROUP]
    kept = [s for s in manifest["samples"] if s["group"] != GROUP]
    touched = set().union(*map(files_of, gone))
    shards = {f for s in kept for f in files_of(s) if f.startswith("wds/")} - touched
    shards |= {shard.replace(".tar", ".index.json") for shard in shards}
    check(len(shards) >= 8, f"only {len(shards)} files of shards without the group")
    for shard in shards:
        check(after.get(shard) == before[shard], f"{shard} was written again")
    # LeRobot finds an episode's rows by its number, and 2.1 its video too: numbers move up, videos stay the same files.
    videos = {f for s in kept for f in files_of(s) if f.endswith(".mp4")} - touched
    there = {identity for path, identity in after.items() if path.endswith(".mp4")}
    check(len(videos) >= 2 * 9 + 4 and {before[path] for path in videos} <= there, "a video without the group was written again")
    check({path for path in videos if path.startswith("v3/")} <= {path for path in videos if after.get(path) == before[path]},
          "a v3 video has another name")
    for sample in kept[:2]:  # before the first of the group: their numbers stay, so their rows do
        row_file = next(f for f in files_of(sample) if f.startswith("v21/data"))
        check(after[row_file] == before[row_file], f"{row_file} was written again")
    return {path for path in after if after[path] not in before.values()}


def texts_of(path):
    """The file as it is, and what is packed in it, as bytes."""
    data = path.read_bytes()
    yield data
    if path.suffix == ".parquet":
        yield json.dumps(parquet(path)).encode()
    if path.suffix != ".tar":
        return
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member).read()
            if member.name.endswith(".zst"):
                content = subprocess.run(["zstd", "-dc"], input=content, capture_output=True, check=True).stdout
                array = np.load(io.BytesIO(content))
                if array.dtype.kind == "U":
                    content = "\n".join(array.ravel()).encode()
            yield content


def packets_below(folder):
    """Hashes of the packets of every video, also of those in shards."""
    found = set()
    with tempfile.NamedTemporaryFile(suffix=".mp4") as clip:
        for path in sorted(folder.rglob("*")):
            if path.suffix == ".mp4":
                found |= {hashlib.sha256(data).digest() for _, data in packets(path)}
            if path.suffix != ".tar":
                continue
            with tarfile.open(path) as archive:
                for member in archive:
                    if member.name.endswith(".mp4"):
                        with open(clip.name, "wb") as out:
                            out.write(archive.extractfile(member).read())
                        found |= {hashlib.sha256(data).digest() for _, data in packets(clip.name)}
    return found


def nothing_is_left(corpus, manifest, out):
    gone = [s for s in manifest["samples"] if s["group"] == GROUP]
    kept_text = json.dumps([{k: v for k, v in s.items() if k != "origin"} for s in manifest["samples"] if s["group"] != GROUP])
    words = {s["key"] for s in gone} | {GROUP, *(line[name] for s in gone for line in s["lineage"] for name in ("sha256", "xxh3_128"))}
    words = {word for word in words if word not in kept_text}
    check(len(words) > 10 and GROUP in words, f"too little to look for: {words}")
    # The test finds them where they are.
    there = {word for path in corpus.rglob("*") if path.is_file() and ".reelcell" not in path.parts for text in texts_of(path) for word in words if word.encode() in text}
    check(there == words, f"not found even in the source: {words - there}")
    searched = 0
    for path in out.rglob("*"):
        check(not any(word in str(path.relative_to(out)) for word in words), f"{path} tells of the group")
        if not path.is_file():
            continue
        for text in texts_of(path):
            searched += 1
            for word in words:
                check(word.encode() not in text, f"{path} still holds {word}")
    others = corpus.parent / "others"
    reelcell("edit", corpus, "--where", f"\"group\" <> '{GROUP}'", "--out", others)
    reelcell("edit", corpus, "--where", f"\"group\" = '{GROUP}'", "--out", corpus.parent / "alone")
    own = packets_below(corpus.parent / "alone") - packets_below(others)
    check(len(own) > 30 and not own & packets_below(out), f"packets of the group are left ({len(own)} were looked for)")
    # What is kept is what an edit that writes every file keeps.
    told = json.loads(reelcell("diff", others, out, "--json", codes=(0, 1)).stdout)["samples"]
    check(not told["added"] and not told["removed"] and not told["changed"], f"other than an edit that writes all: {told}")
    return searched, len(own)


def numbers(manifest, out):
    """A sample's json keeps its number; the manifest counts on and says which the json has."""
    was = {s["key"]: s["episode"] for s in manifest["samples"]}
    for sample in json.loads((out / "corpus.json").read_text())["samples"]:
        place = next(p for p in sample["places"] if p["output"] == "wds")
        with open(out / place["file"], "rb") as shard:
            shard.seek(place["details"]["offset"])
            with tarfile.open(fileobj=io.BytesIO(shard.read(place["details"]["bytes"]) + bytes(1024))) as archive:
                told = json.load(archive.extractfile(f"{sample['key']}.json"))
        check(told["episode"] == was[sample["key"]] == place["details"].get("episode", sample["episode"]), f"{sample['key']}: {told['episode']}")


def urls(out):
    outputs = {o["format"]: o["summary"] for o in json.loads((out / "corpus.json").read_text())["outputs"]}
    split = outputs["webdataset"]["splits"]["train"]
    names = [path.name for path in sorted((out / "wds").glob("*.tar"))]
    done = subprocess.run(["bash", "-c", f"echo {split['urls']}"], capture_output=True, text=True)
    check(done.stdout.split() == names and split["shards"] == len(names), f"{split} names other shards than {names}")
    return len(names)


def one_cannot_be_read(work, corpus, manifest):
    """Of a kept sample that cannot be read nothing may stay: then all is written, and the loss is told."""
    shutil.copytree(corpus, work / "damaged")
    last = manifest["samples"][-1]
    for path in [f for f in files_of(last) if f.startswith("v3/data")]:
        data = bytearray((work / "damaged" / path).read_bytes())
        data[4:len(data) // 2] = bytes(len(data) // 2 - 4)
        (work / "damaged" / path).write_bytes(data)
    done = reelcell("edit", work / "damaged", "--forget", GROUP, "--out", work / "mended", codes=(LOST,))
    check(last["key"] in done.stderr, done.stderr)
    kept = {s["key"] for s in json.loads((work / "mended/corpus.json").read_text())["samples"]}
    check(last["key"] not in kept and manifest["samples"][0]["key"] in kept, "the damaged sample")
    with_last = [p for p in (work / "mended/wds").glob("*.tar") for name in tarfile.open(p).getnames() if name.startswith(last["key"])]
    check(not with_last, f"a sample that the manifest does not list is in {with_last}")
    reelcell("validate", work / "mended", "--deep")


def short_names(work):
    """Any few letters are in media by chance; in texts they are looked for all the same."""
    corpus, out = work / "short", work / "short_forgotten"
    sessions = [make_session(work, number, name) for number, name in ((5, "q"), (6, "z9"))]
    reelcell("build", *sessions, "--recipe", work / "recipe.json", "--out", corpus, codes=(0, LOST))
    reelcell("edit", corpus, "--forget", "q", "--out", out)
    check({s["session"] for s in json.loads((out / "corpus.json").read_text())["samples"]} == {"z9"}, "forgetting 'q'")
    reelcell("validate", out)


def main():
    with work_folder() as work:
        (work / "sessions").mkdir()
        corpus, manifest = make_corpus(work)
        untouched = identities(corpus)
        out = work / "forgotten"
        done = json.loads(reelcell("edit", corpus, "--forget", GROUP, "--out", out, "-j", "1", "--json").stdout)
        check(identities(corpus) == untouched, "the source was touched")
        written = stays(corpus, manifest, out)
        as_they_were = {o["format"]: o["files_as_they_were"] for o in done["corpora"][0]["outputs"]}
        linked = len(tree(out)) - len(written)
        check(sum(as_they_were.values()) == linked, f"{as_they_were} were told, {linked} are")
        searched, hashes = nothing_is_left(corpus, manifest, out)
        numbers(manifest, out)
        shards = urls(out)
        as_readers_see_it(out, "--with-gaps")
        reelcell("edit", corpus, "--forget", GROUP, "--out", work / "threads", "-j", "8")
        same_tree(tree(out), tree(work / "threads"), "-j 8")
        # In place: the same names, the same files.
        shutil.copytree(corpus, work / "inplace")
        before = identities(work / "inplace")
        reelcell("edit", work / "inplace", "--forget", GROUP, "--out", work / "inplace", "--overwrite")
        after = identities(work / "inplace")
        check({path for path in before if after.get(path) == before[path]} >= {path for path in untouched if identities(out).get(path) == untouched[path]}, "in place")
        same_tree({**tree(out), "report.json": "", "corpus.json": "", "forgotten.jsonl": ""},
                  {**tree(work / "inplace"), "report.json": "", "corpus.json": "", "forgotten.jsonl": ""}, "in place")
        # Another one of what is left.
        reelcell("edit", out, "--forget", "seat-2", "--out", work / "twice")
        numbers(manifest, work / "twice")
        as_readers_see_it(work / "twice", "--with-gaps")
        check(len((work / "twice/forgotten.jsonl").read_text().splitlines()) == 2, "the first record is gone")
        one_cannot_be_read(work, corpus, manifest)
        short_names(work)
        print(f"{linked} of {len(tree(out))} files stayed as they were, {shards} shards; {searched} texts and {hashes} packets searched")


if __name__ == "__main__":
    main()
