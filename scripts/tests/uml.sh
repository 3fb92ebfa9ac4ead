#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Does scripts/uml fail when it should, pass when it should, and leave the host alone?
set -euo pipefail

tests=$(dirname "$(realpath "$0")")
uml=$(dirname "$tests")/uml
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

# Run the kernel to its end; sets status and output. Looking for leaks takes longer than most cases.
run_uml() {
	status=0
	output=$("$uml" --no-kmemleak "$@" 2>"$scratch/messages") || status=$?
}

run_uml_kmemleak() {
	status=0
	output=$("$uml" "$@" 2>"$scratch/messages") || status=$?
}

# expect STATUS NAME: the verdict on the last run, with the runner's messages if it is wrong.
expect() {
	[ "$status" = "$1" ] || tap_comment <"$scratch/messages"
	tap_is "$status" "$1" "$2"
}

# Start a run and wait until its job runs; sets runner.
start_uml() {
	# Background jobs of a script ignore SIGINT otherwise.
	env --default-signal=INT "$uml" "$@" >"$scratch/output" 2>"$scratch/messages" &
	runner=$!
	for _ in $(seq 600); do
		! grep -q 'the job runs' "$scratch/messages" || return 0
		sleep 0.1
	done
	tap_comment <"$scratch/messages"
}

end_uml() {
	status=0
	wait "$runner" 2>/dev/null || status=$?
}

# The kernel's own processes: it names its first after the machine's folder.
kernel_processes() {
	pgrep -f "/linux .*$scratch/tmp" || true
}

expect_nothing_left() {
	tap_is "$(kernel_processes)" '' "$1: no process is left"
}

expect_no_files_left() {
	tap_is "$(find "$TMPDIR" -mindepth 1 -maxdepth 1 -name 'mdev-uml.*')" '' "$1: no temporary file is left"
}

test_statuses() {
	run_uml -- sh -c 'exit 7'
	expect 7 "the job's exit status passes through"
	run_uml -- sh -c 'kill -KILL $$'
	expect 137 "a job killed by SIGKILL fails"
	run_uml --no-such-option
	expect 243 "wrong usage has a status of its own"
}

test_output_and_files() {
	run_uml --writable "$scratch/share" -- sh -c \
		"seq 20000; echo out >$scratch/share/file; echo in >$scratch/stays; echo >/dev/stdout; sleep 1000 &"
	expect 0 "a good job passes, whatever it leaves running"
	tap_is "$(cksum <<<"$output")" "$(seq 20000 | cksum)" "its output arrives complete and alone"
	tap_is "$(cat "$scratch/share/file")" out "a writable directory hands files to the host"
	tap_is "$(ls "$scratch/stays" 2>/dev/null)" '' "other writes stay inside"
	run_uml -- sh -c "echo in >/stays-inside && rm /stays-inside && rm -r '$tests'"
	expect 0 "a job may write and delete anywhere"
	tap_is "$(ls -d "$tests")" "$tests" "what it deletes is still there on the host"
	# The root directory of the host, written to behind the copy's back.
	run_uml -- sh -c "mkdir /run/all && mount -t hostfs -o / none /run/all && ! touch '/run/all$scratch/stays'"
	expect 0 "a job that mounts the host's files itself cannot write to them"
	tap_is "$(ls "$scratch/stays" 2>/dev/null)" '' "and has not written"
	expect_no_files_left "after good jobs"
}

test_kernel() {
	run_uml -- sh -c 'test -w /proc/self/fail-nth'
	expect 0 "allocations can be made to fail one by one"
	run_uml -- sh -c 'modprobe mtty && ls /sys/class/mdev_bus/mtty/mdev_supported_types'
	expect 0 "the kernel's own mtty can be loaded"
	tap_is "$(wc -w <<<"$output")" 2 "and has its types"
	run_uml -- sh -c "modprobe mdev && insmod $("$uml" --output "$scratch/module" --build) && rmmod mdev_sample"
	expect 0 "our own module builds and can be loaded"
	run_uml -- sh -c '! grep -q ^mdev /proc/modules && ! ls /sys/bus/mdev'
	expect 0 "the kernel's mdev core is not there until it is loaded"
}

# For the kernel that checks $1.
build_trouble() {
	cp "$tests"/uml-trouble/* "$scratch/trouble"
	make -s -C "$("$uml" --checks "$1" --kdir)" ARCH=um M="$scratch/trouble" modules >"$scratch/build" 2>&1 || {
		tap_comment <"$scratch/build"
		tap_result 1 "the module that makes mistakes builds"
		return 1
	}
}

# expect_mistakes CHECKS KIND...: each of them is noticed.
expect_mistakes() {
	local checks=$1 kind
	shift

	for kind; do
		run_uml --checks "$checks" -- insmod "$scratch/trouble/uml_trouble.ko" kind="$kind"
		expect 240 "the mistake '$kind' fails, though the job passed"
	done
}

test_lock_trouble() {
	build_trouble locks || return 0
	run_uml --checks locks -- insmod "$scratch/trouble/uml_trouble.ko"
	expect 0 "a module that makes no mistake passes, where locks are checked"
	expect_mistakes locks lock-order sleep rcu refcount
}

test_memory_trouble() {
	local load="insmod $scratch/trouble/uml_trouble.ko"

	build_trouble memory || return 0
	run_uml_kmemleak -- sh -c "$load && rmmod uml_trouble"
	expect 0 "a module that makes no mistake passes, where memory is checked"
	expect_mistakes memory warn overrun use-after-free bounds refcount list timer
	run_uml_kmemleak -- sh -c "$load kind=leak && rmmod uml_trouble"
	expect 240 "memory leaked by an unloaded module fails"
	tap_is "$(grep -c 'unreferenced object' "$scratch/messages")" 1 "and is reported"
	run_uml -- sh -c "$load kind=leak && rmmod uml_trouble"
	expect 0 "nobody looks for it with --no-kmemleak"
	run_uml -- sh -c 'echo c >/proc/sysrq-trigger'
	expect 240 "a panic fails"
}

test_endings() {
	run_uml --timeout 20 -- sleep 1000
	expect 241 "a hang meets the time limit"
	expect_nothing_left "after a hang"
	run_uml -- sh -c 'poweroff -f || busybox poweroff -f; sleep 1000'
	expect 242 "a kernel that ends without a verdict fails"
	start_uml -- sleep 1000
	# shellcheck disable=SC2046  # numbers
	kill -KILL $(kernel_processes)
	end_uml
	expect 242 "a killed kernel fails"
}

test_interruption() {
	local signal

	for signal in INT TERM KILL; do
		start_uml -- sleep 1000
		kill "-$signal" "$runner"
		end_uml
		expect "$((128 + $(kill -l "$signal")))" "SIG$signal ends the runner"
		[ "$signal" != KILL ] || sleep 1
		expect_nothing_left "after SIG$signal"
		[ "$signal" = KILL ] || expect_no_files_left "after SIG$signal"
	done
}

need_packages make procps
test_statuses
test_output_and_files
test_kernel
test_lock_trouble
test_memory_trouble
test_endings
test_interruption
tap_done
