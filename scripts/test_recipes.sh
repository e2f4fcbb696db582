#!/usr/bin/env bash
# Runs the recipes of docs/recipes for real over the pictures in tests/data/samples, and compares each with one run:
# GNU parallel, Snakemake, and Slurm with its daemons on this machine alone, started and stopped here. Needs root, and
# from Debian: parallel snakemake slurm-wlm munge. Example: scripts/test_recipes.sh [build/release/bin]
set -euo pipefail
cd "$(dirname "$0")/.."
programs=$(realpath "${1:-build/release/bin}")
export PATH=$programs:$PATH

((EUID == 0)) || { echo "test_recipes: please run as root: Slurm's daemons need it" >&2; exit 2; }
for program in bonescan parallel snakemake munged slurmctld slurmd; do
  [[ $(type -P "$program") ]] || { echo "test_recipes: $program is missing" >&2; exit 2; }
done

work=$(mktemp -d)
daemons=()
stop() {
  ((${#daemons[@]} == 0)) || kill "${daemons[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap stop EXIT

compare() { # NAME: whether $work/NAME holds what one run wrote
  diff --recursive --exclude run.json "$work/whole" "$work/$1"
  python3 - "$work/whole/run.json" "$work/$1/run.json" <<'PYTHON'
import json, sys
one, merged = (json.load(open(name)) for name in sys.argv[1:])
for member in ("counts", "failures", "settings", "inputs"):
    assert one[member] == merged[member], member
PYTHON
  echo "$1: as one run"
}

# Two folders of samples, and a picture that fails.
mkdir -p "$work/in/again"
cp tests/data/samples/*.jpg "$work/in"
cp tests/data/samples/*.jpg "$work/in/again"
head -c 9000 tests/data/samples/cat.jpg >"$work/in/cut.jpg"
bonescan pipeline "$work/in" -o "$work/whole" -q && status=0 || status=$?
((status == 3)) || { echo "test_recipes: bonescan pipeline ended with $status, not 3" >&2; exit 1; }

docs/recipes/parallel.sh "$work/in" "$work/parallel" 3 && status=0 || status=$?
((status == 3)) || { echo "test_recipes: parallel.sh ended with $status, not 3" >&2; exit 1; }
compare parallel

snakemake --quiet --snakefile docs/recipes/Snakefile --directory "$work" --cores 2 \
  --config input="$work/in" output="$work/snakemake" shards=3 &>"$work/snakemake.log" ||
  { cat "$work/snakemake.log" >&2; exit 1; }
compare snakemake

# Slurm with one node. Its daemons look each other up by name: this machine's.
host=$(hostname -s)
mkdir -p "$work"/slurm/{munge,state,spool}
chmod 755 "$work" "$work/slurm" "$work/slurm/munge"
head -c 1024 /dev/urandom >"$work/slurm/key"
chmod 400 "$work/slurm/key"
munged --foreground --force --num-threads 1 --key-file "$work/slurm/key" --socket "$work/slurm/munge/socket" \
  --pid-file "$work/slurm/munge.pid" --seed-file "$work/slurm/munge.seed" &>"$work/slurm/munge.out" &
daemons+=($!)
cat >"$work/slurm/slurm.conf" <<END
ClusterName=recipes
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/slurm/munge/socket
CredType=cred/munge
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$work/slurm/state
SlurmdSpoolDir=$work/slurm/spool
SlurmctldPidFile=$work/slurm/slurmctld.pid
SlurmdPidFile=$work/slurm/slurmd.pid
SlurmctldLogFile=$work/slurm/slurmctld.log
SlurmdLogFile=$work/slurm/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm/slurm.conf
slurmctld -D -f "$SLURM_CONF" &>"$work/slurm/slurmctld.out" &
daemons+=($!)
slurmd -D -f "$SLURM_CONF" &>"$work/slurm/slurmd.out" &
daemons+=($!)
for ((second = 0; second < 60; ++second)); do
  [[ $(sinfo --noheader --format %T 2>/dev/null) == idle ]] && break
  sleep 1
done
[[ $(sinfo --noheader --format %T) == idle ]] || { tail "$work"/slurm/*.{log,out} >&2; exit 1; }

merging=$(docs/recipes/slurm.sh "$work/in" "$work/slurm-results" 3)
for ((second = 0; second < 300; ++second)); do
  [[ -z $(squeue --noheader --jobs "$merging" 2>/dev/null) ]] && break
  sleep 1
done
[[ -e $work/slurm-results/run.json ]] || { tail "$work"/*.log "$work"/slurm/*.{log,out} >&2; exit 1; }
compare slurm-results
