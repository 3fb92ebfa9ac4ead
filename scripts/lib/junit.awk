# SPDX-License-Identifier: GPL-2.0-only
# Turn a stage's results (TAP) into a JUnit testsuite; -v stage=NAME -v seconds=N. Comments before a
# failure go with it. Files of several stages make one report between <testsuites> and </testsuites>.

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	gsub(/"/, "\\&quot;", text)
	# XML has no other control characters
	gsub(/[\001-\010\013\014\016-\037]/, "?", text)
	return text
}

/^# / {
	said = said substr($0, 3) "\n"
	next
}

/^(not )?ok( |$)/ {
	bad = $1 == "not"
	name = $0
	sub(/^(not )?ok *[0-9]*[ -]*/, "", name)
	why = ""
	if (match(toupper(name), /# *SKIP */)) {
		why = substr(name, RSTART + RLENGTH)
		name = substr(name, 1, RSTART - 1)
		skipped++
	}
	sub(/ +$/, "", name)
	cases[++n] = "  <testcase classname=\"" escape(stage) "\" name=\"" escape(name) "\""
	if (bad) {
		failures++
		cases[n] = cases[n] "><failure>" escape(said) "</failure></testcase>"
	} else if (why != "") {
		cases[n] = cases[n] "><skipped message=\"" escape(why) "\"/></testcase>"
	} else {
		cases[n] = cases[n] "/>"
	}
	said = ""
}

END {
	printf " <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" skipped=\"%d\" time=\"%d\">\n",
		escape(stage), n, failures, skipped, seconds
	for (i = 1; i <= n; i++)
		print cases[i]
	print " </testsuite>"
}
