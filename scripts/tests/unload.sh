#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# After devices have come and gone and the module has gone too, is all as it was before?
# Argument: the module. Runs in a machine that may be changed.
set -euo pipefail

module=$1
rounds=20
devices=24
# shellcheck source=scripts/lib/tap.sh
. "$(dirname "$(realpath "$0")")/../lib/tap.sh"

types=/sys/class/mtty/mtty/mdev_supported_types

round() {
	local n

	insmod "$module"
	for n in $(seq "$devices"); do
		printf '00000000-0000-4000-8000-%012d' "$n" >$types/mtty-1/create
	done
	# Half by hand, the others by the module's end.
	for n in $(seq 2 2 "$devices"); do
		echo 1 >"/sys/bus/mdev/devices/00000000-0000-4000-8000-$(printf %012d "$n")/remove"
	done
	[ -z "${seen:-}" ] || traces >"$seen"
	rmmod mdev_sample
}

# Lines "what amount". Objects are counted where the allocator keeps them; half-used pages of its own
# are given back first.
memory() {
	local cache

	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done 2>/dev/null
	awk 'NR > 2 { print "slab:" $1, $2, $5 }' /proc/slabinfo
	awk '{ pages += $2 / 4096 } END { print "vmalloc:pages", pages }' /proc/vmallocinfo
	awk '$1 == "Percpu:" { print "percpu:kilobytes", $2 }' /proc/meminfo
}

# What has grown by one for every other device of each round or more, or by a page for each round.
# Each processor's own slab counts as full of objects, however many there are in it, so that many
# are no growth: small objects, of which hundreds share a slab, are left to the debug kernel.
growth() {
	awk -v devices=$((rounds * devices)) -v rounds=$rounds -v cpus="$(nproc)" '
		NR == FNR { before[$1] = $2; next }
		{ more = $2 - before[$1]; limit = $1 ~ /^slab/ ? devices / 2 + cpus * $3 : rounds }
		more >= limit { print $1 " has grown by " more }' "$1" "$2"
}

# Everything under these names that is the module's: nothing must stay.
traces() {
	find /sys/class /sys/bus/mdev /sys/module /sys/kernel/debug /sys/kernel/config /sys/kernel/slab \
		/sys/devices/virtual -maxdepth 2 \( -name '*msamp*' -o -name 'mdev_sample*' -o -name mtty \
		-o -name '00000000-0000-4000-8000-*' \) 2>/dev/null || true
	grep -E 'msamp|mdev_sample' /proc/modules /proc/slabinfo /proc/vmallocinfo || true
}

modprobe -a vfio vfio_iommu_type1
modprobe -q mdev || true
groups=$(find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 | wc -l)
# The first rounds fill caches that stay; in them there is something to be seen.
for _ in 1 2; do
	seen=/tmp/seen round
done
for trace in /sys/class/mtty /sys/module/mdev_sample '^/proc/modules:mdev_sample '; do
	tap_is "$((0 < $(grep -c "$trace" /tmp/seen)))" 1 "while it is loaded there is $trace"
done
memory >/tmp/before
for _ in $(seq $rounds); do
	round
done
memory >/tmp/after
for what in slab: vmalloc:pages percpu:kilobytes; do
	tap_is "$((0 < $(grep -c "^$what" /tmp/before)))" 1 "what it takes of $what is measured"
done

found=$(growth /tmp/before /tmp/after)
[ -z "$found" ] || tap_comment <<<"$found"
tap_is "$found" '' "memory does not grow over $rounds rounds of load, $devices devices, unload"
tap_is "$(traces)" '' "no file, cache or mapping of the module is left"
tap_is "$(find /sys/kernel/iommu_groups -mindepth 1 -maxdepth 1 | wc -l)" "$groups" \
	"no IOMMU group is left"
status=0
modprobe -r vfio_iommu_type1 mdev vfio || status=$?
tap_result "$status" "the modules below are free to go too"
tap_done
