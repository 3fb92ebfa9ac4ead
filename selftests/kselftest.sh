#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Where the kernel's kselftest files come from. None of them is kept in this repository.
#
#   kselftest.sh find               prints a tools/testing/selftests folder; unpacks one first if
#                                   need be, from the newest /usr/src/linux-source-*.tar.xz into
#                                   ${MDEV_SAMPLE_CACHE:-/var/cache/mdev_sample}
#   kselftest.sh install FROM DEST  builds this folder as the target drivers/mdev_sample of the
#                                   selftests at FROM and installs it to DEST, ready for
#                                   DEST/run_kselftest.sh

here=$(cd "$(dirname "$0")" && pwd)

die()
{
	echo "selftests: $*" >&2
	exit 1
}

# What a target needs of tools/testing/selftests and of the folders that its Makefile includes.
needed()
{
	cat <<-END
	*/scripts/subarch.include
	*/tools/testing/selftests/Makefile
	*/tools/testing/selftests/lib.mk
	*/tools/testing/selftests/kselftest.h
	*/tools/testing/selftests/kselftest_harness.h
	*/tools/testing/selftests/run_kselftest.sh
	*/tools/testing/selftests/kselftest/*
	END
}

find_selftests()
{
	cache=${MDEV_SAMPLE_CACHE:-/var/cache/mdev_sample}
	tarball=$(printf '%s\n' /usr/src/linux-source-*.tar.xz | sort -V | tail -n 1)
	[ -e "$tarball" ] || die "no /usr/src/linux-source-*.tar.xz: install linux-source," \
		"or set KSELFTEST=.../tools/testing/selftests"
	name=$(basename "$tarball" .tar.xz)
	found=$cache/$name/tools/testing/selftests

	# an upgrade of the package makes what an older one gave stale
	if [ ! -e "$found/.complete" ] ||
		[ -n "$(find "$tarball" -newer "$found/.complete")" ]; then
		unpack "$tarball" "$cache" "$name" || die "cannot unpack $tarball into $cache"
	fi
	echo "$found"
}

# Unpacked beside and moved into place, so that an interrupted or a simultaneous run does no harm.
unpack()
{
	echo "selftests: unpacking kselftest from $1" >&2
	mkdir -p "$2" && tmp=$(mktemp -d "$2/unpack.XXXXXX") || return 1
	needed | tar -x -J -f "$1" -C "$tmp" --wildcards --files-from=- &&
		touch "$tmp/$3/tools/testing/selftests/.complete" &&
		rm -rf "${2:?}/$3" && mv -T "$tmp/$3" "$2/$3"
	ret=$?
	rm -rf "$tmp"
	[ -e "$2/$3/tools/testing/selftests/.complete" ] || return "$ret"
}

# A tree with nothing in it but kselftest and a link to this folder, so that neither the kernel's
# tree nor the cache is written to.
install_to()
{
	from=$1
	dest=$2
	[ -e "$from/lib.mk" ] || die "$from is no tools/testing/selftests"
	command -v rsync >/dev/null || die "kselftest installs with rsync: apt-get install rsync"

	tree=$(mktemp -d) || exit 1
	trap 'rm -rf "$tree"' EXIT
	trap 'exit 1' INT TERM
	selftests=$tree/tools/testing/selftests
	mkdir -p "$selftests/drivers" "$tree/scripts" "$dest"
	cp -p "$from/../../../scripts/subarch.include" "$tree/scripts/"
	cp -Rp "$from/Makefile" "$from/lib.mk" "$from"/kselftest*.h "$from/run_kselftest.sh" \
		"$from/kselftest" "$selftests/"
	ln -s "$here" "$selftests/drivers/mdev_sample"
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u OUTPUT make -C "$selftests" FORCE_TARGETS=1 \
		TARGETS=drivers/mdev_sample KSFT_INSTALL_PATH="$(cd "$dest" && pwd)" install
}

case "$1" in
find)
	find_selftests
	;;
install)
	[ -n "$3" ] || die "say where to: make kselftest-install DEST=FOLDER"
	install_to "$2" "$3"
	;;
*)
	die "usage: $0 find | install FROM DEST"
	;;
esac
