#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Do the demos work, from end to end? Arguments: the options of each; default: those that need no
# other suite.
set -euo pipefail

scripts=$(realpath "$(dirname "$0")/..")
# shellcheck source=scripts/lib/tap.sh
. "$scripts/lib/tap.sh"

output=$(mktemp)
trap 'rm -f "$output"' EXIT
[ $# -gt 0 ] || set -- '' --console --pair
for options; do
	status=0
	# shellcheck disable=SC2086  # words
	"$scripts/demo" $options </dev/null 2>&1 | tee "$output" | sed -u "s/^/# /" || status=$?
	tap_is "$status" 0 "scripts/demo $options succeeds"
	tap_is "$(tail -n 1 "$output")" OK "the last line of scripts/demo $options is OK"
	tap_is "$(grep -ciE 'reset mechanism|cannot reset' "$output")" 0 \
		"scripts/demo $options: QEMU has no complaint about a missing reset"
	sed -n "s/^ *moved:/# figure: moved with ${options##* }:/p" "$output"
done
tap_done
