# The README shows what the script computes; layout apart.
plain() { tr -d ' \n-'; }
shown=$(sed -n '/^<!-- output of: node examples\/capacity.js -->/,/^<!-- end -->/p' examples/README.md | grep -v '^<!--' | plain)
[[ $shown == "$(node examples/capacity.js | plain)" ]] ||
  { echo 'examples/README.md: expected the output of examples/capacity.js, found other figures'; false; }
