"""What the end-to-end checks share: the built binary, the real recordings, and readers that are not Reelcell's."""
import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from fractions import Fraction

import av

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("REELCELL_DATA", SOURCE / "../shared/data"))
BINARY = pathlib.Path(os.environ.get("REELCELL_BINARY", SOURCE / "build/reelcell")).resolve()
INDEPENDENT = SOURCE / "tests/independent"
LOST = 3  # exit code: done, and data lost or quarantined is reported


def check(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def reelcell(*arguments, codes=(0,), **options):
    """Runs the binary; ends the test when the exit code is none of `codes` (None: any but a signal)."""
    command = [str(BINARY), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300, **options)
    expected = codes is None and done.returncode >= 0 or codes is not None and done.returncode in codes
    check(expected, f"{' '.join(command)}: exit code {done.returncode}, expected {codes}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done


@contextlib.contextmanager
def work_folder():
    with tempfile.TemporaryDirectory(prefix="reelcell-e2e-") as folder:
        yield pathlib.Path(folder)


def write_json(path, document):
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


def parquet(path):
    """hyparquet's view: {"data": rows, "key_values": .., ..}."""
    done = subprocess.run(["node", INDEPENDENT / "parquet_dump.mjs", path], capture_output=True, text=True)
    check(done.returncode == 0, f"{path}: hyparquet cannot read it: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def integers(path, columns):
    """Rows of int64 columns, exact beyond 2^53, by DuckDB's own client."""
    names = ", ".join(f'"{column}"::VARCHAR AS "{column}"' for column in columns)
    query = f"SELECT {names} FROM read_parquet('{path}') ORDER BY \"index\""
    done = subprocess.run(["node", INDEPENDENT / "duckdb_query.mjs", query], capture_output=True, text=True)
    check(done.returncode == 0, f"{path}: DuckDB cannot read it: {done.stderr[-500:]}")
    return [dict(zip(columns, map(int, row))) for row in json.loads(done.stdout)]


def rows_below(folder):
    """Rows of all Parquet files below a folder, by path."""
    return [row for path in sorted(folder.rglob("*.parquet")) for row in parquet(path)["data"]]


def lerobot_loads(root, *options):
    """Looks up every frame as LeRobot does."""
    done = subprocess.run(["/usr/bin/python3", INDEPENDENT / "lerobot_reader.py", root, *options], capture_output=True, text=True)
    check(done.returncode == 0, f"{root}: LeRobot's look-up fails\n{done.stdout}{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[0])


def packets(path):
    """(presentation time in s from the first packet, bytes) of each video packet in file order."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [(p.pts * stream.time_base, bytes(p)) for p in container.demux(stream) if p.size]
    first = min(time for time, _ in found)
    return [(Fraction(time - first), data) for time, data in found]


def frames(path):
    """(presentation time in s, hash of the decoded planes) of each frame."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            planes = hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()
            found.append((Fraction(frame.pts * stream.time_base), planes))
    return found


def same_rows(expected, found, columns, where):
    """The named columns are equal, row by row, to the last bit."""
    check(len(expected) == len(found), f"{where}: {len(found)} rows instead of {len(expected)}")
    for number, (left, right) in enumerate(zip(expected, found)):
        for column in columns:
            check(column in right, f"{where}: there is no column {column}")
            check(left[column] == right[column], f"{where}: row {number}: {column} is {right[column]}, was {left[column]}")


def tree(folder):
    """{relative path: SHA-256} of every file below a folder, without what a build keeps for its next run."""
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and ".reelcell" not in path.relative_to(folder).parts}


def same_tree(expected, found, where):
    differing = sorted(path for path in expected | found if expected.get(path) != found.get(path))
    check(not differing, f"{where}: other bytes in {differing[:8]}")
