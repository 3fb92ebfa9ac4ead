# SPDX-License-Identifier: GPL-2.0-only
# Count the results in TAP: prints passed, failed and skipped, and "complete" or "broken". A test
# that has no plan, did not keep to it, planned nothing without saying why, or failed (-v status=N)
# without saying which case, is broken, and that counts as one more failure. Several plans, of several
# programs, add up.

/^ok( |$)/ {
	results++
	if (toupper($0) ~ /# *SKIP/)
		skipped++
	else
		passed++
}

/^not ok( |$)/ {
	results++
	failed++
}

/^1\.\.[0-9]+/ {
	plans++
	planned += substr($1, 4)
	if ($1 == "1..0" && toupper($0) ~ /# *SKIP/)
		skipped++
	else if ($1 == "1..0")
		empty++
}

END {
	broken = !plans || empty || planned != results || (status && !failed)
	print passed + 0, failed + broken, skipped + 0, broken ? "broken" : "complete"
}
