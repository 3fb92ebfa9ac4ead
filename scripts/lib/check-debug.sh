# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2030,SC2031,SC2154  # the caller's variables; each stage has its own
# The stages of scripts/check --debug: on the kernels of scripts/uml, but for lookup and many.
# Source it into scripts/check; it only defines.
#
# How much they do: MDEV_SAMPLE_SECONDS of the storm and the churn (300), MDEV_SAMPLE_OPS of the fuzzer
# in all (10000000), with MDEV_SAMPLE_SEED and MDEV_SAMPLE_THREADS, MDEV_SAMPLE_ROUNDS and
# MDEV_SAMPLE_DEVICES (10000) of the stage many. MDEV_SAMPLE_CHECKS=memory (or locks)
# leaves the other kernel out of the stages that run on both; MDEV_SAMPLE_SUITES="mig_state mig_race" has
# memory, locks and the like run these suites only.

list_debug_stages() {
	cat <<-END
		uml         do the debug kernels' runners notice trouble?
		memory      the device suites where memory is checked
		memory_own  the same with our own mdev core
		locks       the device suites where locks are checked
		locks_own   the same with our own mdev core
		storm       five minutes of everything at once, on each debug kernel, with each mdev core
		failures    every allocation fails once: create, reserve, open, add a parent, load
		fuzz        ten million random operations on device fds
		vfio        the kernel's own VFIO tests on an mdev
		churn       five minutes of null modems whose ends come and go, on each debug kernel
		torture     the namespace of UUIDs under torture in the kernel
		lookup      what a lookup costs, on Debian's kernel
		native      what a byte costs with 500 null modems, on the machine's own processor
		many        10,000 rounds for one UUID, 10,000 devices, on Debian's kernel with each mdev core
	END
}

stage_uml() {
	"$here/tests/uml.sh"
}

stage_memory() {
	chosen_suites memory ''
}

stage_memory_short() {
	debug_suites memory '' 1200 sysfs_attrs sysfs_create sysfs_remove info region config_space \
		irq_intx irq_args irq_eventfd irq_msi irq_msix irq_waits irq_req reset reserve storm \
		parents load remove_open bystanders card_shared storm_full \
		migration mig_state mig_knobs mig_race mig_line mig_fault debug hold_fd \
		backend_attrs peer peer_churn peer_remove host_tty host_flow host_churn host_serial
}

stage_memory_own() {
	chosen_suites memory own
}

stage_locks() {
	chosen_suites locks ''
}

stage_locks_own() {
	chosen_suites locks own
}

stage_storm() {
	local seconds=${MDEV_SAMPLE_SECONDS:-300} checks core status=0

	for checks in ${MDEV_SAMPLE_CHECKS:-memory locks}; do
		for core in own ''; do
			printf '# %s, mdev core of %s\n' "$checks" "${core:-the kernel}"
			MDEV_SAMPLE_SECONDS=$seconds attempt \
				debug_suites "$checks" "$core" $((seconds + 900)) storm_full
		done
	done
	return $status
}

stage_failures() {
	local status=0

	attempt debug_suites memory own 2400 fail_nth
	attempt debug_suites memory '' 2400 fail_nth
	return $status
}

# Each of the suite's three variants does its part.
stage_fuzz() {
	local ops=${MDEV_SAMPLE_OPS:-10000000} status=0

	MDEV_SAMPLE_OPS=$(((ops + 2) / 3)) attempt fuzz_suite
	awk '/ operations, of which / {
		sub(/.*threads: /, "")
		ops += $1
	} END { printf "# figure: %d random operations\n", ops }' "$work/fuzz"
	return $status
}

fuzz_suite() {
	debug_suites memory '' 7200 fuzz | tee "$work/fuzz"
}

stage_churn() {
	local seconds=${MDEV_SAMPLE_SECONDS:-300} checks status=0

	for checks in ${MDEV_SAMPLE_CHECKS:-memory locks}; do
		MDEV_SAMPLE_SECONDS=$seconds attempt figures_of '[0-9]+ rounds: ' \
			debug_suites "$checks" '' $((seconds + 900)) peer_churn
	done
	return $status
}

stage_vfio() {
	local tests checks status=0

	tests=$(kernel_vfio_tests)
	for checks in ${MDEV_SAMPLE_CHECKS:-memory locks}; do
		make_debug_modules "$checks"
		attempt "$here/uml" --checks "$checks" -- \
			unshare --mount scripts/tests/vfio.sh "$tests" "$module"
	done
	return $status
}

