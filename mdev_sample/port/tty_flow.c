// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ttys of the host: flow control of what arrives. tty_end.c has the contract.
 *
 * When a reader falls behind, n_tty's buffer fills (4096 characters) and it throttles the tty. The
 * other end is stopped by RTS, and with IXOFF by the STOP character as well, as serial_core does.
 * RTS falls without CRTSCTS too: an end that does not heed it takes no harm, and one that does, as
 * a UART with auto flow control, loses nothing.
 *
 * What arrives before the other end has stopped waits in the flip buffers. They also fill when the
 * kernel's worker that empties them is late, or when the other end has not seen, or has forgotten,
 * that it was stopped; the line discipline does not know of either. So the tty is stopped, by the
 * same means and once more, when a part of them is used, and @look finds out when they are empty
 * again. The rest is room for what is on the way: a wire of 1024 characters, FIFOs, and what a
 * driver sends until it looks at the line.
 */
#include <linux/tty.h>
#include <linux/tty_flip.h>

#include "port/priv.h"

/* What may wait for the line discipline, or twice as much where no character has an error. */
#define MSAMP_HOST_BUFFER	32768

/* With less room than this the other end is stopped; with more than that it goes on. */
#define MSAMP_HOST_CROWDED	(MSAMP_HOST_BUFFER / 4 * 3)
#define MSAMP_HOST_CLEAR	(MSAMP_HOST_BUFFER / 8 * 7)

/* With IXOFF, stop the other end by a character, or have it go on. */
static void msamp_host_flow_follow_locked(struct msamp_host *host)
{
	bool xoff = host->ixoff && (host->throttled || host->crowded);

	lockdep_assert_held(&host->lock);
	if (xoff == host->xoff)
		return;
	host->xoff = xoff;
	host->xchar = xoff ? host->stop_char : host->start_char;
}

/**
 * msamp_host_flow_crowd_locked() - follow what waits for the line discipline
 * @host: the tty
 *
 * Context: Any, under the tty's lock.
 */
void msamp_host_flow_crowd_locked(struct msamp_host *host)
{
	unsigned int room = tty_buffer_space_avail(&host->tty);

	lockdep_assert_held(&host->lock);
	if (room < MSAMP_HOST_CROWDED && !host->crowded) {
		host->crowded = true;
		/* an end that goes on though it has been stopped is stopped once more */
		host->xoff = false;
	} else if (room > MSAMP_HOST_CLEAR) {
		host->crowded = false;
	}
	msamp_host_flow_follow_locked(host);
	/* a throttled tty is looked at when it is no more */
	if (host->crowded && !host->throttled && msamp_host_open_locked(host))
		schedule_delayed_work(&host->look, 1);
}

static void msamp_host_look(struct work_struct *work)
{
	struct msamp_host *host = container_of(to_delayed_work(work), struct msamp_host, look);

	spin_lock_irq(&host->lock);
	msamp_host_flow_crowd_locked(host);
	spin_unlock_irq(&host->lock);
	msamp_host_run(host);
}

/**
 * msamp_host_flow_adopt_locked() - take over what the tty layer says of flow control
 * @host: the tty
 * @tty: the tty layer's tty
 *
 * Context: Any, under the tty's lock.
 */
void msamp_host_flow_adopt_locked(struct msamp_host *host, struct tty_struct *tty)
{
	lockdep_assert_held(&host->lock);
	host->crtscts = C_CRTSCTS(tty);
	host->ixon = I_IXON(tty);
	host->ixoff = I_IXOFF(tty);
	host->stop_char = STOP_CHAR(tty);
	host->start_char = START_CHAR(tty);
	host->throttled = tty_throttled(tty);
	msamp_host_flow_crowd_locked(host);
}

/**
 * msamp_host_flow_reset_locked() - the last user has gone
 * @host: the tty
 *
 * An end that has been stopped by a character stays so until the next open: what it sent before
 * would be lost.
 *
 * Context: Any, under the tty's lock.
 */
void msamp_host_flow_reset_locked(struct msamp_host *host)
{
	lockdep_assert_held(&host->lock);
	host->throttled = false;
	host->crowded = false;
}

/**
 * msamp_host_flow_change() - the tty layer has throttled the tty or no more, or has new settings
 * @tty: the tty
 *
 * Context: Any.
 */
void msamp_host_flow_change(struct tty_struct *tty)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	msamp_host_flow_adopt_locked(host, tty);
	spin_unlock_irqrestore(&host->lock, flags);
	msamp_host_run(host);
}

/**
 * msamp_host_send_xchar() - send a character before all that has been written
 * @tty: the tty
 * @c: the character
 *
 * Context: Any.
 */
void msamp_host_send_xchar(struct tty_struct *tty, MSAMP_COMPAT_TTY_CHAR c)
{
	struct msamp_host *host = tty_to_msamp_host(tty);
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	if (msamp_host_open_locked(host))
		host->xchar = c;
	spin_unlock_irqrestore(&host->lock, flags);
	msamp_host_run(host);
}

/**
 * msamp_host_set_ldisc() - the tty has another line discipline
 * @tty: the tty
 *
 * The one before may have throttled the tty, and the new one does not know of that.
 *
 * Context: Process, may sleep; no line discipline runs.
 */
void msamp_host_set_ldisc(struct tty_struct *tty)
{
	if (test_and_clear_bit(TTY_THROTTLED, &tty->flags))
		msamp_host_flow_change(tty);
}

/**
 * msamp_host_flow_init() - make what flow control needs
 * @host: the tty, with its half of the tty layer
 *
 * Context: Process. Pairs with msamp_host_flow_exit().
 */
void msamp_host_flow_init(struct msamp_host *host)
{
	INIT_DELAYED_WORK(&host->look, msamp_host_look);
	tty_buffer_set_limit(&host->tty, MSAMP_HOST_BUFFER);
}

/**
 * msamp_host_flow_exit() - stop looking for good
 * @host: the tty, without references
 *
 * Context: Process, may sleep.
 */
void msamp_host_flow_exit(struct msamp_host *host)
{
	cancel_delayed_work_sync(&host->look);
}
