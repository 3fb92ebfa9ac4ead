#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# probe.sh PROBES.C NAME OUTPUT COMPILER...: find the first form of the interface NAME that compiles, and
# write its number to OUTPUT as a line of C. Run by Kbuild.
set -u

source=$1 name=$2 output=$3
shift 3

# "NUMBER words" of each form.
forms=$(sed -n "/^#ifdef PROBE_$name\$/,/^#ifdef/s:^#\(el\)*if FORM == \([0-9]*\) /\* \(.*\) \*/:\2 \3:p" "$source")
for form in $(echo "$forms" | cut -d' ' -f1); do
	if "$@" -DPROBE_"$name" -DFORM="$form" -c -o "$output.o" -x c "$source" 2>"$output.log"; then
		rm -f "$output.o" "$output.log"
		echo "#define MSAMP_FORM_$name $form" >"$output"
		exit
	fi
done
echo "mdev_sample: this kernel has none of the forms that are known of $name:" \
	"$(echo "$forms" | cut -d' ' -f2- | paste -sd';' | sed 's/;/; /g'); see $output.log" >&2
exit 1
