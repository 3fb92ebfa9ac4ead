#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Do mdevctl, its udev rule and our definitions and call-out work with the module?
#
# Runs as root on a machine that may be changed: give it to scripts/vm --udev.
# MODULE names the module's file (default: the repository's own build, else modprobe finds it).
set -uo pipefail

tests=$(dirname "$(realpath "$0")")
repo=$(dirname "$(dirname "$tests")")
# shellcheck source=scripts/lib/tap.sh
. "$tests/../lib/tap.sh"

configs=$repo/mdevctl-configs
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

MODULE=${MODULE:-$repo/mdev_sample.ko}

load() {
	modprobe -a vfio vfio_iommu_type1
	if [ ! -e "$MODULE" ]; then
		modprobe mdev_sample
		return
	fi
	modprobe -q mdev
	insmod "$MODULE"
}

# run WORD...: sets status, output (stdout) and errors (stderr).
run() {
	status=0
	output=$("$@" 2>"$scratch/errors" </dev/null) || status=$?
	errors=$(cat "$scratch/errors")
}

# works NAME WORD...
works() {
	local name=$1
	shift
	run "$@"
	[ "$status" = 0 ] || printf '%s\n' "$output" "$errors" | tap_comment
	tap_result "$status" "$name"
}

# refused PATTERN NAME WORD...: it fails and says why in a line of the call-out that matches.
refused() {
	local pattern=$1 name=$2
	shift 2
	run "$@"
	if [ "$status" = 0 ] || [ "$(grep -c '^mtty-check: ' "$scratch/errors")" != 1 ] ||
		! grep -q "^mtty-check: .*$pattern" "$scratch/errors"; then
		printf '%s\n' "status $status" "$output" "$errors" | tap_comment
		tap_result 1 "$name"
	else
		tap_result 0 "$name"
	fi
}

has() {
	tap_result "$(grep -q -- "$2" <<<"$1" && echo 0 || echo 1)" "$3"
}

lacks() {
	tap_result "$(grep -q -- "$2" <<<"$1" && echo 1 || echo 0)" "$3"
}

available() {
	cat "/sys/class/mdev_bus/mtty/mdev_supported_types/$1/available_instances"
}

