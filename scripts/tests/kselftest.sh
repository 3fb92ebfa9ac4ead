#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Run installed kselftest suites under the kernel's own runner, and print one flat list of results.
# Arguments: where the suites are installed, the module, and the programs to run (default: all).
# MDEV_SAMPLE_PROGRAM_SECONDS is how long each may take. Runs in a machine that may be changed.
set -euo pipefail

suites=$1
export MDEV_SAMPLE_KO=$2
shift 2
here=$(dirname "$(realpath "$0")")

# Built into the debug kernel, which has no type1 driver.
[ -e /sys/class/misc/vfio ] || modprobe -a vfio vfio_iommu_type1
# The kernel's mdev core, unless the module brings its own: only one of them can be there.
! modinfo -F depends "$MDEV_SAMPLE_KO" | grep -qw mdev || modprobe mdev
insmod "$MDEV_SAMPLE_KO"
# The runner works in its own folder.
cp -R "$suites" /tmp/suites
cd /tmp/suites
# The pure files' tests need no machine: they have a stage of their own.
sed -i '/:unit_/d' kselftest-list.txt
for program; do
	grep -q ":$program\$" kselftest-list.txt || {
		echo "no suite $program is installed" >&2
		exit 1
	}
done
[ $# = 0 ] || sed -i -En "/:($(IFS='|' && echo "$*"))\$/p" kselftest-list.txt
[ -z "${MDEV_SAMPLE_PROGRAM_SECONDS:-}" ] ||
	sed -i "s/^timeout=.*/timeout=$MDEV_SAMPLE_PROGRAM_SECONDS/" drivers/mdev_sample/settings
# mawk otherwise waits for pages of output.
./run_kselftest.sh | mawk -W interactive -v programs="$(wc -l <kselftest-list.txt)" \
	-f "$here/../lib/kselftest.awk"
rmmod mdev_sample
