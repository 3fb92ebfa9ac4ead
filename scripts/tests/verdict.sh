#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Does a test fail that has not tested anything: because its tool is missing, does nothing, or broke
# off?
set -euo pipefail

tests=$(dirname "$(realpath "$0")")
lib=$tests/../lib
# shellcheck source=scripts/lib/tap.sh
. "$lib/tap.sh"
# shellcheck source=scripts/lib/kernel-log.sh
. "$lib/kernel-log.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# fails NAME COMMAND...: what it prints, and how it ends, is a failure for scripts/check.
fails() {
	local name=$1 status=0 counts
	shift

	"$@" >"$scratch/output" 2>"$scratch/errors" || status=$?
	read -r -a counts < <(awk -v status="$status" -f "$lib/tap.awk" "$scratch/output")
	[ "${counts[1]}" != 0 ] || tail -n 5 "$scratch/output" "$scratch/errors" | tap_comment
	tap_is "$((0 < counts[1]))" 1 "$name"
}

# without TOOL COMMAND...: where this tool is not installed. Its name becomes that of a program that
# ends as the shell does when it finds none.
without() {
	pretend "$1" 127
	shift
	PATH=$scratch/bin:$PATH "$@"
}

# idle TOOL COMMAND...: where it does nothing and is content.
idle() {
	pretend "$1" 0
	shift
	PATH=$scratch/bin:$PATH "$@"
}

pretend() {
	mkdir -p "$scratch/bin"
	printf '#!/bin/sh\nexit %d\n' "$2" >"$scratch/bin/$1"
	chmod +x "$scratch/bin/$1"
}

# A test of no cases.
no_case() {
	# shellcheck disable=SC2016  # for the inner shell
	bash -c '. "$1/tap.sh"; tap_done' bash "$lib"
}

# The kernel's runner, whose lines these are, in our own form.
kselftest() {
	printf '%s\n' "$@" | awk -f "$lib/kselftest.awk"
}

# The unit tests, one of which has not been built.
one_unit_missing() {
	mkdir -p "$scratch/tree/scripts/tests" "$scratch/tree/selftests"
	cp "$tests/unit.sh" "$scratch/tree/scripts/tests"
	touch "$scratch/tree/selftests/unit_a.c" "$scratch/tree/selftests/unit_b.c"
	printf '#!/bin/sh\necho ok 1\necho 1..1\n' >"$scratch/tree/selftests/unit_a"
	chmod +x "$scratch/tree/selftests/unit_a"
	"$scratch/tree/scripts/tests/unit.sh"
}

# unlike_reference FILE PROGRAM: in a copy in which this sed program has changed the file.
unlike_reference() {
	rm -rf "$scratch/copy"
	mkdir -p "$scratch/copy"
	cp -R "$tests"/../../{mdev_sample,doc,debian} "$scratch/copy"
	find "$scratch/copy" -name "$1" -exec sed -i "$2" {} +
	"$tests/reference.sh" "$scratch/copy"
}

searched() {
	local status=0

	kernel_trouble "$1" >/dev/null 2>&1 || status=$?
	echo $status
}

fails "a test that prints nothing" true
fails "a test without a plan" echo "ok 1"
fails "a test that breaks off" printf '%s\n' "ok 1" "1..2"
fails "a test that plans nothing" echo "1..0"
fails "a test that ends with an error" sh -c 'echo ok 1; echo 1..1; exit 1'
fails "a test of no cases" no_case
fails "a list of no programs" kselftest "TAP version 13" "1..0"
fails "a program that prints nothing" kselftest "# selftests: drivers: a" "ok 1 selftests: drivers: a"
fails "a program that breaks off" kselftest "# selftests: drivers: a" "# 1..2" "# ok 1 x" \
	"ok 1 selftests: drivers: a"

fails "checkpatch that is not there" "$tests/checkpatch.sh" "$scratch/none"
fails "shellcheck that is not there" without shellcheck "$tests/shellcheck.sh"
fails "shellcheck that does nothing" idle shellcheck "$tests/shellcheck.sh"
fails "a unit test that has not been built" one_unit_missing

fails "a parameter that the reference lacks" unlike_reference abi.md '/path_buckets/d'
fails "a file that the code lacks" unlike_reference abi.md 's/pool/puddle/'
fails "a limit that is another one" unlike_reference abi.md '/MSAMP_PORTS_MAX/s/1048576/7/'
fails "an error that the reference lacks" unlike_reference abi.md '/ELOOP/d'
fails "a tracepoint that the manual lacks" unlike_reference mdev_sample.4 's/msamp_reset/reset/'

printf 'all is well\n' >"$scratch/good"
printf 'BUG: KASAN: planted\n' >"$scratch/bad"
tap_is "$(searched "$scratch/bad")" 0 "trouble in a kernel's log is found"
tap_is "$(searched "$scratch/good")" 1 "where there is none, none is found"
tap_is "$(searched "$scratch/none")" 2 "a log that is not there is not a good one"
tap_done
