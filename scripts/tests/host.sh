#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Is this machine as it was before? Unlike the other tests it runs outside of the tree.
#   host.sh inventory                       prints what must stay
#   host.sh verdict INVENTORY COUNTS        compares, and prints COUNTS ("N passed, ...") with this result
set -euo pipefail

# Files with what they hold, and packages. What any machine changes by itself is left out.
inventory() {
	find /boot /lib/modules/ /etc -xdev \( -path /etc/mtab -o -path /etc/resolv.conf -o -path /etc/adjtime \
		-o -path '/etc/*.cache' \) -prune -o \( -type f -exec sha256sum {} + \) -o -printf '%y %p %l\n' \
		2>/dev/null | sort
	if command -v dpkg-query >/dev/null; then
		dpkg-query -W
	fi
	# a kernel without modules has no such file
	if [ -e /proc/modules ]; then
		cut -d' ' -f1 /proc/modules | sed 's/^/module /' | sort
	fi
}

verdict() {
	local difference passed failed rest

	difference=$(diff "$1" <(inventory)) || true
	read -r passed _ failed rest <<<"$2"
	if [ -n "$difference" ]; then
		printf 'not ok - the host stays as it is\n%s\n' "$difference"
		failed=$((failed + 1))
	else
		printf 'ok - the host stays as it is\n'
		passed=$((passed + 1))
	fi
	printf '%d passed, %d %s\n' "$passed" "$failed" "$rest"
	[ -z "$difference" ]
}

"$@"
