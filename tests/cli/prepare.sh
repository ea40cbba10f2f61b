#!/usr/bin/env bash
# The folder in which the command lines run: the sample session, its corpus, the recipe.
set -euo pipefail
work="$REELCELL_CLI_WORK"
rm -rf "$work"
mkdir -p "$work/build/sample" "$work/samples"
cp "$REELCELL_SOURCE"/samples/*.json "$work/samples/"
cd "$work"
"$REELCELL_BUILD/reelcell-make-session" --out build/sample/session
# 3: the session has lost frames on purpose.
"$REELCELL_BUILD/reelcell" build build/sample/session --recipe samples/recipe.json --out build/sample/corpus || [[ $? == 3 ]]
