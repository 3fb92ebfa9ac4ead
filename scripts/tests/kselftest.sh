#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Run installed kselftest suites under the kernel's own runner, and print one flat list of results.
# Arguments: where the suites are installed, and the module. Runs in a machine that may be changed.
set -euo pipefail

suites=$1
module=$2
here=$(dirname "$(realpath "$0")")

modprobe -a vfio vfio_iommu_type1
# A kernel without an mdev core of its own has none to load.
modprobe -q mdev || true
insmod "$module"
# The runner works in its own folder.
cp -R "$suites" /tmp/suites
cd /tmp/suites
# The pure files' tests need no machine: they have a stage of their own.
sed -i '/:unit_/d' kselftest-list.txt
./run_kselftest.sh | awk -f "$here/../lib/kselftest.awk"
rmmod mdev_sample
