# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian packages on demand. Source it after common.sh; it only defines.

readonly KERNEL_SOURCE=linux-source-6.1

# What a virtual machine wants with a module for it, and what the guest's kernel is built with.
# busybox and each kernel have every kernel's ramdisk made anew, so ask for them together.
# shellcheck disable=SC2034  # the callers'
readonly MACHINE_PACKAGES=(linux-image-amd64 linux-headers-amd64 gcc make kmod
	qemu-system-x86 busybox-static xz-utils)
# shellcheck disable=SC2034
readonly GUEST_PACKAGES=("$KERNEL_SOURCE" xz-utils gcc libc6-dev make flex bison bc libelf-dev)

# One question for all of them, since an emulated machine takes long to start a program.
packages_missing() {
	local package state

	# The last word tells an installed package from one whose settings were left behind.
	# shellcheck disable=SC2016  # dpkg's variables
	state=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null) || true
	for package; do
		[[ $'\n'$state$'\n' == *$'\n'"$package installed"$'\n'* ]] || printf '%s\n' "$package"
	done
}

apt_quiet() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}

# The archive's lists are locked without waiting: one at a time.
install_packages() {
	apt_quiet install --no-install-recommends "$@" && return 0
	# A fresh tree has no package lists yet, and old lists name versions that are gone.
	apt_quiet update
	apt_quiet install --no-install-recommends "$@"
}

# Install those of the named packages that are missing; says which, and does nothing otherwise. In the
# tree of scripts/enter only: a user's machine stays as it is.
need_packages() {
	local missing

	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	in_tree_already ||
		die "not here: ${missing[*]}. Run it in our tree, scripts/enter -- scripts/${0##*/} ..., or install them"
	say "installing ${missing[*]}"
	mkdir -p "$CACHE"
	with_lock "$CACHE/packages.lock" install_packages "${missing[@]}" ||
		die "cannot install: ${missing[*]}"
}
