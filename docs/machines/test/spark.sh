out=$work/spark/out
# Two tasks at a time, each tried three times at most.
PATH=$work/flaky:$PATH PYTHONPATH=${SPARK_HOME%/deps} "$SPARK_HOME/bin/spark-submit" --master 'local[2,3]' --conf spark.ui.enabled=false \
  --conf spark.default.parallelism=4 docs/machines/spark/label.py "$work/in.jsonl" "$out" --text comment --model "$model" >"$work/spark/log" 2>&1 ||
  { tail -n 50 "$work/spark/log"; false; }
rmdir "$work/flaky/failed"
[[ -e $out/_SUCCESS ]]
cat "$out"/part-* | cmp - "$work/single.jsonl"
