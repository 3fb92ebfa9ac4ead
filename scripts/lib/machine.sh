# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154  # the caller's variables, see below
# Watching a machine that runs a job, and judging how it ended: the same for each kind of machine.
# Source it after common.sh and kernel-log.sh; it only defines.
#
# The machine hands out three files: job (its output), verdict (lines "start SECONDS",
# "taint BITS", "end STATUS SECONDS", the last one last of all) and the kernel's log.
#
# Variables of the caller: work (folder for these files), log, keep_log (where the user wants the
# log, or empty), timeout, shell (set if the job has the terminal).

readonly KERNEL_TROUBLE=240 TIME_LIMIT=241 NO_VERDICT=242 CANNOT_START=243

machine=''	# process of the machine
machine_outcome=''	# machine or timer: which of them ended first
helpers=()	# our processes: none may outlive us

refuse() {
	die "$1" "$CANNOT_START"
}

# Run a program that ends with us however we end, even by SIGKILL.
with_us() {
	exec setpriv --pdeathsig KILL -- "$@"
}

# One word of a shell command line, whatever it holds.
quote() {
	printf "'%s' " "${1//\'/\'\\\'\'}"
}

# A shell script that runs the command $2... in the directory $1, in a plain environment.
job_script() {
	local dir=$1 word
	shift

	printf 'cd '
	quote "$dir"
	printf '\nexec env -i HOME=/root USER=root LANG=C.UTF-8 '
	printf 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin '
	quote "TERM=${TERM:-linux}"
	for word; do
		quote "$word"
	done
	printf '\n'
}

# --- watching ------------------------------------------------------------------------------------

# Follow a file until the machine ends. Files, not pipes: a slow reader must not stop the machine.
follow() {
	tail -n +1 -s 0.2 -f --pid="$machine" "$1" 2>/dev/null
}

report_start() {
	local word seconds

	follow "$work/verdict" | while read -r word seconds _; do
		[ "$word" != start ] || say "the job runs (boot took $seconds s)"
	done
}

# Watch the process $1, which was started with our files empty, until it or the time ends.
watch_machine() {
	local timer ended

	machine=$1
	report_start &
	follow "$work/job" &
	with_us sleep "$timeout" &
	timer=$!
	helpers+=("$machine" "$timer")
	wait -n -p ended "$machine" "$timer" || true
	machine_outcome=machine
	[ "$ended" = "$machine" ] || machine_outcome=timer
	stop_helpers
}

# Without the shell's own words about killed jobs. The followers end by themselves, after the last
# byte.
stop_helpers() {
	[ ${#helpers[@]} = 0 ] || kill -KILL "${helpers[@]}" || true
	helpers=()
	wait
} 2>/dev/null

# --- the verdict ---------------------------------------------------------------------------------

# Taint bits that only a kernel in trouble has: forced, machine check, bad page, died, warned, lockup.
readonly TROUBLE_TAINT=$((1 << 4 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14))

# Leave with the status that the run deserves. Its arguments, files, are shown too when there is no
# verdict.
judge() {
	local status='' start=0 end=0 taint=0 found=0 word value rest

	while read -r word value rest; do
		case $word in
		start) start=$value ;;
		taint) taint=$value ;;
		end) status=$value end=$rest ;;
		esac
	done <"$work/verdict"

	kernel_trouble "$log" >"$work/trouble" || found=$?
	case $found in
	0)
		say "the kernel reported trouble:"
		head -n 20 "$work/trouble" >&2
		fail_with "$KERNEL_TROUBLE"
		;;
	1) ;;
	*)
		say "the kernel's messages could not be searched"
		fail_with "$KERNEL_TROUBLE"
		;;
	esac
	[ $((taint & TROUBLE_TAINT)) = 0 ] || {
		say "the kernel is tainted by trouble ($taint), though its log shows none"
		fail_with "$KERNEL_TROUBLE"
	}
	[ "$machine_outcome" != timer ] || {
		say "time limit: no end after $timeout s; last messages of the kernel:"
		tail -n 10 "$log" >&2
		fail_with "$TIME_LIMIT"
	}
	[ -n "$status" ] || [ -z "$shell" ] || {
		say "the machine was switched off"
		exit "$NO_VERDICT"
	}
	[ -n "$status" ] || {
		say "the machine ended without a verdict; its last messages:"
		tail -n 10 "$log" "$@" >&2
		fail_with "$NO_VERDICT"
	}
	say "the job ended with $status$(signal_name "$status") after $(elapsed "$start" "$end") s"
	[ "$status" = 0 ] || fail_with "$status"
}

signal_name() {
	[ "$1" -le 128 ] || printf ' (signal %s)' "$(kill -l "$1" 2>/dev/null || echo $(($1 - 128)))"
}

elapsed() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b - a }'
}

# Leave with a status, and with the kernel's messages in a place that is shown.
fail_with() {
	if [ -z "$keep_log" ]; then
		keep_log=$(mktemp "${MDEV_SAMPLE_LOGS:-${TMPDIR:-/tmp}}/mdev-${0##*/}-log.XXXXXX")
		cp "$log" "$keep_log"
	fi
	say "the kernel's messages: $keep_log"
	exit "$1"
}
