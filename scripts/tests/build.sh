#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module builds in every way that we support, and no compiler or checker has a word to say.
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
# shellcheck source=scripts/lib/common.sh
. "$repo/scripts/lib/common.sh"
# shellcheck source=scripts/lib/module-build.sh
. "$repo/scripts/lib/module-build.sh"
# shellcheck source=scripts/lib/tap.sh
. "$repo/scripts/lib/tap.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# build NAME WORD...: with these words for make.
build() {
	local name=$1 status=0 output
	shift

	rm -rf "$scratch/source"
	copy_module_source "$repo" "$scratch/source"
	mkdir -p "$scratch/source/selftests/torture"
	cp "$repo"/selftests/torture/{*.[ch],Kbuild,Makefile} "$scratch/source/selftests/torture"
	make -C "$scratch/source" --no-print-directory -j"$(nproc)" "$@" >"$scratch/output" 2>&1 || status=$?
	output=$(build_complaints <"$scratch/output")
	[ -z "$output" ] || tap_comment <<<"$output"
	[ -z "$output" ] || status=1
	tap_result "$status" "$name"
}

generic=$(newest_kernel '')
clouds=(/lib/modules/*-cloud-amd64/build)

build "gcc, W=1, sparse" KVER="$generic" W=1 C=2
build "gcc, W=1, sparse, with our own mdev core" KVER="$generic" MDEV_CORE=own W=1 C=2
build "gcc, W=1, sparse, a cloud kernel" KDIR="${clouds[-1]}" W=1 C=2
build "clang, W=1" KVER="$generic" LLVM=1 W=1
build "the torture module: gcc, W=1, sparse" -C selftests/torture KVER="$generic" W=1 C=2
tap_done
