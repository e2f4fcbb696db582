#!/usr/bin/env bash
# Scans a folder as shards with GNU parallel, and merges them. The exit code is that of one run over the folder; run it
# again with the same words to go on after an interruption.
# Example: docs/recipes/parallel.sh radiographs/ results/ 4
set -euo pipefail
(($# == 3)) || { echo "usage: $0 INPUT OUTPUT SHARDS" >&2; exit 2; }
export input=$1 output=${2%/} shards=$3

scan_shard() {
  bonescan pipeline "$input" --shard "$1/$shards" --output "$output.shards/$1-of-$shards" --resume --threads 1 \
    --progress never
  local status=$?
  # Pictures that fail (3; all of a shard's: 5) have their records, and do not stop the others.
  ((status == 3 || status == 5)) && return 0
  return "$status"
}
export -f scan_shard

seq "$shards" | SHELL=$BASH parallel --halt soon,fail=1 scan_shard
bonescan merge "$output.shards"/*-of-"$shards" --output "$output" --overwrite
