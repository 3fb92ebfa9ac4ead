# SPDX-License-Identifier: GPL-2.0-only
# Print the skips of a stage that are not expected. Arguments: scripts/check.d/skips, and the stage's
# results (TAP); -v stage=NAME.

# Whether one of the shell patterns in a comma-separated list matches the stage.
function is_for_stage(list,   n, i, pattern, patterns) {
	n = split(list, patterns, ",")
	for (i = 1; i <= n; i++) {
		pattern = patterns[i]
		gsub(/\*/, ".*", pattern)
		if (stage ~ "^(" pattern ")$")
			return 1
	}
	return 0
}

FNR == 1 {
	file++
}

file == 1 {
	if ($0 !~ /^#/ && split($0, field, "\t") == 2 && is_for_stage(field[1]))
		reasons[++nr_reasons] = "^(" field[2] ")$"
	next
}

# A plan of nothing is a skip too.
/^(ok( |$)|1\.\.0)/ && toupper($0) ~ /# *SKIP/ {
	why = $0
	sub(/^.*# *[Ss][Kk][Ii][Pp] */, "", why)
	for (i = 1; i <= nr_reasons; i++)
		if (why ~ reasons[i])
			next
	print
}
