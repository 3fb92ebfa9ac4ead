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

static struct tty_driver *msamp_tty_driver;

static struct msamp_tty *port_to_msamp_tty(struct tty_port *port)
{
	return container_of(port, struct msamp_tty, port);
}

static void msamp_tty_set_struct(struct msamp_tty *mtty, struct tty_struct *tty)
{
	spin_lock_irq(&mtty->lock);
	mtty->tty_struct = tty;
	spin_unlock_irq(&mtty->lock);
}

/* The tty's reference on its port: dropped by msamp_tty_cleanup(). */
static int msamp_tty_install(struct tty_driver *driver, struct tty_struct *tty)
{
	struct msamp_tty *mtty = msamp_tty_get(tty->index);
	int ret;

	if (!mtty)
		return -ENODEV;
	ret = tty_port_install(&mtty->port, driver, tty);
	if (ret) {
		tty_port_put(&mtty->port);
		return ret;
	}
	/* the tty layer remembers what was set for the number, perhaps when another tty had it */
	if (mtty->fresh)
		tty->termios = driver->init_termios;
	mtty->fresh = false;
	msamp_tty_set_struct(mtty, tty);
	return 0;
}

/* The line discipline has been detached, and this one cannot be opened again. */
static void msamp_tty_shutdown_tty(struct tty_struct *tty)
{
	msamp_tty_set_struct(tty_to_msamp_tty(tty), NULL);
}

static void msamp_tty_cleanup(struct tty_struct *tty)
{
	tty_port_put(tty->port);
}

static int msamp_tty_open(struct tty_struct *tty, struct file *file)
{
	/* a hangup leaves what had arrived before, and it is not for this user */
	if (!tty_port_initialized(tty->port))
		tty_ldisc_flush(tty);
	return tty_port_open(tty->port, tty, file);
}

static void msamp_tty_close(struct tty_struct *tty, struct file *file)
{
	tty_port_close(tty->port, tty, file);
}

static void msamp_tty_hangup(struct tty_struct *tty)
{
	tty_port_hangup(tty->port);
}

/**
 * msamp_tty_open_locked() - whether there is a user whose characters may leave
 * @mtty: the tty
 *
 * A line discipline may write until it is detached, which is after the last close: what it writes
 * then must not wait for the next user.
 *
 * Context: Any, under the tty's lock.
 * Return: true if so.
 */
bool msamp_tty_open_locked(const struct msamp_tty *mtty)
{
	lockdep_assert_held(&mtty->lock);
	return !mtty->gone && tty_port_initialized(&mtty->port);
}

static MSAMP_COMPAT_TTY_COUNT msamp_tty_write(struct tty_struct *tty, const u8 *buf,
					      MSAMP_COMPAT_TTY_SIZE count)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	unsigned long flags;
	unsigned int n = 0;

	spin_lock_irqsave(&mtty->lock, flags);
	if (msamp_tty_open_locked(mtty))
		n = kfifo_in(&mtty->port.xmit_fifo, buf, count);
	spin_unlock_irqrestore(&mtty->lock, flags);
	if (n)
		msamp_tty_run(mtty);
	return n;
}

static unsigned int msamp_tty_write_room(struct tty_struct *tty)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	unsigned int room = 0;
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	if (msamp_tty_open_locked(mtty))
		room = kfifo_avail(&mtty->port.xmit_fifo);
	spin_unlock_irqrestore(&mtty->lock, flags);
	return room;
}

static unsigned int msamp_tty_chars_in_buffer(struct tty_struct *tty)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	unsigned long flags;
	unsigned int len;

	spin_lock_irqsave(&mtty->lock, flags);
	len = kfifo_len(&mtty->port.xmit_fifo);
	/* a last close waits for what can leave, and there is nothing that it could leave for */
	if (tty->closing && !mtty->plugged)
		len = 0;
	spin_unlock_irqrestore(&mtty->lock, flags);
	return len;
}

static void msamp_tty_flush_buffer(struct tty_struct *tty)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	msamp_tty_discard_locked(mtty);
	spin_unlock_irqrestore(&mtty->lock, flags);
	msamp_tty_wake(mtty);
}

