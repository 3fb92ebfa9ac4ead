// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tty of the host that is opened, written to and closed all the time, while its card is opened,
 * reset, closed, given another backend, removed and created anew.
 *
 * MDEV_SAMPLE_SECONDS says how long (4).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define PORT 1
#define WRITERS 2

FIXTURE(churn)
{
	char uuid[UUID_SIZE];
	struct vfio_dev dev;
	int kmsg;
};

FIXTURE_SETUP(churn)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	mdev_create("mtty-2", self->uuid);
	ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
}

FIXTURE_TEARDOWN(churn)
{
	EXPECT_EQ(0, __mdev_remove(self->uuid));
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

struct user {
	const char *uuid;
	bool stop;
};

static void *use_tty(void *arg)
{
	struct user *user = arg;
	char buf[64];
	int fd;

	while (!__atomic_load_n(&user->stop, __ATOMIC_RELAXED)) {
		fd = __tty_open(user->uuid, PORT, O_NONBLOCK);
		if (fd < 0)
			continue;
		for (int i = 0; i < 20; i++)
			if (write(fd, "0123456789", 10) < 0 || read(fd, buf, sizeof(buf)) < 0)
				sched_yield();
		tcflush(fd, TCIOFLUSH);
		close(fd);
	}
	return NULL;
}

TEST_F_TIMEOUT(churn, card_and_tty, LONG_SECONDS)
{
	double end = seconds_now() + effort("MDEV_SAMPLE_SECONDS", 4);
	struct user user = { .uuid = self->uuid };
	unsigned int rounds = 0;
	pthread_t thread[WRITERS];

	for (int i = 0; i < WRITERS; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, use_tty, &user));
	for (; seconds_now() < end; rounds++) {
		vfio_open(&self->dev, self->uuid, VIA_GROUP);
		uart_setup(self->dev.fd, PORT, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
		uart_send(self->dev.fd, PORT, "0123456789abcdef", 16);
		if (rounds % 3 == 0)
			vfio_reset(self->dev.fd);
		vfio_close(&self->dev);
		if (rounds % 4)
			continue;
		if (rounds % 8) {
			ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "loopback"));
		} else {
			mdev_remove(self->uuid);
			mdev_create("mtty-2", self->uuid);
		}
		ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
	}
	user.stop = true;
	for (int i = 0; i < WRITERS; i++)
		pthread_join(thread[i], NULL);
	TH_LOG("%u rounds", rounds);
}

TEST_HARNESS_MAIN
