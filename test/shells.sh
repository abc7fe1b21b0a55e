#!/usr/bin/env bash
# Completions in zsh and fish themselves, which come as Debian packages (as root, or with sudo). Needs a built voxpop.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root=$([[ $(id -u) == 0 ]] || echo sudo)
packages=()
for shell in zsh fish; do command -v "$shell" >/dev/null || packages+=("$shell"); done
if ((${#packages[@]})); then
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
fi

scripts=$(mktemp -d)
trap 'rm -rf "$scripts"' EXIT
for shell in zsh fish; do node bin/voxpop.js completions "$shell" >"$scripts/$shell"; done

# expect <line> <words>: how fish completes the line.
expect() {
  found=$(fish --no-config -c "source $scripts/fish; complete -C '$1'" | cut -f1 | xargs)
  [[ $found == "$2" ]] || { echo "fish: '$1': expected '$2', found '$found'"; exit 1; }
}
expect 'voxpop sc' score
expect 'voxpop score --scores ' 'all none top'
expect 'voxpop score --tasks sentiment,to' sentiment,topic
expect 'voxpop model show ' 'voxpop-micro voxpop-mini'
expect 'voxpop score READ' README.md
echo 'ok - fish'

# zsh completes only for a person at a terminal, so there is one, who presses Tab and then Return.
cat >"$scripts/.zshrc" <<END
autoload -Uz compinit && compinit -u -D
source $scripts/zsh
voxpop() { print -rl -- "\$@" >$scripts/asked; }
PROMPT='ready> '
END
# Tab at the end of a line, and what the command is then given.
press() {
  rm -f "$scripts/asked"
  zsh -f -c "
    zmodload zsh/zpty
    zpty shell ZDOTDIR=$scripts TERM=dumb zsh -i
    zpty -r shell shown '*ready> *'
    zpty -w -n shell $'$1\\t\\n'
    zpty -w shell exit
    while zpty -r shell shown; do :; done" >/dev/null
  found=$(xargs <"$scripts/asked")
  [[ $found == "$2" ]] || { echo "zsh: '$1': expected '$2', found '$found'"; exit 1; }
}
press 'voxpop sco' score
press 'voxpop score --supe' 'score --supervise'
press 'voxpop score --threshold emot' 'score --threshold emotion='
press 'voxpop model show voxpop-mic' 'model show voxpop-micro'
press 'voxpop score READ' 'score README.md'
echo 'ok - zsh'
