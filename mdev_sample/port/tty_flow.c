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
#define MSAMP_TTY_BUFFER	32768

/* With less room than this the other end is stopped; with more than that it goes on. */
#define MSAMP_TTY_CROWDED	(MSAMP_TTY_BUFFER / 4 * 3)
#define MSAMP_TTY_CLEAR	(MSAMP_TTY_BUFFER / 8 * 7)

/* With IXOFF, stop the other end by a character, or have it go on. */
static void msamp_tty_flow_follow_locked(struct msamp_tty *mtty)
{
	bool xoff = mtty->ixoff && (mtty->throttled || mtty->crowded);

	lockdep_assert_held(&mtty->lock);
	if (xoff == mtty->xoff)
		return;
	mtty->xoff = xoff;
	mtty->xchar = xoff ? mtty->stop_char : mtty->start_char;
}

/**
 * msamp_tty_flow_crowd_locked() - follow what waits for the line discipline
 * @mtty: the tty
 *
 * Context: Any, under the tty's lock.
 */
void msamp_tty_flow_crowd_locked(struct msamp_tty *mtty)
{
	unsigned int room = tty_buffer_space_avail(&mtty->port);

	lockdep_assert_held(&mtty->lock);
	if (room < MSAMP_TTY_CROWDED && !mtty->crowded) {
		mtty->crowded = true;
		/* an end that goes on though it has been stopped is stopped once more */
		mtty->xoff = false;
	} else if (room > MSAMP_TTY_CLEAR) {
		mtty->crowded = false;
	}
	msamp_tty_flow_follow_locked(mtty);
	/* a throttled tty is looked at when it is no more */
	if (mtty->crowded && !mtty->throttled && msamp_tty_open_locked(mtty))
		schedule_delayed_work(&mtty->look, 1);
}

static void msamp_tty_look(struct work_struct *work)
{
	struct msamp_tty *mtty = container_of(to_delayed_work(work), struct msamp_tty, look);

	spin_lock_irq(&mtty->lock);
	msamp_tty_flow_crowd_locked(mtty);
	spin_unlock_irq(&mtty->lock);
	msamp_tty_run(mtty);
}

/**
 * msamp_tty_flow_adopt_locked() - take over what the tty layer says of flow control
 * @mtty: the tty
 * @tty: the tty layer's tty
 *
 * Context: Any, under the tty's lock.
 */
void msamp_tty_flow_adopt_locked(struct msamp_tty *mtty, struct tty_struct *tty)
{
	lockdep_assert_held(&mtty->lock);
	mtty->crtscts = C_CRTSCTS(tty);
	mtty->ixon = I_IXON(tty);
	mtty->ixoff = I_IXOFF(tty);
	mtty->stop_char = STOP_CHAR(tty);
	mtty->start_char = START_CHAR(tty);
	mtty->throttled = tty_throttled(tty);
	msamp_tty_flow_crowd_locked(mtty);
}

/**
 * msamp_tty_flow_reset_locked() - the last user has gone
 * @mtty: the tty
 *
 * An end that has been stopped by a character stays so until the next open: what it sent before
 * would be lost.
 *
 * Context: Any, under the tty's lock.
 */
void msamp_tty_flow_reset_locked(struct msamp_tty *mtty)
{
	lockdep_assert_held(&mtty->lock);
	mtty->throttled = false;
	mtty->crowded = false;
}

/**
 * msamp_tty_flow_change() - the tty layer has throttled the tty or no more, or has new settings
 * @tty: the tty
 *
 * Context: Any.
 */
void msamp_tty_flow_change(struct tty_struct *tty)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	msamp_tty_flow_adopt_locked(mtty, tty);
	spin_unlock_irqrestore(&mtty->lock, flags);
	msamp_tty_run(mtty);
}

/**
 * msamp_tty_send_xchar() - send a character before all that has been written
 * @tty: the tty
 * @c: the character
 *
 * Context: Any.
 */
void msamp_tty_send_xchar(struct tty_struct *tty, MSAMP_COMPAT_TTY_CHAR c)
{
	struct msamp_tty *mtty = tty_to_msamp_tty(tty);
	unsigned long flags;

	spin_lock_irqsave(&mtty->lock, flags);
	if (msamp_tty_open_locked(mtty))
		mtty->xchar = c;
	spin_unlock_irqrestore(&mtty->lock, flags);
	msamp_tty_run(mtty);
}

/**
 * msamp_tty_set_ldisc() - the tty has another line discipline
 * @tty: the tty
 *
 * The one before may have throttled the tty, and the new one does not know of that.
 *
 * Context: Process, may sleep; no line discipline runs.
 */
void msamp_tty_set_ldisc(struct tty_struct *tty)
{
	if (test_and_clear_bit(TTY_THROTTLED, &tty->flags))
		msamp_tty_flow_change(tty);
}

/**
 * msamp_tty_flow_init() - make what flow control needs
 * @mtty: the tty, with its half of the tty layer
 *
 * Context: Process. Pairs with msamp_tty_flow_exit().
 */
void msamp_tty_flow_init(struct msamp_tty *mtty)
{
	INIT_DELAYED_WORK(&mtty->look, msamp_tty_look);
	tty_buffer_set_limit(&mtty->port, MSAMP_TTY_BUFFER);
}

/**
 * msamp_tty_flow_exit() - stop looking for good
 * @mtty: the tty, without references
 *
 * Context: Process, may sleep.
 */
void msamp_tty_flow_exit(struct msamp_tty *mtty)
{
	cancel_delayed_work_sync(&mtty->look);
}
