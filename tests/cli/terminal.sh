#!/usr/bin/env bash
# On a terminal there are progress bars and colours; NO_COLOR takes the colours away; nowhere else there are any.
set -euo pipefail
cd "$REELCELL_CLI_WORK"
reelcell="$REELCELL_BUILD/reelcell"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
on_terminal() { script -qec "$1" /dev/null </dev/null || true; }
fail() { echo "FAILED: $*"; exit 1; }
escape=$'\e['

build="$reelcell build build/sample/session --recipe samples/recipe.json --overwrite --out $scratch/corpus"
on_terminal "$build" >"$scratch/tty"
grep -q $'\r' "$scratch/tty" && grep -q '\[#' "$scratch/tty" || fail "no progress bar on a terminal"
$build >"$scratch/out" 2>"$scratch/err" || [[ $? == 3 ]]
! grep -qP '\r|\x1b' "$scratch/out" "$scratch/err" || fail "progress without a terminal"

echo '{"version": 2, "outputs": []}' >"$scratch/bad.json"
on_terminal "$reelcell validate $scratch/bad.json" >"$scratch/tty"
grep -qF "${escape}31m" "$scratch/tty" || fail "no colour on a terminal"
on_terminal "NO_COLOR=1 $reelcell validate $scratch/bad.json" >"$scratch/tty"
! grep -qF "$escape" "$scratch/tty" || fail "colour although NO_COLOR is set"
"$reelcell" validate "$scratch/bad.json" >"$scratch/out" && fail "a wrong document passes"
! grep -qF "$escape" "$scratch/out" || fail "colour without a terminal"
echo "progress and colour on a terminal only"
