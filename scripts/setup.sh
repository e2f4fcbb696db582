#!/usr/bin/env bash
# Installs what the build needs (scripts/apt-packages.txt), or the packages of another list, where they are missing. On a
# system without apt-get it says what is missing and stops.
# Example: scripts/setup.sh scripts/apt-packages-python.txt
set -euo pipefail
list=$(realpath "${1:-$(dirname "$0")/apt-packages.txt}")
cd "$(dirname "$0")/.."

mapfile -t packages < <(grep -v '^#' "$list")

if ! command -v apt-get >/dev/null; then
  # Found by CMake in any case: LibTorch and the rest may come from elsewhere (CMAKE_PREFIX_PATH).
  missing=()
  for tool in cmake ninja c++; do command -v "$tool" >/dev/null || missing+=("$tool"); done
  if ((${#missing[@]})); then
    echo "setup: apt-get is not here; please install: ${missing[*]}, and the libraries in $list" >&2
    exit 2
  fi
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

echo "setup: installing ${missing[*]}" >&2
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "setup: please run as root: apt-get install ${missing[*]}" >&2; exit 2; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
