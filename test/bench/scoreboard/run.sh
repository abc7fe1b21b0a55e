#!/usr/bin/env bash
# run.sh SCRIPT: installs what the scoreboard needs beside voxpop into a folder for temporary files, and runs one of its scripts.
set -euo pipefail
here=$(dirname "$0")
cache=${TMPDIR:-/tmp}/voxpop-scoreboard
if [ ! -x "$cache/venv/bin/python" ]; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet torch==2.13.0
  "$cache/venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
export PYTHONPATH="$here/../../../models/training"
script=$1 && shift
exec "$cache/venv/bin/python" "$here/$script" --work "$cache/work" "$@"
