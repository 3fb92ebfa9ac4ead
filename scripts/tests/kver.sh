#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# For which kernel does a plain make build?
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
# shellcheck source=scripts/lib/tap.sh
. "$repo/scripts/lib/tap.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# installed KERNEL...: a new /lib/modules with these kernels; one whose name ends in / has headers.
installed() {
	local kernel

	rm -rf "$scratch/modules" "$scratch/headers"
	mkdir "$scratch/modules"
	for kernel; do
		mkdir "$scratch/modules/${kernel%/}"
		ln -s "$scratch/headers/${kernel%/}" "$scratch/modules/${kernel%/}/build"
		[ "${kernel%/}" = "$kernel" ] || mkdir -p "$scratch/headers/$kernel"
		[ "${kernel%/}" = "$kernel" ] || touch "$scratch/headers/$kernel/Makefile"
	done
}

# on RUNNING WORD...: make's target, if it is that kernel that runs.
on() {
	local running=$1
	shift
	make -s -C "$repo" LIB_MODULES="$scratch/modules" RUNNING="$running" "$@"
}

installed 6.1.0-9-amd64/ 6.1.0-56-amd64/ 6.1.0-56-cloud-amd64/
tap_is "$(on 6.1.0-9-amd64 kver)" 6.1.0-9-amd64 "the running kernel, though a newer one is installed"
tap_is "$(on 6.1.0-56-cloud-amd64 kver)" 6.1.0-56-cloud-amd64 "a cloud kernel too, if it runs"
tap_is "$(on 7.2.0 kver)" 6.1.0-56-amd64 "the newest one, where the running kernel is not installed"
tap_is "$(on 6.1.0-9-amd64 kver KVER=6.1.0-56-amd64)" 6.1.0-56-amd64 "the one that is asked for"

installed 6.1.0-9-amd64/ 6.1.0-56-amd64 6.1.0-57-amd64
tap_is "$(on 6.1.0-56-amd64 kver)" 6.1.0-9-amd64 "the newest one with headers, if the running one has none"
tap_is "$(on 6.1.0 kver)" 6.1.0-9-amd64 "a name that another kernel's begins with is not that kernel"

installed 6.1.0-56-cloud-amd64/ 6.1.0-9-cloud-amd64/
tap_is "$(on 7.2.0 kver)" 6.1.0-56-cloud-amd64 "a cloud kernel, if there is no other"

installed 6.1.0-56-amd64
status=0
output=$(on 6.1.0-56-amd64 modules 2>&1) || status=$?
tap_is "$((status != 0))" 1 "without any headers make fails"
tap_is "$(grep -c '^No kernel headers at ' <<<"$output")" 1 "and says why"

# What the tests of the namespace are built for.
# shellcheck disable=SC2016  # make's variable
show='show: ; @echo $(KVER)'
tap_is "$(make -s -C "$repo/selftests/torture" --eval "$show" show)" "$(make -s -C "$repo" kver)" \
	"the torture module is built for the same kernel"
tap_done
