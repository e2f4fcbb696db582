#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test, those of the Python scripts where there is a Python for them.
# Further arguments go to ctest.
# Example: scripts/test.sh -R metrics
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh release
ctest --preset release --parallel "$(nproc)" "$@"
