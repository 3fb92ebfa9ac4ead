#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The judges of the tests: do they see a mutant that lives, and a line that no test runs?
set -euo pipefail

tests=$(dirname "$(realpath "$0")")
lib=$tests/../lib
# shellcheck source=scripts/lib/tap.sh
. "$lib/tap.sh"

# mistakes NAME TEXT [EXPECTED]...: what mutate.py makes of the body of a function in C.
mistakes() {
	local name=$1 text=$2
	shift 2

	tap_is "$(PYTHONPATH=$lib python3 -B -c '
import mutate, sys
for _, mutant in mutate.mutants({"a.c": "int f(void)\n{\n" + sys.argv[1] + "\n}\n"}):
    print("%d %s" % (mutant.line, mutant.after))' "$text")" "$(printf '%s\n' "$@")" "mutate.py: $name"
}

test_mistakes() {
	mistakes "a comparison and its constants" 'if (a < 0x10)' \
		'3 if (a <= 0x10)' '3 if (a >= 0x10)' '3 if (a < 0x11)' '3 if (a < 0xf)'
	mistakes "a statement over two lines, and a value" $'a =\n\tf(b);' '3 ;'
	mistakes "a value that is returned" 'return a && !b;' '3 return 0;' '3 return a || !b;' '3 return a && b;'
	mistakes "no value to return, and one that says nothing" 'if (!a) return; return NULL;' \
		'3 if (a) return; return NULL;'
	mistakes "a pointer, an address, and a sign" 'f(*p, &a, -b);' '3 ;'
	mistakes "an error and a bit" 'return a & UART_LSR_OE ? -EIO : UART_LSR_PE | -EPERM;' '3 return 0;' \
		'3 return a | UART_LSR_OE ? -EIO : UART_LSR_PE | -EPERM;' \
		'3 return a & UART_LSR_PE ? -EIO : UART_LSR_PE | -EPERM;' \
		'3 return a & UART_LSR_OE ? -EPERM : UART_LSR_PE | -EPERM;' \
		'3 return a & UART_LSR_OE ? -EIO : UART_LSR_OE | -EPERM;' \
		'3 return a & UART_LSR_OE ? -EIO : UART_LSR_PE & -EPERM;' \
		'3 return a & UART_LSR_OE ? -EIO : UART_LSR_PE | -EIO;'
	mistakes "comments, text, what is logged, declared or promised" \
		$'/* a + 1 */ u8 *p; // a + 2\npr_info("%d", a + 1);\nlockdep_assert_held(&a[1]);\nstruct s { u8 a[3]; };' \
		''
	mistakes "a step" 'i++;' '3 ;' '3 i--;'
}

# A repository of one function, the larger of two numbers, and a count that does not end if it is wrong;
# $1 is what its unit test holds it against, an expression in C.
make_toy() {
	mkdir -p "$scratch/toy/mdev_sample" "$scratch/toy/selftests"
	cat >"$scratch/toy/mdev_sample/toy.c" <<-END
		#include "toy.h"
		int larger(int a, int b)
		{
		    if (a > b)
		        return a;
		    return b;
		}
		unsigned int count(unsigned int n)
		{
		    unsigned int c = 0;
		    while (n) {
		        n /= 2;
		        c++;
		    }
		    return c;
		}
	END
	echo 'int larger(int a, int b); unsigned int count(unsigned int n);' >"$scratch/toy/mdev_sample/toy.h"
	printf '%s\n' 'CFLAGS = -O1 -I../mdev_sample' 'PURE_SOURCES := ../mdev_sample/toy.c' \
		'UNIT_PROGS := unit_toy' >"$scratch/toy/selftests/Makefile"
	cat >"$scratch/toy/selftests/unit_toy.c" <<-END
		#include <stdio.h>
		#include "toy.h"
		int main(void)
		{
			int good = $1;
			printf("%sok 1\n", good ? "" : "not ");
			return !good;
		}
	END
	: >"$scratch/list"
}

