#!/bin/bash
# Builds the fuzz targets, seeds each with real recordings and runs each for a while.
# usage: tests/fuzz/run.sh [SECONDS [TARGET..]]     default: 10 seconds, every target
# Ends with 1 when a target crashed, hung or ran out of memory; the input is kept in build-fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-10}
shift $(( $# > 0 ? 1 : 0 ))
data=${REELCELL_DATA:-../shared/data}
build=build-fuzz
[ -d "$data" ] || { echo "run.sh: no recordings at $data; set REELCELL_DATA" >&2; exit 2; }

cmake --preset fuzz >/dev/null
wanted=("$@")
if [ ${#wanted[@]} -eq 0 ]; then mapfile -t wanted < <(cut -f1 "$build/fuzz_targets.tsv"); fi
cmake --build "$build" -j 2 --target "${wanted[@]/#/fuzz_}"

failed=()
for name in "${wanted[@]}"; do
  IFS=$'\t' read -r _ max_len seeds < <(grep -P "^$name\t" "$build/fuzz_targets.tsv")
  corpus=$build/corpus/$name
  mkdir -p "$corpus" "$build/crashes"
  # Copied under the hash of their contents: equal seeds and names are kept once.
  set -f
  for pattern in $seeds; do
    find "$data" -type f -path "*/$pattern" -size "-$((max_len + 1))c" -print0 |
      while IFS= read -r -d '' file; do
        hash=$(sha1sum <"$file")
        [ -e "$corpus/${hash%% *}" ] || cp --no-preserve=mode "$file" "$corpus/${hash%% *}"
      done
  done
  set +f
  if [ -d "tests/fuzz/seeds/$name" ]; then cp tests/fuzz/seeds/"$name"/* "$corpus"; fi
  echo "fuzz_$name: $(find "$corpus" -type f | wc -l) seeds, ${seconds} s"
  log=$build/fuzz_$name.log
  if ! ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=0 "$build/fuzz/fuzz_$name" \
      -max_total_time="$seconds" -max_len="$max_len" -timeout=20 -rss_limit_mb=3000 \
      -artifact_prefix="$build/crashes/$name-" -print_final_stats=1 "$corpus" >"$log" 2>&1; then
    failed+=("$name")
    tail -40 "$log" >&2
  else
    grep -E 'number_of_executed_units|new_units_added' "$log" | sed 's/^/  /'
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]} (inputs in $build/crashes)" >&2
  exit 1
fi
echo "no crash in ${#wanted[@]} targets"
