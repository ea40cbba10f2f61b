#!/bin/bash
# Measures Reelcell beside its peers: tests/bench/run.sh [--json] [--rounds N] [--frames N] [NAME ..]
# Builds what is measured into build/; installs nothing: a peer that is not on this machine is left out, and said so.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
build="${REELCELL_BUILD:-$root/build}"
{
  cmake --preset release -S "$root" -B "$build" -DREELCELL_BENCH=ON
  cmake --build "$build" --target reelcell_bench reelcell
} >&2
exec env REELCELL_BUILD="$build" REELCELL_SOURCE="$root" /usr/bin/python3 "$root/tests/bench/run.py" "$@"
