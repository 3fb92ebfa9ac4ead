# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every script here uses. Source it; it only defines.

# Where what takes long to make is kept: root's where packages keep such things, a user's in his home.
if [ "$(id -u)" = 0 ]; then CACHE=/var/cache; else CACHE=${XDG_CACHE_HOME:-$HOME/.cache}; fi
# shellcheck disable=SC2034  # used by those that source this
readonly CACHE=${MDEV_SAMPLE_CACHE:-$CACHE/mdev_sample}

# Progress goes to stderr, so that stdout stays the job's own output.
say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$1"
	exit "${2:-1}"
}

# Whether this runs in the tree that scripts/enter makes.
in_tree_already() {
	[ -e /etc/mdev_sample-tree ]
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

# The newest kernel below $1 of the flavour $2 (empty or -cloud) that has headers. Prints nothing when
# there is none.
kernel_of_flavour() {
	local dir name

	for dir in "$1"/lib/modules/*/build; do
		dir=${dir%/build}
		name=${dir##*/}
		case $name$2 in
		*-cloud-amd64-cloud | *[0-9]-amd64) printf '%s\n' "$name" ;;
		esac
	done | sort -V | tail -n 1
}

# attempt COMMAND...: run a command and go on if it fails, with its exit status in the caller's variable
# status. Not by ||: a function that is called in a condition goes on after a failure inside of it.
attempt() {
	local ended

	set +e
	(
		set -e
		"$@"
	)
	ended=$?
	set -e
	# shellcheck disable=SC2034  # the caller's
	[ "$ended" = 0 ] || status=$ended
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

# exec as root, here or in a user namespace, with mounts that go away by themselves.
exec_as_root() {
	if [ "$(id -u)" = 0 ]; then
		exec unshare --mount --propagation slave -- "$@"
	else
		exec unshare --user --map-root-user --map-auto --mount --propagation slave -- "$@"
	fi
}

# The same, and come back.
as_root() (
	exec_as_root "$@"
)

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
