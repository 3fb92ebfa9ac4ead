# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The kernel's own mtty sample, from Debian's source of the same release: what the module is
# compared with. Source it after common.sh, packages.sh and archive.sh; it only defines.

# Make the new directory $2 a module's source for the kernel $1, of the Debian suite $3 or (without
# it) this machine's own. The sample's one file stays in the cache, as the archive is big and slow to
# read.
copy_mtty_source() {
	local kernel=$1 into=$2 suite=${3:-} package file

	[[ $kernel =~ ^[0-9]+\.[0-9]+ ]] || return 1
	package=linux-source-${BASH_REMATCH[0]}
	file=$CACHE/mtty/$package/mtty.c
	need_packages xz-utils
	[ -n "$suite" ] || need_packages "$package"
	if [ ! -e "$file" ] || [ "$file" -ot "/usr/src/$package.tar.xz" ]; then
		say "unpacking mtty.c from $package"
		mkdir -p "${file%/*}"
		mtty_tarball "$package" "$suite" |
			tar -xJO "$package/samples/vfio-mdev/mtty.c" >"$file.$$" || {
			rm -f "$file.$$"
			return 1
		}
		mv "$file.$$" "$file"
	fi
	mkdir "$into"
	cp "$file" "$into/mtty.c"
	echo 'obj-m := mtty.o' >"$into/Kbuild"
}

# The source in the package $1, which is installed, or else is one of the suite $2.
mtty_tarball() {
	local package=$1 suite=$2 dir

	if [ -z "$suite" ]; then
		cat "/usr/src/$package.tar.xz"
		return
	fi
	dir=$CACHE/mtty/$package/download
	rm -rf "$dir"
	mkdir -p "$dir"
	(cd "$dir" && archive_download "$suite" "$package") || return
	dpkg-deb --fsys-tarfile "$dir"/*.deb | tar -x -O --wildcards '*/linux-source-*.tar.xz'
	rm -rf "$dir"
}

# The same, built; the module is $2/mtty.ko.
build_mtty_module() {
	copy_mtty_source "$1" "$2" || return
	make -s -C "/lib/modules/$1/build" M="$2" modules >&2
}
