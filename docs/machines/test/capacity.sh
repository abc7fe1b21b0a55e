# The README shows what the script computes; layout apart.
plain() { tr -d ' \n-'; }
shown=$(sed -n '/^<!-- output of: node docs\/machines\/capacity.js -->/,/^<!-- end -->/p' docs/machines/README.md | grep -v '^<!--' | plain)
[[ $shown == "$(node docs/machines/capacity.js | plain)" ]] ||
  { echo 'docs/machines/README.md: expected the output of docs/machines/capacity.js, found other figures'; false; }
