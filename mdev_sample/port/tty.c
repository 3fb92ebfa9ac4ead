// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ttys of the host: what the tty layer asks of a driver. tty_end.c has the contract.
 *
 * They start raw and with CRTSCTS: what a guest prints is not echoed to it, and nothing is lost.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/serial_reg.h>
#include <linux/sysfs.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>

#include "port/priv.h"

static struct tty_driver *msamp_host_driver;

static struct msamp_host *port_to_msamp_host(struct tty_port *port)
{
	return container_of(port, struct msamp_host, tty);
}

static void msamp_host_set_struct(struct msamp_host *host, struct tty_struct *tty)
{
	spin_lock_irq(&host->lock);
	host->tty_struct = tty;
	spin_unlock_irq(&host->lock);
}

/* The tty's reference on its port: dropped by msamp_host_cleanup(). */
static int msamp_host_install(struct tty_driver *driver, struct tty_struct *tty)
{
	struct msamp_host *host = msamp_host_get(tty->index);
	int ret;

	if (!host)
		return -ENODEV;
	ret = tty_port_install(&host->tty, driver, tty);
	if (ret) {
		tty_port_put(&host->tty);
		return ret;
	}
	/* the tty layer remembers what was set for the number, perhaps when another tty had it */
	if (host->fresh)
		tty->termios = driver->init_termios;
	host->fresh = false;
	msamp_host_set_struct(host, tty);
	return 0;
}

/* The line discipline has been detached, and nobody can open this one any more. */
static void msamp_host_shutdown_tty(struct tty_struct *tty)
{
	msamp_host_set_struct(tty_to_msamp_host(tty), NULL);
}

static void msamp_host_cleanup(struct tty_struct *tty)
{
	tty_port_put(tty->port);
}

static int msamp_host_open(struct tty_struct *tty, struct file *file)
{
	/* a hangup leaves what had arrived before, and it is not for this user */
	if (!tty_port_initialized(tty->port))
		tty_ldisc_flush(tty);
	return tty_port_open(tty->port, tty, file);
}

static void msamp_host_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty, file);
}

static void msamp_host_hangup(struct tty_struct *tty)
{
	tty_port_hangup(tty->port);
}

/**
 * msamp_host_open_locked() - whether there is a user whose characters may leave
 * @host: the tty
 *
 * A line discipline may write until it is detached, which is after the last close: what it writes
 * then must not wait for the next user.
 *
 * Context: Any, under the tty's lock.
 * Return: true if so.
 */
bool msamp_host_open_locked(const struct msamp_host *host)
{
	lockdep_assert_held(&host->lock);
	return !host->gone && tty_port_initialized(&host->tty);
}

static MSAMP_COMPAT_TTY_COUNT msamp_host_write(struct tty_struct *tty, const u8 *buf,
					       MSAMP_COMPAT_TTY_SIZE count)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	unsigned long flags;
	unsigned int n = 0;

	spin_lock_irqsave(&host->lock, flags);
	if (msamp_host_open_locked(host))
		n = kfifo_in(&host->tty.xmit_fifo, buf, count);
	spin_unlock_irqrestore(&host->lock, flags);
	if (n)
		msamp_host_run(host);
	return n;
}

static unsigned int msamp_host_write_room(struct tty_struct *tty)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	unsigned int room = 0;
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	if (msamp_host_open_locked(host))
		room = kfifo_avail(&host->tty.xmit_fifo);
	spin_unlock_irqrestore(&host->lock, flags);
	return room;
}

static unsigned int msamp_host_chars_in_buffer(struct tty_struct *tty)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	unsigned long flags;
	unsigned int len;

	spin_lock_irqsave(&host->lock, flags);
	len = kfifo_len(&host->tty.xmit_fifo);
	/* a last close waits for what can leave, and there is nothing that it could leave for */
	if (tty->closing && !host->plugged)
		len = 0;
	spin_unlock_irqrestore(&host->lock, flags);
	return len;
}

