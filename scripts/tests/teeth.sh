#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The judges of the tests: do they see a mutant that lives?
set -euo pipefail

tests=$(dirname "$(realpath "$0")")
lib=$tests/../lib
# shellcheck source=scripts/lib/tap.sh
. "$lib/tap.sh"

# mistakes NAME TEXT [EXPECTED]...: what mutate.py makes of the body of a function in C.
mistakes() {
	local name=$1 text=$2
	shift 2

	tap_is "$(PYTHONPATH=$lib python3 -c '
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

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
test_mistakes
test_mutants
tap_done
