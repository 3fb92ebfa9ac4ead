#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Real programs in two small guests with a card each. Runs in scripts/vm. Arguments: the module, the
# guests' kernel, a folder with the files for the guests, and one for their kernels' logs. The ports:
#
#   left   0  a tty here: the kernel's console      right  0  the left card's port 2
#          1  a tty here: a login                          1  a tty here: a login
#          2  the right card's port 0
#          3  a tty here: files
set -euo pipefail

module=$1
kernel=$2
files=$3
logs=$4
scripts=$(realpath "$(dirname "$0")/..")
left=83b8f4f2-509f-382f-3c1e-e6bfe0fa5001
right=83b8f4f2-509f-382f-3c1e-e6bfe0fa5002
devices=/sys/bus/mdev/devices
guests=()

load() {
	# shellcheck disable=SC2046  # one word each
	modprobe -a vfio_iommu_type1 $(modinfo -F depends "$module" | tr , ' ')
	insmod "$module"
}

# lead UUID PORT BACKEND
lead() {
	echo "$3" >"$devices/$1/port$2/backend"
}

# tty_of UUID PORT
tty_of() {
	echo "/dev/$(cat "$devices/$1/port$2/tty")"
}

create_cards() {
	local types=/sys/class/mtty/mtty/mdev_supported_types

	echo "$left" >"$types/mtty-4/create"
	echo "$right" >"$types/mtty-2/create"
	lead "$left" 0 host
	lead "$left" 1 host
	lead "$left" 2 "peer $right:0"
	lead "$left" 3 host
	lead "$right" 1 host
}

# start_guest SIDE UUID OPTION...: in the background, its output as comments.
start_guest() {
	local side=$1 uuid=$2 file
	shift 2

	set -- --kernel "$kernel" --mem 256M --timeout 2400 --log "$logs/$side" "$@"
	for file in "$files"/*; do
		set -- "$@" --file "$file"
	done
	"$scripts/guest" "$@" --device "vfio-pci,sysfsdev=$devices/$uuid" \
		--file "$scripts/tests/zoo.d/guest" -- /files/guest "$side" </dev/null \
		> >(sed -u "s/^/# $side: /") 2>&1 &
	guests+=($!)
}

load
create_cards
start_guest left "$left" --console ttyS4,115200
start_guest right "$right"
status=0
"$scripts/tests/zoo.d/run" \
	"$(tty_of "$left" 0),$(tty_of "$left" 1),$(tty_of "$left" 3),$(tty_of "$right" 1)" guests ||
	status=$?
# After a failure there may be no login to leave.
[ "$status" = 0 ] || kill "${guests[@]}" || true
for guest in "${guests[@]}"; do
	wait "$guest" || status=1
done
for card in "$left" "$right"; do
	sed 's/^/# /' "$devices/$card"/port*/stats
	echo 1 >"$devices/$card/remove"
done
rmmod mdev_sample
exit "$status"