static void msamp_host_flush_buffer(struct tty_struct *tty)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	msamp_host_discard_locked(host);
	spin_unlock_irqrestore(&host->lock, flags);
	msamp_host_wake(host);
}

static void msamp_host_set_flag(struct msamp_host *host, bool *flag, bool on)
{
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	*flag = on;
	spin_unlock_irqrestore(&host->lock, flags);
	msamp_host_run(host);
}

/* These two are called under the tty's flow.lock, with interrupts off. */
static void msamp_host_stop(struct tty_struct *tty)
{
	msamp_host_set_flag(tty_to_msamp_host(tty), &tty_to_msamp_host(tty)->stopped, true);
}

static void msamp_host_start(struct tty_struct *tty)
{
	msamp_host_set_flag(tty_to_msamp_host(tty), &tty_to_msamp_host(tty)->stopped, false);
}

static void msamp_host_set_out(struct msamp_host *host, u8 set, u8 clear)
{
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	host->out = (host->out & ~clear) | set;
	spin_unlock_irqrestore(&host->lock, flags);
	msamp_host_run(host);
}

/* B0 means: hang up. Other rates mean nothing here: the card's decides. */
static void msamp_host_set_termios(struct tty_struct *tty, const struct ktermios *old)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	bool was_down = old && !(old->c_cflag & CBAUD);

	msamp_host_refuse_termios(&tty->termios);
	msamp_host_apply_termios(host, tty);
	if (!C_BAUD(tty))
		msamp_host_set_out(host, 0, UART_MCR_DTR | UART_MCR_RTS);
	else if (was_down)
		msamp_host_set_out(host, UART_MCR_DTR | UART_MCR_RTS, 0);
	msamp_host_flow_change(tty);
}

static int msamp_host_break_ctl(struct tty_struct *tty, int state)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	host->brk |= state && !host->breaking;
	host->breaking = state;
	spin_unlock_irqrestore(&host->lock, flags);
	msamp_host_run(host);
	return 0;
}

static int msamp_host_tiocmget(struct tty_struct *tty)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	u8 out = READ_ONCE(host->out);
	u8 seen = READ_ONCE(host->seen);

	return (out & UART_MCR_DTR ? TIOCM_DTR : 0) | (out & UART_MCR_RTS ? TIOCM_RTS : 0) |
	       (out & UART_MCR_OUT1 ? TIOCM_OUT1 : 0) | (out & UART_MCR_OUT2 ? TIOCM_OUT2 : 0) |
	       (seen & UART_MCR_DTR ? TIOCM_DSR | TIOCM_CD : 0) |
	       (seen & UART_MCR_RTS ? TIOCM_CTS : 0);
}

static u8 msamp_host_outputs(unsigned int tiocm)
{
	return (tiocm & TIOCM_DTR ? UART_MCR_DTR : 0) | (tiocm & TIOCM_RTS ? UART_MCR_RTS : 0) |
	       (tiocm & TIOCM_OUT1 ? UART_MCR_OUT1 : 0) | (tiocm & TIOCM_OUT2 ? UART_MCR_OUT2 : 0);
}

/* A loop inside the tty is not simulated. */
static int msamp_host_tiocmset(struct tty_struct *tty, unsigned int set, unsigned int clear)
{
	if (set & TIOCM_LOOP)
		return -EINVAL;
	msamp_host_set_out(tty_to_msamp_host(tty), msamp_host_outputs(set),
			   msamp_host_outputs(clear));
	return 0;
}

static void msamp_host_count(struct msamp_host *host, struct serial_icounter_struct *icount)
{
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	*icount = host->icount;
	spin_unlock_irqrestore(&host->lock, flags);
}

static int msamp_host_get_icount(struct tty_struct *tty, struct serial_icounter_struct *icount)
{
	msamp_host_count(tty_to_msamp_host(tty), icount);
	return 0;
}

