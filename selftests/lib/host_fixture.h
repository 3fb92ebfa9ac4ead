/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fixture of suites that work on a tty of the host: a card whose second port leads to one, both
 * open, and the kernel log watched until both are closed.
 */
#ifndef SELFTEST_HOST_FIXTURE_H
#define SELFTEST_HOST_FIXTURE_H

#include <unistd.h>

#include "backend.h"
#include "complaint.h"
#include "kmsg.h"
#include "uart.h"
#include "vfio.h"

#define PORT 1

FIXTURE(host)
{
	char uuid[UUID_SIZE];
	struct vfio_dev dev;
	int fd;
	int tty;
	int kmsg;
};

FIXTURE_SETUP(host)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	mdev_create("mtty-2", self->uuid);
	ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
	self->tty = tty_open(self->uuid, PORT);
	vfio_open(&self->dev, self->uuid, VIA_GROUP);
	self->fd = self->dev.fd;
}

FIXTURE_TEARDOWN(host)
{
	vfio_close(&self->dev);
	if (mdev_exists(self->uuid))
		EXPECT_EQ(0, __mdev_remove(self->uuid));
	if (self->tty >= 0)
		close(self->tty);
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

#define in(_reg) uart_in(self->fd, PORT, _reg)
#define out(_reg, _val) uart_out(self->fd, PORT, _reg, _val)
#define setup(_divisor) \
	uart_setup(self->fd, PORT, _divisor, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO)
#define stats() port_stats(self->uuid, PORT)
#define card_close() vfio_close(&self->dev)
#define card_open() do {						\
	vfio_open(&self->dev, self->uuid, VIA_GROUP);			\
	self->fd = self->dev.fd;					\
} while (0)

#endif /* SELFTEST_HOST_FIXTURE_H */
