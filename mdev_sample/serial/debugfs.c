// SPDX-License-Identifier: GPL-2.0-only
/*
 * What debugfs shows of serial cards.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "serial/priv.h"
#include "serial/serial.h"

static void msamp_serial_show_port(struct seq_file *m, struct msamp_port *port)
{
	struct msamp_uart uart;

	spin_lock(&port->lock);
	uart = port->uart;
	spin_unlock(&port->lock);

	seq_printf(m, "port%u: divisor=%u IER=%02x FCR=%02x LCR=%02x MCR=%02x MSR=%02x SCR=%02x",
		   port->index, uart.divisor, uart.ier, uart.fcr, uart.lcr, uart.mcr, uart.msr,
		   uart.scr);
	seq_printf(m, " errors=%02x rx=%u tx=%u thri=%d timeout=%d irq=%d\n", uart.lsr_error,
		   uart.rx.len, uart.tx.len, uart.thri, uart.rx_timeout, msamp_uart_irq(&uart));
}

/**
 * msamp_serial_show_registers() - show the registers of all ports
 * @msamp: the card
 * @m: the file in debugfs
 *
 * Context: Process, may sleep.
 */
void msamp_serial_show_registers(struct msamp_device *msamp, struct seq_file *m)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_port *port;

	for (port = serial->ports; port < msamp_serial_end(serial); port++)
		msamp_serial_show_port(m, port);
}

/**
 * msamp_serial_show_counters() - show what has passed through each port since the last reset
 * @msamp: the card
 * @m: the file in debugfs
 *
 * Context: Process, may sleep.
 */
void msamp_serial_show_counters(struct msamp_device *msamp, struct seq_file *m)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_uart_stats stats;
	struct msamp_port *port;

	for (port = serial->ports; port < msamp_serial_end(serial); port++) {
		spin_lock(&port->lock);
		stats = port->uart.stats;
		spin_unlock(&port->lock);
		seq_printf(m, "port%u: tx %llu rx %llu overruns %llu breaks %llu\n", port->index,
			   stats.tx, stats.rx, stats.overruns, stats.breaks);
	}
}

/**
 * msamp_serial_describe() - show where the ports lead
 * @msamp: the card
 * @m: the file in debugfs
 * @page: memory to use
 *
 * Context: Process, may sleep.
 */
void msamp_serial_describe(struct msamp_device *msamp, struct seq_file *m, char *page)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_port *port;

	for (port = serial->ports; port < msamp_serial_end(serial); port++) {
		msamp_backend_show(port, page);
		seq_printf(m, "%s%s", port->index ? ", " : " ", strim(page));
	}
}

static int paths_show(struct seq_file *m, void *unused)
{
	struct msamp_path_stats stats;

	msamp_paths_stats(&stats);
	seq_printf(m, "paths %u\nhits %llu\nmisses %llu\ncollected %llu\n", stats.paths, stats.hits,
		   stats.misses, stats.collected);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(paths);

/**
 * msamp_serial_add_debugfs() - add the files that serial cards have in common
 * @root: the module's folder, which goes before msamp_serial_exit()
 *
 * Context: Process, may sleep.
 */
void msamp_serial_add_debugfs(struct dentry *root)
{
	debugfs_create_file("paths", 0400, root, NULL, &paths_fops);
}
