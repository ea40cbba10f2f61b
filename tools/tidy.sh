#!/usr/bin/env bash
# clang-tidy with the project's rules over the files given, or over every source file (an hour or more).
# Uses the clang build's compile commands: g++'s own warning options mean nothing to it.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ -f build-fuzz/compile_commands.json ]] || cmake --preset fuzz -DREELCELL_BENCH=OFF >/dev/null
files=("$@")
if [[ ${#files[@]} -eq 0 ]]; then mapfile -t files < <(git ls-files 'lib/src/*.cpp' 'cli/*.cpp'); fi
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 -p build-fuzz --quiet 2> >(grep -v 'warnings generated' >&2)
