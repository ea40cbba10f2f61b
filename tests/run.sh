#!/usr/bin/env bash
# All tests: installs what is missing, builds, then
#   1. the unit tests of what parses text, under AddressSanitizer and UBSan
#   2. each fuzz target for a few seconds, from real files
#   3. the whole suite, whose summary comes last
# REELCELL_QUICK=1 runs part 3 alone. REELCELL_FUZZ_SECONDS sets the time a target (default 3).
# REELCELL_FULL=1 adds the unit tests of the binary formats to part 1, the documents to part 2, and then the program itself
# under both sanitizers with damaged inputs, and under ThreadSanitizer with many threads (hours on two processors).
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }
jobs="$(nproc)"
# Text parsers, the label language and what they stand on; the binary formats with REELCELL_FULL=1.
sanitized='^test_(base|label|textlog|reader_csv|reader_jsonl)$'
# Every reader and parser; the documents, which need the whole pipeline built with sanitizers, with REELCELL_FULL=1.
fuzzed=(csv jsonl label lerobot mcap mcap_codec npy tar video)
if [[ -n "${REELCELL_FULL:-}" ]]; then fuzzed=(); sanitized='^test_(base|label|media|textlog|reader_.*|writer_.*|table)$'; fi

step "tools and libraries"
tools/install.sh --tests

if [[ -z "${REELCELL_QUICK:-}" ]]; then
  step "sanitizers"
  cmake --preset fuzz -DREELCELL_BENCH=OFF >/dev/null
  mapfile -t targets < <(ninja -C build-fuzz -t targets all | sed -n 's/^\(test_[a-z0-9_]*\): phony$/\1/p' |
    grep -E "$sanitized" | sort -u)
  cmake --build build-fuzz --target "${targets[@]}"
  # By name through ctest: it sets the environment and the time limits of each test.
  pattern="$(printf '%s|' "${targets[@]}")"
  ctest --test-dir build-fuzz -j "$jobs" --output-on-failure --no-tests=error -L "^(${pattern%|})\$"

  step "fuzzing"
  tests/fuzz/run.sh "${REELCELL_FUZZ_SECONDS:-3}" "${fuzzed[@]}"
fi

if [[ -n "${REELCELL_FULL:-}" ]]; then
  step "the program under AddressSanitizer and UBSan"
  cmake --build build-fuzz --target reelcell reelcell-make-session
  ctest --test-dir build-fuzz --output-on-failure --no-tests=error -R '^(corruption\..*|e2e\.bad_input)$'

  step "the program under ThreadSanitizer"
  cmake --preset tsan -DREELCELL_BENCH=OFF >/dev/null
  cmake --build build-tsan --target reelcell reelcell-make-session
  TSAN_OPTIONS=halt_on_error=1 ctest --test-dir build-tsan --output-on-failure --no-tests=error -R '^e2e\.(determinism|order|watch)$'
fi

step "the whole suite"
cmake --preset release >/dev/null
cmake --build build
exec ctest --test-dir build -j "$jobs" --output-on-failure --no-tests=error
