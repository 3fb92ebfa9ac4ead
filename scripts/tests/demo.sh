#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Does the demo work, from end to end?
set -euo pipefail

scripts=$(realpath "$(dirname "$0")/..")
# shellcheck source=scripts/lib/tap.sh
. "$scripts/lib/tap.sh"

output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
"$scripts/demo" 2>&1 | tee "$output" | sed -u "s/^/# /" || status=$?
tap_is "$status" 0 "scripts/demo succeeds"
tap_is "$(tail -n 1 "$output")" OK "its last line is OK"
tap_done
