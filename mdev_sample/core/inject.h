/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on demand: a test sets one through debugfs, the next operation of its sort takes it.
 */
#ifndef MSAMP_FAULT_H
#define MSAMP_FAULT_H

#include <linux/atomic.h>

/* How long an operation can be held up at most: one that sleeps, one that keeps its processor. */
#define MSAMP_HOLD_MAX_MS	60000
#define MSAMP_SPIN_MAX_MS	1000

/**
 * enum msamp_fault - what can fail, or be held up, on demand
 * @MSAMP_FAULT_CREATE: a creation, with everything allocated and the UUID reserved
 * @MSAMP_FAULT_OPEN: the first open of a device
 * @MSAMP_FAULT_IOCTL: an ioctl of a device
 * @MSAMP_NR_FAULTS: how many there are
 */
enum msamp_fault {
	MSAMP_FAULT_CREATE,
	MSAMP_FAULT_OPEN,
	MSAMP_FAULT_IOCTL,
	MSAMP_NR_FAULTS,
};

/**
 * enum msamp_hold - what can be held up
 * @MSAMP_HOLD_CREATE: each creation, while its UUID is a placeholder
 * @MSAMP_HOLD_REMOVE: each removal, while the device is dying
 * @MSAMP_HOLD_PARENT: each parent, when its types' files are there
 * @MSAMP_HOLD_BATCH: characters on their way from one end of a line to the other
 * @MSAMP_NR_HOLDS: how many there are
 */
enum msamp_hold {
	MSAMP_HOLD_CREATE,
	MSAMP_HOLD_REMOVE,
	MSAMP_HOLD_PARENT,
	MSAMP_HOLD_BATCH,
	MSAMP_NR_HOLDS,
};

/* What the next operation fails with, as a positive errno; 0 for nothing. */
extern atomic_t msamp_faults[MSAMP_NR_FAULTS];

/* Milliseconds by which every operation is held up. */
extern atomic_t msamp_holds[MSAMP_NR_HOLDS];

int msamp_inject_fault(enum msamp_fault fault);
void msamp_inject_hold(enum msamp_hold hold);
void msamp_inject_sleep(unsigned int ms);

/**
 * msamp_inject_hold_ms() - how long an operation that may not sleep is to be held up
 * @hold: the operation
 *
 * The caller bounds the sum: what holds its processor for twenty seconds is taken for a lockup.
 *
 * Context: Any.
 * Return: milliseconds, MSAMP_SPIN_MAX_MS at most.
 */
static inline unsigned int msamp_inject_hold_ms(enum msamp_hold hold)
{
	return atomic_read(&msamp_holds[hold]);
}

#endif /* MSAMP_FAULT_H */
