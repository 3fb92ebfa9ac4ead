# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154  # the caller's variables
# The stages of scripts/check --mutants and --coverage: how much the tests notice. Source it into
# scripts/check; it only defines.
#
# How much they do: MDEV_SAMPLE_MUTANTS mutants (300 of the pure files, 100 of the others), of those that
# MDEV_SAMPLE_SEED picks (1); 0 for all that there are. MDEV_SAMPLE_ONLY="^vfio/" has those left
# alone that the expression does not match, as check.d/mutants would list them.

list_mutant_stages() {
	cat <<-END
		mutants_pure  do the unit tests notice when something is wrong with the pure files?
		mutants     do the device suites, when something is wrong with the others?
	END
}

list_coverage_stages() {
	cat <<-END
		coverage    which of the module's lines does no test run?
	END
}

stage_mutants_pure() {
	need_packages python3 gcc libc6-dev make
	"$here/tests/mutants_pure.py" --kselftest "$(kernel_source)/tools/testing/selftests" \
		--list "$here/check.d/mutants" --number "${MDEV_SAMPLE_MUTANTS:-300}" \
		--seed "${MDEV_SAMPLE_SEED:-1}" --only "${MDEV_SAMPLE_ONLY:-}"
}

# Which suites run which line, as the last run of the stage coverage has found it. They judge a mutant on the
# kernel of that stage, and those that it does not kill on the two that check memory and locks.
readonly LINES_RUN=$CACHE/lines-run.json

stage_mutants() {
	local pure kernels=() checks

	need_packages python3 gcc libc6-dev make
	[ -e "$LINES_RUN" ] || die "nothing is known of what runs which line: run scripts/check --coverage first"
	for checks in coverage memory locks; do
		kernels+=("$checks=$("$here/uml" --checks "$checks" --kdir)")
	done
	read -r -a pure < <(pure_files)
	install_suites
	rm -rf "$builds/mutants"
	mkdir "$builds/mutants"
	"$here/tests/mutants_module.py" --work "$builds/mutants" --kernels "${kernels[@]}" --suites "$suites" \
		--map "$LINES_RUN" --list "$here/check.d/mutants" --number "${MDEV_SAMPLE_MUTANTS:-100}" \
		--seed "${MDEV_SAMPLE_SEED:-1}" --only "${MDEV_SAMPLE_ONLY:-}" --pure "${pure[@]}"
}

# The files that the unit tests compile, and the headers in their folders.
pure_files() {
	# shellcheck disable=SC2016  # make's variables
	make -s -C "$repo/selftests" KSELFTEST="$(kernel_source)/tools/testing/selftests" \
		--eval='show: ; @echo $(patsubst ../%,%,$(PURE_SOURCES) $(PURE_HEADERS))' show
}

# The suites with each mdev core, and the unit tests; together they are to run every line.
# MDEV_SAMPLE_SUITES="a b" has these suites run only, MDEV_SAMPLE_CORES=own with that core only. The report
# is kept with the results.
stage_coverage() {
	local data=$builds/counts core name suite runs=() status=0

	need_packages python3 gcc libc6-dev make
	rm -rf "$data"
	mkdir -p "$data"
	count_unit_tests "$data"
	runs+=("$data/unit:$data/unit-notes")
	for core in ${MDEV_SAMPLE_CORES:-kernel own}; do
		name=coverage-$core
		make_coverage_module "$name" "$([ "$core" = kernel ] || echo MDEV_CORE=own)"
		mkdir "$data/$name"
		attempt run_counted_suites "$data/$name"
		for suite in "$data/$name"/*/; do
			runs+=("${suite%/}:$builds/$name")
		done
	done
	attempt "$here/tests/coverage.py" --list "$here/check.d/uncovered" --report "$results/uncovered" \
		--map "$LINES_RUN" "${runs[@]}"
	return $status
}

# Sets module.
make_coverage_module() {
	local kdir

	kdir=$("$here/uml" --checks coverage --kdir)
	build_modules "$builds/$1" KDIR="$kdir" ARCH=um GCOV_PROFILE=y ${2:+"$2"}
}

run_counted_suites() {
	local data=$1 variable

	install_suites
	# shellcheck disable=SC2086  # words
	set -- env MDEV_SAMPLE_TORTURE_KO="$torture" MDEV_SAMPLE_ENTRIES=0 \
		scripts/tests/coverage-suites.sh "$suites" "$module" "$data" ${MDEV_SAMPLE_SUITES:-}
	for variable in MDEV_SAMPLE_{SECONDS,OPS,SEED,THREADS,QUIET,BYTES}; do
		[ -z "${!variable:-}" ] || set -- env "$variable=${!variable}" "$@"
	done
	"$here/uml" --checks coverage --timeout 5400 --writable "$data" -- "$@"
}

# The unit tests with counters, built beside those of the stage unit; their results are that stage's.
count_unit_tests() {
	local kselftest program

	kselftest=$(kernel_source)/tools/testing/selftests
	mkdir -p "$1/unit"
	for program in "$repo"/selftests/unit_*.c; do
		program=$1/unit/$(basename "$program" .c)
		make -s -C "$repo/selftests" KSELFTEST="$kselftest" OUTPUT="$1/unit" \
			UNIT_CFLAGS="--coverage -include $here/lib/gcov_exit.h" \
			"$program" >&2
		"$program" >/dev/null
	done
	ln -s unit "$1/unit-notes"
}
