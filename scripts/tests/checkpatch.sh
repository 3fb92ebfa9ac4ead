#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's style checker over all C code. Its argument: a kernel source that holds it.
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
# shellcheck source=scripts/lib/tap.sh
. "$repo/scripts/lib/tap.sh"
checkpatch=$1/scripts/checkpatch.pl

cd "$repo"
while read -r file; do
	# The summary line says nothing more; every other line is a complaint.
	output=$(perl "$checkpatch" --no-tree --strict --terse --no-summary --file "$file" || true)
	[ -z "$output" ] || tap_comment <<<"$output"
	tap_result "$([ -z "$output" ] && echo 0 || echo 1)" "checkpatch $file"
done < <(find mdev_sample selftests scripts -name '*.[ch]' -not -name '*.mod.c' | sort)
tap_done
