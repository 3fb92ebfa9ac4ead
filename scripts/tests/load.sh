#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How much does the module say when it is loaded, and what does it do where the kernel's own mtty
# sample is loaded already? Arguments: the module, the sample. Runs in a machine that may be changed.
set -euo pipefail

module=$1 mtty=$2
# shellcheck source=scripts/lib/tap.sh
. "$(dirname "$(realpath "$0")")/../lib/tap.sh"

# Run a command, and keep what the kernel printed meanwhile in log and its status in status.
logged() {
	dmesg --clear
	status=0
	"$@" 2>/tmp/stderr || status=$?
	log=$(dmesg --notime)
	tap_comment <<<"$*: status $status; $(cat /tmp/stderr)"
	[ -z "$log" ] || tap_comment <<<"$log"
}

# The first module from outside the kernel's tree makes the kernel say so, once: the sample's.
modprobe -a vfio vfio_iommu_type1 mdev
insmod "$mtty"
logged insmod "$module"
tap_is "$status $(grep -c 'Device or resource busy' /tmp/stderr)" "1 1" \
	"it does not load beside the kernel's mtty"
tap_is "$(grep -c . <<<"$log")" 1 "it says so in one line"
tap_is "$(grep -c "mdev_sample: .*mtty" <<<"$log")" 1 "the line names what is in the way"
tap_is "$(grep -c '^mdev_sample' /proc/modules || true)" 0 "it is not left half-loaded"
tap_is "$(ls /sys/class/mtty)" mtty "the sample's parent is untouched"
logged rmmod mtty
tap_result $status "the sample can go"

logged insmod "$module"
tap_result $status "then it loads"
tap_is "$(($(grep -c . <<<"$log") <= 1))" 1 "it prints one line at most"
logged rmmod mdev_sample
tap_result $status "it goes"
tap_is "$(($(grep -c . <<<"$log") <= 1))" 1 "with one line at most"
tap_done
