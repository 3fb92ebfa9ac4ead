#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DevStack runs a file of this name, beside its local.conf, when all else has been done: make a
# flavor whose servers get a serial card. MDEV_SAMPLE_FLAVOR is its name.
set -euo pipefail

flavor=${MDEV_SAMPLE_FLAVOR:-m1.serial}

# shellcheck source=/dev/null  # DevStack's
. "${TOP_DIR:-.}/openrc" admin admin
openstack flavor show "$flavor" >/dev/null 2>&1 ||
	openstack flavor create --ram 256 --disk 1 --vcpus 1 "$flavor"
openstack flavor set --property resources:CUSTOM_SERIAL=1 "$flavor"
