// SPDX-License-Identifier: GPL-2.0-only
/*
 * A serial card: ports, each with an I/O BAR of its own, as a model of device.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "core/namespace.h"
#include "serial/priv.h"
#include "serial/serial.h"
#include "stream/stream.h"

static void msamp_serial_set_irq(struct msamp_port *port, bool level)
{
	struct msamp_serial *serial = container_of(port, struct msamp_serial, ports[port->index]);

	msamp_irq_set_source(&serial->device.irq, port->index, level);
}

static void msamp_serial_init_device(struct msamp_device *msamp)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	unsigned int i;

	BUILD_BUG_ON(offsetof(struct msamp_serial, device));
	for (i = 0; i < msamp->model->nr_ports; i++) {
		msamp_port_init(&serial->ports[i], i, msamp_serial_set_irq);
		msamp_backend_init(&serial->ports[i], &msamp->uuid);
	}
}

static void msamp_serial_withdraw(struct msamp_device *msamp)
{
	msamp_backends_remove(to_msamp_serial(msamp)->ports, msamp->model->nr_ports);
}

static void msamp_serial_unplug(struct msamp_serial *serial, unsigned int nr_ports)
{
	while (nr_ports--)
		msamp_backend_close(&serial->ports[nr_ports]);
}

static int msamp_serial_open(struct msamp_device *msamp)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_port *port;
	int ret;

	for (port = serial->ports; port < msamp_serial_end(serial); port++) {
		ret = msamp_backend_open(port);
		if (ret) {
			msamp_serial_unplug(serial, port->index);
			return ret;
		}
	}
	return 0;
}

static void msamp_serial_close(struct msamp_device *msamp)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_port *port;

	msamp_serial_unplug(serial, msamp->model->nr_ports);
	for (port = serial->ports; port < msamp_serial_end(serial); port++)
		msamp_port_stop(port);
}

static void msamp_serial_reset(struct msamp_device *msamp)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_port *port;

	lockdep_assert_held(&msamp->lock);
	for (port = serial->ports; port < msamp_serial_end(serial); port++)
		msamp_port_reset(port);
}

static void msamp_serial_freeze(struct msamp_device *msamp)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_port *port;

	for (port = serial->ports; port < msamp_serial_end(serial); port++)
		msamp_port_freeze(port);
}

static void msamp_serial_thaw(struct msamp_device *msamp)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_port *port;

	for (port = serial->ports; port < msamp_serial_end(serial); port++)
		msamp_port_thaw(port);
}

static struct msamp_port *msamp_serial_port(struct msamp_device *msamp, unsigned int bar)
{
	return &to_msamp_serial(msamp)->ports[array_index_nospec(bar, MSAMP_MAX_PORTS)];
}

/* The registers of a port lie side by side; a wider access touches as many. */
static u32 msamp_serial_read(struct msamp_device *msamp, unsigned int bar, u32 offset, u32 width)
{
	struct msamp_port *port = msamp_serial_port(msamp, bar);
	u32 val = msamp_port_read(port, offset);
	unsigned int i;

	for (i = 1; i < width; i++)
		val |= (u32)msamp_port_read(port, offset + i) << (8 * i);
	return val;
}

static void msamp_serial_write(struct msamp_device *msamp, unsigned int bar, u32 offset,
			       u32 width, u32 val)
{
	struct msamp_port *port = msamp_serial_port(msamp, bar);
	unsigned int i;

	for (i = 0; i < width; i++)
		msamp_port_write(port, offset + i, val >> (8 * i));
}

/* Without a line there is no wire. */
static bool msamp_serial_has_wires(const struct msamp_device *msamp)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_port *port;

	for (port = serial->ports; port < msamp_serial_end(serial); port++)
		if (port->cable)
			return true;
	return false;
}

static void msamp_serial_save_backend(const struct msamp_port *port,
				      struct msamp_mig_backend *backend)
{
	struct msamp_key peer;

	*backend = (struct msamp_mig_backend){ .line = msamp_port_leads_to(port, &peer) };
	if (backend->line != MSAMP_MIG_LINE_PEER)
		return;
	export_guid(backend->peer, &peer.uuid);
	backend->peer_port = peer.port;
}

