#!/usr/bin/env bash
# submit.sh <count> <input> <folder for shards> <output> [options of voxpop score]: an array of shards, then their merge.
set -euo pipefail

count=$1 in=$2 folder=$3 out=$4
shift 4
mkdir -p "$folder"
array=$(sbatch --parsable --array="0-$((count - 1))" --output="$folder/%a.log" "$(dirname "$0")/shard.sbatch" "$in" "$folder" "$@")
# Runs when all shards are done; is taken off the queue when one of them has failed for good.
sbatch --parsable --dependency="afterok:$array" --kill-on-invalid-dep=yes --output="$folder/merge.log" \
  --wrap="voxpop merge '$folder'/*-of-$count.'$(basename "$in")' -o '$out' --force"
