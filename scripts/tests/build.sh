#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module builds in every way that we support, and no compiler or checker has a word to say. With
# --one in the commonest way only; with --kernels for each kernel that is installed here with headers,
# and the suites with the harness of the newest linux-source.
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
	[ -n "$output" ] || find "$scratch/source" -name '*.ko' | grep -q . || output="no module was built"
	[ -z "$output" ] || tap_comment <<<"$output"
	[ -z "$output" ] || status=1
	tap_result "$status" "$name"
}

# checkers DIR: the words for make that turn on what the kernel's headers in DIR have: W=1 checks the
# comments too, C=2 runs sparse. Debian's from 7.0 on have neither checker; they ask for a script that
# they lack.
checkers() {
	echo W=1
	grep -q checker-valid "$(sed -n 's/^include //p' "$1/Makefile")" || echo C=2
}

# Compiler, sparse and the checker of comments each have something to say about a module that gives
# them reason to, or they have not looked.
build_planted() {
	local dir=$1 what planted=(planted_unused.*defined)
	shift

	[[ " $* " != *" C=2 "* ]] || planted+=('dereference of noderef' "'none' description")
	rm -rf "$scratch/source"
	mkdir "$scratch/source"
	echo 'obj-m := planted.o' >"$scratch/source/Kbuild"
	cat >"$scratch/source/planted.c" <<-'END'
		#include <linux/module.h>
		static int planted_unused(void) { return 0; }
		int planted_sparse(int __user *p);
		int planted_sparse(int __user *p) { return *p; }
		/**
		 * planted_comment() - a function without such a parameter
		 * @none: is not there
		 */
		void planted_comment(void);
		void planted_comment(void) { }
		MODULE_LICENSE("GPL");
	END
	make -C "$dir" M="$scratch/source" "$@" modules 2>&1 |
		build_complaints >"$scratch/output" || true
	for what in "${planted[@]}"; do
		tap_is "$((0 < $(grep -c "$what" "$scratch/output")))" 1 \
			"what has been planted is found ($*): $what"
	done
}

# refuses NAME TEXT WORD...: with these words make fails, and its one error is TEXT.
refuses() {
	local name=$1 text=$2 status=0
	shift 2

	rm -rf "$scratch/source"
	copy_module_source "$repo" "$scratch/source"
	! make -C "$scratch/source" --no-print-directory "$@" >"$scratch/output" 2>&1 || status=1
	[ "$(grep -F '***' "$scratch/output" | grep -Fc "$text")" = 1 ] || status=1
	! grep -Eq '^ +(CC|CHECK|LD) ' "$scratch/output" || status=1
	[ "$status" = 0 ] || tap_comment <"$scratch/output"
	tap_result "$status" "$name"
}

build_suites() {
	local status=0

	rm -rf "$scratch/source"
	cp -R "$repo/selftests" "$scratch/source"
	make -s -C "$scratch/source" clean
	make -s -C "$scratch/source" -j"$(nproc)" MDEV_SAMPLE_SRC="$repo/mdev_sample" \
		>"$scratch/output" 2>&1 || status=$?
	! grep 'warning:' "$scratch/output" || status=1
	[ -x "$scratch/source/sysfs_create" ] && [ -x "$scratch/source/unit_uart" ] || status=1
	[ "$status" = 0 ] || tap_comment <"$scratch/output"
	tap_result "$status" "the suites, with the harness of $(cd /usr/src && echo linux-source-*.tar.xz)"
}

build_for_kernels() {
	local dir kernel words

	for dir in /lib/modules/*/build; do
		kernel=${dir%/build}
		kernel=${kernel##*/}
		mapfile -t words < <(checkers "$dir")
		build_planted "$dir" "${words[@]}"
		build "gcc, ${words[*]}, $kernel" KVER="$kernel" "${words[@]}"
	done
	build_suites
}

case ${1:-} in
--kernels) build_for_kernels; tap_done; exit ;;
esac

generic=$(newest_kernel '')
cloud=$(kernel_of_flavour '' -cloud)

build_planted "/lib/modules/$generic/build" W=1 C=2
build "gcc, W=1, sparse" KVER="$generic" W=1 C=2
if [ "${1:-}" = --one ]; then
	tap_done
	exit
fi
build "gcc, W=1, sparse, with our own mdev core" KVER="$generic" MDEV_CORE=own W=1 C=2
build "gcc, W=1, sparse, a cloud kernel" KVER="$cloud" W=1 C=2
build "clang, W=1" KVER="$generic" LLVM=1 W=1
build "the torture module: gcc, W=1, sparse" -C selftests/torture KVER="$generic" W=1 C=2
refuses "no build for one processor" "mdev_sample needs a kernel with CONFIG_SMP=y" KVER="$generic" CONFIG_SMP=
tap_done