static bool msamp_host_line_changed(struct msamp_host *host, unsigned long which,
				    const struct serial_icounter_struct *before)
{
	struct serial_icounter_struct now;

	msamp_host_count(host, &now);
	return ((which & TIOCM_CTS) && now.cts != before->cts) ||
	       ((which & TIOCM_DSR) && now.dsr != before->dsr) ||
	       ((which & TIOCM_CD) && now.dcd != before->dcd);
}

static int msamp_host_miwait(struct msamp_host *host, struct tty_struct *tty, unsigned long which)
{
	struct serial_icounter_struct before;
	int ret;

	msamp_host_count(host, &before);
	ret = wait_event_interruptible(host->tty.delta_msr_wait, tty_io_error(tty) ||
				       msamp_host_line_changed(host, which, &before));
	if (ret)
		return ret;
	return tty_io_error(tty) ? -EIO : 0;
}

static int msamp_host_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	if (cmd == TIOCMIWAIT)
		return msamp_host_miwait(tty_to_msamp_host(tty), tty, arg);
	return msamp_host_serial_ioctl(tty, cmd, arg);
}

static const struct tty_operations msamp_host_tty_ops = {
	.install = msamp_host_install,
	.shutdown = msamp_host_shutdown_tty,
	.cleanup = msamp_host_cleanup,
	.open = msamp_host_open,
	.close = msamp_host_close,
	.hangup = msamp_host_hangup,
	.write = msamp_host_write,
	.write_room = msamp_host_write_room,
	.chars_in_buffer = msamp_host_chars_in_buffer,
	.flush_buffer = msamp_host_flush_buffer,
	.throttle = msamp_host_flow_change,
	.unthrottle = msamp_host_flow_change,
	.stop = msamp_host_stop,
	.start = msamp_host_start,
	.send_xchar = msamp_host_send_xchar,
	.set_termios = msamp_host_set_termios,
	.set_ldisc = msamp_host_set_ldisc,
	.break_ctl = msamp_host_break_ctl,
	.wait_until_sent = msamp_host_wait_until_sent,
	.get_serial = msamp_host_get_serial,
	.set_serial = msamp_host_set_serial,
	.tiocmget = msamp_host_tiocmget,
	.tiocmset = msamp_host_tiocmset,
	.get_icount = msamp_host_get_icount,
	.ioctl = msamp_host_ioctl,
};

static MSAMP_COMPAT_TTY_BOOL msamp_host_carrier_raised(struct tty_port *port)
{
	return !!(READ_ONCE(port_to_msamp_host(port)->seen) & UART_MCR_DTR);
}

static void msamp_host_dtr_rts(struct tty_port *port, MSAMP_COMPAT_TTY_BOOL on)
{
	u8 lines = UART_MCR_DTR | UART_MCR_RTS;

	msamp_host_set_out(port_to_msamp_host(port), on ? lines : 0, on ? 0 : lines);
}

/* The first open. The tty may be one that has been hung up, and was stopped then. */
static int msamp_host_activate(struct tty_port *port, struct tty_struct *tty)
{
	struct msamp_host *host = port_to_msamp_host(port);
	unsigned long flags;
	int ret = 0;

	msamp_host_apply_termios(host, tty);
	spin_lock_irqsave(&tty->flow.lock, flags);
	spin_lock(&host->lock);
	if (host->gone)
		ret = -ENODEV;
	host->stopped = tty->flow.stopped;
	msamp_host_flow_adopt_locked(host, tty);
	spin_unlock(&host->lock);
	spin_unlock_irqrestore(&tty->flow.lock, flags);
	return ret;
}

/* The last close, or a hangup: nothing of it reaches the next user. */
static void msamp_host_shutdown(struct tty_port *port)
{
	struct msamp_host *host = port_to_msamp_host(port);
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	msamp_host_discard_locked(host);
	host->breaking = false;
	host->brk = false;
	host->stopped = false;
	msamp_host_flow_reset_locked(host);
	spin_unlock_irqrestore(&host->lock, flags);
	/* without HUPCL the lines stay up, and RTS may have been down for the last user only */
	msamp_host_run(host);
}

