#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Loads the torture module (torture/), which does all of its work while it is being loaded, and says
# as TAP what came of it. From the environment:
#
#   MDEV_SAMPLE_TORTURE_KO   the module; default: the one in torture/
#   MDEV_SAMPLE_SECONDS      how long to torture (10)
#   MDEV_SAMPLE_THREADS      by how many threads (6)
#   MDEV_SAMPLE_UUIDS        that fight for so many UUIDs (32)
#   MDEV_SAMPLE_SEED         of a run that is to be repeated
#   MDEV_SAMPLE_ENTRIES      of the big namespace to measure (1000000); 0: measure nothing

here=$(cd "$(dirname "$0")" && pwd)
ko=${MDEV_SAMPLE_TORTURE_KO:-$here/torture/mdev_sample_torture.ko}
name=mdev_sample_torture
entries=${MDEV_SAMPLE_ENTRIES:-1000000}
KSFT_SKIP=4

skip()
{
	echo "1..0 # SKIP $*"
	exit $KSFT_SKIP
}

# Each entry of the big namespace takes 0.5 KiB in all, with what it is compared to.
fits()
{
	awk -v need="$entries" '/^MemAvailable:/ { exit !($2 > need / 2 + 200000) }' /proc/meminfo
}

echo "TAP version 13"
[ "$(id -u)" = 0 ] || skip "needs root: loads a module"
# One that was named has to be there.
[ -r "$ko" ] || [ -n "${MDEV_SAMPLE_TORTURE_KO:-}" ] ||
	skip "no $ko: make -C $here/torture, or set MDEV_SAMPLE_TORTURE_KO"
fits || skip "too little memory for $entries entries: set MDEV_SAMPLE_ENTRIES"

set -- seconds="${MDEV_SAMPLE_SECONDS:-10}" threads="${MDEV_SAMPLE_THREADS:-6}" \
	uuids="${MDEV_SAMPLE_UUIDS:-32}" seed="${MDEV_SAMPLE_SEED:-0}"
[ "$entries" = 0 ] || set -- "$@" bench=1 entries="$entries"
if ! insmod "$ko" "$@"; then
	echo "1..1"
	echo "not ok 1 insmod $ko $*"
	exit 1
fi
report=$(cat "/sys/module/$name/parameters/report")
rmmod $name

echo "$report" | awk '
	/^info / { sub(/^info/, "#"); print; next }
	{ n++; bad += $1 != "pass"; verdict = $1 == "pass" ? "ok" : "not ok" }
	{ sub(/^[^ ]* /, ""); print verdict, n, $0 }
	END { print "1.." n; exit bad || !n }'
