#!/usr/bin/env bash
# Runs the tests of the Python scripts with the first of $PYTHON, python3 and Debian's own that has torch and OpenCV.
# Example: scripts/tests/run.sh test_ssd300
set -euo pipefail
cd "$(dirname "$0")"

for python in ${PYTHON:-} python3 /usr/bin/python3; do
  "$python" -c 'import cv2, torch' 2>/dev/null || continue
  (($#)) || set -- discover
  exec "$python" -m unittest "$@"
done
echo "skipped: no python3 here has torch and OpenCV (Debian: scripts/setup.sh scripts/apt-packages-python.txt)"
exit 77  # CTest: skipped
