#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every shell script of the repository, under shellcheck.
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
# shellcheck source=scripts/lib/tap.sh
. "$repo/scripts/lib/tap.sh"

# A script says so in its first lines.
scripts() {
	find .ci scripts selftests mdevctl-configs -type f -size -100k -exec \
		awk 'FNR > 3 { nextfile } /^#!.*sh$|^# shellcheck shell=/ { print FILENAME; nextfile }' {} + |
		sort
}

# A checker that finds nothing here finds nothing anywhere.
planted=$(mktemp)
trap 'rm -f "$planted"' EXIT
# shellcheck disable=SC2016  # the planted script's
printf '#!/bin/sh\nls $1\n' >"$planted"
output=$(shellcheck "$planted") || true
tap_result "$([[ $output == *SC2086* ]] && echo 0 || echo 1)" \
	"it finds what has been planted for it"

cd "$repo"
for script in $(scripts); do
	status=0
	output=$(shellcheck "$script") || status=$?
	[ -z "$output" ] || tap_comment <<<"$output"
	tap_result "$status" "$script"
done
tap_done
