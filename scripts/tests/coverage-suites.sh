#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Run suites one by one, on the kernel of scripts/uml --checks coverage, and keep what each has counted.
# Arguments: where the suites are installed, the module, where the counts go (a folder for each suite),
# and the programs to run (default: all). Runs in a machine that may be changed.
set -euo pipefail

here=$(dirname "$(realpath "$0")")
suites=$1 module=$2 data=$3
shift 3
gcov=/sys/kernel/debug/gcov

# The counts of the module that has just gone, as the compiler's own program would have written them.
keep_counts() {
	local into=$1 file

	cd "$gcov"
	find . -name '*.gcda' -path '*/mdev_sample/*' | while read -r file; do
		mkdir -p "$into/${file%/*}"
		cat "$file" >"$into/$file"
	done
}

[ $# -gt 0 ] || mapfile -t programs < <(sed -n 's/^.*://p' "$suites/kselftest-list.txt" | grep -v '^unit_')
[ $# = 0 ] || programs=("$@")
for program in "${programs[@]}"; do
	echo 1 >"$gcov/reset"
	started=$SECONDS
	rm -rf /tmp/suites
	mkdir -p "$data/$program"
	"$here/kselftest.sh" "$suites" "$module" "$program" | tee "$data/$program/results" || true
	# A failed test has its line; a runner that broke off has no plan, and then the counts do not add up.
	grep -q '^1\.\.' "$data/$program/results" || echo "not ok - $program broke off"
	echo "# $program took $((SECONDS - started)) s"
	(keep_counts "$data/$program")
	echo $((SECONDS - started)) >"$data/$program/seconds"
done