static void msamp_serial_save(struct msamp_device *msamp, struct msamp_mig_state *state)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	unsigned int i;

	BUILD_BUG_ON((int)MSAMP_MIG_LINE_LOOPBACK != (int)MSAMP_BACKEND_LOOPBACK);
	BUILD_BUG_ON((int)MSAMP_MIG_LINE_HOST != (int)MSAMP_BACKEND_HOST);
	BUILD_BUG_ON((int)MSAMP_MIG_LINE_PEER != (int)MSAMP_BACKEND_PEER);
	BUILD_BUG_ON(MSAMP_MIG_NR_PORTS != MSAMP_MAX_PORTS);
	BUILD_BUG_ON(MSAMP_MIG_WIRE_MAX != MSAMP_WIRE_SIZE);
	lockdep_assert_held(&msamp->lock);
	for (i = 0; i < msamp->model->nr_ports; i++) {
		state->wire_len[i] = msamp_port_save(&serial->ports[i], &state->uart[i],
						     state->wires ? state->wires->c[i] : NULL);
		msamp_serial_save_backend(&serial->ports[i], &state->backend[i]);
	}
}

/*
 * Where a line leads is this side's own setting; only the kind must be what it was. A loopback has
 * a wire only while it keeps a pace.
 */
static const char *msamp_serial_check(const struct msamp_device *msamp,
				      const struct msamp_mig_state *state)
{
	const struct msamp_serial *serial = to_msamp_serial(msamp);
	struct msamp_key peer;
	unsigned int i;

	for (i = 0; i < msamp->model->nr_ports; i++) {
		if (state->backend[i].line != msamp_port_leads_to(&serial->ports[i], &peer))
			return "a port's line is of another kind";
		if (state->wire_len[i] && !serial->ports[i].cable)
			return "characters on the wire of a port that has none";
	}
	return NULL;
}

static void msamp_serial_load(struct msamp_device *msamp, const struct msamp_mig_state *state)
{
	struct msamp_serial *serial = to_msamp_serial(msamp);
	unsigned int i;

	lockdep_assert_held(&msamp->lock);
	for (i = 0; i < msamp->model->nr_ports; i++)
		msamp_port_load(&serial->ports[i], &state->uart[i],
				state->wires ? state->wires->c[i] : NULL, state->wire_len[i]);
}

const struct msamp_model_ops msamp_serial_ops = {
	.size = sizeof(struct msamp_serial),
	.init = msamp_serial_init_device,
	.add_files = msamp_serial_add_files,
	.remove_files = msamp_serial_remove_files,
	.withdraw = msamp_serial_withdraw,
	.open = msamp_serial_open,
	.close = msamp_serial_close,
	.reset = msamp_serial_reset,
	.freeze = msamp_serial_freeze,
	.thaw = msamp_serial_thaw,
	.read = msamp_serial_read,
	.write = msamp_serial_write,
	.has_wires = msamp_serial_has_wires,
	.save = msamp_serial_save,
	.check = msamp_serial_check,
	.load = msamp_serial_load,
	.show_registers = msamp_serial_show_registers,
	.show_counters = msamp_serial_show_counters,
	.describe = msamp_serial_describe,
};

/* From a namespace entry's object to a port of it; NULL if it has no such port. */
static struct msamp_port *msamp_serial_resolve(void *object, unsigned int port)
{
	struct msamp_device *msamp = object;

	if (msamp->model->ops != &msamp_serial_ops || port >= msamp->model->nr_ports)
		return NULL;
	return &to_msamp_serial(msamp)->ports[array_index_nospec(port, msamp->model->nr_ports)];
}

/**
 * msamp_serial_init() - prepare what all serial cards need
 * @ns: where devices are found; outlives all of it
 * @path_buckets: size of the table of paths between peers
 * @path_gc_interval: seconds between two collections of unused paths
 *
 * Context: Module load, may sleep. Pairs with msamp_serial_exit().
 * Return: 0, -EINVAL for numbers out of range, -ENOMEM, or an error of the tty layer.
 */
int __init msamp_serial_init(struct msamp_namespace *ns, unsigned int path_buckets,
			     unsigned int path_gc_interval)
{
	int ret;

	ret = msamp_ports_init(ns, path_buckets, path_gc_interval, msamp_serial_resolve);
	if (ret)
		return ret;
	msamp_serial_models_init();
	msamp_serial_files_init();
	return 0;
}

/**
 * msamp_serial_exit() - undo msamp_serial_init()
 *
 * Context: Process, may sleep; no device is left.
 */
void msamp_serial_exit(void)
{
	msamp_ports_exit();
}

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
	struct msamp_peer_stats stats;

	msamp_peers_stats(&stats);
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
