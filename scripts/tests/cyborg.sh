#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What OpenStack Cyborg's driver for mdevs does with sysfs and expects of it: parents named as PCI
# addresses, a description for each type, and cards that offer one type at a time.
# Argument: the module. Runs in a machine that may be changed.
set -euo pipefail

module=$1
# shellcheck source=scripts/lib/tap.sh
. "$(dirname "$(realpath "$0")")/../lib/tap.sh"
bus=/sys/class/mdev_bus
uuid=6379626f-0000-4000-8000-00000000000

# A parent's name as the parts of a PCI address, or nothing.
address() {
	[[ $1 =~ ^([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$ ]] || return 0
	echo "${BASH_REMATCH[*]:1}"
}

modprobe -a vfio vfio_iommu_type1
modprobe -q mdev || true
insmod "$module" parents=0000:aa:00.0,0000:ab:00.0 ports=8,4

for parent in 0000:aa:00.0 0000:ab:00.0; do
	tap_is "$(address "$(basename "$bus/$parent")" | wc -w)" 4 "$parent reads as an address"
	for type in "$bus/$parent"/mdev_supported_types/*; do
		lines=$(wc -l <"$type/description")
		tap_is "$lines $(cat "$type/device_api")" "1 vfio-pci" \
			"$parent: $(basename "$type") has a description: $(cat "$type/description")"
	done
	echo homogeneous >"$bus/$parent/pool"
done

types=$bus/0000:aa:00.0/mdev_supported_types
echo ${uuid}1 >$types/mtty-2/create
tap_is "$(cat $types/mtty-{1,2,4}/available_instances | xargs)" "0 3 0" \
	"the first type created is the only one left"
tap_is "$(cat $bus/0000:ab:00.0/mdev_supported_types/mtty-1/available_instances)" 4 \
	"the other card has not chosen yet"
status=0
echo ${uuid}2 2>/dev/null >$types/mtty-1/create || status=1
tap_is $status 1 "another type is refused"
echo 1 >/sys/bus/mdev/devices/${uuid}1/remove
tap_is "$(cat $types/mtty-{1,2,4}/available_instances | xargs)" "8 4 2" \
	"when its last device has gone the card is free again"
rmmod mdev_sample
tap_done