static void msamp_host_destruct(struct tty_port *port)
{
	msamp_host_release(port_to_msamp_host(port));
}

static const struct tty_port_operations msamp_host_port_ops = {
	.carrier_raised = msamp_host_carrier_raised,
	.dtr_rts = msamp_host_dtr_rts,
	.activate = msamp_host_activate,
	.shutdown = msamp_host_shutdown,
	.destruct = msamp_host_destruct,
};

/* The device's parent has the UUID for its name; the two together never change. */
static ssize_t port_number_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct msamp_host *host = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", host->port_number);
}
static DEVICE_ATTR_RO(port_number);

static struct attribute *msamp_host_attrs[] = {
	&dev_attr_port_number.attr,
	NULL
};
ATTRIBUTE_GROUPS(msamp_host);

/**
 * msamp_host_tty_setup() - make the tty layer's half
 * @host: the tty
 *
 * Context: Any.
 */
void msamp_host_tty_setup(struct msamp_host *host)
{
	tty_port_init(&host->tty);
	host->tty.ops = &msamp_host_port_ops;
}

/**
 * msamp_host_tty_add() - make the device node
 * @host: the tty
 * @dev: the device below which it appears
 *
 * Context: Process, may sleep. Pairs with msamp_host_tty_remove().
 * Return: 0, or an error of the tty layer.
 */
int msamp_host_tty_add(struct msamp_host *host, struct device *dev)
{
	return PTR_ERR_OR_ZERO(tty_port_register_device_attr(&host->tty, msamp_host_driver,
							     host->index, dev, host,
							     msamp_host_groups));
}

static struct tty_struct *msamp_host_get_struct(struct msamp_host *host)
{
	struct tty_struct *tty;

	spin_lock_irq(&host->lock);
	tty = tty_kref_get(host->tty_struct);
	spin_unlock_irq(&host->lock);
	return tty;
}

/**
 * msamp_host_tty_remove() - hang up the tty's users and remove the device node
 * @host: the tty, which takes no new users any more
 *
 * In this order: a line discipline may have devices of its own below the tty's, and has to remove
 * them before the tty's goes. The hangup detaches it, or waits for a last close that is doing so;
 * such a close has already taken the tty from its port, so the port's pointer does not tell.
 *
 * Context: Process, may sleep.
 */
void msamp_host_tty_remove(struct msamp_host *host)
{
	struct tty_struct *tty = msamp_host_get_struct(host);

	if (tty) {
		tty_vhangup(tty);
		tty_kref_put(tty);
	}
	tty_port_unregister_device(&host->tty, msamp_host_driver, host->index);
}

/**
 * msamp_host_tty_init() - register the driver
 *
 * Context: Process, may sleep. Pairs with msamp_host_tty_exit().
 * Return: 0, or an error of the tty layer.
 */
int msamp_host_tty_init(void)
{
	struct tty_driver *driver;
	int ret;

	driver = tty_alloc_driver(MSAMP_HOST_TTYS,
				  TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	driver->driver_name = KBUILD_MODNAME;
	driver->name = MSAMP_HOST_NAME;
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_iflag = 0;
	driver->init_termios.c_oflag = 0;
	driver->init_termios.c_lflag = 0;
	driver->init_termios.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL | CRTSCTS;
	driver->init_termios.c_ispeed = 115200;
	driver->init_termios.c_ospeed = 115200;
	tty_set_operations(driver, &msamp_host_tty_ops);
	ret = tty_register_driver(driver);
	if (ret) {
		tty_driver_kref_put(driver);
		return ret;
	}
	msamp_host_driver = driver;
	return 0;
}

/**
 * msamp_host_tty_exit() - unregister the driver
 *
 * Context: Process, may sleep.
 */
void msamp_host_tty_exit(void)
{
	tty_unregister_driver(msamp_host_driver);
	tty_driver_kref_put(msamp_host_driver);
}
