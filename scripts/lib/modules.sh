# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernel modules for an initramfs. Source it; it only defines.

has_module() {
	local root=$1 ver=$2 module=$3

	modprobe --show-depends -d "$root" -S "$ver" "$module" >/dev/null 2>&1
}

# Copy the named modules and what they need to $3, unpacked; prints their names in load order.
stage_modules() {
	local root=$1 ver=$2 into=$3 module path name
	shift 3

	for module; do
		modprobe --show-depends -d "$root" -S "$ver" "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
		name=$(basename "$path" | sed 's/\.\(xz\|gz\|zst\)$//')
		case $path in
		*.xz) xz -dc "$path" ;;
		*.gz) gzip -dc "$path" ;;
		*.zst) zstd -dcq "$path" ;;
		*) cat "$path" ;;
		esac >"$into/$name"
		printf '%s ' "$name"
	done
}
