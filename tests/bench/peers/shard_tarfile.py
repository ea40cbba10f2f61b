#!/usr/bin/python3
"""WebDataset shards with python's tarfile, as webdataset's own writer and reader use it. usage: write|read FILE MEMBERS_FOLDER

write  the samples of a folder of KEY.EXTENSION files, held in memory beforehand; fsync at the end
read   every member's bytes, grouped by key
"""
import io
import json
import os
import pathlib
import resource
import sys
import tarfile
import time


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def write(path, folder):
    files = [(entry.name, entry.read_bytes()) for entry in sorted(pathlib.Path(folder).iterdir())]
    wall, used = time.monotonic(), cpu()
    with open(path, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, data in files:
                info = tarfile.TarInfo(name)
                info.size, info.mode, info.mtime = len(data), 0o444, 0
                tar.addfile(info, io.BytesIO(data))
        raw.flush()
        os.fdatasync(raw.fileno())
    return wall, used, len({name.split(".")[0] for name, _ in files}), ""


def read(path):
    wall, used = time.monotonic(), cpu()
    count, members, size, key, sample = 0, 0, 0, None, {}
    with tarfile.open(path, mode="r|") as tar:
        for member in tar:
            begin, extension = member.name.split(".", 1)
            if begin != key:
                key, sample, count = begin, {}, count + 1
            sample[extension] = tar.extractfile(member).read()
            members, size = members + 1, size + member.size
    return wall, used, count, f"{members} members, {size} bytes"


def main():
    wall, used, count, check = write(*sys.argv[2:4]) if sys.argv[1] == "write" else read(sys.argv[2])
    print(json.dumps({"wall": time.monotonic() - wall, "cpu": cpu() - used, "count": count, "check": check}))


main()
