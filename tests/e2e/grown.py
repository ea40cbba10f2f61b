"""Corpora that sessions are added to: what of their files stays, and how they compare with corpora built in one go."""
import json

from small_sessions import RECIPE
from support import LOST, check, reelcell, rows_below, tree

# No row without a sample: nothing of a whole session is lost.
CALM = {**RECIPE, "grid": {**RECIPE["grid"], "policy": {camera: {"method": "nearest", "tolerance": "200ms"} for camera in ("front", "wrist")}}}
# What says something of the whole: made anew with every addition.
TABLES = ("corpus.json", "report.json", "README.md", "v3/meta/", "v21/meta/")


class Corpus:
    def __init__(self, work, name, recipe="recipe.json"):
        self.out, self.recipe = work / name, work / recipe

    def command(self, sessions, *options):
        return ["build", *sessions, "--recipe", self.recipe, "--out", self.out, *options]

    def add(self, sessions, *options, codes=(0, LOST), **process):
        return reelcell(*self.command(sessions, "--add", *options), codes=codes, **process)

    def build(self, sessions, *options):
        return reelcell(*self.command(sessions, *options), codes=(0, LOST))


def identities(folder):
    """Name -> what a file would lose if it were written again, even with the same bytes."""
    return {path: (stat.st_ino, stat.st_mtime_ns, stat.st_size) for path in tree(folder)
            if not path.startswith(TABLES) for stat in [(folder / path).stat()]}


def near(left, right):
    if isinstance(left, list):
        return len(left) == len(right) and all(map(near, left, right))
    return left == right or abs(left - right) <= 1e-9 * max(abs(left), abs(right))


def like_one_go(corpus, whole):
    """The same samples, rows and figures as a build of all sessions at once; only their order differs."""
    grown, fresh = (json.loads((c.out / "corpus.json").read_text()) for c in (corpus, whole))
    leave = ("episode", "places")
    samples = [{s["key"]: {k: v for k, v in s.items() if k not in leave} for s in m["samples"]} for m in (grown, fresh)]
    check(samples[0] == samples[1], "other samples than in one go")
    for part in ("counts", "features", "rate", "time_streams", "recipe", "robot_type"):
        check(grown[part] == fresh[part], f"/{part} differs from one go: {grown[part]} {fresh[part]}")
    check({n: {k: sorted(v) if k == "groups" else v for k, v in s.items()} for n, s in grown["splits"].items()} ==
          {n: {k: sorted(v) if k == "groups" else v for k, v in s.items()} for n, s in fresh["splits"].items()}, "/splits differs")
    for feature, figures in fresh["statistics"]["features"].items():
        for name, value in figures.items():
            check(near(grown["statistics"]["features"][feature][name], value), f"statistics: {feature}/{name}")
    check(grown["statistics"]["pictures"] == fresh["statistics"]["pictures"], "statistics: other histograms")
    for name in ("v3", "v21"):
        rows = []
        for c in (corpus, whole):
            episodes = rows_below(c.out / "v3/meta/episodes") if name == "v3" else [json.loads(line) for line in (c.out / "v21/meta/episodes.jsonl").read_text().splitlines()]
            keys = {e["episode_index"]: e["reelcell/key"] for e in episodes}
            rows.append({(keys[r["episode_index"]], r["frame_index"]): {k: v for k, v in r.items() if k not in ("episode_index", "index", "task_index")}
                         for r in rows_below(c.out / name / "data")})
        check(rows[0] == rows[1], f"{name}: other rows than in one go")
    report = [json.loads((c.out / "report.json").read_text()) for c in (corpus, whole)]
    for part in ("episodes", "rows", "lost", "video"):
        check(report[0][part] == report[1][part], f"report: {part}: {report[0][part]} {report[1][part]}")
    alignment = [{line["stream"]: line["join"] for line in r["alignment"]} for r in report]
    check(alignment[0] == alignment[1], f"report: alignment: {alignment}")
