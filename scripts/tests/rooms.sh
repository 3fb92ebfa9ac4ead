#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module's files lie in rooms, and each room includes itself and those named to its right only.
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
lib=$repo/scripts/lib
# shellcheck source=scripts/lib/tap.sh
. "$lib/tap.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/table" <<-'END'
	core:
	hw:
	stream:     hw
	port:       hw core
	vfio:       stream hw core
	serial:     vfio port stream hw core
	mdev:       serial vfio hw core
	mdev/core:  mdev core
END

cd "$repo/mdev_sample"
mapfile -t files < <(find . -name '*.[ch]' -not -name '*.mod.c' -printf '%P\n' | sort)
awk -f "$lib/rooms.awk" "$scratch/table" "${files[@]}" >"$scratch/complaints"
tap_comment <"$scratch/complaints"
tap_result "$([ ! -s "$scratch/complaints" ] && echo 0 || echo 1)" \
	"${#files[@]} files include their own room and those below it only"
while IFS=: read -r room _; do
	tap_result "$(compgen -G "$room/*.[ch]" >"$scratch/found" && echo 0 || echo 1)" "there is a room $room/"
done <"$scratch/table"
tap_done
