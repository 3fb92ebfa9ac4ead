#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Does scripts/vm fail when it should, pass when it should, and clean up after itself?
set -euo pipefail

tests=$(dirname "$(realpath "$0")")
vm=$(dirname "$tests")/vm
# shellcheck source=scripts/lib/common.sh
. "$tests/../lib/common.sh"
# shellcheck source=scripts/lib/packages.sh
. "$tests/../lib/packages.sh"
# shellcheck source=scripts/lib/tap.sh
. "$tests/../lib/tap.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/tmp" "$scratch/share" "$scratch/trouble"
# The runner's temporary files go to a place of our own: what is left there, it left.
export TMPDIR=$scratch/tmp
# So are the messages of kernels in trouble, which is on purpose here.
unset MDEV_SAMPLE_LOGS

# Run the machine to its end; sets status and output.
run_vm() {
	status=0
	output=$("$vm" "$@" 2>"$scratch/messages") || status=$?
}

# expect STATUS NAME: the verdict on the last run, with the runner's messages if it is wrong.
expect() {
	[ "$status" = "$1" ] || tap_comment <"$scratch/messages"
	tap_is "$status" "$1" "$2"
}

# Start a machine and wait until its job runs; sets runner and guest, the process numbers.
start_vm() {
	: >"$scratch/messages"
	# Background jobs of a script ignore SIGINT otherwise.
	env --default-signal=INT "$vm" "$@" >"$scratch/output" 2>"$scratch/messages" &
	runner=$!
	for _ in $(seq 600); do
		! grep -q 'the job runs' "$scratch/messages" || break
		sleep 0.1
	done
	guest=$(pgrep -f "^qemu-system.*$scratch" || true)
	[ -n "$guest" ] || tap_comment <"$scratch/messages"
}

end_vm() {
	status=0
	wait "$runner" 2>/dev/null || status=$?
}

expect_nothing_left() {
	local left

	# What is told to end by the end of another process needs a moment.
	for _ in $(seq 50); do
		left=$(pgrep -af "$scratch/tmp" || true)
		[ -n "$left" ] || break
		sleep 0.1
	done
	tap_is "$left" '' "$1: no process is left"
}

expect_no_files_left() {
	tap_is "$(find "$TMPDIR" -mindepth 1 -maxdepth 1 -name 'mdev-vm.*')" '' "$1: no temporary file is left"
}

test_statuses() {
	run_vm -- sh -c 'exit 7'
	expect 7 "the job's exit status passes through"
	run_vm -- sh -c 'kill -KILL $$'
	expect 137 "a job killed by SIGKILL fails"
	run_vm --no-such-option
	expect 243 "wrong usage has a status of its own"
	run_vm --kernel 0.0.0-none -- true
	expect 243 "so has a kernel that is not installed"
}

test_output_and_files() {
	run_vm --writable "$scratch/share" -- sh -c \
		"seq 20000; echo out >$scratch/share/file; echo in >$scratch/stays; echo >/dev/stdout; sleep 1000 &"
	expect 0 "a good job passes, whatever it leaves running"
	tap_is "$(cksum <<<"$output")" "$(seq 20000 | cksum)" "its output arrives complete and alone"
	tap_is "$(cat "$scratch/share/file")" out "a writable directory hands files to the host"
	tap_is "$(ls "$scratch/stays" 2>/dev/null)" '' "other writes stay in the guest"
	expect_no_files_left "after a good job"
}

test_kernel_trouble() {
	local kernel kind

	kernel=$(newest_kernel '')
	cp "$tests"/trouble/* "$scratch/trouble"
	if ! make -s -C "/lib/modules/$kernel/build" M="$scratch/trouble" modules >"$scratch/build" 2>&1; then
		tap_comment <"$scratch/build"
		tap_result 1 "the module that plants trouble builds"
		return
	fi
	for kind in warn leak; do
		run_vm --kernel "$kernel" -- insmod "$scratch/trouble/trouble.ko" "kind=$kind"
		expect 240 "a kernel that reports trouble ($kind) fails, though the job passed"
	done
	run_vm -- sh -c 'echo c >/proc/sysrq-trigger'
	expect 240 "a panic fails"
	run_vm -- sh -c 'echo "BUG: KASAN: planted" >/dev/kmsg'
	expect 240 "a report without any other effect fails"
}

test_endings() {
	run_vm --timeout 20 -- sleep 1000
	expect 241 "a hang meets the time limit"
	run_vm -- sh -c 'echo o >/proc/sysrq-trigger; sleep 1000'
	expect 242 "a machine that ends without a verdict fails"

	start_vm -- sleep 1000
	kill -KILL "$guest"
	end_vm
	expect 242 "a killed QEMU fails"
}

test_interruption() {
	local signal

	for signal in INT TERM KILL; do
		start_vm --share virtiofs -- sleep 1000
		kill "-$signal" "$runner"
		end_vm
		expect "$((128 + $(kill -l "$signal")))" "SIG$signal ends the runner"
		expect_nothing_left "after SIG$signal"
		[ "$signal" = KILL ] || expect_no_files_left "after SIG$signal"
	done
}

# A stage's machine must not go on after the whole run has been ended. In a cache of its own, since
# the run around this one builds in the other.
test_check_interruption() {
	local signal

	# SIGKILL, before, gives nothing a chance to clean up
	rm -rf "$TMPDIR"/mdev-vm.*
	for signal in INT TERM; do
		MDEV_SAMPLE_CACHE=$scratch/cache MDEV_SAMPLE_ACCEL=tcg env --default-signal=INT \
			"$tests/../check" --only tools >"$scratch/messages" 2>&1 &
		runner=$!
		for _ in $(seq 1200); do
			! grep -q 'the job runs' "$scratch/messages" || break
			sleep 0.1
		done
		grep -q 'the job runs' "$scratch/messages" || tap_comment <"$scratch/messages"
		kill "-$signal" "$runner"
		end_vm
		tap_is "$status" "$((128 + $(kill -l "$signal")))" "SIG$signal ends scripts/check"
		expect_nothing_left "after SIG$signal to scripts/check"
		expect_no_files_left "after SIG$signal to scripts/check"
	done
}

test_cloud_kernel() {
	local kernel name="a cloud kernel, which has no 9p, boots"

	kernel=$(cd /boot && printf '%s\n' vmlinuz-*-cloud-amd64 | sort -V | tail -n 1)
	kernel=${kernel#vmlinuz-}
	run_vm --kernel "$kernel" -- uname -r
	tap_is "$output" "$kernel" "$name"
}

need_packages make procps linux-image-amd64 linux-headers-amd64 linux-image-cloud-amd64
test_statuses
test_output_and_files
test_kernel_trouble
test_endings
test_interruption
test_check_interruption
test_cloud_kernel
tap_done
