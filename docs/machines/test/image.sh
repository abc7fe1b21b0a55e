# No image is built here: the linter reads the Dockerfile, and what it copies is run, without network.
hadolint docs/machines/Dockerfile
image=$work/image/root
mkdir -p "$image/dist"
sed -n 's/^COPY \(bin\|package.json\|models[^ ]*\) .*/\1/p' docs/machines/Dockerfile | while read -r path; do
  mkdir -p "$(dirname "$image/$path")"
  cp -R "$path" "$image/$path"
done
cp -R dist/src "$image/dist/src"
ln -s "$root/node_modules" "$image/node_modules"
# Without the right to a network of its own, at least as it is.
offline=$(unshare --net true 2>/dev/null && echo 'unshare --net' || true)
$offline "$image/bin/voxpop.js" model verify >"$work/image/log" 2>&1 || { cat "$work/image/log"; false; }
$offline "$image/bin/voxpop.js" score fixtures/feedback.jsonl --text comment --limit 20 --quiet >"$work/image/out.jsonl"
[[ $(wc -l <"$work/image/out.jsonl") == 20 ]]
# Each file that is copied is let through to the build.
sed -n 's/^COPY \([^-].*\) [^ ]*$/\1/p' docs/machines/Dockerfile | tr ' ' '\n' | while read -r path; do
  grep -qxF "!$path" docs/machines/Dockerfile.dockerignore || { echo "$path is left out of the build"; exit 1; }
done
