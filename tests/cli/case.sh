#!/usr/bin/env bash
# One command line against what it must print.
#
# usage: case.sh NAME CODE STDERR COMMAND
#   CODE    the exit code
#   STDERR  "" = standard error must be empty; else a regular expression (grep -E) that it must match
#   COMMAND run by bash in the work folder, with `reelcell` on the PATH
# Standard output must be expected/NAME.txt, byte by byte; without such a file it must be empty.
# REELCELL_UPDATE=1 writes the file instead: look at the difference before you commit it.
set -uo pipefail
name="$1" code="$2" stderr="$3" command="$4"
here="$(cd "$(dirname "$0")" && pwd)"
cd "$REELCELL_CLI_WORK" || exit 1
PATH="$REELCELL_BUILD:$PATH"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
export SCRATCH="$scratch"
bash -o pipefail -c "$command" >"$scratch/.out" 2>"$scratch/.err" </dev/null
found=$?
failed=0
fail() { echo "FAILED: $*"; failed=1; }
((found == code)) || fail "exit code $found, expected $code"
if [[ -z "$stderr" ]]; then
  [[ ! -s "$scratch/.err" ]] || fail "standard error must be empty:"$'\n'"$(cat "$scratch/.err")"
else
  grep -qE -- "$stderr" "$scratch/.err" || fail "standard error must match '$stderr':"$'\n'"$(cat "$scratch/.err")"
fi
expected="$here/expected/$name.txt"
if [[ -n "${REELCELL_UPDATE:-}" ]]; then
  if [[ -s "$scratch/.out" ]]; then cp "$scratch/.out" "$expected"; else rm -f "$expected"; fi
elif [[ -f "$expected" ]]; then
  diff -u "$expected" "$scratch/.out" || fail "standard output differs from $expected"
else
  [[ ! -s "$scratch/.out" ]] || fail "standard output must be empty:"$'\n'"$(head -c 2000 "$scratch/.out")"
fi
# Nothing that a terminal would draw: no escape sequence, no carriage return.
! grep -qP '\x1b|\r' "$scratch/.out" "$scratch/.err" || fail "colour or progress although there is no terminal"
exit "$failed"
