# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# How the demos show what they do. Source it; it only defines.

title() {
	printf '\n== %s\n' "$*"
}

# Show a command, and run it.
run() {
	printf '# %s\n' "$*"
	"$@"
}

load_module() {
	title "Load the module"
	run modprobe -a vfio_iommu_type1 mdev
	run insmod "${MDEV_SAMPLE_KO:-mdev_sample.ko}"
}

# start_card UUID TYPE DEFINITION: TYPE is for the title only.
start_card() {
	title "Define $2, and start it"
	run mdevctl define --uuid "$1" --parent mtty --jsonfile "$3"
	run mdevctl start --uuid "$1"
}

drop_cards() {
	local uuid

	title "Stop, forget, unload the module"
	for uuid; do
		run mdevctl stop --uuid "$uuid"
		run mdevctl undefine --uuid "$uuid"
	done
	run rmmod mdev_sample
}