stage_torture() {
	local checks status=0

	for checks in ${MDEV_SAMPLE_CHECKS:-memory locks}; do
		make_debug_modules "$checks"
		attempt "$here/uml" --checks "$checks" --timeout 900 -- \
			env MDEV_SAMPLE_TORTURE_KO="$torture" MDEV_SAMPLE_ENTRIES=0 \
			MDEV_SAMPLE_SECONDS="${MDEV_SAMPLE_SECONDS:-60}" selftests/torture.sh
	done
	return $status
}

# Without the debug kernels' checks, which cost more than the lookup.
stage_lookup() {
	make_module "$(newest_kernel '')"
	"$here/vm" --timeout 900 -- env MDEV_SAMPLE_TORTURE_KO="$torture" MDEV_SAMPLE_SECONDS=0 \
		selftests/torture.sh | sed 's/^# \(of \|new \|big \)/# figure: \1/'
}

stage_native() {
	MDEV_SAMPLE_QUIET=1 debug_suites none '' 900 peer_many | show_figures 'a byte through'
}

stage_many() {
	local kernel core status=0

	kernel=$(newest_kernel '')
	install_suites
	for core in '' own; do
		printf '# mdev core of %s\n' "${core:-the kernel}"
		build_modules "$builds/many" KVER="$kernel" ${core:+MDEV_CORE="$core"}
		attempt figures_of 'create: first|refuse one|memory per|[0-9]+ times of' \
			"$here/vm" --kernel "$kernel" --timeout 3600 -- env MDEV_SAMPLE_PROGRAM_SECONDS=3000 \
			MDEV_SAMPLE_ROUNDS="${MDEV_SAMPLE_ROUNDS:-10000}" \
			MDEV_SAMPLE_DEVICES="${MDEV_SAMPLE_DEVICES:-10000}" \
			scripts/tests/kselftest.sh "$suites" "$module" creators reuse scale
	done
	return $status
}

# --- what several of them use --------------------------------------------------------------------

# Show stdin, and what its lines say from the pattern $1 on once more as figures.
show_figures() {
	mawk -W interactive -v pattern="$1" '{ print; fflush() }
		match($0, pattern) { figure[++n] = substr($0, RSTART) }
		END { for (i = 1; i <= n; i++) print "# figure: " figure[i] }'
}

# figures_of PATTERN COMMAND...: the same for what a command prints.
figures_of() {
	local pattern=$1
	shift

	"$@" | show_figures "$pattern"
}

# make_debug_modules CHECKS [VARIABLE=VALUE]...: sets module and torture, for that debug kernel.
make_debug_modules() {
	local checks=$1 kdir
	shift

	kdir=$("$here/uml" --checks "$checks" --kdir)
	build_modules "$builds/debug" KDIR="$kdir" ARCH=um "$@"
}

# debug_suites CHECKS CORE SECONDS [PROGRAM]...: run these suites, or all, for as long at most, on
# that debug kernel, with the mdev core own or the kernel's (empty).
debug_suites() {
	local checks=$1 seconds=$3 variable
	make_debug_modules "$checks" ${2:+MDEV_CORE="$2"}
	shift 3

	install_suites
	set -- env MDEV_SAMPLE_PROGRAM_SECONDS="$seconds" MDEV_SAMPLE_TORTURE_KO="$torture" \
		MDEV_SAMPLE_ENTRIES=0 scripts/tests/kselftest.sh "$suites" "$module" "$@"
	# each byte takes a millisecond there
	local -x MDEV_SAMPLE_BYTES=${MDEV_SAMPLE_BYTES:-65536}
	for variable in MDEV_SAMPLE_{SECONDS,OPS,SEED,THREADS,QUIET,BYTES}; do
		[ -z "${!variable:-}" ] || set -- env "$variable=${!variable}" "$@"
	done
	"$here/uml" --checks "$checks" --timeout "$seconds" -- "$@"
}

# The same with all suites, or those asked for. Some take longer there than their usual limit.
chosen_suites() {
	# shellcheck disable=SC2086  # words
	debug_suites "$1" "$2" 5400 ${MDEV_SAMPLE_SUITES:-}
}

# Build selftests/vfio of the debug kernel's source, unchanged; prints where the programs are. The
# source of 7.2 calls calloc_assert() without defining it.
kernel_vfio_tests() {
	local dir=$builds/vfio

	need_packages gcc libc6-dev make rsync uuid-dev
	rm -rf "$dir"
	mkdir -p "$dir/tests"
	make -s -C "$UML/source" ARCH=x86 O="$dir/headers" INSTALL_HDR_PATH="$dir" headers_install >&2
	make -s -C "$UML/source/tools/testing/selftests/vfio" OUTPUT="$dir/tests" \
		KHDR_INCLUDES="-isystem $dir/include" EXTRA_CFLAGS=-Dcalloc_assert=calloc >&2
	printf '%s\n' "$dir/tests"
}
