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
	*/trace.h) echo --ignore OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT ;;	# the macros' own layout
	*/bench.d/*) echo --ignore PREFER_KERNEL_TYPES ;;	# userspace has its own
	*/shim/*) echo --ignore PREFER_DEFINED_ATTRIBUTE_MACRO ;;	# they define it
	*/fuzz_pure.c | */fuzz_mig.c) echo --ignore CAMELCASE ;;	# a name that libFuzzer looks for
	esac
}

# Its complaints about the file $1 into the file $2. The summary line says nothing more. It ends with 1
# if it complains; with anything else it, or perl, has not done its work.
complaints() {
	local status=0

	# shellcheck disable=SC2046  # one word each
	perl "$checkpatch" --no-tree --strict --terse --no-summary \
		$(ignored "$1") --file "$1" >"$2" || status=$?
	case $status in
	0) ;;
	1) [ -s "$2" ] || echo "it fails without a complaint" >"$2" ;;
	*) echo "perl $checkpatch ends with $status" >>"$2" ;;
	esac
}

# A checker that finds nothing here finds nothing anywhere.
printf 'static int planted( void )\n{\n        return 0 ;\n}\n' >"$scratch/planted.c"
complaints "$scratch/planted.c" "$scratch/planted"
tap_result "$(grep -c ': ERROR: ' "$scratch/planted" >"$scratch/count" && echo 0 || echo 1)" \
	"it finds what has been planted for it ($(cat "$scratch/count"))"

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
