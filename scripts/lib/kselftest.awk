# SPDX-License-Identifier: GPL-2.0-only
# Flatten the output of the kernel's run_kselftest.sh: a result for each case of each program, which
# it shows as comments, instead of one for each program. A program is a failure of its own if it
# fails without naming a case, prints no case, has no plan or does not keep to it, or never ends.
# With -v programs=N so many programs must have run.

function result(word, text) {
	printf "%s %d - %s\n", word, ++count, text
}

# What is wrong with a program that has ended well by its own account; empty if nothing is.
function fault() {
	if (!cases)
		return "printed no result"
	if (planned < 0)
		return "printed no plan"
	if (cases != planned)
		return "ran " cases " of " planned " planned cases"
	return ""
}

# What the program itself says is quoted by "# ".
/^# selftests: / {
	program = $NF
	cases = bad = 0
	planned = -1
	started = systime()
	running = 1
	next
}

/^# 1\.\.[0-9]+/ {
	planned = substr($2, 4) + 0
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
	else if ($1 == "ok" && skip && !cases)
		result("ok", program " # SKIP see above")
	else if ($1 == "ok" && !skip && !bad && fault() != "")
		result("not ok", program ": " fault())
	printf "# %s took %d s\n", program, systime() - started
	fflush()
	running = 0
	ended++
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
	if (running)
		result("not ok", program ": did not end")
	if (programs != "" && ended != programs)
		result("not ok", "only " ended + 0 " of " programs " programs ended")
	print "1.." count + 0
}
