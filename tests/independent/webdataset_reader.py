#!/usr/bin/python3
"""Reads a WebDataset shard the way WebDataset does, with Python's own means only, and prints every
sample as JSON: tarfile for the archive, the key rule of webdataset/tariterators.py (base_plus_ext,
tar_file_iterator, group_by_keys), numpy.load without pickle, PyAV for pictures and video.

usage: webdataset_reader.py SHARD..
"""
import io
import json
import re
import subprocess
import sys
import tarfile

import av
import numpy


def base_plus_ext(path):
    match = re.match(r"^((?:.*/|)[^.]+)[.]([^/]*)$", path)
    return (match[1], match[2]) if match else (None, None)


def samples(path):
    sample = None
    with tarfile.open(path, mode="r|*") as archive:
        for member in archive:
            name = member.name
            if not member.isreg():
                continue
            if "/" not in name and name.startswith("__") and name.endswith("__"):
                continue
            prefix, suffix = base_plus_ext(name)
            if prefix is None:
                continue
            suffix = suffix.lower()
            if sample is None or prefix != sample["__key__"]:
                if sample is not None:
                    yield sample
                sample = {"__key__": prefix}
            if suffix in sample:
                raise ValueError(f"{name}: duplicate file name in tar file {suffix}")
            sample[suffix] = archive.extractfile(member).read()
    if sample is not None:
        yield sample


def decode(suffix, data):
    if suffix.endswith(".zst"):
        data = subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
        suffix = suffix[: -len(".zst")]
    kind = re.sub(r".*[.]", "", suffix)
    if kind == "json":
        return json.loads(data)
    if kind == "txt":
        return data.decode("utf-8")
    if kind == "cls":
        return int(data)
    if kind == "npy":
        array = numpy.load(io.BytesIO(data), allow_pickle=False)
        return {"dtype": array.dtype.name, "shape": list(array.shape), "values": array.ravel().tolist()}
    if kind in ("png", "jpg", "jpeg"):
        with av.open(io.BytesIO(data)) as picture:
            frame = next(picture.decode(video=0))
            return {"size": [frame.width, frame.height]}
    if kind == "mp4":
        with av.open(io.BytesIO(data)) as video:
            stream = video.streams.video[0]
            times = [str(frame.pts * stream.time_base) for frame in video.decode(stream)]
            return {
                "frames": len(times),
                "times": times,
                "rate": str(stream.average_rate),
                "codec": stream.codec_context.name,
                "size": [stream.width, stream.height],
            }
    return {"bytes": len(data)}


def main():
    result = []
    for path in sys.argv[1:]:
        for sample in samples(path):
            result.append(
                {name: value if name == "__key__" else decode(name, value) for name, value in sample.items()}
            )
    json.dump(result, sys.stdout, ensure_ascii=False, allow_nan=True)


if __name__ == "__main__":
    main()
