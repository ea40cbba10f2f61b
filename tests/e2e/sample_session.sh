#!/usr/bin/env bash
# The made session to LeRobot and WebDataset, validated in depth and held against its truth; then again with
# another number of threads: the same bytes.
#
# usage: sample_session.sh BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
build="$1"
source="$2"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$build/reelcell-make-session" --out "$work/session"
# 3: data was lost in recording, and is reported. That is what the session is made for.
build_corpus() { "$build/reelcell" build "$work/session" --recipe "$source/samples/recipe.json" "$@" >/dev/null || [[ $? == 3 ]]; }
build_corpus --out "$work/corpus" -j 2
"$build/reelcell" validate "$work/corpus" --deep
/usr/bin/python3 "$source/tests/e2e/sample_truth.py" "$work/session" "$work/corpus/webdataset"
/usr/bin/python3 "$source/tests/e2e/sample_lerobot.py" "$work/session" "$work/corpus/lerobot"
build_corpus --out "$work/again" -j 1
diff -r "$work/corpus" "$work/again"
echo "one thread and two threads gave the same bytes"
