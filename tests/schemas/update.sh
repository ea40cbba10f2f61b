#!/usr/bin/env bash
# Writes schemas/ anew from the binary. Look at the difference: a break of old documents is a new version, not an update.
set -euo pipefail
cd "$(dirname "$0")/../.."
for name in $(build/reelcell schema); do build/reelcell schema "$name" >"schemas/$name.schema.json"; done