# mutants NAME EXPECTED [OPTION]...: how many results of judging the toy's mutants are good and bad.
mutants() {
	local name=$1 expected=$2 status=0
	shift 2

	"$tests/mutants_pure.py" --repo "$scratch/toy" --kselftest /none --list "$scratch/list" \
		--limit 1 --goal 80 --number 0 "$@" >"$scratch/output" || status=$?
	read -r -a counts < <(mawk -v status="$status" -f "$lib/tap.awk" "$scratch/output")
	[ "${counts[*]}" = "$expected" ] || tap_comment <"$scratch/output"
	tap_is "${counts[*]}" "$expected" "mutants_pure.py: $name"
}

test_mutants() {
	local lives='toy.c: return b; => return 0;' counts
	local good='larger(2, 1) == 2 && larger(0, 0) == 0 && count(0) == 0 && count(9) == 4'

	make_toy "$good"
	mutants "one survives that nobody has listed" '4 1 0 complete'
	printf '# nobody wants it\n%s\n' "$lives" >"$scratch/list"
	mutants "all that survive are listed" '5 0 0 complete'
	mutants "fewer are killed than is asked for" '4 1 0 complete' --goal 100
	mutants "no file to spoil" '2 2 0 complete' --only none
	echo "$lives" >"$scratch/list"
	mutants "a list without a reason" '1 1 0 complete'
	printf '# nobody wants it\n%s\n%s\n' "$lives" 'toy.c: return b; => return 1;' >"$scratch/list"
	mutants "a list of what is not there" '4 1 0 complete'
	make_toy 'larger(1, 2) == 2'
	mutants "a test that looks at little" '3 8 0 complete'
	make_toy 'larger(1, 2) == 1'
	mutants "a test that fails without a mutant" '0 1 0 complete'
	make_toy '1; return 0'
	mutants "a test that prints nothing" '0 1 0 complete'
}

# count_lines: have the toy's unit test run with counters, for coverage.py.
count_lines() {
	rm -rf "$scratch/counts"
	mkdir "$scratch/counts"
	(
		cd "$scratch/counts"
		gcc -w --coverage -I"$scratch/toy/mdev_sample" -c "$scratch/toy/mdev_sample/toy.c"
		gcc -w --coverage -I"$scratch/toy/mdev_sample" "$scratch/toy/selftests/unit_toy.c" toy.o -o toy
		./toy
	) >"$scratch/counts/results"
	echo 1 >"$scratch/counts/seconds"
}

# coverage NAME EXPECTED [OPTION]...: how many results of looking at the counts are good and bad.
coverage() {
	local name=$1 expected=$2 status=0 counts
	shift 2

	"$tests/coverage.py" --repo "$scratch/toy" --list "$scratch/list" --report "$scratch/report" \
		--map "$scratch/map" "$@" "$scratch/counts:$scratch/counts" >"$scratch/output" || status=$?
	read -r -a counts < <(mawk -v status="$status" -f "$lib/tap.awk" "$scratch/output")
	[ "${counts[*]}" = "$expected" ] || tap_comment <"$scratch/output"
	tap_is "${counts[*]}" "$expected" "coverage.py: $name"
}

