# SPDX-License-Identifier: GPL-2.0-only
# Table, limits and tab-separated file of scripts/bench. Reads lines of round, module, metric and
# value, sorted by value. Values are nanoseconds, or, where the metric ends in "/zero", units of the
# /dev/zero pread taken next to them. A metric "broken" is followed by the real one and why.
#
# A row of ours that mtty does not have may be compared with another one of mtty's.
#
# Wants: names (of the modules, in columns' order, mtty first, ours second), rounds, kernel, cores,
# accel, out (a file). Exits with 1 if a limit is broken.

BEGIN {
	FS = OFS = "\t"
	nr_names = split(names, name, " ")
	peer = name[1]
	ours = name[2]

	row("zero", "us", "pread, 1 byte of /dev/zero")
	row("read", "us", "pread of a register")
	row("write", "us", "pwrite of a register")
	row("echo", "us", "THR written, read back from RBR")
	row("polled-15", "ms", "64 KiB polled, bursts of 15")
	row("intx-15", "ms", "64 KiB by INTx, bursts of 15")
	row("polled-16", "ms", "64 KiB polled, bursts of 16")
	row("intx-16", "ms", "64 KiB by INTx, bursts of 16")
	row("null-polled", "ms", "64 KiB to a peer, polled", "polled-15")
	row("null-intx", "ms", "64 KiB to a peer, by INTx", "intx-15")
	row("turn-polled", "ms", "same on one CPU, polled", "polled-15")
	row("turn-intx", "ms", "same on one CPU, by INTx", "intx-15")
	row("tty-read", "KiB/s", "64 KiB to a tty of the host")
	row("tty-write", "KiB/s", "64 KiB from a tty of the host")
	row("save", "us", "state of two ports saved")
	row("restore", "us", "state of two ports restored")
	row("move", "us", "saved and restored")
	row("state", "bytes", "state of two ports")
	row("create", "ms", "create in sysfs")
	row("remove", "ms", "remove in sysfs")
}

function row(metric, unit, title, rival) {
	metrics[++nr_metrics] = metric
	units[metric] = unit
	titles[metric] = title
	rivals[metric] = rival ? rival : metric
	scale[metric] = unit == "us" ? 1e3 : unit == "bytes" ? 1 : 1e6
}

$3 == "broken" {
	broken[$2, $5] = $6
	next
}

{
	value[$2, $3, ++count[$2, $3]] = $4
	in_round[$2, $3, $1, ++round_count[$2, $3, $1]] = $4
}

# The p-th part of the samples is below it.
function percentile(who, metric, p,    n) {
	n = count[who, metric]
	return n ? value[who, metric, 1 + int(p * (n - 1) + 0.5)] : 0
}

function median(who, metric) {
	return percentile(who, metric, 0.5)
}

function round_median(who, metric, round,    n) {
	n = round_count[who, metric, round]
	return n ? in_round[who, metric, round, 1 + int((n - 1) / 2)] : 0
}

# A percentile as the table and the file show it. 64 KiB have gone by in the time of a stream.
function figure(who, metric, p) {
	if (units[metric] == "KiB/s")
		return ratio(64 * 1e9, percentile(who, metric, 1 - p))
	return percentile(who, metric, p) / scale[metric]
}

# The metric by which modules are compared: relative to the floor where there is one.
function comparable(who, metric) {
	if ((who, metric "/stretch/zero") in count)
		return metric "/stretch/zero"
	return (who, metric "/zero") in count ? metric "/zero" : metric
}

function ratio(a, b) {
	return b ? a / b : 0
}

function to_peer(who, metric) {
	if ((who, metric) in broken || (peer, rivals[metric]) in broken)
		return 0
	return ratio(median(who, comparable(who, metric)),
		     median(peer, comparable(peer, rivals[metric])))
}

function to_zero(who, metric) {
	return units[metric] == "us" ? median(who, metric "/zero") : 0
}

function shown(x) {
	return x ? sprintf("%.2f", x) : "-"
}

# --- noise ---------------------------------------------------------------------------------------

# The square of the relative standard error of a mean over rounds.
function error_squared(who, metric,    r, m, n, sum, squares, mean) {
	for (r = 1; r <= rounds; r++) {
		m = round_median(who, metric, r)
		if (m) {
			sum += m
			squares += m * m
			n++
		}
	}
	if (n < 2)
		return 1
	mean = sum / n
	return (squares / n - mean * mean) / (n - 1) / (mean * mean)
}

