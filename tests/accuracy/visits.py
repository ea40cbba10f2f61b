#!/usr/bin/python3
"""How many visits, evidence frames and verdict ties of made sessions are right, held against truth.json.

usage: visits.py [--seeds N] [--first SEED] [--blind]

Each seed makes a session of its own difficulty (skipped, repeated and swapped points, drops, a stall,
flicker, a person, strictly periodic visits) and runs `reelcell label` with samples/visits.json on it.
Prints precision and recall over all seeds and ends with 1 when a figure is below its floor.

--blind makes it worse than the segmenter is meant for: no controller tells visits to one point back to back apart, and
one verdict in ten is lost. Recall falls then; no wrong tie is allowed there either. A stop that holds two visits counts
for either of them.

Thresholds were chosen on seeds below 1000; the default seeds are others.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/e2e"))
from support import BINARY, LOST  # noqa: E402

MAKER = BINARY.parent / "reelcell-make-session"
# Of 50 seeds 0.9995 of the evidence frames were taken within their visit; the four that CI runs hold one that was not.
FLOORS = {"visit_recall": 0.999, "visit_precision": 0.999, "tie_recall": 0.999, "tie_precision": 1.0,
          "repeated_recall": 0.99, "repeated_precision": 1.0, "evidence_within_visit": 0.998}
BLIND_FLOORS = {"visit_precision": 0.999, "tie_recall": 0.9, "tie_precision": 1.0}
LOST_VERDICTS = 0.1


def options_of(seed):
    """Difficulty drawn from the seed: clocks, losses, light, and what the robot does wrong."""
    draw = random.Random(seed)
    options = ["--seed", seed, "--offset-ms", round(draw.uniform(0, 2000), 3),
               "--drift-ppm", round(draw.uniform(-100, 100), 2), "--jitter-ms", round(draw.uniform(0, 1), 2),
               "--drop-rate", round(draw.uniform(0, 0.05), 3), "--width", 240, "--height", 180,
               "--wrist-width", 160, "--wrist-height", 120]
    if draw.random() < 0.5:
        options += ["--skip", draw.randint(1, 3), "--repeat", draw.randint(1, 3), "--swap", draw.randint(1, 2)]
    if draw.random() < 0.3:
        options += ["--flicker", 0.2]
    if draw.random() < 0.3:
        options += ["--person"]
    if draw.random() < 0.2:
        options += ["--periodic"]
    return options


def blind(session, seed):
    """Loses verdicts; returns a recipe that does not use the controller's steps."""
    draw = random.Random(seed + 500_000)
    path = session / "verdicts.csv"
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *(line for line in lines if draw.random() >= LOST_VERDICTS)]) + "\n")
    recipe = json.loads((SOURCE / "samples/visits.json").read_text())
    for key in ("step", "step_end"):
        del recipe["segments"][0][key]
    (session / "blind.json").write_text(json.dumps(recipe))
    return session / "blind.json"


def report_of(session, recipe):
    done = subprocess.run([BINARY, "label", session, "--recipe", recipe, "--json"], capture_output=True, text=True)
    if done.returncode not in (0, LOST):
        sys.exit(f"{session}: reelcell label ends with {done.returncode}\n{done.stderr[-2000:]}")
    document = json.loads(done.stdout)
    return document["visits"][0], [visit_of(segment) for segment in document["segments"]]


def visit_of(segment):
    """A visit's segment with the attributes of its verdict and its evidence in objects of their own."""
    attributes = segment["attributes"]

    def part(prefix):
        return {name[len(prefix):]: value for name, value in attributes.items() if name.startswith(prefix)}

    return {"start_ns": segment["start_ns"], "end_ns": segment["end_ns"], "point": attributes["point"],
            "verdict": part("verdict."), "evidence": {c: part(f"evidence.{c}.") for c in ("front", "wrist")}}


def overlap(a, b):
    inside = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return inside / (max(a[1], b[1]) - min(a[0], b[0]))


def pair(found, true):
    """(found, true) visits to the same point that overlap most, each used once."""
    ranked = sorted(((overlap((f["start_ns"], f["end_ns"]), (t["start_ns"], t["end_ns"])), i, j)
                     for i, f in enumerate(found) for j, t in enumerate(true) if f["point"] == t["point"]),
                    reverse=True)
    pairs, used_found, used_true = [], set(), set()
    for share, i, j in ranked:
        if share > 0 and i not in used_found and j not in used_true:
            pairs.append((found[i], true[j], share))
            used_found.add(i)
            used_true.add(j)
    return pairs