# Until a condition holds: udev starts devices in its own time.
eventually() {
	for _ in $(seq 600); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

active() {
	[ -e "/sys/bus/mdev/devices/$1" ]
}

inactive() {
	! active "$1"
}

uuid1=$(cat /proc/sys/kernel/random/uuid)
uuid2=$(cat /proc/sys/kernel/random/uuid)
uuid3=$(cat /proc/sys/kernel/random/uuid)
running=$(cat /proc/sys/kernel/random/uuid)

test_types() {
	works "types" mdevctl types --parent mtty
	has "$output" 'mtty-1' "types lists mtty-1"
	has "$output" 'Description: ' "types shows descriptions"
	works "types as JSON" mdevctl types --parent mtty --dumpjson
	tap_is "$(jq -r '.[].mtty[]."mtty-2".device_api | select(.)' <<<"$output")" vfio-pci \
		"types as JSON shows the device API"
	tap_is "$(jq -r '.[].mtty[]."mtty-2".name | select(.)' <<<"$output")" "Dual port serial" \
		"types as JSON shows the name"
}

test_define() {
	local n

	for n in 1 2; do
		uuid=$([ "$n" = 1 ] && echo "$uuid1" || echo "$uuid2")
		works "define mtty-$n.json" mdevctl define --uuid "$uuid" --parent mtty \
			--jsonfile "$configs/mtty-$n.json"
		run mdevctl list --defined
		has "$output" "$uuid mtty mtty-$n manual" "it is listed as defined, manual"
		tap_result "$(active "$uuid" && echo 1 || echo 0)" "it is not running"
		run mdevctl list --defined --uuid "$uuid" --dumpjson
		tap_is "$(jq -Sc . <<<"$output")" \
			"$(jq -Sc '. + {attrs: []}' "$configs/mtty-$n.json")" \
			"what is dumped is what was given"
	done
	run mdevctl define --uuid "$uuid1" --parent mtty --jsonfile "$configs/mtty-1.json"
	tap_result "$([ "$status" != 0 ] && echo 0 || echo 1)" "defining it again is refused"
}

test_start_and_stop() {
	local before

	before=$(available mtty-1)
	works "start" mdevctl start --uuid "$uuid2"
	run mdevctl list
	has "$output" "$uuid2 mtty mtty-2 manual (defined)" "it is listed as running and defined"
	tap_is "$(readlink -f "/sys/bus/mdev/devices/$uuid2/mdev_type")" \
		/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2 "it has its type"
	tap_is "$(available mtty-1)" "$((before - 2))" "it takes two ports"
	run mdevctl start --uuid "$uuid2"
	tap_result "$([ "$status" != 0 ] && echo 0 || echo 1)" "starting it again is refused"
	works "stop" mdevctl stop --uuid "$uuid2"
	tap_result "$(active "$uuid2" && echo 1 || echo 0)" "it has gone"
	tap_is "$(available mtty-1)" "$before" "its ports are free again"
	run mdevctl list --defined
	has "$output" "$uuid2 mtty mtty-2 manual" "it is still defined"
	works "start it once more" mdevctl start --uuid "$uuid2"
	works "stop it once more" mdevctl stop --uuid "$uuid2"
}

test_transient() {
	works "start without a definition" \
		mdevctl start --uuid "$running" --parent mtty --type mtty-1
	run mdevctl list --defined
	lacks "$output" "$running" "it is not defined"
	works "define what is running" mdevctl define --uuid "$running"
	run mdevctl list --defined
	has "$output" "$running mtty mtty-1 manual" "now it is defined"
	works "stop it" mdevctl stop --uuid "$running"
	works "undefine it" mdevctl undefine --uuid "$running"
}

test_modify() {
	works "modify to automatic" mdevctl modify --uuid "$uuid1" --auto
	run mdevctl list --defined
	has "$output" "$uuid1 mtty mtty-1 auto" "it is listed as automatic"
	works "modify to manual" mdevctl modify --uuid "$uuid1" --manual
	# mdevctl 1.4 wants one of its other options too.
	works "modify the type" mdevctl modify --uuid "$uuid1" --type mtty-2 --manual
	run mdevctl list --defined
	has "$output" "$uuid1 mtty mtty-2 manual" "it has the other type"
	works "modify it back" mdevctl modify --uuid "$uuid1" --type mtty-1 --manual
	works "add an attribute" \
		mdevctl modify --uuid "$uuid1" --addattr=port0/backend --value=loopback
	run mdevctl list --defined --verbose
	has "$output" '"port0/backend":"loopback"' "it is listed"
	works "take it away" mdevctl modify --uuid "$uuid1" --delattr --index=0
	run mdevctl list --defined --verbose
	lacks "$output" backend "it is gone"
}

attribute() {
	cat "/sys/bus/mdev/devices/$1/$2"
}

test_attributes() {
	works "define mtty-2-host.json" mdevctl define --uuid "$uuid3" --parent mtty \
		--jsonfile "$configs/mtty-2-host.json"
	works "start it" mdevctl start --uuid "$uuid3"
	tap_is "$(attribute "$uuid3" port0/backend)" host "its first port leads to a tty"
	tap_result "$([ -c "/dev/$(attribute "$uuid3" port0/tty)" ] && echo 0 || echo 1)" \
		"the tty is there"
	tap_is "$(attribute "$uuid3" port1/backend)" loopback "its second port does not"
	tap_is "$(attribute "$uuid3" port1/pace)" 1 "its second port keeps the pace"

	works "add a peer that runs to another definition" mdevctl modify --uuid "$uuid2" \
		--addattr=port1/backend --value="peer $uuid3:1"
	works "start that" mdevctl start --uuid "$uuid2"
	tap_is "$(attribute "$uuid2" port1/backend)" "peer $uuid3:1" "it leads to its peer"
	tap_is "$(attribute "$uuid3" port1/partner)" "$uuid2:1" "the peer leads back"
	tap_is "$(attribute "$uuid3" port1/backend)" loopback "its own setting is what it was"
	works "stop it" mdevctl stop --uuid "$uuid2"
	tap_is "$(attribute "$uuid3" port1/partner)" '' "the peer is on its own again"
	works "stop the peer" mdevctl stop --uuid "$uuid3"

	works "start with a peer that is not there" mdevctl start --uuid "$uuid2"
	works "start the peer" mdevctl start --uuid "$uuid3"
	tap_is "$(attribute "$uuid3" port1/partner)" "$uuid2:1" "it leads back"
	works "stop the peer" mdevctl stop --uuid "$uuid3"
	works "stop it" mdevctl stop --uuid "$uuid2"
	works "take the attribute away" mdevctl modify --uuid "$uuid2" --delattr --index=0
	works "start without it" mdevctl start --uuid "$uuid2"
	works "stop it" mdevctl stop --uuid "$uuid2"
	works "undefine the other" mdevctl undefine --uuid "$uuid3"

	works "start without a definition" \
		mdevctl start --uuid "$running" --parent mtty --type mtty-1
	echo host >"/sys/bus/mdev/devices/$running/port0/backend"
	works "define what is running" mdevctl define --uuid "$running"
	run mdevctl list --defined --verbose
	has "$output" '"port0/backend":"host"' "its attributes are in the definition"
	works "stop it" mdevctl stop --uuid "$running"
	works "start it from the definition" mdevctl start --uuid "$running"
	tap_is "$(attribute "$running" port0/backend)" host "its port leads to a tty again"
	works "stop it once more" mdevctl stop --uuid "$running"
	works "undefine it" mdevctl undefine --uuid "$running"
}

# What can be set at the device, and is.
settings() {
	(cd "/sys/bus/mdev/devices/$1" && find port* -type f -perm -u+rw | LC_ALL=C sort | xargs grep -H .)
}

# restart ROUND STOP STOP START START: stop two devices and start them, in this order; they are as before.
restart() {
	local round=$1 uuid
	shift

	for uuid in "$1" "$2"; do
		works "$round: stop" mdevctl stop --uuid "$uuid"
	done
	for uuid in "$3" "$4"; do
		works "$round: start" mdevctl start --uuid "$uuid"
	done
	tap_is "$(settings "$uuid3"; settings "$running")" "$before" "$round: all is set as before"
	tap_is "$(attribute "$running" port1/partner)" "$uuid3:0" "$round: the null modem is there"
}

restart_in_any_order() {
	restart "$1, stopped and started in order" "$uuid3" "$running" "$uuid3" "$running"
	restart "$1, started in reverse" "$uuid3" "$running" "$running" "$uuid3"
	restart "$1, stopped in reverse" "$running" "$uuid3" "$uuid3" "$running"
	restart "$1, stopped and started in reverse" "$running" "$uuid3" "$running" "$uuid3"
}

# What runs, with all that is set, can be defined and dumped at both ends of a null modem, and started in any
# order.
test_round_trip() {
	local before uuid

	for uuid in "$uuid3" "$running"; do
		works "start an end of a null modem" \
			mdevctl start --uuid "$uuid" --parent mtty --type mtty-2
	done
	echo "peer $running:1" >"/sys/bus/mdev/devices/$uuid3/port0/backend"
	echo 1 >"/sys/bus/mdev/devices/$uuid3/port0/pace"
	echo host >"/sys/bus/mdev/devices/$running/port0/backend"
	echo 0 >"/sys/bus/mdev/devices/$running/port0/hangup"
	before=$(settings "$uuid3"; settings "$running")
	tap_is "$(grep -c . <<<"$before")" "$((2 * $(find "/sys/bus/mdev/devices/$uuid3"/port* \
		-type f -perm -u+rw | wc -l)))" "every file that can be set is looked at"
	for uuid in "$uuid3" "$running"; do
		works "define what is running" mdevctl define --uuid "$uuid"
	done
	restart_in_any_order "defined"
	for uuid in "$uuid3" "$running"; do
		mdevctl list --defined --uuid "$uuid" --dumpjson >"$scratch/$uuid.json"
		works "undefine it" mdevctl undefine --uuid "$uuid"
		works "define it from what was dumped" \
			mdevctl define --uuid "$uuid" --parent mtty --jsonfile "$scratch/$uuid.json"
	done
	restart_in_any_order "dumped"
	for uuid in "$uuid3" "$running"; do
		works "stop it" mdevctl stop --uuid "$uuid"
		works "undefine it" mdevctl undefine --uuid "$uuid"
	done
}

test_refusals() {
	refused "no type mtty-9" "define of an unknown type" \
		mdevctl define --uuid "$uuid3" --parent mtty --type mtty-9
	refused "mtty-1, mtty-2 or mtty-4" "define of an unknown type for a parent to come" \
		mdevctl define --uuid "$uuid3" --parent absent --type mtty-3
	run mdevctl list --defined
	lacks "$output" "$uuid3" "neither is defined"
	refused "port0" "modify: a port that the type lacks" \
		mdevctl modify --uuid "$uuid1" --addattr=port1/backend --value=loopback
	refused "only a port's" "modify: an attribute that is none of a port" \
		mdevctl modify --uuid "$uuid1" --addattr=remove --value=1
	refused "none of: loopback" "modify: a backend that there is not" \
		mdevctl modify --uuid "$uuid1" --addattr=port0/backend --value=nowhere
	refused "no UUID" "modify: a peer that is no UUID" \
		mdevctl modify --uuid "$uuid1" --addattr=port0/backend --value="peer 1234"
	refused "no card has a port" "modify: a port that no peer has" \
		mdevctl modify --uuid "$uuid1" --addattr=port0/backend --value="peer $uuid2:4"
	run mdevctl list --defined --verbose
	lacks "$output" '@{' "no attribute has been added"
	works "a peer that is one" mdevctl modify --uuid "$uuid1" --addattr=port0/backend \
		--value="peer $uuid2:1"
	works "take it away" mdevctl modify --uuid "$uuid1" --delattr --index=0
}

test_full_parent() {
	local full=() uuid

	while [ "$(available mtty-2)" -gt 0 ]; do
		uuid=$(cat /proc/sys/kernel/random/uuid)
		echo "$uuid" >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create || break
		full+=("$uuid")
	done
	refused "too few free ports" "start on a full parent" mdevctl start --uuid "$uuid2"
	for uuid in "${full[@]}"; do
		echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
	done
	works "start when there is room again" mdevctl start --uuid "$uuid2"
	works "stop it" mdevctl stop --uuid "$uuid2"
}

test_autostart() {
	if ! udevadm control --ping 2>/dev/null; then
		tap_result 1 "autostart: udev runs (scripts/vm --udev)"
		return
	fi
	udevadm control --reload
	works "define mtty-2-auto.json" mdevctl define --uuid "$uuid3" --parent mtty \
		--jsonfile "$configs/mtty-2-auto.json"
	run mdevctl list --defined
	has "$output" "$uuid3 mtty mtty-2 auto" "it is listed as automatic"
	for round in 1 2 3; do
		works "unload the module ($round)" rmmod mdev_sample
		works "load the module ($round)" load
		eventually active "$uuid3"
		tap_result $? "the automatic device runs ($round)"
		udevadm settle
		inactive "$uuid2"
		tap_result $? "the manual one does not ($round)"
	done
	works "modify it to manual" mdevctl modify --uuid "$uuid3" --manual
	works "stop it" mdevctl stop --uuid "$uuid3"
	works "unload the module" rmmod mdev_sample
	works "load the module" load
	udevadm settle
	sleep 1
	tap_result "$(inactive "$uuid3" && echo 0 || echo 1)" "it does not run any more"
}

# The link of a port, by the UUID $1 and its number.
tty_link() {
	echo "/dev/serial/by-mdev/$1-port$2"
}

# links_to UUID PORT: the link is there and leads to the tty that the port names.
links_to() {
	local link

	link=$(tty_link "$1" "$2")
	[ -c "$link" ] && [ "$(readlink -f "$link")" = "/dev/$(attribute "$1" "port$2/tty")" ]
}

unlinked() {
	[ ! -L "$(tty_link "$1" "$2")" ]
}

# Whichever is made first, and so has the lower number.
test_tty_names() {
	local order uuid

	if ! udevadm control --ping 2>/dev/null; then
		tap_skip "names of ttys" "udev does not run: use scripts/vm --udev"
		return
	fi
	for order in "$uuid1 $uuid2" "$uuid2 $uuid1"; do
		for uuid in $order; do
			echo "$uuid" >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create
			echo host >"/sys/bus/mdev/devices/$uuid/port1/backend"
		done
		uuid=${order%% *}
		echo host >"/sys/bus/mdev/devices/$uuid/port0/backend"
		tap_is "$(attribute "$uuid" port1/tty)" ttyMS0 "the first has the lowest number"
		for uuid in $order; do
			eventually links_to "$uuid" 1
			tap_result $? "a link leads to the tty of port 1"
		done
		uuid=${order%% *}
		eventually links_to "$uuid" 0
		tap_result $? "the other port's leads to the other tty"
		echo loopback >"/sys/bus/mdev/devices/$uuid/port0/backend"
		eventually unlinked "$uuid" 0
		tap_result $? "the link goes with the tty"
		for uuid in $order; do
			echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
			eventually unlinked "$uuid" 1
			tap_result $? "the link goes with the device"
		done
	done
}

test_undefine() {
	local uuid

	for uuid in "$uuid1" "$uuid2" "$uuid3"; do
		works "undefine" mdevctl undefine --uuid "$uuid"
	done
	run mdevctl list --defined
	tap_is "$output" "" "nothing is defined any more"
}

test_installed_definitions() {
	works "make install-definitions" make -s -C "$configs" install-definitions
	run mdevctl list --defined
	tap_is "$(grep -c ' mtty mtty-' <<<"$output")" 4 "four definitions are listed"
	tap_is "$(grep -c ' auto' <<<"$output")" 1 "one of them is automatic"
	works "make uninstall" make -s -C "$configs" uninstall
	run mdevctl list --defined
	tap_is "$output" "" "none is listed any more"
	tap_result "$([ -e /etc/mdevctl.d/scripts.d/callouts/mtty-check ] && echo 1 || echo 0)" \
		"the call-out has gone"
}

works "make install" make -s -C "$configs" install
works "load the module" load
test_types
test_define
test_start_and_stop
test_transient
test_modify
test_attributes
test_round_trip
test_refusals
test_full_parent
test_autostart
test_tty_names
test_undefine
test_installed_definitions
works "unload the module" rmmod mdev_sample
tap_done
