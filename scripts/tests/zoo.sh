#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Real programs on ttys of the host: the two ports of a card lead to a tty each, and a driver of the
# card's UARTs (zoo.d/wire.c) joins them as a null modem. There are two such pairs: one moves
# characters as fast as it can, the other at the pace of the line. Runs in scripts/vm.
# Arguments: the module, that driver, and programs (default: all in zoo.d).
set -euo pipefail

module=$1
wire=$2
shift 2
zoo=$(realpath "$(dirname "$0")")/zoo.d
cards=(83b8f4f2-509f-382f-3c1e-e6bfe0fa400{1,2})
cables=()
tests=()
ttys=()

load() {
	# shellcheck disable=SC2046  # one word each
	modprobe -a vfio_iommu_type1 $(modinfo -F depends "$module" | tr , ' ')
	insmod "$module"
}

# create_pair UUID PACE
create_pair() {
	local device=/sys/bus/mdev/devices/$1 port

	echo "$1" >/sys/class/mtty/mtty/mdev_supported_types/mtty-2/create
	for port in "$device"/port[01]; do
		echo host >"$port/backend"
		echo "$2" >"$port/pace"
		ttys+=("/dev/$(cat "$port/tty")")
	done
}

# plug_in UUID: a driver in the background; returns when it has the card.
plug_in() {
	local ready

	exec {ready}< <(exec "$wire" "$1" 0 1)
	cables+=($!)
	read -r -t 30 <&"$ready"
}

load
create_pair "${cards[0]}" 0
create_pair "${cards[1]}" 1
for card in "${cards[@]}"; do
	plug_in "$card"
done
[ $# -gt 0 ] || mapfile -t tests < <(cd "$zoo" && ls zoo_*.py)
[ $# = 0 ] || tests=("${@/#/zoo_}")
status=0
"$zoo/run" "$(IFS=, && echo "${ttys[*]}")" "${tests[@]%.py}" || status=$?
for card in "${cards[@]}"; do
	sed 's/^/# /' "/sys/bus/mdev/devices/$card"/port[01]/stats
done
# A driver that has given up is not there to be killed.
kill "${cables[@]}"
for card in "${cards[@]}"; do
	echo 1 >"/sys/bus/mdev/devices/$card/remove"
done
rmmod mdev_sample
exit "$status"
