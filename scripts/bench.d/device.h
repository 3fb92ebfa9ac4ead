/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device as a virtual machine monitor holds it.
 */
#ifndef BENCH_DEVICE_H
#define BENCH_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct dev - an opened device
 * @fd: the device's file descriptor
 * @bar: file offset of the first port's registers
 * @intx: eventfd of the interrupt
 * @pending: INTx has come and the guest has not touched the device since
 */
struct dev {
	int container;
	int group;
	int fd;
	uint64_t bar;
	int intx;
	bool pending;
};

void dev_open(struct dev *dev, const char *uuid);
void dev_close(struct dev *dev);

/* The monitor's own accesses. */
uint8_t dev_get(struct dev *dev, unsigned int reg);
void dev_put(struct dev *dev, unsigned int reg, uint8_t val);
void dev_start_port(struct dev *dev, uint8_t fcr, uint8_t mcr);

/* The guest's accesses, which matter to INTx, and its interrupts. */
uint8_t guest_in(struct dev *dev, unsigned int reg);
void guest_out(struct dev *dev, unsigned int reg, uint8_t val);
bool dev_wait_intx(struct dev *dev, unsigned int ms);
void dev_forget_intx(struct dev *dev);

#endif /* BENCH_DEVICE_H */
