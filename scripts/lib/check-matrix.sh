# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154  # the caller's variables
# The stages of scripts/check --matrix: the same suites on each kernel, or those that
# MDEV_SAMPLE_SUITES names. Source it into scripts/check; it only defines.

# What the trees of the suites hold beyond scripts/tree's own choice, for all of these stages, so that
# each is made once. linux-libc-dev is the suite's, W=1 runs the kernel's own checks of comments, and the
# suites are built with the harness of the suite's own kernel.
readonly MATRIX_PACKAGES=(libc6-dev linux-libc-dev linux-source rsync perl python3 sparse)
readonly MATRIX_LIBVIRT=(libvirt-daemon libvirt-daemon-driver-nodedev libvirt-daemon-driver-qemu
	libvirt-clients)

list_matrix_stages() {
	cat <<-END
		bookworm_generic      bookworm's 6.1, with the kernel's mdev core
		bookworm_generic_own  the same, with our own
		bookworm_cloud        bookworm's 6.1 for clouds, which has none
		trixie_generic        trixie's 6.12, in a tree of trixie's own programs
		trixie_cloud          the same for clouds
		sid_generic           sid's newest, in a tree of sid's
		sid_cloud             the same for clouds
		bookworm_package      the Debian package in bookworm, with both kernels
		trixie_package        the same in trixie
		sid_package           the same in sid
		trixie_mdevctl        mdevctl 1.4
		sid_mdevctl           sid's newest
		trixie_libvirt        libvirt: node devices, and a domain with a card
		trixie_demo           scripts/demo with trixie's kernel and QEMU
		sid_demo              the same with sid's
		bookworm_migrate      live migration on 6.1, with the backports' QEMU
		trixie_migrate        live migration on trixie's kernel, with its QEMU
		sid_migrate           live migration on sid's kernel, with its QEMU
		guests                programs of Debian in two guests: login, SysRq, lrzsz, pppd
		grafts                each kernel interface in its other form, in the headers of 6.1, 6.12 and the newest
		examples              scripts/examples: what runs on one machine, and what Nova makes of its settings
	END
}

stage_bookworm_generic() {
	matrix_suites / ''
}

stage_bookworm_generic_own() {
	matrix_suites / '' MDEV_CORE=own
}

stage_bookworm_cloud() {
	need_packages linux-image-cloud-amd64 linux-headers-cloud-amd64
	matrix_suites / -cloud
}

stage_trixie_generic() {
	matrix_tree trixie ''
}

stage_trixie_cloud() {
	matrix_tree trixie -cloud
}

stage_sid_generic() {
	matrix_tree sid ''
}

stage_sid_cloud() {
	matrix_tree sid -cloud
}

stage_bookworm_package() {
	matrix_package bookworm
}

stage_trixie_package() {
	matrix_package trixie
}

stage_sid_package() {
	matrix_package sid
}

stage_trixie_mdevctl() {
	matrix_mdevctl trixie
}

stage_sid_mdevctl() {
	matrix_mdevctl sid
}

stage_trixie_libvirt() {
	local tree into=$builds/libvirt

	tree=$(matrix_root trixie)
	matrix_module "$tree" "$into"
	cp "$("$here/guest")" "$into/vmlinux"
	"$here/demo.d/initramfs" "$into/initramfs"
	"$here/vm" --root "$tree" --udev --writable "$into" --timeout 2400 -- \
		scripts/tests/libvirt.sh "$into/mdev_sample.ko" "$into"
}

stage_trixie_demo() {
	matrix_demo trixie
}

stage_sid_demo() {
	matrix_demo sid
}

stage_bookworm_migrate() {
	matrix_demo bookworm --migrate
}

stage_trixie_migrate() {
	matrix_demo trixie --migrate
}

stage_sid_migrate() {
	matrix_demo sid --migrate
}

stage_grafts() {
	local suite tree status=0

	need_packages linux-headers-amd64 gcc make
	attempt "$here/tests/grafts.sh"
	for suite in trixie sid; do
		tree=$(matrix_root "$suite")
		attempt in_copy "$tree" scripts/tests/grafts.sh
	done
	return $status
}

stage_examples() {
	need_packages dkms make gcc linux-headers-amd64 mdevctl uuid-runtime python3-yaml python3-nova
	"$here/tests/devstack.sh" && "$here/vm" --timeout 2400 -- scripts/tests/examples.sh
}

# --- what they use -------------------------------------------------------------------------------

