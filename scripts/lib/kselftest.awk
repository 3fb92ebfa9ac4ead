# SPDX-License-Identifier: GPL-2.0-only
# Flatten the output of the kernel's run_kselftest.sh: a result for each case of each program, which
# it shows as comments, instead of one for each program. A program that fails without naming a case,
# that does not keep to its own plan, or that shows no case at all, is a failure too.

function result(word, text) {
	printf "%s %d - %s\n", word, ++count, text
}

# What the program itself says is quoted by "# ".
/^# selftests: / {
	program = $NF
	cases = bad = planned = 0
	started = systime()
	next
}

/^# 1\.\.[0-9]+/ {
	planned = substr($2, 4)
	next
}

/^# (not )?ok( |$)/ {
	text = $0
	sub(/^# (not )?ok *[0-9]*[ -]*/, "", text)
	cases++
	if ($2 == "not")
		bad++
	result($2 == "not" ? "not ok" : "ok", program ": " text)
	fflush()
	next
}

/^(not )?ok( |$)/ {
	skip = toupper($0) ~ /# *SKIP/
	if ($1 == "not" && !bad)
		result("not ok", program ": the program failed: " $0)
	else if ($1 == "ok" && cases < planned && !skip)
		result("not ok", program ": only " cases " of " planned " cases ran")
	else if ($1 == "ok" && !cases && skip)
		result("ok", program " # SKIP see above")
	else if ($1 == "ok" && !cases)
		result("not ok", program ": no case ran")
	printf "# %s took %d s\n", program, systime() - started
	fflush()
	next
}

/^1\.\.|^TAP version/ {
	next
}

{
	print ($0 ~ /^#/ ? "" : "# ") $0
	fflush()
}

END {
	print "1.." count + 0
}
