#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The pieces of scripts/examples on one machine: their scripts run, and their settings name what the
# module offers. Runs in a machine that may be changed.
set -euo pipefail

tests=$(dirname "$(realpath "$0")")
examples=$tests/../examples
# shellcheck source=scripts/lib/tap.sh
. "$tests/../lib/tap.sh"
output=$(mktemp)

# Run a piece; sets status.
try() {
	status=0
	"$@" >"$output" 2>&1 || status=$?
	[ $status = 0 ] || tap_comment <"$output"
}

parents() {
	find /sys/class/mtty/ -mindepth 1 -printf '%f\n' 2>/dev/null | sort | tr '\n' ' '
}

# The value of a key in one of KubeVirt's files, by a path like spec.a.b; of a list, the first.
yaml() {
	/usr/bin/python3 - "$examples/kubevirt/$1" "$2" <<-'END'
		import sys, yaml
		value = yaml.safe_load(open(sys.argv[1]))
		for key in sys.argv[2].split("."):
		    value = value[key][0] if isinstance(value[key], list) else value[key]
		print(value)
	END
}

test_debian_ci() {
	local uuid=65786d70-0000-4000-8000-000000000001

	try "$examples/debian-ci/install" parents=gpu2,mtty
	tap_result $status "debian-ci: the module is built, installed and loaded"
	tap_is "$(parents)" "gpu2 mtty " "debian-ci: with its parameters"
	tap_is "$(tail -n 3 "$output")" "mtty: 24 of mtty-1 (Single port serial)
mtty: 12 of mtty-2 (Dual port serial)
mtty: 6 of mtty-4 (Quad port serial)" "debian-ci: it says what can be created"
	try mdevctl start --uuid $uuid --parent mtty --type mtty-2
	tap_result $status "debian-ci: mdevctl starts a device"
	try mdevctl stop --uuid $uuid
	tap_result $status "debian-ci: and stops it"
}

# It installs once more: what is there stays.
test_kubevirt() {
	local settings=spec.configuration parent type

	for parent in 0 256 x ''; do
		try "$examples/kubevirt/prepare-node" "$parent"
		tap_is "$status" 2 "kubevirt: prepare-node refuses '$parent'"
	done
	try "$examples/kubevirt/prepare-node" 3
	tap_result $status "kubevirt: the node is prepared"
	tap_is "$(grep -c 'is installed for' "$output")" 1 "debian-ci: the same module is not built again"
	tap_is "$(parents)" "0000:01:00.0 0000:02:00.0 0000:03:00.0 " "kubevirt: its parents"
	# what a boot does
	try modprobe -r mdev_sample
	try xargs -a /etc/modules-load.d/mdev_sample.conf modprobe -a
	tap_is "$(parents)" "0000:01:00.0 0000:02:00.0 0000:03:00.0 " "kubevirt: the same after a boot"

	type=$(yaml kubevirt.yaml $settings.mediatedDevicesConfiguration.mediatedDeviceTypes)
	settings=$settings.permittedHostDevices.mediatedDevices
	for parent in /sys/class/mdev_bus/*; do
		tap_is "$(tr ' ' _ <"$parent/mdev_supported_types/$type/name")" \
			"$(yaml kubevirt.yaml $settings.mdevNameSelector)" \
			"kubevirt: ${parent##*/}: the selector names the type that is created"
	done
	tap_is "$(yaml machine.yaml spec.domain.devices.gpus.deviceName)" \
		"$(yaml kubevirt.yaml $settings.resourceName)" "kubevirt: the machine asks for the resource"
	rm /etc/modprobe.d/mdev_sample-kubevirt.conf /etc/modules-load.d/mdev_sample.conf
}

test_removal() {
	try modprobe -r mdev_sample
	try make -C "$tests/../.." dkms-remove
	tap_result $status "debian-ci: the module is taken away"
	depmod
	tap_is "$(modinfo -n mdev_sample 2>/dev/null)" '' "debian-ci: no module is left"
}

test_debian_ci
test_kubevirt
test_removal
rm "$output"
tap_done