# in_copy TREE COMMAND...: run a command in the tree, in a copy of the repository there.
in_copy() {
	local tree=$1 copy command=$2 status=0
	shift 2

	copy=$(mktemp -d "$tree/tmp/copy.XXXXXX")
	cp -R "$repo/." "$copy"
	attempt in_root "$tree" "${copy#"$tree"}/$command" "$@"
	rm -rf --one-file-system "$copy"
	return $status
}

# matrix_tree SUITE FLAVOUR: in the suite's own tree.
matrix_tree() {
	local tree

	tree=$(matrix_root "$1")
	matrix_suites "$tree" "$2"
}

# Print the path of the tree of the suite $1, with all that these stages want of it.
matrix_root() {
	local with

	mapfile -t with < <(archive_qemu "$1")
	with+=("${MATRIX_PACKAGES[@]/#/--with=}")
	# Its libvirt wants bookworm's QEMU.
	[ "$1" = bookworm ] || with+=("${MATRIX_LIBVIRT[@]/#/--with=}")
	"$here/tree" "${with[@]}" "$1"
}

# matrix_module TREE DIR: build the module for the tree's newest kernel, in it, into a new DIR.
matrix_module() {
	local tree=$1 into=$2 module

	rm -rf "$into"
	mkdir -p "$into"
	module=$("$here/tree" --output "$into/built" --kernel "$(newest_kernel "$tree")" \
		"${tree##*/}" --build)
	mv "$module" "$into/mdev_sample.ko"
	rm -r "$into/built"
}

matrix_mdevctl() {
	local tree into=$builds/mdevctl

	tree=$(matrix_root "$1")
	matrix_module "$tree" "$into"
	"$here/vm" --root "$tree" --udev --writable "$into" --timeout 1500 -- \
		env MODULE="$into/mdev_sample.ko" scripts/tests/mdevctl.sh
}

matrix_package() {
	local tree package

	tree=$(matrix_root "$1")
	package=$("$here/deb" "$work")
	"$here/tests/package.sh" "$tree" "$package"
}

# matrix_demo SUITE [OPTION]
matrix_demo() {
	matrix_root "$1" >/dev/null
	"$here/tests/demo.sh" "${2:+$2 }--suite $1"
}

# matrix_suites ROOT FLAVOUR [VARIABLE=VALUE]...: build everything with the programs below ROOT, for
# its newest kernel of that flavour (empty or -cloud), and run it there.
matrix_suites() {
	local root=${1%/} flavour=$2 into=$builds/matrix kernel build complaints
	shift 2

	[ -n "$root" ] || need_packages "${MATRIX_PACKAGES[@]}"
	kernel=$(kernel_of_flavour "$root" "$flavour")
	[ -n "$kernel" ] || die "no such kernel below $root/"
	build=$(mktemp -d "$root/tmp/matrix.XXXXXX")
	matrix_copy "$build"
	# The suite's compiler and the suite's headers belong together.
	in_root "$root" sh "${build#"$root"}/build" "$kernel" "$@" >"$work/build" 2>&1 || {
		rm -rf "$build"
		tap_comment <"$work/build"
		die "the module or the suites do not build for $kernel"
	}
	rm -rf "$into"
	mkdir -p "$into"
	cp -R "$build/suites" "$build"/*.ko "$build"/selftests/torture/*.ko "$into"
	rm -rf "$build"
	complaints=$(build_complaints <"$work/build")
	[ -z "$complaints" ] || tap_comment <<<"$complaints"
	tap_is "$complaints" '' "$kernel $*: builds with W=1 without a warning"
	tap_done || true
	# shellcheck disable=SC2086  # words
	"$here/vm" --root "$root/" --kernel "$kernel" --writable "$into" --timeout 2400 -- \
		env MDEV_SAMPLE_TORTURE_KO="$into/mdev_sample_torture.ko" MDEV_SAMPLE_ENTRIES=0 \
		scripts/tests/kselftest.sh "$into/suites" "$into/mdev_sample.ko" ${MDEV_SAMPLE_SUITES:-}
}

# What a build of everything needs, in the folder $1.
matrix_copy() {
	local build=$1

	copy_module_source "$repo" "$build"
	cp -R "$repo/selftests" "$build"
	cat >"$build/build" <<-'END'
		set -eu
		kernel=$1
		shift
		cd "$(dirname "$0")"
		make -s KVER="$kernel" W=1 "$@"
		make -s -C selftests/torture KVER="$kernel" W=1
		make -s -C selftests clean
		make -s -C selftests kselftest-install DEST="$PWD/suites" >suites.log 2>&1 ||
			{ cat suites.log; exit 1; }
		grep warning: suites.log || true
	END
}
