#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# doc/abi.md, the manual page and the code name the same parameters, files, tracepoints, limits and
# errors. An argument is another repository to look at.
set -euo pipefail

here=$(dirname "$(realpath "$0")")
# shellcheck source=scripts/lib/tap.sh
. "$here/../lib/tap.sh"

repo=$(realpath "${1:-$here/../..}")
reference=$repo/doc/abi.md
manual=$repo/debian/mdev_sample.4

# The first column of the tables whose head has the word $1 in it, without the marks.
in_reference() {
	awk -F' *\\| *' -v head="$1" '
		!/^\|/ { table = 0; next }
		!table { table = $2 == head ? 2 : 1; next }
		table == 2 && $2 !~ /^-*$/ { gsub(/`/, "", $2); print $2 }
	' "$reference" | sort -u
}

# The code without its comments.
code() {
	find "$repo/mdev_sample" -name '*.[ch]' -print0 | sort -z | xargs -0 cat |
		sed 's:/\*.*\*/::; /\/\*/,/\*\//d'
}

# code_names PATTERN: what follows it up to the next character that no name has.
code_names() {
	code | grep -oE "$1[a-z_0-9]+" | sed -E "s/^$1//"
}

parameters() {
	code_names 'module_param(_array)?\(' | sort -u
}

# By the macros that make them; those in debugfs by their names as strings.
files() {
	{
		code_names '(__ATTR|DEVICE_ATTR)(_RO|_WO|_RW)\('
		code_names 'CONFIGFS_ATTR\(msamp_configfs_parent_, '
		code_names 'MSAMP_MIG_KNOB\('
		code | grep -oE '"((fail|hold)_[a-z_]+|registers|counters|paths)"' | tr -d '"'
		code | grep -oE 'debugfs_create_file[a-z_]*\("[a-z_]+"' | sed 's/.*("//; s/"//'
		echo PARENT
	} | grep -v '^_' | sort -u
}

tracepoints() {
	code | grep -oE '(TRACE_EVENT\(|DEFINE_EVENT\(msamp_device, )msamp_[a-z]+' | sed 's/.*[( ]//' | sort -u
}

# In the code an internal one stands for ENOTTY, another one for the end of what has been written.
errors() {
	code | grep -oE '\bE[A-Z0-9]{2,}\b' | grep -xFf <(errno_names) | grep -vx 'ENOIOCTLCMD\|ENOMSG' | sort -u
}

errno_names() {
	printf '#include <linux/errno.h>\n' | gcc -dM -E - | awk '$2 ~ /^E[A-Z0-9]+$/ { print $2 }'
	echo ERESTARTSYS
}

# Lines NAME VALUE of the limits that the reference has, with the letters of sizes; and those of the code.
limits_in_reference() {
	awk -F' *\\| *' '$2 ~ /^`MSAMP_/ { gsub(/`/, "", $2); print $2, $3 }' "$reference" | sort -u
}

limits() {
	local names

	names=$(limits_in_reference | cut -d' ' -f1)
	code | awk -v names="$names" '
		BEGIN { split(names, list); for (i in list) wanted[list[i]] = 1 }
		$1 == "#define" && ($2 in wanted || $2 ~ /^MSAMP_[A-Z_]*(PARENTS|PORTS|STALL|BUCKETS|INTERVAL|HELD)_MAX$/) {
			value = $3
			if (match($0, /BIT(_ULL)?\([0-9]+\)/)) {
				n = substr($0, RSTART, RLENGTH)
				gsub(/[^0-9]/, "", n)
				value = 2 ^ (n % 10) substr("KMGT", int(n / 10), 1)
			}
			if (/PAGE_SIZE \/ \(UUID_STRING_LEN \+ 1\)/)
				value = int(4096 / 37)
			print $2, value
		}' | sort -u
}

# same WHAT CODE REFERENCE: two sorted lists are one, and not empty.
same() {
	local status=0

	[ -n "$2" ] || status=1
	diff --label code --label reference -u <(echo "$2") <(echo "$3") >"$scratch/diff" || status=1
	[ "$status" = 0 ] || tap_comment <"$scratch/diff"
	tap_result "$status" "the reference has the code's $1"
}

# in_manual WHAT NAMES: each is a word of the manual.
in_manual() {
	local name status=0

	sed 's/\\f.//g; s/\\//g' "$manual" >"$scratch/manual"
	for name in $2; do
		grep -qw -- "$name" "$scratch/manual" || {
			tap_comment <<<"the manual lacks $name"
			status=1
		}
	done
	tap_result "$status" "the manual has the reference's $1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

same parameters "$(parameters)" "$(in_reference parameter)"
same files "$(files)" "$(in_reference file | sed 's:.*/::' | sort -u)"
same tracepoints "$(tracepoints)" "$(in_reference tracepoint)"
# EBADF is what the kernel says of a descriptor that is none.
same errors "$(errors)" "$(in_reference errno | sed '/^$/d; /^EBADF$/d')"
same limits "$(limits)" "$(limits_in_reference)"
in_manual parameters "$(in_reference parameter)"
in_manual files "$(in_reference file | sed 's:.*/::')"
in_manual tracepoints "$(in_reference tracepoint)"
in_manual errors "$(in_reference errno)"
tap_done
