#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Do the demos work, from end to end?
set -euo pipefail

scripts=$(realpath "$(dirname "$0")/..")
# shellcheck source=scripts/lib/tap.sh
. "$scripts/lib/tap.sh"

output=$(mktemp)
trap 'rm -f "$output"' EXIT
for option in '' --console --pair; do
	status=0
	# shellcheck disable=SC2086  # none, or one word
	"$scripts/demo" $option </dev/null 2>&1 | tee "$output" | sed -u "s/^/# /" || status=$?
	tap_is "$status" 0 "scripts/demo $option succeeds"
	tap_is "$(tail -n 1 "$output")" OK "the last line of scripts/demo $option is OK"
done
tap_done
