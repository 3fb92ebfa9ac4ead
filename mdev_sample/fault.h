/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on demand: a test sets one through debugfs, the next operation of its sort takes it.
 */
#ifndef MSAMP_FAULT_H
#define MSAMP_FAULT_H

#include <linux/atomic.h>
#include <linux/delay.h>

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

int msamp_fault_take(enum msamp_fault fault);
void msamp_fault_hold(enum msamp_hold hold);

/**
 * msamp_fault_spin() - hold the caller up, who may not sleep, if that has been asked for
 * @hold: the operation
 *
 * Context: Any.
 */
static inline void msamp_fault_spin(enum msamp_hold hold)
{
	int ms = atomic_read(&msamp_holds[hold]);

	if (unlikely(ms))
		mdelay(ms);
}

#endif /* MSAMP_FAULT_H */
