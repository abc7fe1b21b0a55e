#!/usr/bin/env bash
# Installs what the scoreboard needs beside voxpop into a folder for temporary files, and runs it.
set -euo pipefail
here=$(dirname "$0")
cache=${TMPDIR:-/tmp}/voxpop-scoreboard
if [ ! -x "$cache/venv/bin/python" ]; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet torch==2.13.0
  "$cache/venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
export PYTHONPATH="$here/../../../models/training"
exec "$cache/venv/bin/python" "$here/run.py" --work "$cache/work" "$@"
