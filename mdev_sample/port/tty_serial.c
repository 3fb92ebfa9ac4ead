// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ttys of the host: what a serial port offers besides data. tty_end.c has the contract.
 *
 * Each setting and each call of the kernel's own serial ports does here what it does there, or is
 * refused: the flag in termios is cleared, the call fails. Refused is what would need hardware that
 * is not simulated: a constant parity bit (CMSPAR), two rates at once, RS-485 and ISO 7816, and a
 * change of type, address, interrupt or clock by TIOCSSERIAL.
 *
 * Characters pass whole. Rate, parity and stop bits are kept as they are set and change nothing, so
 * there are no parity or framing errors. The length of a word does count: what leaves and what
 * arrives is cut to it, as the card's UART does at its end.
 *
 * The transmitter is busy as long as the line needs for what it has been given, which takes time
 * only where the card's port keeps the pace. Whether the card's driver reads what arrives makes no
 * difference, as on a real line.
 */
#include <linux/capability.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/tty.h>
#include <linux/tty_flip.h>
#include <linux/uaccess.h>

#include "hw/uart.h"
#include "port/priv.h"

#define MSAMP_TTY_BAUD_BASE	115200

/* What any user of a serial port may change by TIOCSSERIAL. */
#define MSAMP_TTY_USER_FLAGS	(ASYNC_SPD_MASK | ASYNC_LOW_LATENCY)

/**
 * msamp_tty_apply_termios() - have the line follow a tty's settings
 * @mtty: the tty
 * @tty: its settings
 *
 * These are the driver's part; the line discipline does the rest. TTY_DRIVER_REAL_RAW demands that
 * a break is marked as one only if the settings ask for that; otherwise it is a plain NUL.
 *
 * Context: Any.
 */
void msamp_tty_apply_termios(struct msamp_tty *mtty, const struct tty_struct *tty)
{
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	mtty->word = GENMASK(tty_get_char_size(tty->termios.c_cflag) - 1, 0);
	mtty->rx_off = !C_CREAD(tty);
	mtty->brk_ignored = I_IGNBRK(tty);
	mtty->brk_flag = I_BRKINT(tty) || I_PARMRK(tty) ? TTY_BREAK : TTY_NORMAL;
	spin_unlock_irqrestore(&mtty->lock, flags);
}

/**
 * msamp_tty_refuse_termios() - clear what is not offered
 * @termios: new settings
 *
 * A rate may be any number, but is the same for both directions.
 *
 * Context: Process.
 */
void msamp_tty_refuse_termios(struct ktermios *termios)
{
	speed_t rate = tty_termios_baud_rate(termios);

	termios->c_cflag &= ~CMSPAR;
	if (rate)
		tty_termios_encode_baud_rate(termios, rate, rate);
}

/* Whether there is something that can leave the buffer, or is on its way from there to the line. */
static bool msamp_tty_busy(struct msamp_tty *mtty)
{
	unsigned long flags;
	bool busy;

	spin_lock_irqsave(&mtty->lock, flags);
	busy = mtty->end.running || msamp_tty_sends(mtty);
	spin_unlock_irqrestore(&mtty->lock, flags);
	return busy;
}

/* When the line will have carried what it has; 0 if it has nothing. */
static u64 msamp_tty_due(struct msamp_tty *mtty)
{
	struct msamp_port *port;
	u64 due;

	rcu_read_lock();
	port = rcu_dereference(mtty->serial);
	due = port ? msamp_cable_due(port) : 0;
	rcu_read_unlock();
	return due;
}

static bool msamp_tty_is_empty(struct msamp_tty *mtty)
{
	return !msamp_tty_busy(mtty) && ktime_get_ns() >= msamp_tty_due(mtty);
}

/* How long to sleep before the next look; a line that is cleared may be empty sooner than due. */
static long msamp_tty_nap(struct msamp_tty *mtty)
{
	u64 due = msamp_tty_due(mtty), now = ktime_get_ns();
	u64 left = due > now ? nsecs_to_jiffies(due - now) : 0;

	return clamp_t(u64, left + 1, 1, HZ / 10);
}

/* Hung up or removed: nothing will leave any more. */
static bool msamp_tty_is_over(struct msamp_tty *mtty)
{
	return READ_ONCE(mtty->gone) || !tty_port_initialized(&mtty->port);
}

/**
 * msamp_tty_wait_until_sent() - wait until the transmitter is empty
 * @tty: the tty; what it had in its buffer has left
 * @timeout: longest wait in jiffies, 0 for no limit but that of the line
 *
 * Context: Process, may sleep. A signal, a hangup, and the end of the card or the tty end it.
 */
void msamp_tty_wait_until_sent(struct tty_struct *tty, int timeout)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	unsigned long end = jiffies + timeout;

	while (!timeout || time_before(jiffies, end)) {
		if (wait_event_interruptible_timeout(tty->write_wait, msamp_tty_is_over(mtty) ||
						     msamp_tty_is_empty(mtty),
						     msamp_tty_nap(mtty)))
			return;
	}
}

static int msamp_tty_get_lsr(struct msamp_tty *mtty, unsigned int __user *arg)
{
	return put_user(msamp_tty_is_empty(mtty) ? TIOCSER_TEMT : 0, arg);
}

