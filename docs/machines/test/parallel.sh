# A filter that is killed in the middle of a block: the block is sent again.
out=$work/parallel/out.jsonl
PATH=$work/flaky:$PATH BLOCK=200k JOBS=2 docs/machines/parallel/label.sh "$work/in.jsonl" "$out" --text comment --model "$model"
rmdir "$work/flaky/failed"
cmp "$out" "$work/single.jsonl"

# What cannot succeed fails, and leaves no output.
if BLOCK=200k JOBS=2 docs/machines/parallel/label.sh "$work/in.jsonl" "$work/parallel/none.jsonl" --text comment \
  --model nowhere 2>"$work/parallel/errors"; then
  false
fi
grep -q nowhere "$work/parallel/errors"
[[ ! -e $work/parallel/none.jsonl ]]
