#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What OpenStack Nova does with sysfs and expects of it, when it manages mdevs of class mtty.
# Argument: the module. Runs in a machine that may be changed.
set -euo pipefail

module=$1
# shellcheck source=scripts/lib/tap.sh
. "$(dirname "$(realpath "$0")")/../lib/tap.sh"
class=/sys/class/mtty
uuid=6e6f7661-0000-4000-8000-00000000000

# libvirt's name of a node, and the way back that Nova goes.
node_name() { echo "mtty_${1//[^a-zA-Z0-9]/_}"; }
node_path() { echo "/sys/devices/virtual/${1//_//}"; }

available() { cat "$class/$1/mdev_supported_types/$2/available_instances"; }

inventory() {
	grep -s . $class/*/mdev_supported_types/*/{name,device_api,available_instances} | sort
}

# Nova's total is what exists plus what is available, and it counts by type.
count_down() {
	local parent=$1 type=$2 before wrong=0 n

	before=$(available "$parent" "$type")
	for n in 1 2 3; do
		echo "$uuid$n" >"$class/$parent/mdev_supported_types/$type/create"
		[ "$(available "$parent" "$type")" = $((before - n)) ] || wrong=1
	done
	tap_result $wrong "$parent: each $type that is created is one less available"
	for n in 1 2 3; do
		echo 1 >"/sys/bus/mdev/devices/$uuid$n/remove"
	done
	tap_is "$(available "$parent" "$type")" "$before" "$parent: all of them come back"
}

modprobe -a vfio vfio_iommu_type1
modprobe -q mdev || true

insmod "$module"
tap_is "$(ls $class)" mtty "one parent, which Nova's configuration need not know otherwise"
before=$(inventory)
rmmod mdev_sample

insmod "$module" parents=mtty,mtty1,gpu2 ports=24
for parent in mtty mtty1 gpu2; do
	name=$(node_name $parent)
	tap_is "$(realpath "$(node_path "$name")")" "$(realpath $class/$parent)" \
		"$name: its folder is found from libvirt's name"
	for type in mtty-1 mtty-2 mtty-4; do
		count_down $parent $type
	done
done
rmmod mdev_sample

insmod "$module"
tap_is "$(inventory)" "$before" "the same parents, types and numbers come back after a reload"
mdevctl define --uuid "${uuid}9" --parent mtty --type mtty-2
mdevctl start --uuid "${uuid}9"
rmmod mdev_sample
insmod "$module"
status=0
mdevctl start --uuid "${uuid}9" || status=$?
tap_result $status "a definition starts again after a reload"
tap_is "$(printf 'info pci\nquit\n' | qemu-system-x86_64 -nodefaults -machine pc -S -display none -monitor stdio \
	-device "vfio-pci,sysfsdev=/sys/bus/mdev/devices/${uuid}9" | grep -c 'PCI device 4348:3253')" 1 \
	"the guest's machine has a device of vendor 4348"
mdevctl stop --uuid "${uuid}9"
mdevctl undefine --uuid "${uuid}9"
rmmod mdev_sample
tap_done