static void msamp_tty_set_flag(struct msamp_tty *mtty, bool *flag, bool on)
{
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	*flag = on;
	spin_unlock_irqrestore(&mtty->lock, flags);
	msamp_tty_run(mtty);
}

/* These two are called under the tty's flow.lock, with interrupts off. */
static void msamp_tty_stop(struct tty_struct *tty)
{
	msamp_tty_set_flag(tty_to_msamp_tty(tty), &tty_to_msamp_tty(tty)->stopped, true);
}

static void msamp_tty_start(struct tty_struct *tty)
{
	msamp_tty_set_flag(tty_to_msamp_tty(tty), &tty_to_msamp_tty(tty)->stopped, false);
}

static void msamp_tty_set_out(struct msamp_tty *mtty, u8 set, u8 clear)
{
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	mtty->out = (mtty->out & ~clear) | set;
	spin_unlock_irqrestore(&mtty->lock, flags);
	msamp_tty_run(mtty);
}

/* B0 means: hang up. Other rates mean nothing here: the card's decides. */
static void msamp_tty_set_termios(struct tty_struct *tty,
				  MSAMP_COMPAT_TERMIOS_CONST struct ktermios *old)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	bool was_down = old && !(old->c_cflag & CBAUD);

	msamp_tty_refuse_termios(&tty->termios);
	msamp_tty_apply_termios(mtty, tty);
	if (!C_BAUD(tty))
		msamp_tty_set_out(mtty, 0, UART_MCR_DTR | UART_MCR_RTS);
	else if (was_down)
		msamp_tty_set_out(mtty, UART_MCR_DTR | UART_MCR_RTS, 0);
	msamp_tty_flow_change(tty);
}

static int msamp_tty_break_ctl(struct tty_struct *tty, int state)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	mtty->brk |= state && !mtty->breaking;
	mtty->breaking = state;
	spin_unlock_irqrestore(&mtty->lock, flags);
	msamp_tty_run(mtty);
	return 0;
}

static int msamp_tty_tiocmget(struct tty_struct *tty)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	u8 out = READ_ONCE(mtty->out);
	u8 seen = READ_ONCE(mtty->seen);

	return (out & UART_MCR_DTR ? TIOCM_DTR : 0) | (out & UART_MCR_RTS ? TIOCM_RTS : 0) |
	       (out & UART_MCR_OUT1 ? TIOCM_OUT1 : 0) | (out & UART_MCR_OUT2 ? TIOCM_OUT2 : 0) |
	       (seen & UART_MCR_DTR ? TIOCM_DSR | TIOCM_CD : 0) |
	       (seen & UART_MCR_RTS ? TIOCM_CTS : 0);
}

static u8 msamp_tty_outputs(unsigned int tiocm)
{
	return (tiocm & TIOCM_DTR ? UART_MCR_DTR : 0) | (tiocm & TIOCM_RTS ? UART_MCR_RTS : 0) |
	       (tiocm & TIOCM_OUT1 ? UART_MCR_OUT1 : 0) | (tiocm & TIOCM_OUT2 ? UART_MCR_OUT2 : 0);
}

/* A loop inside the tty is not simulated. */
static int msamp_tty_tiocmset(struct tty_struct *tty, unsigned int set, unsigned int clear)
{
	if (set & TIOCM_LOOP)
		return -EINVAL;
	msamp_tty_set_out(tty_to_msamp_tty(tty), msamp_tty_outputs(set),
			  msamp_tty_outputs(clear));
	return 0;
}

static void msamp_tty_count(struct msamp_tty *mtty, struct serial_icounter_struct *icount)
{
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	*icount = mtty->icount;
	spin_unlock_irqrestore(&mtty->lock, flags);
}

static int msamp_tty_get_icount(struct tty_struct *tty, struct serial_icounter_struct *icount)
{
	msamp_tty_count(tty_to_msamp_tty(tty), icount);
	return 0;
}

