#!/usr/bin/env bash
# Scans a folder as a Slurm job array, one task a shard, and merges when all are done. Prints the id of the merging job.
# The folders must be on a file system that all nodes see. Options of sbatch, such as --partition, go into the
# environment: SBATCH_PARTITION.
# Example: docs/recipes/slurm.sh radiographs/ results/ 16
set -euo pipefail
input=$(realpath "$1") output=$(realpath --canonicalize-missing "$2") shards=$3
here=$(cd "$(dirname "$0")" && pwd)

array=$(sbatch --parsable --array="1-$shards" --output="$output.shards-%a.log" \
  "$here/slurm_shard.sh" "$input" "$output" "$shards")
sbatch --parsable --dependency="afterok:$array" --job-name=bonescan-merge --output="$output.merge.log" \
  --wrap="bonescan merge '$output.shards'/* --output '$output' --overwrite"
