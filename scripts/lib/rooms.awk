# SPDX-License-Identifier: GPL-2.0-only
# Which includes do not keep to the rooms? The first file is the table, a line "ROOM: ROOM..." for each
# room with those that it may use; the others are source files, by their paths from where the rooms are.
# A room may always use itself. What is above all rooms may use any of them.

function room_of(path) {
	return sub(/\/[^\/]*$/, "", path) ? path : "."
}

FNR == NR {
	room = $1
	sub(/:$/, "", room)
	known[room]
	may[room, room]
	for (i = 2; i <= NF; i++)
		may[room, $i]
	next
}

FNR == 1 {
	here = room_of(FILENAME)
	if (here != "." && !(here in known))
		printf "%s: '%s' is no room of the table\n", FILENAME, here
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, word, "\"")
	there = room_of(word[2])
	if (!(there in known))
		printf "%s:%d: \"%s\" names no room of the table\n", FILENAME, FNR, word[2]
	else if (here != "." && !((here, there) in may))
		printf "%s:%d: %s/ may not include %s/: \"%s\"\n", FILENAME, FNR, here, there, word[2]
}
