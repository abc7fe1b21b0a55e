#!/usr/bin/env bash
# Installs what the bench needs beside voxpop into a folder for temporary files, and runs it.
set -euo pipefail
here=$(dirname "$0")
cache=${TMPDIR:-/tmp}/voxpop-bench-teach
if [ ! -x "$cache/venv/bin/python" ]; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet torch==2.13.0
  "$cache/venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
exec "$cache/venv/bin/python" "$here/run.py" --work "$cache/work" "$@"