# How far chance alone takes the ratio of ours to the peer's.
function allowance(metric,    e) {
	e = error_squared(peer, comparable(peer, rivals[metric]))
	e = 2 * sqrt(e + error_squared(ours, comparable(ours, metric)))
	return e < 0.1 ? e : 0.1
}

# --- the table -----------------------------------------------------------------------------------

function print_head(    i) {
	printf "kernel %s, %d core%s, accelerator %s, %d rounds; median [p10 p90]\n\n", kernel, cores, (cores > 1 ? "s" : ""), accel, rounds
	printf "%-31s %5s", "", ""
	for (i = 1; i <= nr_names; i++)
		printf "  %-24s", name[i]
	for (i = 2; i <= nr_names; i++)
		printf "  %s", ratio_title(i)
	printf "\n"
}

function ratio_title(i) {
	return sprintf("%-" length(name[i]) "s", name[i] "/" peer) "  /zero"
}

function cell(who, metric) {
	if ((who, metric) in broken)
		return "fails (see below)"
	if (!count[who, metric])
		return "      -"
	return sprintf("%7.2f [%.2f %.2f]", figure(who, metric, 0.5), figure(who, metric, 0.1),
		       figure(who, metric, 0.9))
}

function print_row(metric,    i) {
	printf "%-31s %5s", titles[metric], units[metric]
	for (i = 1; i <= nr_names; i++)
		printf "  %-24s", cell(name[i], metric)
	for (i = 2; i <= nr_names; i++)
		printf "  %*s  %5s", length(name[i] "/" peer), shown(to_peer(name[i], metric)),
			shown(to_zero(name[i], metric))
	printf "\n"
}

function print_broken(    i, m, who, metric) {
	for (i = 1; i <= nr_names; i++) {
		for (m = 1; m <= nr_metrics; m++) {
			who = name[i]
			metric = metrics[m]
			if ((who, metric) in broken)
				printf "%s fails at %s: %s\n", who, titles[metric], broken[who, metric]
		}
	}
}

function trouble(who, metric) {
	return (who, metric) in broken ? broken[who, metric] : "-"
}

# --- the file ------------------------------------------------------------------------------------

function write_file(    i, m, who, metric, p) {
	print "# kernel " kernel, cores " cores", "accelerator " accel, rounds " rounds" >out
	print "metric", "module", "unit", "samples", "min", "p10", "median", "p90", "to_" peer, "to_zero", "trouble" >out
	for (m = 1; m <= nr_metrics; m++) {
		metric = metrics[m]
		for (i = 1; i <= nr_names; i++) {
			who = name[i]
			printf "%s\t%s\t%s\t%d", metric, who, units[metric], count[who, metric] >out
			for (p = 0; p <= 0.9; p += p ? 0.4 : 0.1)
				printf "\t%.4f", figure(who, metric, p) >out
			print "", shown(to_peer(who, metric)), shown(to_zero(who, metric)), trouble(who, metric) >out
		}
	}
	close(out)
}

# --- limits --------------------------------------------------------------------------------------

function judge(ok, text) {
	printf "%s  %s\n", ok ? "PASS" : "FAIL", text
	failures += !ok
}

function judge_peer(metric,    r, noise) {
	r = to_peer(ours, metric)
	noise = allowance(metric)
	judge(r && r <= 1 + noise,
	      sprintf("%s: %.3f times %s's%s, limit 1 + %.3f", titles[metric], r, peer,
		      rivals[metric] == metric ? "" : " " titles[rivals[metric]], noise))
}

function judge_all(    r) {
	judge_peer("read")
	judge_peer("write")
	judge_peer("echo")
	judge_peer("polled-15")
	judge_peer("intx-15")
	if (cores > 1) {
		judge_peer("null-polled")
		judge_peer("null-intx")
	}
	r = to_zero(ours, "read")
	judge(r && r <= 1.15, sprintf("%s: %.3f times /dev/zero's, limit 1.15", titles["read"], r))
	judge_peer("create")
	judge_peer("remove")
	if (count[peer, "move"])
		judge_peer("move")
	if (count[ours, "state"])
		judge(median(ours, "state") <= 1024,
		      sprintf("%s: %d bytes, limit 1024", titles["state"], median(ours, "state")))
}

END {
	print_head()
	for (m = 1; m <= nr_metrics; m++)
		print_row(metrics[m])
	printf "\n"
	print_broken()
	printf "\n"
	write_file()
	judge_all()
	exit failures > 0
}
