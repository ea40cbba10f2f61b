"""What a finished corpus keeps of a build in which something failed: what --retry-failed can use, and nothing else.

Results of an earlier recipe go when the build ends; after an addition none stay, and what failed is still built by
--add --retry-failed once it is repaired. Where nothing failed nothing stays at all.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from builds import BINARY, BUILT, RECIPE, make_inputs


def main():
    with tempfile.TemporaryDirectory(prefix="reelcell-leavings-") as folder:
        inputs, _ = make_inputs(folder, 3, 3)
        recipes = []
        for number, length in enumerate(("500ms", "1s")):
            recipes.append(os.path.join(folder, f"recipe{number}.json"))
            with open(recipes[-1], "w") as file:
                json.dump({**RECIPE, "segments": [{"kind": "window", "length": length}],
                           "splits": {"by": "session", "ratios": {"train": 1}}}, file)
        broken = os.path.join(inputs[1], "joints.csv")
        os.rename(broken, broken + ".away")

        def build(sessions, recipe, out, *more):
            result = subprocess.run([BINARY, "build", *sessions, "--recipe", recipe, "--out", out, "-j", "1", *more],
                                    capture_output=True, text=True)
            if result.returncode not in BUILT:
                sys.exit(f"exit {result.returncode}: {result.stderr}")

        def results(out):
            spool = os.path.join(out, ".reelcell", "spool")
            return sorted(os.listdir(spool)) if os.path.exists(spool) else None

        out, fresh = os.path.join(folder, "out"), os.path.join(folder, "fresh")
        build(inputs[:2], recipes[0], out)
        earlier = results(out)
        build(inputs[:2], recipes[1], out, "--overwrite")
        build(inputs[:2], recipes[1], fresh)
        if not earlier or not results(fresh) or set(earlier) & set(results(out)):
            sys.exit(f"results of the earlier recipe stayed, or none were ever kept: {earlier}, {results(fresh)}, {results(out)}")
        if results(out) != results(fresh):
            sys.exit(f"other results are kept than those of this build: {results(out)} and {results(fresh)}")
        build(inputs, recipes[1], out, "--add")
        if results(out) is not None:
            sys.exit(f"an addition kept results: {results(out)}")
        os.rename(broken + ".away", broken)
        build(inputs, recipes[1], out, "--add", "--retry-failed")
        with open(os.path.join(out, "corpus.json")) as manifest:
            sessions = {sample["session"] for sample in json.load(manifest)["samples"]}
        if sessions != {"s0", "s1", "s2"} or results(out) is not None:
            sys.exit(f"the repaired session was not added, or results stayed: {sessions}, {results(out)}")
        build(inputs[:2], recipes[1], fresh, "--retry-failed")
        if results(fresh) is not None:
            sys.exit(f"nothing failed, and results stayed: {results(fresh)}")
        shutil.rmtree(out)
    print("only results that can be used again stayed, and none when nothing failed")


if __name__ == "__main__":
    main()
