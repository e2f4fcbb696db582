#!/usr/bin/env bash
# One shard of a Slurm job array (see slurm.sh): slurm_shard.sh INPUT OUTPUT SHARDS
#SBATCH --job-name=bonescan
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --requeue
#SBATCH --open-mode=append

# Slurm tells a step that is preempted or runs out of time by SIGTERM: bonescan keeps what is finished, and goes on with
# it when the job starts again.
srun --quiet --cpus-per-task="$SLURM_CPUS_PER_TASK" \
  bonescan pipeline "$1" --shard "$SLURM_ARRAY_TASK_ID/$3" --output "$2.shards/$SLURM_ARRAY_TASK_ID" \
  --resume --threads "$SLURM_CPUS_PER_TASK"
status=$?
# Pictures that fail (3; all of a shard's: 5) have their records, and the other shards count on this one.
((status == 3 || status == 5)) && exit 0
exit "$status"
