#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The programs that judge what tests print: do they see what is wrong? And what the scripts choose by: do
# they choose right?
set -euo pipefail

lib=$(dirname "$(realpath "$0")")/../lib
# shellcheck source=scripts/lib/common.sh
. "$lib/common.sh"
# shellcheck source=scripts/lib/archive.sh
. "$lib/archive.sh"
# shellcheck source=scripts/lib/tap.sh
. "$lib/tap.sh"

# counts NAME EXPECTED STATUS [LINE]...: what tap.awk makes of these lines of a stage that ended so.
counts() {
	local name=$1 expected=$2 status=$3
	shift 3

	tap_is "$({ [ $# = 0 ] || printf '%s\n' "$@"; } | mawk -v status="$status" -f "$lib/tap.awk")" \
		"$expected" "tap.awk: $name"
}

test_tap() {
	counts "results and a plan" '1 0 1 complete' 0 'ok 1 - a' 'ok 2 - b # SKIP why' '1..2'
	counts "a failure" '1 1 0 complete' 0 'ok 1 - a' 'not ok 2 - b' '1..2'
	counts "a failure with its status" '1 1 0 complete' 1 'ok 1 - a' 'not ok 2 - b' '1..2'
	counts "nothing at all" '0 1 0 broken' 0
	counts "no plan" '1 1 0 broken' 0 'ok 1 - a'
	counts "fewer results than planned" '1 1 0 broken' 0 'ok 1 - a' '1..2'
	counts "more results than planned" '2 1 0 broken' 0 'ok 1 - a' 'ok 2 - b' '1..1'
	counts "a status that no case explains" '1 1 0 broken' 3 'ok 1 - a' '1..1'
	counts "two plans add up" '3 0 0 complete' 0 '1..1' 'ok 1 - a' '1..2' 'ok 1' 'ok 2'
	counts "a plan of nothing that says why" '0 0 1 complete' 0 '1..0 # SKIP no root'
	counts "a plan of nothing" '0 1 0 broken' 0 '1..0'
	counts "words that look alike" '1 0 0 complete' 0 '# ok 1 - a' 'okay' 'not okay' 'ok 1' '1..1'
}

# flat NAME EXPECTED END [LINE]...: the results and the plan that kselftest.awk makes of a run of one
# program, as run_kselftest.sh shows it: what the program printed, and the runner's last line.
flat() {
	local name=$1 expected=$2 end=$3
	shift 3

	tap_is "$({
		printf '%s\n' 'TAP version 13' '1..1' '# selftests: drivers/mdev_sample: prog'
		[ $# = 0 ] || printf '# %s\n' "$@"
		[ -z "$end" ] || echo "$end"
	} | mawk -v programs=1 -f "$lib/kselftest.awk" | grep -v '^#')" "$expected" "kselftest.awk: $name"
}

test_kselftest() {
	local good='ok 1 selftests: drivers/mdev_sample: prog' bad='not ok 1 selftests: prog # exit=1'

	flat "cases of a program" $'ok 1 - prog: x.y\nok 2 - prog: z # SKIP no\n1..2' "$good" \
		'1..2' 'ok 1 x.y' 'ok 2 z # SKIP no'
	flat "a case fails" $'ok 1 - prog: x\nnot ok 2 - prog: y\n1..2' "$bad" '1..2' 'ok 1 x' 'not ok 2 y'
	flat "a program fails without naming a case" \
		$'ok 1 - prog: x\nnot ok 2 - prog: the program failed: '"$bad"$'\n1..2' "$bad" '1..1' 'ok 1 x'
	flat "a program prints nothing and exits 0" $'not ok 1 - prog: printed no result\n1..1' "$good"
	flat "fewer cases than planned" $'ok 1 - prog: x\nnot ok 2 - prog: ran 1 of 3 planned cases\n1..2' \
		"$good" '1..3' 'ok 1 x'
	flat "more cases than planned" \
		$'ok 1 - prog: x\nok 2 - prog: y\nnot ok 3 - prog: ran 2 of 1 planned cases\n1..3' \
		"$good" '1..1' 'ok 1 x' 'ok 2 y'
	flat "no plan" $'ok 1 - prog: x\nnot ok 2 - prog: printed no plan\n1..2' "$good" 'ok 1 x'
	flat "a program skips as a whole" $'ok 1 - prog # SKIP see above\n1..1' "$good # SKIP" \
		'1..0 # SKIP needs root'
	flat "a run that breaks off in the middle" \
		$'ok 1 - prog: x\nnot ok 2 - prog: did not end\nnot ok 3 - only 0 of 1 programs ended\n1..3' \
		'' '1..2' 'ok 1 x'
	tap_is "$(mawk -v programs=1 -f "$lib/kselftest.awk" </dev/null)" \
		$'not ok 1 - only 0 of 1 programs ended\n1..1' "kselftest.awk: no program runs"
}

# unexpected NAME EXPECTED STAGE LINE...: which of the lines skips.awk complains of.
unexpected() {
	local name=$1 expected=$2 stage=$3
	shift 3

	tap_is "$(printf '%s\n' "$@" | mawk -v stage="$stage" -f "$lib/skips.awk" "$scratch/skips" -)" \
		"$expected" "skips.awk: $name"
}

