#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Run suites one by one up to the first that fails. Arguments: where the suites are installed, the module,
# and the programs. Runs in a machine that may be changed.
set -euo pipefail

here=$(dirname "$(realpath "$0")")
suites=$1 module=$2
shift 2
for program; do
	rm -rf /tmp/suites
	"$here/kselftest.sh" "$suites" "$module" "$program" >/tmp/results || {
		echo "$program"
		exit 1
	}
	! grep -q '^not ok' /tmp/results || {
		echo "$program"
		exit 1
	}
done
