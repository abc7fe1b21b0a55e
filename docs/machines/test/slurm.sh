# A cluster of this machine alone, apart from any other on it.
cluster=$work/slurm/cluster
mkdir -p "$cluster"/{state,spool,log}
chmod 755 "$work" "$work/slurm" "$cluster"
export SLURM_CONF=$cluster/slurm.conf
socket=$cluster/munge.socket

stop() {
  for name in slurmd slurmctld munged; do
    [[ -e $cluster/$name.pid ]] || continue
    pid=$(<"$cluster/$name.pid")
    kill "$pid" || continue
    # They write to the folder until they end.
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  done
}
trap stop EXIT

(umask 077 && head -c 128 /dev/urandom >"$cluster/munge.key")
munged --force --socket="$socket" --key-file="$cluster/munge.key" --log-file="$cluster/log/munged" \
  --pid-file="$cluster/munged.pid" --seed-file="$cluster/munged.seed" 2>"$cluster/log/munged.start"
host=$(hostname -s)
cat >"$SLURM_CONF" <<EOF
ClusterName=voxpop
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$socket
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdLogFile=$cluster/log/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerType=sched/builtin
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MailProg=/bin/true
# As many as two shards ask for, whatever is there.
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=local Nodes=$host Default=YES State=UP
EOF
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
  printf 'CgroupPlugin=cgroup/v2\nIgnoreSystemd=yes\n'
else
  echo CgroupPlugin=cgroup/v1
fi >"$cluster/cgroup.conf"
slurmctld -c -i 2>/dev/null
slurmd
for _ in {1..500}; do
  [[ $(sinfo --noheader --format=%t) == idle ]] && break
  sleep 0.2
done

out=$work/slurm/out.jsonl
# Two shards are killed while they write, each once. One is the last of the array: its job has the array's number.
mkdir "$work/slurm/bin"
cat >"$work/slurm/bin/voxpop" <<EOF
#!/usr/bin/env bash
if [[ \${SLURM_ARRAY_TASK_ID:-} == [03] ]]; then
  export VOXPOP_KILL_AT_BYTES=20000 VOXPOP_KILL_ONCE=$work/slurm/killed-\$SLURM_ARRAY_TASK_ID
  export NODE_OPTIONS=--import=file://$root/dist/test/support/kill-at-bytes.js
fi
exec "$work/bin/voxpop" "\$@"
EOF
chmod +x "$work/slurm/bin/voxpop"
merge=$(PATH=$work/slurm/bin:$PATH docs/machines/slurm/submit.sh 4 "$work/in.jsonl" "$work/slurm/shards" "$out" \
  --text comment --model "$model" --errors inline)
for _ in {1..3000}; do
  [[ -n $(squeue --noheader) ]] || break
  # Slurm lets two minutes pass before it runs a job again, of which a node needs two seconds to forget that it killed it.
  for job in $(squeue --noheader --array --states=PENDING --format='%i %r' | sed -n 's/ BeginTime$//p'); do
    sleep 2
    scontrol update "jobid=$job" starttime=now
  done
  sleep 0.2
done
state=$(scontrol show job "$merge" | grep -o 'JobState=[A-Z]*')
restarts=$(scontrol show job | grep -o 'Restarts=[0-9]*' | sort | uniq -c | xargs)
[[ $state == JobState=COMPLETED && $restarts == '3 Restarts=0 2 Restarts=1' ]] ||
  { echo "$state, $restarts"; tail -n 60 "$work"/slurm/shards/*.log "$cluster"/log/*; false; }
cmp "$out" "$work/single.jsonl"
