/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux's 8250 driver does with a port.
 */
#ifndef BENCH_DRIVER_H
#define BENCH_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_SIZE	65536

struct dev;

/**
 * struct driver - a guest's driver at work
 * @dev: the device
 * @burst: most characters to send without looking at LSR again
 * @ier: what the driver last wrote to IER
 * @to_send: how many characters of the pattern it sends
 * @sent: how many it has sent
 * @received: how many have arrived
 * @in: those
 */
struct driver {
	struct dev *dev;
	unsigned int burst;
	uint8_t ier;
	size_t to_send;
	size_t sent;
	size_t received;
	uint8_t in[STREAM_SIZE];
};

extern uint8_t pattern[STREAM_SIZE];

void pattern_init(void);
void driver_start(struct driver *drv);
bool driver_interrupt(struct driver *drv);

#endif /* BENCH_DRIVER_H */
