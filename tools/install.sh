#!/usr/bin/env bash
# Installs what is missing of what Reelcell builds on: Debian packages, then the pinned npm packages
# (DuckDB's library and header; independent readers for the tests). Quick when nothing is missing.
#
#   tools/install.sh           what building and running needs
#   tools/install.sh --tests   also what only the tests need
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  ca-certificates ccache mold ninja-build cmake g++ pkg-config git
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libswresample-dev libopencv-dev libjpeg-dev libpng-dev
  nlohmann-json3-dev libcli11-dev libzstd-dev liblz4-dev libbz2-dev zlib1g-dev libvalijson-dev
  libprotobuf-dev protobuf-compiler libxxhash-dev libssl-dev libfmt-dev libxml2-dev libkissfft-dev
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev ffmpeg jq man-db mandoc tar zstd
  python3 python3-av python3-numpy python3-torch python3-h5py
  clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev munge slurm-wlm locales
)
if [[ "${1:-}" == --tests ]]; then packages+=("${test_packages[@]}"); fi
# A node from elsewhere (nvm, NodeSource, a container image) will do; Debian's is used where none is.
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)

missing=()
for package in "${packages[@]}"; do
  status="$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)"
  [[ "$status" == installed ]] || missing+=("$package")
done

as_root() {
  if [[ "$(id -u)" == 0 ]]; then "$@"; else sudo "$@"; fi
}
if ((${#missing[@]})); then
  if [[ "$(id -u)" != 0 ]] && ! command -v sudo >/dev/null; then
    echo "tools/install.sh: these packages are missing and there is neither root nor sudo; install them:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  echo "installing ${#missing[@]} packages: ${missing[*]}" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# The stamp holds the lock file that was installed: npm ci starts from nothing and takes long.
stamp=node_modules/.reelcell-lock
if ! cmp -s package-lock.json "$stamp"; then
  if [[ -L node_modules ]]; then
    echo "tools/install.sh: node_modules is a link; used as it is" >&2
  else
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
    cp package-lock.json "$stamp"
  fi
fi
