#!/usr/bin/env bash
# Installs what is missing, builds, and runs `bonescan pipeline` over the radiographs (and one
# photograph) in tests/data/samples. Example: scripts/quickstart.sh [OUTPUT_FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:-out/quickstart}

scripts/build.sh release
build/release/bin/bonescan pipeline tests/data/samples --output "$output" --overwrite --overlay

cat <<END

Look at
  $output/overlays/        each picture with its bone mask and fracture boxes
  $output/masks/           bone masks, white on black
  $output/results.jsonl    one line a picture
  $output/detections.json  the boxes in COCO format

Your own pictures:  build/release/bin/bonescan pipeline FOLDER --output OUT --overlay
END
