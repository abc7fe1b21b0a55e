#!/usr/bin/env bash
# label.sh <in.jsonl> <out.jsonl> [options of voxpop score]: a filter per core, each fed with a block of lines.
# JOBS: how many at a time. BLOCK: bytes per block. Other machines: PARALLEL='--sshlogin 16/host1,16/host2'.
set -euo pipefail

in=$1 out=$2
shift 2
part=$out.part

# --pipe keeps a block until it is answered, so that it can be sent again; --pipe-part with --retries loses it.
# `now`, since `soon` waits for ever when lines are still to be sent.
parallel --pipe --keep-order --block "${BLOCK:-10M}" --jobs "${JOBS:-100%}" --retries 3 --halt now,fail=1 --quote \
  voxpop score - --line-buffered --errors inline --workers 1 --quiet "$@" <"$in" >"$part"

if [[ $(grep -c '' "$in") != $(grep -c '' "$part") ]]; then
  echo "label.sh: expected as many lines in $part as in $in" >&2
  exit 1
fi
mv "$part" "$out"
