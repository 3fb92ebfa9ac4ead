# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernel's own mtty sample, from Debian's source of the same release: what the module is
# compared with. Source it after common.sh and packages.sh; it only defines.

# Make the new directory $2 a module's source for the kernel $1. The sample's one file stays in the
# cache, as the archive is big and slow to read.
copy_mtty_source() {
	local kernel=$1 into=$2 package tarball file

	[[ $kernel =~ ^[0-9]+\.[0-9]+ ]] || return 1
	package=linux-source-${BASH_REMATCH[0]}
	tarball=/usr/src/$package.tar.xz
	file=$CACHE/mtty/$package/mtty.c
	need_packages "$package" xz-utils
	if [ ! -e "$file" ] || [ "$file" -ot "$tarball" ]; then
		say "unpacking mtty.c from $tarball"
		mkdir -p "${file%/*}"
		tar -xJO -f "$tarball" "$package/samples/vfio-mdev/mtty.c" >"$file.$$"
		mv "$file.$$" "$file"
	fi
	mkdir "$into"
	cp "$file" "$into/mtty.c"
	echo 'obj-m := mtty.o' >"$into/Kbuild"
}

# The same, built; the module is $2/mtty.ko.
build_mtty_module() {
	copy_mtty_source "$1" "$2" || return
	make -s -C "/lib/modules/$1/build" M="$2" modules >&2
}
