#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own VFIO tests, on an mdev. They find a device by its PCI address, which an mdev has
# none of: so they get a /sys/bus/pci/devices of their own in which there is one.
# Arguments: where the tests were built, and the module. Runs in a machine that may be changed.
set -euo pipefail

tests=$1
module=$2
address=0000:00:01.0
uuid=5e1f7e57-0000-4000-8000-000000000001
# shellcheck source=scripts/lib/tap.sh
. "$(dirname "$(realpath "$0")")/../lib/tap.sh"

# The device's own folder, and the two files that only a real PCI device has there. What they say
# is what our documentation says: the tests compare it to config space.
make_pci_device() {
	local file dir=/sys/bus/pci/devices/$address

	mount -t tmpfs tmpfs /sys/bus/pci/devices
	mkdir "$dir"
	for file in /sys/bus/mdev/devices/"$uuid"/*; do
		ln -s "$(realpath "$file")" "$dir/${file##*/}"
	done
	echo 0x4348 >"$dir/vendor"
	echo 0x3253 >"$dir/device"
}

# Why a case cannot succeed with an emulated device; fails if there is no reason.
excuse() {
	case $1 in
	*.vfio_type1*.* | *.iommufd_compat_*.*)
		echo "asks its group for a PCI address; a group knows an mdev by its UUID"
		;;
	*) return 1 ;;
	esac
}

# run PROGRAM CASES: its results, as ours; all of its cases have to be there.
run() {
	local program=$1 line name ran=0

	echo "# $program"
	VFIO_SELFTESTS_BDF=$address "$tests/$program" >/tmp/output 2>&1 || true
	while read -r line; do
		case $line in
		"ok "* | "not ok "*) ;;
		*) tap_comment <<<"$line"; continue ;;
		esac
		ran=$((ran + 1))
		name=${line#not }
		name=${name#ok * }
		name=${name#- }
		case $line in
		*"# SKIP"*) tap_skip "$program: ${name%%#*}" "${name#*# SKIP }" ;;
		ok*) tap_result 0 "$program: $name" ;;
		*) if why=$(excuse "$name"); then
			tap_skip "$program: $name" "$why"
		else
			tap_result 1 "$program: $name"
		fi ;;
		esac
	done </tmp/output
	tap_is "$ran" "$2" "$program: all of its cases ran"
}

modprobe -q mdev || true
insmod "$module"
echo "$uuid" >/sys/class/mtty/mtty/mdev_supported_types/mtty-2/create
make_pci_device
run vfio_iommufd_setup_test 6
run vfio_pci_device_test 5
run vfio_dma_mapping_test 30
umount /sys/bus/pci/devices
echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
rmmod mdev_sample
tap_done
