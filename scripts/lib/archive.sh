# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Any suite of the Debian archive that this machine's own apt is set up for, without touching its
# settings. Source it after common.sh; it only defines.

# The archive's address: that of the first of Debian's own plain suites among apt's sources, which may
# have other vendors' before it. Suites with a dash, like the security updates, may lie elsewhere.
archive_uri() {
	# shellcheck disable=SC2016  # the names are apt's
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(RELEASE)|$(REPO_URI)' 'Created-By: Packages' |
		archive_debian ||
		die "apt has no source of a Debian suite to go by"
}

# From lines ORIGIN|LABEL|SUITE|ADDRESS the address of the first that is Debian's.
archive_debian() {
	awk -F'|' '$1 == "Debian" && $2 == "Debian" && $3 !~ /-/ { print $4; found = 1; exit }
		END { exit !found }'
}

archive_key() {
	local key

	for key in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ ! -e "$key" ] || { echo "$key"; return; }
	done
	die "no key ring of the Debian archive: install debian-archive-keyring"
}

# One line of a sources.list.
archive_source() {
	local uri key

	uri=$(archive_uri)
	key=$(archive_key)
	printf 'deb [signed-by=%s] %s %s main\n' "$key" "$uri" "$1"
}

# How this machine reaches the archive (a proxy, a clock that is off, ...), as lines of an apt.conf. A
# download that breaks off is tried again.
archive_access() {
	echo 'Acquire::Retries "3";'
	apt-config dump Acquire | grep -E '::(Proxy.*|Retries|Check-Valid-Until|Check-Date) ' || true
}

# Run an apt program in a configuration of its own that knows the suite $1 alone.
archive_apt() {
	local suite=$1 program=$2 dir=$CACHE/apt/$1
	shift 2

	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	archive_source "$suite" >"$dir/sources.list"
	"$program" -qq -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists="$dir/lists" \
		-o Dir::State::Status=/dev/null -o Dir::Cache="$dir/cache" \
		-o APT::Sandbox::User=root "$@"
}

# Download the package $2 of the suite $1 into the current directory.
archive_download() {
	local suite=$1 package=$2

	archive_apt "$suite" apt-get update >&2
	archive_apt "$suite" apt-get download "$package" >&2
}

# The packages of a QEMU that can migrate a VFIO device (8.1 or newer) in a tree of the suite $1, as
# words for scripts/tree. bookworm's own is older; each is named, as apt would else take the rest of
# them from bookworm.
archive_qemu() {
	local package

	[ "$1" = bookworm ] || { echo --with=qemu-system-x86; return; }
	for package in qemu-system-{x86,common,data} seabios; do
		echo "--with=$package/bookworm-backports"
	done
}
