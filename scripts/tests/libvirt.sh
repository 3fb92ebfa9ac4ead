#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# libvirt with our parents: node devices through their whole life, and a domain with a card.
# Runs in scripts/vm --udev, in a tree that has libvirt. Arguments: the module, and a folder with
# what a domain boots (vmlinux, initramfs: those of scripts/demo --migrate).
set -uo pipefail

module=$1
boot=$2
scripts=$(realpath "$(dirname "$0")/..")
# shellcheck source=scripts/lib/tap.sh
. "$scripts/lib/tap.sh"
scratch=$(mktemp -d)
# libvirt's names of our parents: what is no letter or digit becomes _.
parents=(mtty mtty1 0000:aa:00.0)
nodes=(mtty_mtty mtty_mtty1 mtty_0000_aa_00_0)
uuid=6c696276-6972-4000-8000-00000000000

# --- what the cases use ----------------------------------------------------------------------------

# run WORD...: sets status, output (both streams).
run() {
	status=0
	output=$("$@" 2>&1 </dev/null) || status=$?
}

# works NAME WORD...
works() {
	local name=$1
	shift
	run "$@"
	[ "$status" = 0 ] || tap_comment <<<"$output"
	tap_result "$status" "$name"
}

# refused NAME WORD...
refused() {
	local name=$1
	shift
	run "$@"
	tap_result "$((status == 0))" "$name"
}

# has TEXT PATTERN NAME
has() {
	local status=0

	grep -qE -- "$2" <<<"$1" || {
		status=1
		tap_comment <<<"$1"
	}
	tap_result "$status" "$3"
}

