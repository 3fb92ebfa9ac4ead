# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The debug kernel of scripts/uml: Debian's kernel source, built as user-mode Linux and kept in the
# cache. Source it after common.sh, packages.sh and archive.sh; it only defines.
#
#   uml/source            the unpacked source; .package names the package in it
#   uml/build-HASH        one build folder for each version and configuration, without objects;
#                         linux is the kernel, install/ has its modules

UML=$CACHE/uml
# Raise this when the way to build changes so that old builds are of no use.
readonly UML_RECIPE=1

# --- source --------------------------------------------------------------------------------------

# The newest kernel source of the suite $1, by the dependency of the package that follows it.
uml_newest_source() {
	archive_apt "$1" apt-get update >&2
	archive_apt "$1" apt-cache depends linux-source | awk '$1 == "Depends:" { print $2; exit }'
}

uml_ensure_source() {
	local suite=$1 package

	[ ! -e "$UML/source/.package" ] || return 0
	package=$(uml_newest_source "$suite")
	[ -n "$package" ] || refuse "the suite $suite has no linux-source"
	say "downloading $package from $suite"
	rm -rf "$UML/source.new" "$UML/download"
	mkdir -p "$UML/source.new" "$UML/download"
	(cd "$UML/download" && archive_download "$suite" "$package") || refuse "cannot download $package"
	say "unpacking it"
	dpkg-deb --fsys-tarfile "$UML"/download/*.deb | tar -x -O --wildcards '*/linux-source-*.tar.xz' |
		tar -xJ -C "$UML/source.new" --strip-components=1 --wildcards \
			--exclude='*/drivers/gpu/drm/amd/include/*/*' --exclude='*/arch/arm*/boot/dts/*/*'
	basename "$UML"/download/*.deb .deb >"$UML/source.new/.package"
	# The builds of the source before are of no use without it.
	rm -rf "$UML/source" "$UML/download" "$UML"/build-*
	mv "$UML/source.new" "$UML/source"
}

# --- build ---------------------------------------------------------------------------------------

# What a build depends on.
uml_hash() {
	{
		echo "recipe $UML_RECIPE"
		cat "$UML/source/.package" "$@"
		gcc --version | head -n 1
	} | sha256sum | cut -c1-12
}

uml_make() {
	nice -n 10 make -C "$UML/source" --no-print-directory O="$1" ARCH=um "${@:2}"
}

uml_configure() {
	local build=$1
	shift

	uml_make "$build" -s defconfig
	(cd "$UML/source" && scripts/kconfig/merge_config.sh -m -O "$build" "$build/.config" "$@") \
		>/dev/null
	uml_make "$build" -s olddefconfig
	uml_report_refused "$build/.config" "$@"
}

# The last word on an option wins; say which ones did not come true.
uml_report_refused() {
	local config=$1 line option
	shift

	sed -n 's/^# \(CONFIG_[A-Z0-9_]*\) is not set$/\1=n/p; /^CONFIG_/p' "$@" |
		awk -F= '{ last[$1] = $0 } END { for (o in last) print last[o] }' |
		while read -r line; do
			option=${line%%=*}
			case $line in
			*=n) ! grep -q "^$option=[ym]" "$config" || say "option $option stays on" ;;
			*) grep -qxF "$line" "$config" || say "this kernel has no $line" ;;
			esac
		done
}

# Show how far a build has come, by the number of files compiled, on a terminal only.
uml_show_progress() {
	[ -t 2 ] || { cat >/dev/null; return; }
	awk -v all="$1" '/^  (CC|AR|LD)/ { n++; if (n % 20 == 0)
		printf "\r%3d %%  %-60s", (n < all ? 100 * n / all : 99), substr($2, 1, 60) }
		END { printf "\r%70s\r", "" }' >&2
}

uml_compile() {
	local build=$1 started=$SECONDS

	say "building the debug kernel (ten minutes on two idle processors; log: $build/build.log)"
	uml_make "$build" -j"$(nproc)" all 2>&1 | tee "$build/build.log" | uml_show_progress 1300 ||
		die "the debug kernel does not build: see $build/build.log" "$CANNOT_START"
	uml_make "$build" -s modules_install INSTALL_MOD_PATH="$build/install" >>"$build/build.log" 2>&1
	# Modules are built with the tools, headers and symbols; nothing needs the kernel's objects.
	find "$build" \( -name scripts -o -name install \) -prune -o \
		\( -name '*.o' -o -name '*.a' -o -name '.*.cmd' -o -name 'vmlinux*' \) -type f -exec rm -f {} +
	strip --strip-debug "$build/linux"
	say "built it in $((SECONDS - started)) s"
}

# uml_ensure FRAGMENT...: build the kernel with these fragments of configuration unless it is there,
# and set uml_build. Asks for the newest source first if uml_update is set.
uml_ensure() {
	mkdir -p "$UML"
	# What is there can be used while another configuration is being built.
	[ -n "${uml_update:-}" ] || ! uml_find_build "$@" || return 0
	exec 8>"$UML/lock"
	flock -n 8 || {
		say "waiting for another build of the debug kernel"
		flock 8
	}
	[ -z "${uml_update:-}" ] || rm -f "$UML/source/.package"
	uml_ensure_source sid
	uml_find_build "$@" || uml_make_build "$@"
	uml_drop_old_builds
	exec 8>&-
}

# Sets uml_build; fails if that kernel is not there yet.
uml_find_build() {
	[ -e "$UML/source/.package" ] || return
	uml_build=$UML/build-$(uml_hash "$@")
	[ -e "$uml_build/.used" ] || return
	touch "$uml_build/.used"
}

# A build that was interrupted goes on where it was.
uml_make_build() {
	mkdir -p "$uml_build"
	uml_configure "$uml_build" "$@"
	uml_compile "$uml_build"
	touch "$uml_build/.used"
}

uml_drop_old_builds() {
	local stamp

	find "$UML" -mindepth 2 -maxdepth 2 -path '*/build-*/.used' -mtime +14 | while read -r stamp; do
		rm -rf "${stamp%/.used}"
	done
}
