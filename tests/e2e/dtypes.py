#!/usr/bin/python3
"""A feature's "dtype" that cannot hold a value: the segment is quarantined with feature, value and time, the same for every
output, and nothing wraps. Rounding is told once a feature, with its count."""
import io
import json
import tarfile

import numpy as np

from support import LOST, check, reelcell, rows_below, work_folder, write_json

HZ, SECONDS = 10, 4


def session(folder, value):
    folder.mkdir()
    lines = ["t,x,y"] + [f"{n / HZ},{value(n)},{n}" for n in range(HZ * SECONDS + 1)]
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    write_json(folder / "session.json", {"version": 1, "id": folder.name, "clock": {"epoch": "boot"}, "streams": [
        {"name": "log", "kind": "series", "path": "log.csv", "format": "csv", "rate_hz": HZ, "clock": {"offset_ns": 0},
         "options": {"time_column": "t", "time_unit": "s", "columns": [{"name": "x"}, {"name": "y"}]}}]})
    return folder


def build(work, source, output, codes, dtype):
    out = work / f"{source.name}-{output}-{dtype}"
    write_json(work / "recipe.json", {
        "version": 1, "name": "d", "grid": {"rate_hz": HZ, "policy": {"log": {"method": "nearest", "tolerance": "20ms"}}},
        "segments": [{"kind": "window", "length": "1s"}], "features": [{"name": "observation.state", "from": ["log.x"], "dtype": dtype},
                                                                      {"name": "action", "from": ["log.y"], "dtype": "int16"}],
        "outputs": [{"format": output, "folder": "o"}]})
    done = reelcell("build", source, "--recipe", work / "recipe.json", "--out", out, codes=codes)
    return out, done.stderr


def rows(out, output):
    """Values of the state, in the order of the samples."""
    if output != "webdataset":
        return [row["observation.state"] for row in rows_below(out / "o/data")]
    found = []
    for shard in sorted((out / "o").glob("*.tar")):
        with tarfile.open(shard) as archive:
            for member in archive:
                if member.name.endswith(".state.npy"):
                    found += np.load(io.BytesIO(archive.extractfile(member).read())).ravel().tolist()
    return found


def main():
    outputs = ("lerobot_v3", "lerobot_v21", "webdataset")
    with work_folder() as work:
        for dtype, bad, words in (("uint8", -2.35, "-2.35"), ("uint8", 256, "256"), ("int8", 1e9, "1e+09"), ("bool", 2, "the value 2"), ("float32", 1e300, "1e+300")):
            source = session(work / f"s-{dtype}-{bad}", lambda n: bad if n == 25 else n % 2)
            reasons = set()
            for output in outputs if bad == -2.35 else outputs[::2]:
                out, said = build(work, source, output, (LOST,), dtype)
                report = json.loads((out / "report.json").read_text())
                failed = [d for d in report["decisions"] if d.get("failed")]
                check(len(failed) == 1 and len(report["decisions"]) == SECONDS, f"{output} {dtype}: {report['decisions']}")
                reason = failed[0]["reason"]
                for word in ("observation.state", words, "2.5", dtype):
                    check(word in reason, f"{output}: {word!r} is not in: {reason}")
                reasons.add(reason)
                check(len(rows(out, output)) == HZ * (SECONDS - 1), f"{output}: {rows(out, output)}")
                check(set(map(float, rows(out, output))) <= {0.0, 1.0}, f"{output} {dtype}: {rows(out, output)}")
                reelcell("validate", out)
            check(len(reasons) == 1, f"{dtype}: not the same of every output: {reasons}")
        fractions = session(work / "fractions", lambda n: n + 0.25 * (n % 2))
        for output in outputs:
            out, said = build(work, fractions, output, (0,), "uint8")
            check(said.count("value-rounded") == 1 and f"{HZ * SECONDS // 2 - 1} more" in said and "observation.state" in said, said)
            check(sorted(map(int, rows(out, output))) == list(range(HZ * SECONDS)), f"{output}: {rows(out, output)}")
            out, said = build(work, fractions, output, (0,), "float64")
            check("value-rounded" not in said and 1.25 in rows(out, output), said)


main()
