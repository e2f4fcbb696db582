#!/usr/bin/env bash
# Installs what is missing and builds build/PRESET (default: release).
# Example: scripts/build.sh debug
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

scripts/setup.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [[ ! -f build/$preset/build.ninja ]]; then
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
cmake --build --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