test_skips() {
	printf '%s\n' '# a comment' $'one,two_*\tneeds [0-9]+ wheels' >"$scratch/skips"
	unexpected "a listed reason" '' one 'ok 1 - a # SKIP needs 12 wheels' 'ok 2 - b'
	unexpected "a listed reason, by a pattern of stages" '' two_x 'ok 1 - a # SKIP needs 1 wheels'
	unexpected "a reason of another stage" 'ok 1 - a # SKIP needs 1 wheels' three \
		'ok 1 - a # SKIP needs 1 wheels'
	unexpected "a stage that only begins like one" 'ok 1 - a # SKIP needs 1 wheels' onetwo \
		'ok 1 - a # SKIP needs 1 wheels'
	unexpected "another reason" 'ok 1 - a # SKIP needs 1 wheels, or wings' one \
		'ok 1 - a # SKIP needs 1 wheels, or wings' 'not ok 2 - b # SKIP'
	unexpected "no reason at all" 'ok 1 - a # skip' one 'ok 1 - a # skip'
	unexpected "a plan of nothing" '1..0 # SKIP no root' one '1..0 # SKIP no root'
}

# strays NAME EXPECTED FILE LINE...: what rooms.awk makes of these lines of this file, where house/ may use
# cellar/.
strays() {
	local name=$1 expected=$2 file=$3
	shift 3

	mkdir -p "$scratch/rooms/${file%/*}"
	printf '%s\n' 'house:  cellar' 'cellar:' >"$scratch/rooms/table"
	printf '%s\n' "$@" >"$scratch/rooms/$file"
	tap_is "$(cd "$scratch/rooms" && mawk -f "$lib/rooms.awk" table "$file")" "$expected" "rooms.awk: $name"
}

test_rooms() {
	strays "its own room, one below and the kernel" '' house/a.c '#include <linux/types.h>' \
		'#include "house/a.h"' '#include "cellar/b.h"'
	strays "one above" 'cellar/b.c:2: cellar/ may not include house/: "house/a.h"' cellar/b.c \
		'#include "cellar/b.h"' '# include "house/a.h"'
	strays "no room is named" 'house/a.c:1: "a.h" names no room of the table' house/a.c '#include "a.h"'
	strays "a room within a room is another one" 'house/a.c:1: "cellar/box/c.h" names no room of the table' \
		house/a.c '#include "cellar/box/c.h"'
	strays "a file in a room that is not known" "attic/d.c: 'attic' is no room of the table" attic/d.c ''
	strays "above all rooms any may be used" '' ./main.c '#include "house/a.h"' '#include "cellar/b.h"'
}

test_junit() {
	tap_is "$(printf '%s\n' '# got "a" <&' 'not ok 1 - x' 'ok 2 - y # SKIP no "z"' 'ok 3 - w' '1..3' |
		mawk -v stage=s -v seconds=4 -f "$lib/junit.awk")" ' <testsuite name="s" tests="3" failures="1" skipped="1" time="4">
  <testcase classname="s" name="x"><failure>got &quot;a&quot; &lt;&amp;
</failure></testcase>
  <testcase classname="s" name="y"><skipped message="no &quot;z&quot;"/></testcase>
  <testcase classname="s" name="w"/>
 </testsuite>' "junit.awk: a failure with its comment, a skip with its reason, a pass"
}

test_choices() {
	local version

	for version in 6.9.0-1 6.10.0-1 6.10.0-1-cloud 6.9.0-2-cloud 6.10.0-2-rt; do
		mkdir -p "$scratch/root/lib/modules/$version-amd64/build"
	done
	tap_is "$(kernel_of_flavour "$scratch/root" '')" 6.10.0-1-amd64 "versions sort as versions"
	tap_is "$(kernel_of_flavour "$scratch/root" -cloud)" 6.10.0-1-cloud-amd64 "and so do cloud kernels'"
	tap_is "$(kernel_of_flavour "$scratch/empty" '')" '' "no kernel, no name"
	tap_is "$(printf '%s\n' 'Docker|Docker CE|bookworm|http://docker' \
		'Debian|Debian-Security|bookworm|http://security' 'Debian|Debian|bookworm-updates|http://other' \
		'Debian|Debian|bookworm|http://debian' | archive_debian)" http://debian \
		"of apt's sources, Debian's own is taken"
}

# A function that fails in its middle and goes on when bash ignores that.
fails_half_way() {
	false
	echo "it went on"
}

test_attempt() {
	local status=0 output

	output=$(attempt fails_half_way; echo "$status")
	tap_is "$output" 1 "attempt: a function ends at its first failure, which is remembered"
	output=$(attempt true; echo "$status")
	tap_is "$output" 0 "attempt: a success leaves the status alone"
	output=$(attempt sh -c 'exit 3'; attempt true; echo "$status")
	tap_is "$output" 3 "attempt: a success after a failure does not hide it"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
test_tap
test_kselftest
test_skips
test_rooms
test_junit
test_choices
test_attempt
tap_done
