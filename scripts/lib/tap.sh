# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Test results as TAP lines. Source it; it only defines. A test ends with tap_done.

tap_count=0
tap_failed=0

# tap_result STATUS NAME: ok if STATUS is 0. Never fails itself: a test goes on to its next case.
tap_result() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		printf 'ok %d - %s\n' "$tap_count" "$2"
	else
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n' "$tap_count" "$2"
	fi
}

# tap_is GOT EXPECTED NAME. What differs is shown as comments: a line of it must not count as a result.
tap_is() {
	[ "$1" = "$2" ] || printf 'got "%s", expected "%s"\n' "$1" "$2" | sed 's/^/# /'
	tap_result "$([ "$1" = "$2" ] && echo 0 || echo 1)" "$3"
}

# tap_skip NAME WHY
tap_skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

# Lines of explanation, from stdin.
tap_comment() {
	sed 's/^/# /'
}

# The plan comes last, so that a test that dies half-way has none. A test without a case has not
# tested anything.
tap_done() {
	[ "$tap_count" -gt 0 ] || tap_result 1 "there is something to test"
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" = 0 ]
}
