#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian package in a tree of a suite: DKMS builds the module for each of the tree's kernels, it
# works when they are booted, and a purge leaves nothing. Arguments: the tree, which is not changed,
# and the package.
set -euo pipefail

scripts=$(realpath "$(dirname "$0")/..")
# shellcheck source=scripts/lib/tap.sh
. "$scripts/lib/tap.sh"

# Mounts that go away by themselves.
if [ $# = 2 ]; then
	work=$(mktemp -d "$1.package.XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	status=0
	unshare --mount --propagation private -- "$0" "$1" "$2" "$work" || status=$?
	exit "$status"
fi

tree=$1 package=$2 work=$3
root=$work/root
mkdir "$work"/{root,upper,work}
mount -t overlay -o "lowerdir=$tree,upperdir=$work/upper,workdir=$work/work" overlay "$root"

in_root() {
	# No questions.
	env -i PATH=/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		chroot "$root" "$@" 2>&1 </dev/null
}

works() {
	local name=$1 status=0
	shift
	in_root "$@" >"$work/output" || status=$?
	[ "$status" = 0 ] || tap_comment <"$work/output"
	tap_result "$status" "$name"
}

# All files with what they hold, but for the package manager's own records and keys that DKMS makes
# for its first module.
inventory() {
	(cd "$root" && find . -xdev \( -path ./var/log -o -path ./var/cache -o -path ./var/lib/apt \
		-o -path ./var/lib/dpkg -o -path './var/lib/dkms/mok.*' -o -path ./proc -o -path ./tmp \) \
		-prune -o \( -type f -exec sha256sum {} + \) -o -printf '%y %p %l\n' | sort)
}

kernels() {
	local build

	for build in "$root"/lib/modules/*/build; do
		basename "${build%/build}"
	done
}

mount -t proc proc "$root/proc"
# No services.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
cp "$package" "$root/tmp/package.deb"
works "what it depends on can be installed" sh -c \
	'apt-get -q update && apt-get -qy install --no-install-recommends dkms'
inventory >"$work/before"
works "it can be installed" apt-get -qy install --no-install-recommends /tmp/package.deb
for kernel in $(kernels); do
	tap_is "$(find "$root/lib/modules/$kernel/updates/dkms" -name 'mdev_sample.ko*' | wc -l)" 1 \
		"$kernel: DKMS has built and installed the module"
done
umount "$root/proc"
for kernel in $(kernels); do
	status=0
	"$scripts/vm" --root "$root" --kernel "$kernel" --timeout 1500 -- scripts/tests/package.d/machine || status=$?
	tap_is "$status" 0 "$kernel: its machine is content"
done
size=$(find "$root"/lib/modules/*/updates/dkms -name 'mdev_sample.ko*' -printf '%k\n' | sort -n | tail -n 1)
mount -t proc proc "$root/proc"
works "it can be purged" apt-get -qy purge mdev-sample-dkms
inventory >"$work/after"
difference=$(diff "$work/before" "$work/after") || true
[ -z "$difference" ] || tap_comment <<<"$difference"
tap_is "$difference" '' "a purge leaves nothing"
umount "$root/proc"
printf '# figure: %s: the package has %d KiB, a module %d KiB\n' "$(basename "$tree")" \
	$(($(stat -c %s "$package") / 1024)) "$size"
tap_done
