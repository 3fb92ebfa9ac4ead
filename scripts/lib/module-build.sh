# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Build the module beside the repository, so that a build for another kernel leaves the objects in
# it alone. Source it after common.sh; it only defines.

# Copy what a build reads from the repository $1 into the new directory $2, whatever is being built in
# the repository just then.
copy_module_source() {
	local repo=$1 into=$2

	mkdir -p "$into"
	(cd "$repo" && find Makefile Kbuild mdev_sample -type f ! -name '*.mod.c' \
		\( -name '*.[ch]' -o -name '*.sh' -o -name Makefile -o -name Kbuild \) -print0 |
		tar -c --null -T -) | tar -C "$into" -x
}

# Where builds with the make variables $2... go by default; $1 says what they are for.
module_output() {
	local name=$1 word
	shift

	for word; do
		name+="+$word"
	done
	printf '%s\n' "$CACHE/modules/$name"
}

# What is left of a build's output, from stdin, without what a good one prints: the names of what it
# makes, and words of the kernel's own Makefiles.
build_complaints() {
	grep -Ev '^ +(CC|CHECK|LD|MODPOST|BTF|AR|PROBE|GEN)\b|^make|^Skipping BTF|^(warning: )?the compiler differs|^  (The kernel was built|You are using)' |
		grep -v '^$' || true
}