test_coverage() {
	make_toy 'larger(1, 2) == 2 && larger(2, 1) == 2 && count(9) == 4'
	count_lines
	coverage "every line runs" '4 0 0 complete'
	tap_is "$(grep -A 1 'return b;' "$scratch/map" | tr -d ' \n')" '"toy.c:returnb;":{"counts/counts":1' \
		"coverage.py: the map names the suites of a line"
	make_toy 'larger(1, 2) == 2 && count(9) == 4'
	count_lines
	coverage "a line does not run" '3 1 0 complete' --goal 80
	coverage "too few lines run" '2 2 0 complete'
	printf '# nobody wants it\n%s\n' 'toy.c: larger(): return a;' >"$scratch/list"
	coverage "a line is listed that does not run" '4 0 0 complete' --goal 80
	printf '# nobody wants it\n%s\n' 'toy.c: larger()' >"$scratch/list"
	coverage "its function is listed" '4 0 0 complete' --goal 80
	tap_is "$(grep -c 'return a;  (nobody wants it)' "$scratch/report")" 1 "coverage.py: the report says why"
	printf '# nobody wants it\n%s\n' 'toy.c: larger(): return a;' 'toy.c: larger(): return c;' >"$scratch/list"
	coverage "a line is listed that is not there" '3 1 0 complete' --goal 80
	echo 'toy.c: larger(): return a;' >"$scratch/list"
	coverage "a list without a reason" '0 1 0 complete'
	: >"$scratch/list"
	rm "$scratch"/counts/*.gcda
	coverage "nothing has been counted" '1 2 0 complete'
	make_toy 'larger(1, 2) == 2 && count(9) == 5'
	count_lines || true
	coverage "what a failing suite runs has run" '3 1 0 complete' --goal 80
	tap_is "$(grep -c counts/counts "$scratch/map")" 0 "coverage.py: but the map does not trust it"
}

# A module that is a program, which passes or fails when a suite of that name runs it, and a machine that
# does no more than that.
make_toy_module() {
	make_toy 1
	# shellcheck disable=SC2016  # make's variables
	printf '%s\n' 'all: mdev_sample.ko' 'mdev_sample/%.o: mdev_sample/%.c' '	$(CC) -O1 -c $< -o $@' \
		'mdev_sample.ko: mdev_sample/toy.o suite.o' '	cp mdev_sample/toy.o mdev_sample.o' \
		'	$(CC) $^ -o $@' "suite.c:" "	cp $scratch/suite.c ." >"$scratch/toy/Makefile"
	touch "$scratch/toy/Kbuild"
	cat >"$scratch/suite.c" <<-END
		#include <string.h>
		int larger(int a, int b);
		unsigned int count(unsigned int n);
		int main(int argc, char **argv)
		{
			if (!strcmp(argv[1], "larger"))
				return larger(2, 1) != 2;
			return count(0) != 0 || count(9) != 4;
		}
	END
	cat >"$scratch/uml" <<-'END'
		#!/bin/bash
		while [[ $1 != */mutant-suites.sh ]]; do
			shift
		done
		module=$3
		shift 3
		for suite; do
			timeout 1 "$module" "$suite" || { echo "$suite"; exit 1; }
		done
	END
	chmod +x "$scratch/uml"
	cat >"$scratch/map" <<-END
		{"seconds": {"coverage-kernel/larger": 1, "coverage-kernel/count": 0},
		"lines": {"toy.c: if (a > b)": {"coverage-kernel/larger": 3},
		"toy.c: unsigned int c = 0;": {"coverage-kernel/larger": 1, "coverage-kernel/count": 4}}}
	END
}

# device_mutants NAME EXPECTED [OPTION]...: the same as mutants for the toy as a module.
device_mutants() {
	local name=$1 expected=$2 status=0 counts
	shift 2

	rm -rf "$scratch/work"
	mkdir "$scratch/work"
	"$tests/mutants_module.py" --repo "$scratch/toy" --uml "$scratch/uml" --work "$scratch/work" \
		--kernels a=/none b=/none --suites /none --map "$scratch/map" --list "$scratch/list" --goal 70 \
		--number 0 "$@" >"$scratch/output" || status=$?
	read -r -a counts < <(mawk -v status="$status" -f "$lib/tap.awk" "$scratch/output")
	[ "${counts[*]}" = "$expected" ] || tap_comment <"$scratch/output"
	tap_is "${counts[*]}" "$expected" "mutants_module.py: $name"
}

test_device_mutants() {
	make_toy_module
	device_mutants "one survives that nobody has listed" '3 1 0 complete'
	printf '# nobody wants it\n%s\n' 'toy.c: return b; => return 0;' >"$scratch/list"
	device_mutants "all that survive are listed" '4 0 0 complete'
	device_mutants "a file of another judge's" '1 2 0 complete' --pure mdev_sample/toy.c mdev_sample/toy.h
	echo '{"seconds": {}, "lines": {}}' >"$scratch/map"
	: >"$scratch/list"
	device_mutants "lines that no suite runs" '2 10 0 complete'
	rm "$scratch/map"
	device_mutants "nothing is known of the lines" '0 1 0 complete'
	make_toy_module
	printf '#!/bin/sh\nexit 243\n' >"$scratch/uml"
	device_mutants "a machine that does not start" '1 1 0 complete'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
test_mistakes
test_mutants
test_coverage
test_device_mutants
tap_done
