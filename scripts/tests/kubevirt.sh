#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What KubeVirt's device plugin does with sysfs and expects of it, and how its launcher starts QEMU.
# Argument: the module. Runs in a machine that may be changed.
set -euo pipefail

module=$1
# shellcheck source=scripts/lib/tap.sh
. "$(dirname "$(realpath "$0")")/../lib/tap.sh"
# The plugin takes parents for PCI addresses.
parent=0000:aa:00.0
types=/sys/class/mdev_bus/$parent/mdev_supported_types
uuid=6b756265-0000-4000-8000-000000000001
device=/sys/bus/mdev/devices/$uuid

# The type whose name, with spaces as the resource's name has them, is $1.
type_of() {
	local type

	for type in "$types"/*; do
		[ "$(tr ' ' _ <"$type/name")" != "$1" ] || basename "$type"
	done
}

modprobe -a vfio vfio_iommu_type1
modprobe -q mdev || true
insmod "$module" "parents=$parent"

tap_is "$(type_of Single_port_serial)" mtty-1 "a type is found by its name with underscores"
tap_is "$(type_of Dual_port_serial)" mtty-2 "another one"
tap_is "$(type_of Quad_port_serial)" mtty-4 "the third"

echo $uuid >"$types/$(type_of Dual_port_serial)/create"
tap_is "$(tr ' ' _ <$device/mdev_type/name)" Dual_port_serial "the device leads to its type's name"
tap_is "$(basename "$(realpath $device/..)")" $parent "its folder lies in its parent's"
group=$(basename "$(realpath $device/iommu_group)")
tap_result "$([ -c "/dev/vfio/$group" ] && echo 0 || echo 1)" "its group has a device node"
tap_is "$(ls "/sys/kernel/iommu_groups/$group/devices")" $uuid "the group is its own"

status=0
output=$(echo quit | qemu-system-x86_64 -nodefaults -machine q35 -S -display none -monitor stdio \
	-device "vfio-pci-nohotplug,sysfsdev=$device,display=on,ramfb=on" 2>&1) || status=$?
tap_comment <<<"$output"
tap_result $status "QEMU starts with display=on and ramfb=on, which are KubeVirt's defaults"

# To give the device back, and to change the node's types, it is removed and made anew.
echo 1 >$device/remove
tap_result "$([ ! -e $device ] && [ ! -e "/dev/vfio/$group" ] && echo 0 || echo 1)" \
	"a device that is removed takes its group's node along"
echo $uuid >"$types/mtty-1/create"
tap_is "$(cat $device/mdev_type/name)" "Single port serial" "the same UUID can have another type"
rmmod mdev_sample
tap_done
