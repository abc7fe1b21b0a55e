#!/usr/bin/env bash
# run.sh SCRIPT: installs what the scoreboard needs beside voxpop into a folder for temporary files, and runs one of its scripts.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${TMPDIR:-/tmp}/voxpop-scoreboard
if [ ! -x "$cache/venv/bin/python" ]; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet torch==2.13.0
  "$cache/venv/bin/pip" install --quiet -r "$here/requirements.txt"
fi
script=$1 && shift
if [ "$script" = run.py ] && [ ! -e "$cache/peers.installed" ]; then
  # infinity needs earlier versions of what the others need.
  python3 -m venv "$cache/infinity"
  "$cache/infinity/bin/pip" install --quiet torch==2.13.0
  "$cache/infinity/bin/pip" install --quiet 'infinity-emb[torch]==0.0.78'
  mkdir -p "$cache/node"
  npm_config_onnxruntime_node_install=skip npm install --silent --no-audit --no-fund --prefix "$cache/node" @huggingface/transformers@4.3.1
  touch "$cache/peers.installed"
fi
export PYTHONPATH="$here/../../../models/training:$here/../teach"
exec "$cache/venv/bin/python" "$here/$script" --work "$cache/work" "$@"
