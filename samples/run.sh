#!/usr/bin/env bash
# From nothing to a corpus: installs what is missing, builds into build/, makes the sample session
# and builds LeRobot and WebDataset corpora from it. A second run takes seconds.
#
#   samples/run.sh [OPTIONS OF reelcell-make-session]     e.g. samples/run.sh --seed 7 --person
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step "tools and libraries"
tools/install.sh

step "build"
[[ -f build/build.ninja ]] || cmake --preset release >/dev/null
cmake --build build --target reelcell reelcell-make-session

session=build/sample/session
corpus=build/sample/corpus
# Made anew when the program or its parameters changed.
wanted="$(sha256sum <build/reelcell-make-session | cut -c1-16) $*"
step "sample session: $session"
if [[ -f "$session/session.json" && "$(cat "$session/.made-with" 2>/dev/null)" == "$wanted" ]]; then
  echo "there already (delete build/sample to make it anew)"
else
  rm -rf build/sample
  build/reelcell-make-session --out "$session" "$@"
  printf '%s' "$wanted" >"$session/.made-with"
fi

step "corpus: $corpus"
# 3 says that data was lost on the way: the session has dropped frames and a stall, as real ones do.
rm -rf "$corpus"
build/reelcell build "$session" --recipe samples/recipe.json --out "$corpus" || [[ $? == 3 ]]

step "validate"
build/reelcell validate "$corpus"

step "what was made"
(cd "$corpus" && find . -type f -printf '%10s  %P\n' | sort -k2 | head -40)
cat <<'NEXT'

Next commands to try:
  build/reelcell info build/sample/session
  build/reelcell align build/sample/session
  build/reelcell label build/sample/session --recipe samples/recipe.json --explain
  build/reelcell replay build/sample/session --render build/sample/replay.mp4
  build/reelcell query build/sample/corpus "SELECT episode_index, length, tasks FROM episodes LIMIT 5"
  build/reelcell validate build/sample/corpus --deep
  build/reelcell-make-session --help
NEXT
