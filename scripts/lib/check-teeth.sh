# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154  # the caller's variables
# The stages of scripts/check --mutants: how much the tests notice. Source it into
# scripts/check; it only defines.
#
# How much they do: MDEV_SAMPLE_MUTANTS mutants (300), of those that
# MDEV_SAMPLE_SEED picks (1); 0 for all that there are. MDEV_SAMPLE_FILES="^mdev_sample/host" has those of
# other files left alone.

list_mutant_stages() {
	cat <<-END
		mutants_pure  do the unit tests notice when something is wrong with the pure files?
	END
}

stage_mutants_pure() {
	need_packages python3 gcc libc6-dev make
	"$here/tests/mutants_pure.py" --kselftest "$(kernel_source)/tools/testing/selftests" \
		--list "$here/check.d/mutants" --number "${MDEV_SAMPLE_MUTANTS:-300}" \
		--seed "${MDEV_SAMPLE_SEED:-1}" --only "${MDEV_SAMPLE_FILES:-}"
}
