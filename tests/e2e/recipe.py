#!/usr/bin/python3
"""Mistakes in a recipe are told when the plan is made, with their place and the names that exist; a build of which nothing
is left says why and leaves its report; parameters stand for numbers."""
import json

from support import DATA, check, reelcell, work_folder, write_json


def log_session(folder, rows=301):
    """Three seconds of a force [N], a torque [N*m] and a joint's speed [rad/s]; no video."""
    folder.mkdir(parents=True)
    lines = [f"{i / 100:.2f},{abs(i % 100 - 50)},{i % 7},{0.01 * (i % 100)}" for i in range(rows)]
    (folder / "log.csv").write_text("t,f,m,dq\n" + "\n".join(lines) + "\n")
    write_json(folder / "session.json", {
        "version": 1, "id": folder.name, "clock": {"epoch": "boot"}, "streams": [
            {"name": "log", "kind": "series", "path": "log.csv", "format": "csv", "rate_hz": 100, "clock": {"offset_ns": 0},
             "options": {"time_column": "t", "time_unit": "s", "columns": [
                 {"name": "force", "from": ["f"], "unit": "N"}, {"name": "torque", "from": ["m"], "unit": "N*m"},
                 {"name": "dq", "from": ["dq"], "unit": "rad/s"}]}}]})
    return folder


def recipe_file(work, **parts):
    path = work / "recipe.json"
    write_json(path, {"version": 1, "name": "log", "grid": {"rate_hz": 20}, "segments": [{"kind": "window", "length": "1s"}],
                      "outputs": [{"format": "webdataset", "folder": "wds"}], **parts})
    return path


def gate_mistakes(work, session):
    """Each was a finished corpus without a sample once."""
    mistakes = [
        ({"max": "60 rad"}, "/gates/0/max", ["is an angle (rad)", "log.force is a force (N)"]),
        ({"signal": "log.forse", "max": 3}, "/gates/0/signal", ["'forse'", "Did you mean 'force'?"]),
        ({"max": "60 Nn"}, "/gates/0/max", ["unknown unit 'Nn'"]),
        ({"max": "f_mx"}, "/gates/0/max", ["unknown parameter 'f_mx'", "Did you mean 'f_max'?"]),
        ({"max": "slow"}, "/gates/0/max", ["is an angle per time (rad/s)", "log.force is a force (N)"]),
    ]
    parameters = {"f_max": {"value": 60, "unit": "N"}, "slow": {"value": 1, "unit": "rad/s"}}
    for gate, place, words in mistakes:
        recipe = recipe_file(work, parameters=parameters, gates=[{"kind": "range", "signal": "log.force", **gate}])
        out = work / "out"
        for arguments in (["--dry-run"], ["--out", out]):
            done = reelcell("build", session, "--recipe", recipe, *arguments, codes=(1,))
            for word in [place, *words]:
                check(word in done.stderr, f"{gate}: {word!r} is not said: {done.stderr}")
        check(not out.exists() or not list(out.rglob("*.json")), f"{gate}: something was written")
        knowable = gate["max"] in ("60 Nn", "f_mx")  # without a session
        done = reelcell("validate", recipe, codes=(1,) if knowable else (0,))
        check(not knowable or place in done.stdout, f"{gate}: validate does not say where: {done.stdout}")


def schema_mistakes(work):
    """One finding a mistake, as `build` would say it."""
    recipe = recipe_file(work, gates=[{"kind": "gaps", "max_gapp": "1s"}, {"kind": "blak"}], image_stats="al",
                         outputs=[{"format": "lerobot_v3", "chunks_size": [1]}])
    found = json.loads(reelcell("validate", recipe, "--json", codes=(1,)).stdout)["results"][0]["findings"]
    told = {finding["where"]: finding["message"] for finding in found}
    check(set(told) == {"/gates/0/max_gapp", "/gates/1/kind", "/image_stats", "/outputs/0/chunks_size"} and len(found) == 4, f"{found}")
    for where, words in {"/gates/0/max_gapp": "Did you mean 'max_gap'?", "/gates/1/kind": "Did you mean 'black'?", "/image_stats": "Did you mean 'all'?"}.items():
        check(words in told[where], f"{where}: {told[where]}")
    session = work / "mistyped"
    log_session(session)
    text = (session / "session.json").read_text().replace('"series"', '"serie"')
    (session / "session.json").write_text(text)
    found = json.loads(reelcell("validate", session, "--json", codes=(1,)).stdout)["results"][0]["findings"]
    check([finding["where"] for finding in found] == ["/streams/0/kind"] and "Did you mean 'series'?" in found[0]["message"], f"{found}")


