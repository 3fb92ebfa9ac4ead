# SPDX-License-Identifier: GPL-2.0-only
# Bars side by side, one colour for each module. Wants: out, data, title, unit, modules (separated by
# spaces), tics (separated by |, lines by :). Lines of data are place, module, median, low, high.

# Neither near white nor near black: pages of both colours show it.
ink = "#7a828c"
colours = "#d97706 #2f81f7 #2da44e #bf5af2"

n = words(modules)
width = 0.8 / n
x(place, module) = place + (module - (n - 1) / 2.0) * width

set terminal svg size 760,340 font "sans-serif,13" enhanced
set output out
colon = strstrt(title, ":")
set title title[1:colon - 1] . "\n{/*0.8 " . title[colon + 1:*] . "}" tc rgb ink
set border 3 lc rgb ink
set tics nomirror tc rgb ink
set ylabel unit tc rgb ink
set yrange [0:*]
set offsets 0, 0, graph 0.1, 0
set grid ytics lc rgb ink lw 0.3 dt 3
set key top left horizontal tc rgb ink samplen 1.5
set style fill solid 0.85 noborder
set boxwidth width * 0.92
set bmargin 3.6
set tmargin 4

# A tic for each place; gnuplot has no split(), so one is taken off after the other.
rest = tics
nr = 0
set xtics ()
while (strlen(rest) > 0) {
	nr = nr + 1
	at = strstrt(rest, "|")
	label = at ? rest[1:at - 1] : rest
	rest = at ? rest[at + 1:*] : ""
	colon = strstrt(label, ":")
	set xtics add (label[1:colon - 1] . "\n" . label[colon + 1:*] nr)
}
set xrange [0.4:nr + 0.6]
set xtics scale 0

# Bars, whiskers, and the medians above them.
plot for [m = 0:n - 1] data using ($2 == m ? x($1, m) : 1/0):3 with boxes \
		lc rgb word(colours, m % 4 + 1) title word(modules, m + 1) noenhanced, \
	data using (x($1, $2)):4:(0):($5 - $4) with vectors heads size screen 0.004,90 lw 1.2 \
		lc rgb ink notitle, \
	data using (x($1, $2)):5:(sprintf($3 < 10 ? "%.2f" : "%.0f", $3)) with labels \
		offset 0, 0.6 tc rgb ink notitle
