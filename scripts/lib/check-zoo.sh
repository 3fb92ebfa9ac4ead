# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154  # the caller's variables
# The stages of scripts/check that run real programs on the card's ports. Source it into scripts/check;
# it only defines.

# The programs, and what their tests are written with.
readonly ZOO_PACKAGES=(picocom minicom screen setserial socat ser2net lrzsz ppp stress-ng
	python3-serial python3-pexpect iputils-ping libc6-dev)

# MDEV_SAMPLE_CLIENTS="lrzsz pppd" leaves the other programs out.
stage_zoo() {
	local tree into=$builds/zoo

	tree=$("$here/tree" "${ZOO_PACKAGES[@]/#/--with=}" bookworm)
	matrix_module "$tree" "$into"
	build_wire "$tree" "$into/wire"
	# shellcheck disable=SC2086  # words
	"$here/vm" --root "$tree" --writable "$into" --timeout 900 -- \
		scripts/tests/zoo.sh "$into/mdev_sample.ko" "$into/wire" ${MDEV_SAMPLE_CLIENTS:-}
}

# The same by guests: in two of them, between them, and between one and the host.
stage_guests() {
	local tree into=$builds/guests qemu

	mapfile -t qemu < <(archive_qemu bookworm)
	tree=$("$here/tree" "${qemu[@]}" "${ZOO_PACKAGES[@]/#/--with=}" bookworm)
	matrix_module "$tree" "$into"
	mkdir "$into/files" "$into/logs"
	copy_programs "$tree" "$into/files" /usr/sbin/pppd /usr/bin/sz /usr/bin/rz
	cp "$("$here/guest" --config "$here/guest.d/ppp")" "$into/vmlinux"
	"$here/vm" --root "$tree" --writable "$into" --timeout 3600 -- scripts/tests/guests.sh \
		"$into/mdev_sample.ko" "$into/vmlinux" "$into/files" "$into/logs"
}

# copy_programs TREE DIR PROGRAM...: programs of the tree and the libraries that they need.
copy_programs() {
	local tree=$1 into=$2 libraries
	shift 2

	mapfile -t libraries < <(in_root "$tree" ldd "$@" |
		awk '$2 == "=>" { print $3 } $1 ~ /^\/.*[^:]$/ { print $1 }' | sort -u)
	in_root "$tree" tar -cPh --transform 's:.*/::' "$@" "${libraries[@]}" | tar -x -C "$into"
}

# build_wire TREE FILE: the driver that joins two ports, built in the tree and put into FILE.
build_wire() {
	local tree=$1 build

	build=$(mktemp -d "$tree/tmp/wire.XXXXXX")
	cp "$repo/scripts/tests/zoo.d/wire.c" "$repo"/selftests/lib/{vfio,uart,sysfs,irq}.c \
		"$repo"/selftests/lib/*.h "$build"
	# shellcheck disable=SC2016  # for the inner shell
	in_root "$tree" sh -c 'cd "$1" && gcc -O2 -Wall -D_GNU_SOURCE -o wire ./*.c' sh \
		"${build#"$tree"}" || { rm -rf "$build"; return 1; }
	cp "$build/wire" "$2"
	rm -rf "$build"
}
