#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The unit tests of the module's pure files, which run on any machine. They are built already.
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
status=0
for source in "$repo"/selftests/unit_*.c; do
	program=${source%.c}
	printf '# %s\n' "${program##*/}"
	"$program" || status=1
done
exit $status