static bool msamp_tty_line_changed(struct msamp_tty *mtty, unsigned long which,
				   const struct serial_icounter_struct *before)
{
	struct serial_icounter_struct now;

	msamp_tty_count(mtty, &now);
	return ((which & TIOCM_CTS) && now.cts != before->cts) ||
	       ((which & TIOCM_DSR) && now.dsr != before->dsr) ||
	       ((which & TIOCM_CD) && now.dcd != before->dcd);
}

static int msamp_tty_miwait(struct msamp_tty *mtty, struct tty_struct *tty, unsigned long which)
{
	struct serial_icounter_struct before;
	int ret;

	msamp_tty_count(mtty, &before);
	ret = wait_event_interruptible(mtty->port.delta_msr_wait, tty_io_error(tty) ||
				       msamp_tty_line_changed(mtty, which, &before));
	if (ret)
		return ret;
	return tty_io_error(tty) ? -EIO : 0;
}

static int msamp_tty_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	if (cmd == TIOCMIWAIT)
		return msamp_tty_miwait(tty_to_msamp_tty(tty), tty, arg);
	return msamp_tty_serial_ioctl(tty, cmd, arg);
}

static const struct tty_operations msamp_tty_ops = {
	.install = msamp_tty_install,
	.shutdown = msamp_tty_shutdown_tty,
	.cleanup = msamp_tty_cleanup,
	.open = msamp_tty_open,
	.close = msamp_tty_close,
	.hangup = msamp_tty_hangup,
	.write = msamp_tty_write,
	.write_room = msamp_tty_write_room,
	.chars_in_buffer = msamp_tty_chars_in_buffer,
	.flush_buffer = msamp_tty_flush_buffer,
	.throttle = msamp_tty_flow_change,
	.unthrottle = msamp_tty_flow_change,
	.stop = msamp_tty_stop,
	.start = msamp_tty_start,
	.send_xchar = msamp_tty_send_xchar,
	.set_termios = msamp_tty_set_termios,
	.set_ldisc = msamp_tty_set_ldisc,
	.break_ctl = msamp_tty_break_ctl,
	.wait_until_sent = msamp_tty_wait_until_sent,
	.get_serial = msamp_tty_get_serial,
	.set_serial = msamp_tty_set_serial,
	.tiocmget = msamp_tty_tiocmget,
	.tiocmset = msamp_tty_tiocmset,
	.get_icount = msamp_tty_get_icount,
	.ioctl = msamp_tty_ioctl,
};

static MSAMP_COMPAT_TTY_BOOL msamp_tty_carrier_raised(struct tty_port *port)
{
	return !!(READ_ONCE(port_to_msamp_tty(port)->seen) & UART_MCR_DTR);
}

static void msamp_tty_dtr_rts(struct tty_port *port, MSAMP_COMPAT_TTY_BOOL on)
{
	u8 lines = UART_MCR_DTR | UART_MCR_RTS;

	msamp_tty_set_out(port_to_msamp_tty(port), on ? lines : 0, on ? 0 : lines);
}

/* The first open. The tty may be one that has been hung up, and was stopped then. */
static int msamp_tty_activate(struct tty_port *port, struct tty_struct *tty)
{
	struct msamp_tty *mtty = port_to_msamp_tty(port);
	unsigned long flags;
	int ret = 0;

	msamp_tty_apply_termios(mtty, tty);
	spin_lock_irqsave(&tty->flow.lock, flags);
	spin_lock(&mtty->lock);
	if (mtty->gone)
		ret = -ENODEV;
	mtty->stopped = tty->flow.stopped;
	msamp_tty_flow_adopt_locked(mtty, tty);
	spin_unlock(&mtty->lock);
	spin_unlock_irqrestore(&tty->flow.lock, flags);
	return ret;
}

/* The last close, or a hangup: nothing of it reaches the next user. */
static void msamp_tty_shutdown(struct tty_port *port)
{
	struct msamp_tty *mtty = port_to_msamp_tty(port);
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	msamp_tty_discard_locked(mtty);
	mtty->breaking = false;
	mtty->brk = false;
	mtty->stopped = false;
	msamp_tty_flow_reset_locked(mtty);
	spin_unlock_irqrestore(&mtty->lock, flags);
	/* without HUPCL the lines stay up, and RTS may have been down for the last user only */
	msamp_tty_run(mtty);
}

