#!/usr/bin/env bash
# The bash script completes commands, flags and fixed values; the others parse where their shell is installed.
set -euo pipefail
PATH="$REELCELL_BUILD:$PATH"
fail() { echo "FAILED: $*"; exit 1; }
# shellcheck disable=SC1090
source <(reelcell completion bash)
complete -p reelcell | grep -q _reelcell || fail "the bash script registers no completion"

complete_words() { # words.. -> the completions of the last one
  COMP_WORDS=("$@")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _reelcell
  printf '%s\n' "${COMPREPLY[@]}"
}
[[ "$(complete_words reelcell va)" == validate ]] || fail "'va' does not become 'validate'"
[[ "$(complete_words reelcell validate --de)" == --deep ]] || fail "'--de' does not become '--deep'"
[[ "$(complete_words reelcell validate --format sa)" == sarif ]] || fail "the values of --format are not completed"
[[ "$(complete_words reelcell completion f)" == fish ]] || fail "the shells are not completed"
# Every flag that the help shows can be completed.
for command in $(reelcell --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  for flag in $(reelcell "$command" --help | grep -oE "^ +(-[a-z],)?--[a-z0-9-]+" | grep -oE -- "--[a-z0-9-]+"); do
    complete_words reelcell "$command" "$flag" | grep -qx -- "$flag" || fail "$command $flag is not completed"
  done
done
checked=bash
for shell in zsh fish; do
  command -v "$shell" >/dev/null || continue
  reelcell completion "$shell" | "$shell" -n /dev/stdin || fail "the $shell script does not parse"
  checked+=" $shell"
done
# Where they are not installed: whole lines and balanced quotes.
reelcell completion fish | grep -v '^#' | grep -vqE "^complete -c reelcell -n .* (-l|-a) " && fail "an odd line in the fish script"
reelcell completion zsh | bash -n || fail "the zsh script has unbalanced quotes or brackets"
echo "checked: $checked"
