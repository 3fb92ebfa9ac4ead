# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# shellcheck disable=SC2034,SC3043  # status is the caller's; busybox has local
# Process 1 of a machine that runs a job. Sourced inside it by a busybox shell; it only defines.
# Descriptor 3 is for the verdict: the job does not get it.

mount_filesystems() {
	mount -t devtmpfs devtmpfs /dev
	mkdir -p /dev/pts /dev/shm
	mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	# devtmpfs makes none of these; bash's <(...) and mdevctl's /dev/stdin need them.
	ln -sf /proc/self/fd /dev/fd
	ln -sf fd/0 /dev/stdin
	ln -sf fd/1 /dev/stdout
	ln -sf fd/2 /dev/stderr
	mkdir -p /run/lock
	# A small guest has none of the rest.
	[ -d /lib/modules ] || return
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t debugfs debugfs /sys/kernel/debug
	mount -t tracefs tracefs /sys/kernel/tracing
	# Names for the events' process IDs would have the scheduler's own code patched whenever an event
	# is turned on, and QEMU's emulation may still run the breakpoint that stood there meanwhile.
	echo 0 >/sys/kernel/tracing/options/record-cmd
	modprobe -q configfs
	mount -t configfs configfs /sys/kernel/config
} 2>/dev/null

start_udev() {
	/lib/systemd/systemd-udevd --daemon
	udevadm trigger --type=subsystems --action=add
	udevadm trigger --type=devices --action=add
	udevadm settle --timeout=60
}

# Everything but process 1 and $1.
kill_others() {
	local pid

	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		case $pid in
		1 | "$1") ;;
		*) kill -9 "$pid" ;;
		esac
	done 2>/dev/null
}

wait_for() {
	local tries=$(($2 * 10))

	while [ $tries -gt 0 ] && kill -0 "$1"; do
		sleep 0.1
		tries=$((tries - 1))
	done 2>/dev/null
}

# Run the shell script $2 with its output in the file $1, whatever it leaves running; sets status.
# The output goes through a pipe, since a job may open /dev/stdout again, which would truncate a file.
run_into() {
	local relay

	mkfifo /run/output
	cat </run/output >"$1" &
	relay=$!
	setsid sh "$2" </dev/null >/run/output 2>&1 3>&- &
	wait $!
	status=$?
	# Whatever the job left running would keep the pipe open.
	kill_others $relay
	wait_for $relay 10
}

# Run the shell script $2 on the terminal $1 of $3 rows and $4 columns; sets status.
run_on_terminal() {
	# The size is lost when the last user closes the terminal, so the job's own shell sets it.
	setsid -c sh -c "stty sane rows $3 cols $4; . $2" <>"$1" >&0 2>&1 3>&- &
	wait $!
	status=$?
	kill_others 1
}

seconds() {
	local up

	read -r up _ </proc/uptime
	echo "$up"
}
