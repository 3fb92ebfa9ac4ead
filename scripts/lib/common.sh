# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every script here uses. Source it; it only defines.

# shellcheck disable=SC2034  # used by those that source this
readonly CACHE=${MDEV_SAMPLE_CACHE:-/var/cache/mdev_sample}

# Progress goes to stderr, so that stdout stays the job's own output.
say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$1"
	exit "${2:-1}"
}

# The newest kernel installed below $1 that has headers, or else the newest of all. Cloud kernels
# lack parts that a full test needs, so they come second. Prints nothing when there is none.
newest_kernel() {
	local root=$1 dir ver

	for dir in "$root"/lib/modules/*/kernel; do
		ver=${dir%/kernel}
		ver=${ver##*/}
		[ -e "$root/boot/vmlinuz-$ver" ] || continue
		case $ver in
		*-cloud-*) printf '0 ' ;;
		*) printf '1 ' ;;
		esac
		if [ -e "$root/lib/modules/$ver/build" ]; then printf '1 '; else printf '0 '; fi
		printf '%s\n' "$ver"
	done | sort -k1,1n -k2,2n -k3,3V | tail -n 1 | cut -d' ' -f3
}

# Run a function while no other process of this machine runs one under the same lock file.
with_lock() {
	local file=$1
	shift
	(
		flock 9
		"$@"
	) 9>"$file"
}

# Run a program with the tree $1 (empty: this machine) as its root, with a /proc that goes away by
# itself.
in_root() {
	if [ -z "$1" ]; then
		shift
		"$@"
		return
	fi
	# shellcheck disable=SC2016  # for the inner shell
	unshare --mount --propagation private -- \
		sh -euc 'mount -t proc proc "$1/proc"; root=$1/; shift; exec chroot "$root" "$@"' sh "$@"
}
