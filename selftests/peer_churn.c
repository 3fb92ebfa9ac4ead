// SPDX-License-Identifier: GPL-2.0-only
/*
 * A null modem whose ends are closed, opened, reset, removed and created anew under the same UUID
 * while data flows both ways: each time it flows again.
 *
 * MDEV_SAMPLE_SECONDS says how long (5).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define TYPE "mtty-1"
/* A machine that is busy with something else may stand still for long. */
#define RESUME_SECONDS 30
#define RESUME_BYTES 64

/* One end, with a thread that sends and receives as long as it is open. */
struct side {
	pthread_mutex_t lock;
	pthread_t thread;
	struct vfio_dev dev;
	bool open;
	bool stop;
	unsigned long received;
	char uuid[UUID_SIZE];
};

FIXTURE(churn)
{
	struct side side[2];
	int kmsg;
};

static int exchange(struct side *side)
{
	__u8 buf[256], lsr;
	int n;

	n = __uart_drain(side->dev.fd, 0, buf, sizeof(buf));
	if (n < 0)
		return n;
	__atomic_fetch_add(&side->received, n, __ATOMIC_RELAXED);
	if (region_read(side->dev.fd, 0, UART_LSR, &lsr, 1) != 1)
		return -EIO;
	return lsr & UART_LSR_THRE ? __uart_send(side->dev.fd, 0, "0123456789abcdef", 16) : 0;
}

static void *side_main(void *arg)
{
	struct side *side = arg;
	int ret = 0;

	while (!ret && !__atomic_load_n(&side->stop, __ATOMIC_RELAXED)) {
		pthread_mutex_lock(&side->lock);
		if (side->open)
			ret = exchange(side);
		pthread_mutex_unlock(&side->lock);
		sched_yield();
	}
	return (void *)(long)ret;
}

/* With auto flow control on one side and without on the other. */
static int side_setup(struct side *side, unsigned int index)
{
	__u8 mcr = UART_MCR_DTR | UART_MCR_RTS | (index ? UART_MCR_AFE : 0);
	int ret = __uart_setup(side->dev.fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);

	if (ret)
		return ret;
	return region_write(side->dev.fd, 0, UART_MCR, &mcr, 1) == 1 ? 0 : -EIO;
}

static int side_open(struct side *side, unsigned int index)
{
	int ret = __vfio_open(&side->dev, side->uuid, VIA_GROUP);

	if (ret)
		vfio_close(&side->dev);
	side->open = !ret;
	return ret ? ret : side_setup(side, index);
}

static void side_close(struct side *side)
{
	side->open = false;
	vfio_close(&side->dev);
}

static int join(struct side *side)
{
	return port_set_peer(side[0].uuid, 0, side[1].uuid, 0);
}

FIXTURE_SETUP(churn)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	for (int i = 0; i < 2; i++) {
		uuid_random(self->side[i].uuid);
		mdev_create(TYPE, self->side[i].uuid);
		pthread_mutex_init(&self->side[i].lock, NULL);
	}
	ASSERT_EQ(0, join(self->side));
	/* and the other way, so that it holds whichever of the two goes */
	ASSERT_EQ(0, port_set_peer(self->side[1].uuid, 0, self->side[0].uuid, 0));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, side_open(&self->side[i], i));
		ASSERT_EQ(0, pthread_create(&self->side[i].thread, NULL, side_main,
					    &self->side[i]));
	}
}