/* RS-485 is off: the settings are all zero. */
static int msamp_tty_get_rs485(struct serial_rs485 __user *arg)
{
	return clear_user(arg, sizeof(*arg)) ? -EFAULT : 0;
}

/**
 * msamp_tty_serial_ioctl() - the calls of serial ports that the tty layer leaves to its drivers
 * @tty: the tty
 * @cmd: the call
 * @arg: its argument
 *
 * Context: Process, may sleep.
 * Return: 0, -EFAULT; -ENOIOCTLCMD for what is not offered, which becomes -ENOTTY.
 */
int msamp_tty_serial_ioctl(struct tty_struct *tty, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case TIOCSERGETLSR:
		return msamp_tty_get_lsr(tty_to_msamp_tty(tty), uarg);
	case TIOCGRS485:
		return msamp_tty_get_rs485(uarg);
	default:
		return -ENOIOCTLCMD;
	}
}

/* In units of 10 ms, as in struct serial_struct; the longest fits into its 16 bits. */
static unsigned int msamp_tty_wait_to_user(unsigned int wait)
{
	return wait == ASYNC_CLOSING_WAIT_NONE ? wait : jiffies_to_msecs(wait) / 10;
}

/* With some values of HZ a wait may be as many jiffies as the number that stands for none. */
static unsigned int msamp_tty_wait_from_user(unsigned short wait)
{
	unsigned int ret = msecs_to_jiffies(wait * 10);

	if (wait == ASYNC_CLOSING_WAIT_NONE)
		return ASYNC_CLOSING_WAIT_NONE;
	return ret == ASYNC_CLOSING_WAIT_NONE ? ret + 1 : ret;
}

/* @ss is all zero. */
static void msamp_tty_describe(struct msamp_tty *mtty, struct serial_struct *ss)
{
	lockdep_assert_held(&mtty->port.mutex);
	ss->type = PORT_16550A;
	ss->line = mtty->index;
	ss->flags = mtty->low_latency ? ASYNC_LOW_LATENCY : 0;
	ss->xmit_fifo_size = MSAMP_UART_FIFO_SIZE;
	ss->baud_base = MSAMP_TTY_BAUD_BASE;
	ss->close_delay = jiffies_to_msecs(mtty->port.close_delay) / 10;
	ss->closing_wait = msamp_tty_wait_to_user(mtty->port.closing_wait);
}

/**
 * msamp_tty_get_serial() - TIOCGSERIAL
 * @tty: the tty
 * @ss: receives the answer; all zero
 *
 * Many programs take a port for absent if its type is unknown, hence that of the card's ports.
 *
 * Context: Process, may sleep.
 * Return: 0.
 */
int msamp_tty_get_serial(struct tty_struct *tty, struct serial_struct *ss)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);

	mutex_lock(&mtty->port.mutex);
	msamp_tty_describe(mtty, ss);
	mutex_unlock(&mtty->port.mutex);
	return 0;
}

/* Whether something is to change that is fixed here, and that only root may change elsewhere. */
static bool msamp_tty_moves(const struct serial_struct *old, const struct serial_struct *new)
{
	return new->type != old->type || new->line != old->line || new->port != old->port ||
	       new->port_high != old->port_high || new->irq != old->irq ||
	       (new->xmit_fifo_size && new->xmit_fifo_size != old->xmit_fifo_size) ||
	       new->baud_base != old->baud_base ||
	       new->hub6 != old->hub6 || new->io_type != old->io_type ||
	       new->iomem_base != old->iomem_base ||
	       new->iomem_reg_shift != old->iomem_reg_shift ||
	       ((new->flags ^ old->flags) & ~MSAMP_TTY_USER_FLAGS);
}

static int msamp_tty_check_serial(const struct serial_struct *old, const struct serial_struct *new)
{
	bool moves = msamp_tty_moves(old, new);
	bool waits = new->close_delay != old->close_delay ||
		     new->closing_wait != old->closing_wait;

	if ((moves || waits) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (moves || new->custom_divisor || (new->flags & ASYNC_SPD_MASK))
		return -EINVAL;
	return 0;
}

/**
 * msamp_tty_set_serial() - TIOCSSERIAL
 * @tty: the tty
 * @ss: what it is to be
 *
 * Characters are handed on at once whether low latency is asked for or not.
 *
 * Context: Process, may sleep.
 * Return: 0; -EPERM for what only root may change, -EINVAL for what cannot be changed.
 */
int msamp_tty_set_serial(struct tty_struct *tty, struct serial_struct *ss)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	struct serial_struct now = {};
	int ret;

	mutex_lock(&mtty->port.mutex);
	msamp_tty_describe(mtty, &now);
	ret = msamp_tty_check_serial(&now, ss);
	if (!ret) {
		mtty->low_latency = ss->flags & ASYNC_LOW_LATENCY;
		mtty->port.close_delay = msecs_to_jiffies(ss->close_delay * 10);
		mtty->port.closing_wait = msamp_tty_wait_from_user(ss->closing_wait);
	}
	mutex_unlock(&mtty->port.mutex);
	return ret;
}
