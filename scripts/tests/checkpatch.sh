#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's style checker over all C code. Its argument: a kernel source that holds it.
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
# shellcheck source=scripts/lib/tap.sh
. "$repo/scripts/lib/tap.sh"
checkpatch=$1/scripts/checkpatch.pl

# It leaves a file in the current folder.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
# What a file is for may go against a rule of style.
ignored() {
	case $1 in
	*/compat.h) echo --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON,CAMELCASE ;;	# it asks for versions
	*/trace.h) echo --ignore OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT ;;	# the macros' own layout
	*/bench.d/*) echo --ignore PREFER_KERNEL_TYPES ;;	# userspace has its own
	*/fuzz_pure.c | */fuzz_mig.c) echo --ignore CAMELCASE ;;	# a name that libFuzzer looks for
	esac
}

# Its complaints about the file $1 into the file $2. The summary line says nothing more.
complaints() {
	# shellcheck disable=SC2046  # one word each
	perl "$checkpatch" --no-tree --strict --terse --no-summary \
		$(ignored "$1") --file "$1" >"$2" || true
}

mapfile -t files < <(find "$repo"/{mdev_sample,selftests,scripts} -name '*.[ch]' -not -name '*.mod.c' |
	sort)
for i in "${!files[@]}"; do
	[ "$i" -lt "$(nproc)" ] || wait -n || true
	complaints "${files[i]}" "$scratch/$i" &
done
wait
for i in "${!files[@]}"; do
	tap_comment <"$scratch/$i"
	tap_result "$([ ! -s "$scratch/$i" ] && echo 0 || echo 1)" "${files[i]#"$repo/"}"
done
tap_done