# within SECONDS WORD...: until it succeeds.
within() {
	local end=$((SECONDS + $1))
	shift

	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

# libvirt hears of a device by udev, in its own time.
soon() {
	within 60 "$@"
}

gone() {
	! "$@"
}

listed() {
	virsh -q nodedev-list --cap mdev "${@:2}" | grep -qw "$1"
}

shows() {
	virsh nodedev-dumpxml "$1" | grep -qF "$2"
}

# What libvirt and we know of parents and devices, all of it that must not change in the end.
inventory() {
	local node

	virsh -q nodedev-list --cap mdev_types --all
	virsh -q nodedev-list --cap mdev --all
	for node in "${nodes[@]}"; do
		virsh nodedev-dumpxml "$node"
	done
	find /sys/bus/mdev/devices /sys/kernel/iommu_groups -mindepth 1
	# mdevctl keeps a parent's folder when the last definition in it has gone.
	find /etc/mdevctl.d -type f
}

# --- node devices ----------------------------------------------------------------------------------

# device UUID PARENT TYPE [ATTRIBUTE VALUE]...: its XML, in $scratch/device.xml.
device() {
	{
		printf '<device><parent>%s</parent><capability type="mdev"><type id="%s"/><uuid>%s</uuid>\n' \
			"$2" "$3" "$1"
		shift 3
		while [ $# -gt 0 ]; do
			printf '<attr name="%s" value="%s"/>\n' "$1" "$2"
			shift 2
		done
		echo '</capability></device>'
	} >"$scratch/device.xml"
}

# name_of UUID NODE: what libvirt calls the device.
name_of() {
	printf 'mdev_%s_%s\n' "${1//-/_}" "${2#mtty_}"
}

test_parents() {
	local node i type

	for i in "${!nodes[@]}"; do
		node=${nodes[i]}
		soon virsh nodedev-info "$node"
		run virsh nodedev-dumpxml "$node"
		tap_is "$status" 0 "parent ${parents[i]} is the node $node"
		has "$output" "<path>/sys/devices/virtual/mtty/${parents[i]}</path>" "$node: its path"
		for type in mtty-1 mtty-2 mtty-4; do
			tap_is "$(xmllint --xpath "string(//type[@id='$type']/deviceAPI)" - <<<"$output")" \
				vfio-pci "$node: type $type with its device API"
			tap_is "$(xmllint --xpath "string(//type[@id='$type']/availableInstances)" - \
				<<<"$output")" $((24 / ${type#mtty-})) "$node: as many $type as there are"
		done
	done
	tap_is "$(virsh -q nodedev-list --cap mdev_types | sort | xargs)" \
		"$(printf '%s\n' "${nodes[@]}" | sort | xargs)" "there are these nodes and no other"
}

test_create() {
	local node=$1 id=${uuid}1 name

	name=$(name_of "$id" "$node")
	device "$id" "$node" mtty-2
	works "$node: nodedev-create" virsh nodedev-create "$scratch/device.xml"
	soon listed "$name"
	tap_result $? "$node: $name is listed"
	run virsh nodedev-dumpxml "$name"
	has "$output" "<type id='mtty-2'/>" "$node: its type"
	has "$output" "<iommuGroup number=" "$node: its IOMMU group"
	has "$output" "<parent>$node</parent>" "$node: its parent"
	refused "$node: a second one of the same UUID is refused" \
		virsh nodedev-create "$scratch/device.xml"
	works "$node: nodedev-destroy" virsh nodedev-destroy "$name"
	soon gone listed "$name" --all
	tap_result $? "$node: it is not listed any more"
}

test_define() {
	local node=$1 id=${uuid}2 name

	name=$(name_of "$id" "$node")
	device "$id" "$node" mtty-2 port0/backend host port1/pace 1
	works "$node: nodedev-define, with attributes" virsh nodedev-define "$scratch/device.xml"
	soon listed "$name" --inactive
	tap_result $? "$node: $name is listed as inactive"
	works "$node: nodedev-start" virsh nodedev-start "$name"
	soon listed "$name"
	tap_result $? "$node: it is listed as active"
	tap_is "$(cat "/sys/bus/mdev/devices/$id/port0/backend") $(cat "/sys/bus/mdev/devices/$id/port1/pace")" \
		"host 1" "$node: it has its attributes"
	run virsh nodedev-dumpxml --inactive "$name"
	has "$output" "<attr name='port0/backend' value='host'/>" "$node: its definition shows them"
	soon shows "$name" "<attr name='port0/backend' value='host'/>"
	tap_result $? "$node: what runs shows them"
	works "$node: nodedev-autostart" virsh nodedev-autostart "$name"
	has "$(virsh nodedev-info "$name")" "^Autostart: +yes" "$node: it is to start by itself"
	works "$node: nodedev-autostart --disable" virsh nodedev-autostart --disable "$name"
	works "$node: nodedev-destroy of a defined one" virsh nodedev-destroy "$name"
	soon listed "$name" --inactive
	tap_result $? "$node: it is inactive again"
	works "$node: nodedev-undefine" virsh nodedev-undefine "$name"
	soon gone listed "$name" --all
	tap_result $? "$node: and then gone"
}

# The module goes and comes back: what is to start by itself does.
test_reload() {
	local id=${uuid}3 name

	name=$(name_of "$id" mtty_mtty)
	device "$id" mtty_mtty mtty-1
	works "define a device to be started by itself" virsh nodedev-define "$scratch/device.xml"
	soon listed "$name" --inactive
	works "nodedev-autostart" virsh nodedev-autostart "$name"
	works "unload the module" rmmod mdev_sample
	soon gone virsh nodedev-info mtty_mtty1
	tap_is "$(virsh -q nodedev-list --cap mdev_types)" '' "libvirt has no parent any more"
	works "load it again" load
	soon virsh nodedev-info mtty_mtty1
	tap_result $? "the parents are back"
	soon listed "$name"
	tap_result $? "the device has started by itself"
	works "nodedev-autostart --disable" virsh nodedev-autostart --disable "$name"
	works "nodedev-destroy" virsh nodedev-destroy "$name"
	works "nodedev-undefine" virsh nodedev-undefine "$name"
	soon gone listed "$name" --all
	tap_result $? "it is gone"
}

# Everything that happens to a device is announced.
test_events() {
	local id=${uuid}4 name watcher event

	name=$(name_of "$id" mtty_mtty)
	stdbuf -oL virsh nodedev-event --event lifecycle --loop >"$scratch/events" 2>&1 &
	watcher=$!
	sleep 3
	device "$id" mtty_mtty mtty-1
	works "watched: nodedev-define" virsh nodedev-define "$scratch/device.xml"
	soon listed "$name" --inactive
	works "watched: nodedev-start" virsh nodedev-start "$name"
	soon listed "$name"
	works "watched: nodedev-destroy" virsh nodedev-destroy "$name"
	soon listed "$name" --inactive
	works "watched: nodedev-undefine" virsh nodedev-undefine "$name"
	soon gone listed "$name" --all
	for event in Defined Created Deleted Undefined; do
		soon grep -q "$name: *$event" "$scratch/events"
		tap_result $? "event: $event"
	done
	kill "$watcher"
	tap_comment <"$scratch/events"
}

# What libvirt shows of two devices on a null modem defines them again, and they start in any order.
test_null_modem() {
	local ids=("${uuid}7" "${uuid}8") names=() i order

	for i in 0 1; do
		names[i]=$(name_of "${ids[i]}" mtty_mtty)
	done
	device "${ids[0]}" mtty_mtty mtty-2 port0/backend "peer ${ids[1]}:1" port0/pace 1
	works "create an end of a null modem, the other end to come" \
		virsh nodedev-create "$scratch/device.xml"
	device "${ids[1]}" mtty_mtty mtty-2 port0/backend host port0/hangup 0
	works "create the other end" virsh nodedev-create "$scratch/device.xml"
	soon shows "${names[0]}" "<attr name='port0/backend' value='peer ${ids[1]}:1'/>"
	tap_result $? "what runs shows its setting"
	soon shows "${names[1]}" "<attr name='port1/backend' value='loopback'/>"
	tap_result $? "the other end shows its own"
	for i in 0 1; do
		virsh nodedev-dumpxml "${names[i]}" >"$scratch/end$i.xml"
		works "destroy it" virsh nodedev-destroy "${names[i]}"
		soon gone listed "${names[i]}" --all
	done
	for i in 0 1; do
		works "define it from what was shown" virsh nodedev-define "$scratch/end$i.xml"
		soon listed "${names[i]}" --inactive
	done
	for order in "0 1" "1 0"; do
		for i in $order; do
			works "order $order: start" virsh nodedev-start "${names[i]}"
		done
		tap_is "$(cat "/sys/bus/mdev/devices/${ids[1]}/port1/partner")" "${ids[0]}:0" \
			"order $order: the null modem is there"
		for i in 0 1; do
			soon listed "${names[i]}"
			soon same_attributes "$i" "${names[i]}"
			tap_result $? "order $order: what runs shows what it did"
		done
		for i in $order; do
			works "order $order: destroy" virsh nodedev-destroy "${names[i]}"
			soon listed "${names[i]}" --inactive
		done
	done
	for i in 0 1; do
		works "undefine it" virsh nodedev-undefine "${names[i]}"
		soon gone listed "${names[i]}" --all
	done
}

# same_attributes N NAME: as in $scratch/endN.xml.
same_attributes() {
	[ "$(grep -F '<attr ' "$scratch/end$1.xml")" = "$(virsh nodedev-dumpxml "$2" | grep -F '<attr ')" ]
}

# --- a domain --------------------------------------------------------------------------------------

# Migration is turned on by hand: without a DMA log of the kernel's QEMU turns it off by itself.
write_domain() {
	cat >"$scratch/domain.xml" <<-END
		<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		  <name>guest</name>
		  <memory unit='MiB'>96</memory>
		  <vcpu>1</vcpu>
		  <os>
		    <type arch='x86_64' machine='pc'>hvm</type>
		    <kernel>$boot/vmlinux</kernel>
		    <initrd>$boot/initramfs</initrd>
		    <cmdline>console=ttyS0 quiet panic=-1 no_timer_check acpi=noirq size=65536 baud=9600</cmdline>
		  </os>
		  <features><acpi/></features>
		  <cpu mode='custom' match='exact'><model>qemu64</model></cpu>
		  <on_poweroff>destroy</on_poweroff>
		  <on_crash>destroy</on_crash>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <controller type='usb' model='none'/>
		    <serial type='file'><source path='$scratch/console' append='on'/></serial>
		    <hostdev mode='subsystem' type='mdev' model='vfio-pci'>
		      <source><address uuid='$1'/></source>
		    </hostdev>
		    <memballoon model='none'/>
		  </devices>
		  <qemu:override>
		    <qemu:device alias='hostdev0'>
		      <qemu:frontend>
		        <qemu:property name='enable-migration' type='string' value='on'/>
		      </qemu:frontend>
		    </qemu:device>
		  </qemu:override>
		</domain>
	END
}

# Another host, as far as libvirt can tell: a libvirtd with a host's name, UUID, state and sockets of
# its own. Its domains get their cards from the same kernel.
second=/run/second
second_uri="qemu+unix:///system?socket=$second/libvirt/libvirt-sock"

start_second() {
	mkdir -p $second/libvirt $second/etc $second/lib $second/cache
	cp -r /etc/libvirt/. $second/etc
	printf 'host_uuid = "%s"\n' "$(cat /proc/sys/kernel/random/uuid)" >>$second/etc/libvirtd.conf
	# shellcheck disable=SC2016  # what it says is for the shell that it is given to
	unshare --mount --uts bash -c '
		set -e
		hostname second
		mount --bind $1/libvirt /run/libvirt
		mount --bind $1/etc /etc/libvirt
		mount --bind $1/lib /var/lib/libvirt
		mount --bind $1/cache /var/cache/libvirt
		virtlogd -d -p $1/virtlogd.pid
		libvirtd -d -p $1/libvirtd.pid
	' - $second
	soon on_second uri
}

on_second() {
	virsh -c "$second_uri" "$@"
}

stop_second() {
	kill "$(cat $second/libvirtd.pid)" "$(cat $second/virtlogd.pid)"
	soon gone test -e $second/libvirtd.pid
}

# migrate CARD: the domain goes to the other host, live, where it gets that card.
migrate() {
	virsh dumpxml --migratable guest | sed "s/uuid='$1'/uuid='$2'/" >"$scratch/there.xml"
	virsh migrate --live guest "$second_uri" --migrateuri "unix://$scratch/migration" \
		--xml "$scratch/there.xml"
}

# The guest's own words, so far.
guest_says() {
	grep -a "$1" "$scratch/console"
}

test_domain() {
	local id=${uuid}5 there=${uuid}6 name sums tty

	name=$(name_of "$id" mtty_mtty)
	device "$id" mtty_mtty mtty-2 port0/pace 1 port1/backend host
	works "create a card for a domain" virsh nodedev-create "$scratch/device.xml"
	write_domain "$id"
	works "a domain with it starts" virsh create "$scratch/domain.xml"
	sed 's:guest</name>:other</name>:; s:/console:/other:' "$scratch/domain.xml" >"$scratch/other.xml"
	refused "a second domain cannot have it" virsh create "$scratch/other.xml"
	within 900 guest_says 'guest: received [1-9]'
	tap_result $? "its guest receives through the card's port"
	works "the domain goes into a file" virsh save guest "$scratch/saved"
	works "and comes back out of it" virsh restore "$scratch/saved"
	works "another host's libvirtd runs" start_second
	device "$there" mtty_mtty1 mtty-2 port0/pace 1 port1/backend host
	works "create a card for it there" virsh nodedev-create "$scratch/device.xml"
	soon listed "$(name_of "$there" mtty_mtty1)"
	works "the domain goes there, live" migrate "$id" "$there"
	on_second domjobinfo guest --completed | grep -E '^(Time elapsed|Total downtime|Memory processed)' |
		tap_comment
	refused "it is not here any more" virsh domid guest
	run on_second domstate guest
	tap_is "$output" running "it runs there"
	tap_is "$(on_second dumpxml guest | xmllint --xpath 'string(//hostdev/source/address/@uuid)' -)" \
		"$there" "it has the other card"
	works "its first card is free to go" virsh nodedev-destroy "$name"
	soon gone listed "$name" --all
	# carrier on the card's second port ends the stream
	exec {tty}<>"/dev/$(cat "/sys/bus/mdev/devices/$there/port1/tty")"
	within 900 guest_says 'guest: done'
	tap_result $? "its guest has sent all"
	exec {tty}>&-
	mapfile -t sums < <(tr -d '\r' <"$scratch/console" |
		sed -n 's/^guest: card 0 \([0-9a-f]\{32\}\) .*/\1/p')
	tap_is "${#sums[@]} ${sums[0]-}" "2 ${sums[1]-}" "what came back is what was sent"
	guest_says '^guest: ' | tap_comment
	soon gone on_second domid guest
	tap_result $? "the domain ends with its guest"
	works "the other host's libvirtd ends" stop_second
	name=$(name_of "$there" mtty_mtty1)
	works "destroy the card" virsh nodedev-destroy "$name"
	soon gone listed "$name" --all
}

# --- all -------------------------------------------------------------------------------------------

load() {
	insmod "$module" parents="$(IFS=, && echo "${parents[*]}")"
}

start_libvirt() {
	make -s -C "$scripts/../mdevctl-configs" install
	udevadm control --reload
	cat >>/etc/libvirt/qemu.conf <<-END
		user = "root"
		group = "root"
		security_driver = "none"
		remember_owner = 0
	END
	virtlogd -d
	libvirtd -d
	soon virsh uri
}

modprobe -a vfio_iommu_type1
modprobe -q mdev
export LIBVIRT_DEFAULT_URI=qemu:///system
start_libvirt
tap_result $? "libvirtd runs"
works "load the module" load
test_parents
inventory >"$scratch/before"
for node in "${nodes[@]}"; do
	test_create "$node"
	test_define "$node"
done
test_null_modem
test_events
test_reload
test_domain
soon gone virsh domid guest
inventory >"$scratch/after"
difference=$(diff "$scratch/before" "$scratch/after")
tap_comment <<<"$difference"
tap_is "$difference" '' "all is as it was before"
works "unload the module" rmmod mdev_sample
tap_done
