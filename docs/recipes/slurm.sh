#!/usr/bin/env bash
# Scans a folder as a Slurm job array, one task a shard, and merges when all are done. Prints the id of the merging job,
# which Slurm removes if a shard fails for good.
# The folders must be on a file system that all nodes see. Options of sbatch, such as --partition, go into the
# environment: SBATCH_PARTITION.
# Example: docs/recipes/slurm.sh radiographs/ results/ 16
set -euo pipefail
(($# == 3)) || { echo "usage: $0 INPUT OUTPUT SHARDS" >&2; exit 2; }
input=$(realpath "$1") output=$(realpath --canonicalize-missing "$2") shards=$3
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$output")"

array=$(sbatch --parsable --array="1-$shards" --output="$output.shards-%a.log" \
  "$here/slurm_shard.sh" "$input" "$output" "$shards")
quoted=$(printf %q "$output")
sbatch --parsable --dependency="afterok:$array" --kill-on-invalid-dep=yes --job-name=bonescan-merge \
  --output="$output.merge.log" --wrap="bonescan merge $quoted.shards/*-of-$shards --output $quoted --overwrite"