static void msamp_tty_destruct(struct tty_port *port)
{
	msamp_tty_release(port_to_msamp_tty(port));
}

static const struct tty_port_operations msamp_tty_port_ops = {
	.carrier_raised = msamp_tty_carrier_raised,
	.dtr_rts = msamp_tty_dtr_rts,
	.activate = msamp_tty_activate,
	.shutdown = msamp_tty_shutdown,
	.destruct = msamp_tty_destruct,
};

/* The device's parent has the UUID for its name; the two together never change. */
static ssize_t port_number_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct msamp_tty *mtty = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", mtty->port_number);
}
static DEVICE_ATTR_RO(port_number);

static struct attribute *msamp_tty_attrs[] = {
	&dev_attr_port_number.attr,
	NULL
};
ATTRIBUTE_GROUPS(msamp_tty);

/**
 * msamp_tty_setup() - make the tty layer's half
 * @mtty: the tty
 *
 * Context: Any.
 */
void msamp_tty_setup(struct msamp_tty *mtty)
{
	tty_port_init(&mtty->port);
	mtty->port.ops = &msamp_tty_port_ops;
}

/**
 * msamp_tty_add() - make the device node
 * @mtty: the tty
 * @dev: the device below which it appears
 *
 * Context: Process, may sleep. Pairs with msamp_tty_remove().
 * Return: 0, or an error of the tty layer.
 */
int msamp_tty_add(struct msamp_tty *mtty, struct device *dev)
{
	return PTR_ERR_OR_ZERO(tty_port_register_device_attr(&mtty->port, msamp_tty_driver,
							     mtty->index, dev, mtty,
							     msamp_tty_groups));
}

static struct tty_struct *msamp_tty_get_struct(struct msamp_tty *mtty)
{
	struct tty_struct *tty;

	spin_lock_irq(&mtty->lock);
	tty = tty_kref_get(mtty->tty_struct);
	spin_unlock_irq(&mtty->lock);
	return tty;
}

/**
 * msamp_tty_remove() - hang up the tty's users and remove the device node
 * @mtty: the tty, which takes no new users any more
 *
 * In this order: a line discipline may have devices of its own below the tty's, and has to remove
 * them before the tty's goes. The hangup detaches it, or waits for a last close that is doing so;
 * such a close has already taken the tty from its port, so the port's pointer does not tell.
 *
 * Context: Process, may sleep.
 */
void msamp_tty_remove(struct msamp_tty *mtty)
{
	struct tty_struct *tty = msamp_tty_get_struct(mtty);

	if (tty) {
		tty_vhangup(tty);
		tty_kref_put(tty);
	}
	tty_port_unregister_device(&mtty->port, msamp_tty_driver, mtty->index);
}

/**
 * msamp_tty_driver_init() - register the driver
 *
 * Context: Process, may sleep. Pairs with msamp_tty_driver_exit().
 * Return: 0, or an error of the tty layer.
 */
int msamp_tty_driver_init(void)
{
	struct tty_driver *driver;
	int ret;

	driver = tty_alloc_driver(MSAMP_NR_TTYS,
				  TTY_DRIVER_REAL_RAW | TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	driver->driver_name = KBUILD_MODNAME;
	driver->name = MSAMP_TTY_NAME;
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_iflag = 0;
	driver->init_termios.c_oflag = 0;
	driver->init_termios.c_lflag = 0;
	driver->init_termios.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL | CRTSCTS;
	driver->init_termios.c_ispeed = 115200;
	driver->init_termios.c_ospeed = 115200;
	tty_set_operations(driver, &msamp_tty_ops);
	ret = tty_register_driver(driver);
	if (ret) {
		tty_driver_kref_put(driver);
		return ret;
	}
	msamp_tty_driver = driver;
	return 0;
}

/**
 * msamp_tty_driver_exit() - unregister the driver
 *
 * Context: Process, may sleep.
 */
void msamp_tty_driver_exit(void)
{
	tty_unregister_driver(msamp_tty_driver);
	tty_driver_kref_put(msamp_tty_driver);
}