def nothing_left(work, session):
    """Every segment is dropped: no corpus, but the report and the true reason."""
    for output in ("lerobot_v3", "webdataset"):
        recipe = recipe_file(work, gates=[{"kind": "range", "signal": "log.force", "max": "20 N"}], outputs=[{"format": output, "folder": "set"}])
        out = work / f"empty_{output}"
        done = reelcell("build", session, "--recipe", recipe, "--out", out, "--json", codes=(1,))
        for word in ("no sample is left of 3 segments", "dropped by the gate 'range'", "log.force", "20 N"):
            check(word in done.stderr, f"{output}: {word!r} is not said: {done.stderr}")
        printed, written = json.loads(done.stdout), json.loads((out / "report.json").read_text())
        for report in (printed, written):
            check([d["action"] for d in report["decisions"]] == ["drop"] * 3 and report["episodes"] == 0, f"{report['decisions']}")
            check(all(d["gates"][0]["figure"] > 0 for d in report["decisions"]), "figures are missing")
        left = sorted(path.name for path in out.iterdir())
        check(left == [".reelcell", "report.json"], f"{output}: left behind: {left}")
        check(reelcell("validate", out, codes=(1,)).returncode == 1, "what is left looks whole")
        # With other gates the same folder takes a corpus, and a complete one stays when nothing is left.
        reelcell("build", session, "--recipe", recipe_file(work, outputs=[{"format": output, "folder": "set"}]), "--out", out)
        whole = (out / "corpus.json").read_bytes()
        recipe = recipe_file(work, gates=[{"kind": "range", "signal": "log.force", "max": "20 N"}], outputs=[{"format": output, "folder": "set"}])
        reelcell("build", session, "--recipe", recipe, "--out", out, "--overwrite", codes=(1,))
        check((out / "corpus.json").read_bytes() == whole, "the corpus that was there is another one")
        reelcell("validate", out)


def no_decoder(work):
    """A session whose video cannot be decoded says that."""
    video = next(DATA.rglob("sample_vvc.mp4"))
    out = work / "vvc"
    done = reelcell("build", video, "--out", out, codes=(1,))
    check("no decoder" in done.stderr.lower() or "cannot be decoded" in done.stderr, f"the reason is not said: {done.stderr}")
    check(not (out / "corpus.json").exists() and not (out / "lerobot").exists(), "something that looks whole is left")


def parameters(work, session):
    """--set and variants reach gates and segmenters, in any unit."""
    recipe = recipe_file(work, parameters={"f_max": {"value": 60, "unit": "N"}, "win": {"value": 1, "unit": "s"}, "v": {"value": 20, "unit": "deg/s"}},
                         variants={"soft": {"f_max": 20}}, segments=[{"kind": "window", "length": "win"}],
                         gates=[{"kind": "range", "signal": "log.force", "min": "-f_max", "max": "f_max"}])

    def decisions(*options, codes=(0,)):
        return json.loads(reelcell("build", session, "--recipe", recipe, "--out", work / f"set{len(options)}{codes[0]}", "--json", *options, codes=codes).stdout)["decisions"]

    kept = decisions()
    check([(d["action"], d["gates"][0]["passed"]) for d in kept] == [("keep", True)] * 3, f"{kept}")
    check("allowed from -60 to 60 N" in kept[0]["gates"][0]["reason"], f"{kept[0]}")
    check("allowed from -20 to 20 N" in decisions("--variant", "soft", codes=(1,))[0]["reason"], "the variant does not reach the gate")
    check(len(decisions("--set", "win=500ms", "--set", "f_max=0.06 kN")) == 6, "--set does not reach the segmenter")
    manifest = json.loads((work / "set40/corpus.json").read_text())
    check(manifest["recipe"]["document"]["parameters"]["f_max"]["value"] == 60 and manifest["recipe"]["document"]["parameters"]["win"]["value"] == 0.5,
          f"{manifest['recipe']['document']['parameters']}")
    dwell = recipe_file(work, parameters={"v": {"value": 20, "unit": "deg/s"}}, segments=[{"kind": "dwell", "signal": "log.dq", "v_in": "v", "v_out": "0.5 rad/s", "smooth": "0s"}])
    plan = json.loads(reelcell("build", session, "--recipe", dwell, "--dry-run", "--json").stdout)
    check(plan["segments"] and "< 0.349" in plan["segments"][1]["begin"]["source"], f"{plan['segments']}")
    wrong = recipe_file(work, segments=[{"kind": "dwell", "signal": "log.dq", "v_in": "3 N", "v_out": 4}])
    done = reelcell("build", session, "--recipe", wrong, "--dry-run", codes=(1,))
    check("/segments/0/v_in: '3 N' is a force (N)" in done.stderr, f"{done.stderr}")


def lineage_ranges(work, session):
    """Each role's range is what it read: rows at 20 Hz end earlier than the native data and the label, which looks at the sample behind, too."""
    recipe = recipe_file(work, labels=[{"name": "peak", "value": "max(log.force)"}])
    reelcell("build", session, "--recipe", recipe, "--out", work / "lineage")
    for sample in json.loads((work / "lineage/corpus.json").read_text())["samples"]:
        ranges = {role: (line["first_ns"], line["last_ns"]) for line in sample["lineage"] if line.get("stream") == "log" for role in line["roles"]}
        end = sample["segment"]["end_ns"]
        check({"rows", "label", "native"} <= set(ranges), f"{ranges}")
        check(ranges["rows"][1] == end - 50_000_000 and ranges["label"][1] >= ranges["native"][1] == end - 10_000_000, f"{sample['key']}: {ranges}, the segment ends at {end}")


def main():
    with work_folder() as work:
        session = log_session(work / "session")
        gate_mistakes(work, session)
        schema_mistakes(work)
        nothing_left(work, session)
        no_decoder(work)
        parameters(work, session)
        lineage_ranges(work, session)
    print("recipes: mistakes are told with their place, nothing is written that is not whole, parameters reach every number")


if __name__ == "__main__":
    main()
