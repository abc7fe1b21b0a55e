export RAY_USAGE_STATS_ENABLED=0
for victim in flaky flaky-parent; do
  # The filter is killed in the middle of a block; then the actor with it.
  out=$work/ray/$victim.jsonl
  PATH=$work/$victim:$PATH python docs/machines/ray/label.py "$work/in.jsonl" "$out" --text comment --model "$model" >"$work/ray/log" 2>&1 ||
    { cat "$work/ray/log"; false; }
  rmdir "$work/$victim/failed"
  cmp "$out" "$work/single.jsonl"
done