def score(session, figures, recipe, either):
    truth = json.loads((session / "truth.json").read_text())
    report, found = report_of(session, recipe)
    true = truth["visits"]
    points = [t["point"] for t in true]
    plan = [p["id"] for p in json.loads((session / "plan.json").read_text())["points"]]
    figures["planned"] += len(true)
    figures["found"] += len(found)
    pairs = pair(found, true)
    figures["paired"] += len(pairs)
    figures["tiou50"] += sum(share >= 0.5 for _, _, share in pairs)
    # Skipped and repeated, as sets.
    for kind, said, really in (
            ("skipped", set(report["skipped"]), set(plan) - set(points)),
            ("repeated", {v["point"] for v in report["repeated"]}, {p for p in points if points.count(p) > 1})):
        figures[kind + "_true"] += len(really)
        figures[kind + "_found"] += len(said)
        figures[kind + "_right"] += len(said & really)
    verdicts = [v for v in found if v["verdict"]]
    figures["verdicts"] += report["verdicts"]["given"]
    figures["tied"] += len(verdicts)
    for visit, real, _ in pairs:
        figures["start_error_ms"].append((visit["start_ns"] - real["start_ns"]) / 1e6)
        figures["end_error_ms"].append((visit["end_ns"] - real["end_ns"]) / 1e6)
        if visit["verdict"]:
            meant = true[visit["verdict"]["visit"]]
            same_stop = either and meant["point"] == visit["point"] and overlap(
                (visit["start_ns"], visit["end_ns"]), (meant["start_ns"], meant["end_ns"])) > 0
            figures["tied_right"] += meant is real or same_stop
        for camera in ("front", "wrist"):
            evidence, wanted = visit["evidence"][camera], real["evidence"][camera]
            figures["evidence_true"] += wanted is not None
            if "ordinal" not in evidence:
                continue
            figures["evidence_found"] += 1
            taken = truth[camera]["exposure_mid_ns"][evidence["ordinal"]]
            figures["evidence_pts_right"] += truth[camera]["pts"][evidence["ordinal"]] == evidence["pts"]
            figures["evidence_within"] += real["start_ns"] <= taken < real["end_ns"]
            figures["evidence_same"] += wanted is not None and wanted["pts"] == evidence["pts"]
            figures["evidence_when_there_is_one"] += wanted is not None


def percentile(values, share):
    ordered = sorted(abs(v) for v in values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def ratio(part, whole):
    return round(part / whole, 5) if whole else None


def summary(f, seeds):
    return {
        "seeds": seeds, "visits": f["planned"],
        "visit_recall": ratio(f["paired"], f["planned"]), "visit_precision": ratio(f["paired"], f["found"]),
        "visit_recall_tiou50": ratio(f["tiou50"], f["planned"]),
        "start_error_ms": {"mean": round(sum(f["start_error_ms"]) / len(f["start_error_ms"]), 3),
                           "abs_p50": percentile(f["start_error_ms"], 0.5),
                           "abs_p95": percentile(f["start_error_ms"], 0.95),
                           "abs_max": percentile(f["start_error_ms"], 1)},
        "end_error_ms": {"mean": round(sum(f["end_error_ms"]) / len(f["end_error_ms"]), 3),
                         "abs_p50": percentile(f["end_error_ms"], 0.5),
                         "abs_p95": percentile(f["end_error_ms"], 0.95),
                         "abs_max": percentile(f["end_error_ms"], 1)},
        "skipped_recall": ratio(f["skipped_right"], f["skipped_true"]),
        "skipped_precision": ratio(f["skipped_right"], f["skipped_found"]),
        "repeated_recall": ratio(f["repeated_right"], f["repeated_true"]),
        "repeated_precision": ratio(f["repeated_right"], f["repeated_found"]),
        "verdicts": f["verdicts"], "tied": f["tied"], "tie_recall": ratio(f["tied_right"], f["verdicts"]),
        "tie_precision": ratio(f["tied_right"], f["tied"]),
        "evidence_recall": ratio(f["evidence_when_there_is_one"], f["evidence_true"]),
        "evidence_within_visit": ratio(f["evidence_within"], f["evidence_found"]),
        "evidence_same_frame": ratio(f["evidence_same"], f["evidence_found"]),
        "evidence_pts_right": ratio(f["evidence_pts_right"], f["evidence_found"]),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1001)
    parser.add_argument("--blind", action="store_true")
    arguments = parser.parse_args()
    names = ("planned found paired tiou50 skipped_true skipped_found skipped_right repeated_true repeated_found "
             "repeated_right verdicts tied tied_right evidence_true evidence_found evidence_within evidence_same "
             "evidence_pts_right evidence_when_there_is_one")
    figures = dict.fromkeys(names.split(), 0) | {"start_error_ms": [], "end_error_ms": []}
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        with tempfile.TemporaryDirectory(prefix="reelcell-visits-") as folder:
            session = pathlib.Path(folder) / "session"
            made = subprocess.run([MAKER, "--out", session, *map(str, options_of(seed))], capture_output=True, text=True)
            if made.returncode:
                sys.exit(f"seed {seed}: {made.stderr}")
            before = {k: v if isinstance(v, int) else len(v) for k, v in figures.items()}
            recipe = blind(session, seed) if arguments.blind else SOURCE / "samples/visits.json"
            score(session, figures, recipe, either=arguments.blind)
            if sys.stderr.isatty():
                print(seed, {k: figures[k] - before[k] for k in ("planned", "found", "paired", "tied_right")},
                      options_of(seed)[18:], file=sys.stderr)
    floors = BLIND_FLOORS if arguments.blind else FLOORS
    result = summary(figures, arguments.seeds)
    print(json.dumps(result, indent=1))
    low = {name: result[name] for name, floor in floors.items() if result[name] is None or result[name] < floor}
    if low or result["evidence_pts_right"] != 1:
        sys.exit(f"FAILED: below the floor: {low}")


if __name__ == "__main__":
    main()
