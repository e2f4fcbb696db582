#!/usr/bin/env bash
# One shard of a Slurm job array (see slurm.sh): slurm_shard.sh INPUT OUTPUT SHARDS
#SBATCH --job-name=bonescan
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --requeue
#SBATCH --open-mode=append

# Slurm starts a job again that was preempted or whose node failed (--requeue); bonescan goes on with what is finished.
# A job that ran out of time is not started again: submit anew, and it goes on, too.
srun --quiet --cpus-per-task="$SLURM_CPUS_PER_TASK" \
  bonescan pipeline "$1" --shard "$SLURM_ARRAY_TASK_ID/$3" --output "$2.shards/$SLURM_ARRAY_TASK_ID-of-$3" \
  --resume --threads "$SLURM_CPUS_PER_TASK"
status=$?
# Pictures that fail (3; all of a shard's: 5) have their records, and the other shards count on this one.
((status == 3 || status == 5)) && exit 0
exit "$status"
