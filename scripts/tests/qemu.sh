#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# QEMU as a user of the device: it gives a device up when asked, and resets it with its machine.
# Runs in scripts/vm; its argument is the module.
set -euo pipefail

scripts=$(realpath "$(dirname "$0")/..")
# shellcheck source=scripts/lib/tap.sh
. "$scripts/lib/tap.sh"
module=$1
uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa2001
device=/sys/bus/mdev/devices/$uuid
output=$(mktemp)

load() {
	# shellcheck disable=SC2046  # one word each
	modprobe -a vfio_iommu_type1 $(modinfo -F depends "$module" | tr , ' ')
	insmod "$module"
}

# start_guest JOB OPTION...: the guest with the card, in the background; sets guest.
start_guest() {
	local job=$1
	shift
	mdevctl start --uuid "$uuid" --parent mtty --type mtty-2
	"$scripts/guest" --file "$scripts/tests/qemu.d/$job" "$@" \
		-- "/files/$job" >"$output" 2>&1 &
	guest=$!
}

# wait_output SECONDS PATTERN
wait_output() {
	local tries=$(($1 * 5))

	until grep -q "$2" "$output"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && kill -0 "$guest" || return 1
		sleep 0.2
	done
}

milliseconds() {
	echo $(($(date +%s%N) / 1000000))
}

test_unplug() {
	local start took status=0

	# As libvirt plugs a card in. Of a whole bus of slots, as the machine pc has it, the guest's ACPI
	# goes through each, which takes ten times as long: seconds, in a machine in a machine.
	start_guest unplug --machine q35 --device pcie-root-port,id=root-port \
		--device "vfio-pci,sysfsdev=$device,bus=root-port"
	wait_output 200 '^card .* with 2 ports' || status=1
	tap_result $status "the guest has the card and its two ports"
	start=$(milliseconds)
	status=0
	mdevctl stop --uuid "$uuid" || status=$?
	took=$(($(milliseconds) - start))
	tap_result $status "mdevctl stop succeeds while QEMU has the device"
	echo "# it took $took ms"
	tap_result $((took > 5000)) "it takes at most 5 s"
	status=0
	wait "$guest" || status=$?
	tap_result $status "the guest lives on"
	tap_is "$(grep -c '^card unplugged$' "$output")" 1 "the guest sees the card unplugged"
	tap_comment <"$output"
}

test_reset() {
	local status=0

	start_guest reboot --device "vfio-pci,sysfsdev=$device" --qemu -action --qemu reboot=reset
	wait "$guest" || status=$?
	tap_result $status "a guest resets its machine and runs on"
	tap_is "$(grep -c '^ports: 2, scratch register: 0$' "$output")" 2 \
		"both boots find two ports and a card as new"
	tap_is "$(grep -c '^wrote 90, resetting$' "$output")" 1 "the first boot wrote to it"
	tap_is "$(grep -ci 'reset mechanism\|cannot reset' "$output")" 0 \
		"QEMU does not complain that the device cannot be reset"
	tap_comment <"$output"
	mdevctl stop --uuid "$uuid"
}

# KubeVirt turns both on by default; QEMU refuses a device that cannot say whether it has a plane.
test_display() {
	local status=0

	mdevctl start --uuid "$uuid" --parent mtty --type mtty-2
	echo quit | qemu-system-x86_64 -nodefaults -machine pc -accel tcg -S -display none \
		-monitor stdio -device "vfio-pci-nohotplug,sysfsdev=$device,display=on,ramfb=on" \
		>"$output" 2>&1 || status=$?
	tap_result $status "QEMU starts with display=on,ramfb=on"
	tap_comment <"$output"
	mdevctl stop --uuid "$uuid"
}

load
test_display
test_unplug
test_reset
rmmod mdev_sample
rm -f "$output"
tap_done