FIXTURE_TEARDOWN(churn)
{
	for (int i = 0; i < 2; i++) {
		vfio_close(&self->side[i].dev);
		EXPECT_EQ(0, __mdev_remove(self->side[i].uuid));
	}
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

enum action { REOPEN, RESET, RECREATE, RESET_BUSY, NR_ACTIONS };

static int act(struct side *side, unsigned int index, enum action action)
{
	int ret = 0;

	if (action == RESET_BUSY) {
		/* between two accesses of the thread, not instead of one */
		ret = __vfio_reset(side->dev.fd);
		return ret ? ret : side_setup(side, index);
	}
	pthread_mutex_lock(&side->lock);
	if (action == RESET) {
		ret = __vfio_reset(side->dev.fd);
	} else {
		side_close(side);
		if (action == RECREATE)
			ret = __mdev_remove(side->uuid);
		if (!ret && action == RECREATE)
			ret = __mdev_create(TYPE, side->uuid);
		if (!ret)
			ret = side_open(side, index);
	}
	if (!ret)
		ret = side_setup(side, index);
	pthread_mutex_unlock(&side->lock);
	return ret;
}

static bool resumes(struct side *side)
{
	unsigned long from[2] = { side[0].received, side[1].received };
	double end = seconds_now() + RESUME_SECONDS;
	bool late, both;

	do {
		late = seconds_now() >= end;
		both = true;
		for (int i = 0; i < 2; i++)
			if (__atomic_load_n(&side[i].received, __ATOMIC_RELAXED) - from[i] <
			    RESUME_BYTES)
				both = false;
		if (!both)
			usleep(500);
	} while (!both && !late);
	return both;
}

TEST_F_TIMEOUT(churn, data_resumes, LONG_SECONDS)
{
	double end = seconds_now() + effort("MDEV_SAMPLE_SECONDS", 5);
	unsigned int count[NR_ACTIONS] = {};
	struct path_stats paths;
	unsigned int rounds;
	void *ret;

	srandom(1);
	ASSERT_TRUE(resumes(self->side));
	for (rounds = 0; seconds_now() < end || rounds < 2 * NR_ACTIONS; rounds++) {
		unsigned int index = rounds % 2;
		enum action action = rounds < 2 * NR_ACTIONS ? rounds / 2 : random() % NR_ACTIONS;

		ASSERT_EQ(0, act(&self->side[index], index, action));
		/* a claim goes with its device */
		if (action == RECREATE && index == 0)
			EXPECT_STREQ(partner_text(self->side[1].uuid, 0),
				     port_get(self->side[0].uuid, 0, "partner"));
		ASSERT_TRUE(resumes(self->side)) {
			TH_LOG("round %u, side %u, action %d", rounds, index, action);
			TH_LOG("0: %s", port_get(self->side[0].uuid, 0, "stats"));
			TH_LOG("1: %s", port_get(self->side[1].uuid, 0, "stats"));
		}
		count[action]++;
		/* recreating one side takes its claim with it: the other's holds, until it goes */
		if (action != RECREATE)
			continue;
		pthread_mutex_lock(&self->side[index].lock);
		side_close(&self->side[index]);
		EXPECT_EQ(0, port_set_peer(self->side[index].uuid, 0,
					   self->side[!index].uuid, 0));
		EXPECT_EQ(0, side_open(&self->side[index], index));
		pthread_mutex_unlock(&self->side[index].lock);
	}
	for (int i = 0; i < 2; i++)
		__atomic_store_n(&self->side[i].stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++) {
		pthread_join(self->side[i].thread, &ret);
		EXPECT_EQ(0, (long)ret);
	}
	TH_LOG("%u rounds: %u reopened, %u recreated, %u reset; received %lu and %lu bytes", rounds,
	       count[REOPEN], count[RECREATE], count[RESET] + count[RESET_BUSY],
	       self->side[0].received, self->side[1].received);
	for (int i = 0; i < 2; i++) {
		vfio_close(&self->side[i].dev);
		mdev_remove(self->side[i].uuid);
	}
	if (!backend_missing()) {
		ASSERT_EQ(0, __path_stats(&paths));
		EXPECT_EQ(0, paths.paths);
	}
	for (int i = 0; i < 2; i++)
		mdev_create(TYPE, self->side[i].uuid);
}

TEST_HARNESS_MAIN
