// SPDX-License-Identifier: GPL-2.0-only
/*
 * A null modem one end of which is being removed while it is open: the removal waits for the user,
 * and until then the cable carries what it carried before.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/child.h"
#include "lib/complaint.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/mig.h"
#include "lib/uart.h"
#include "lib/vfio.h"

/* How long a removal that has to wait is watched waiting. */
#define WAIT_MS 400
#define ON (UART_MCR_DTR | UART_MCR_RTS)
#define PLUGGED (UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD)
#define NEEDS_OUR_CORE "the kernel's mdev core cannot take a removal back; try MDEV_CORE=own"
#define STATE(_name) VFIO_DEVICE_STATE_##_name

/* A is removed, B is its partner. */
FIXTURE(removal)
{
	char uuid[2][UUID_SIZE];
	struct vfio_dev dev[2];
	struct child child;
	int a;
	int b;
	int kmsg;
};

FIXTURE_SETUP(removal)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	for (int i = 0; i < 2; i++) {
		uuid_random(self->uuid[i]);
		mdev_create("mtty-1", self->uuid[i]);
	}
	ASSERT_EQ(0, port_set_peer(self->uuid[0], 0, self->uuid[1], 0));
	for (int i = 0; i < 2; i++) {
		vfio_open(&self->dev[i], self->uuid[i], VIA_GROUP);
		uart_setup(self->dev[i].fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	}
	self->a = self->dev[0].fd;
	self->b = self->dev[1].fd;
	self->child.pid = 0;
}

FIXTURE_TEARDOWN(removal)
{
	vfio_close(&self->dev[0]);
	vfio_close(&self->dev[1]);
	if (self->child.pid)
		child_wait(&self->child, CHILD_SOON_MS);
	mdev_reap();
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

#define in_a(_reg) uart_in(self->a, 0, _reg)
#define in_b(_reg) uart_in(self->b, 0, _reg)
#define out_a(_reg, _val) uart_out(self->a, 0, _reg, _val)
#define out_b(_reg, _val) uart_out(self->b, 0, _reg, _val)

static int remove_child(void *uuid)
{
	return -__mdev_remove(uuid);
}

#define begin_removal() do {							\
	ASSERT_EQ(0, child_start(&self->child, remove_child, self->uuid[0]));	\
	EXPECT_ERRNO(ETIMEDOUT, child_wait(&self->child, WAIT_MS));		\
} while (0)

#define expect_byte(_from, _to) do {						\
	const int __to = (_to);							\
										\
	uart_out(_from, 0, UART_TX, 'x');					\
	EXPECT_EQ(UART_LSR_DR, uart_in(__to, 0, UART_LSR) & UART_LSR_DR);	\
	EXPECT_EQ('x', uart_in(__to, 0, UART_RX));				\
} while (0)

/* The kernel's mdev core takes the bus's link to the device away before it waits: not by that. */
static bool nothing_lost(const char *uuid)
{
	char path[PATH_MAX], text[256];

	snprintf(path, sizeof(path), PARENT_DIR "/%s/port0/stats", uuid);
	return sysfs_read(path, text, sizeof(text)) > 0 && strstr(text, " overruns 0 ") &&
	       strstr(text, " dropped 0 ");
}

#define expect_nothing_lost() do {			\
	EXPECT_TRUE(nothing_lost(self->uuid[0]));	\
	EXPECT_TRUE(nothing_lost(self->uuid[1]));	\
} while (0)

#define expect_plugged() do {						\
	expect_byte(self->b, self->a);					\
	expect_byte(self->a, self->b);					\
	EXPECT_EQ(PLUGGED, in_a(UART_MSR) & MSR_LINES);			\
	EXPECT_EQ(PLUGGED, in_b(UART_MSR) & MSR_LINES);			\
	out_b(UART_MCR, UART_MCR_DTR);					\
	EXPECT_EQ(PLUG_DTR, in_a(UART_MSR) & MSR_LINES);		\
	out_b(UART_MCR, ON);						\
	EXPECT_EQ(PLUGGED, in_a(UART_MSR) & MSR_LINES);			\
	out_a(UART_MCR, UART_MCR_RTS);					\
	EXPECT_EQ(PLUG_RTS, in_b(UART_MSR) & MSR_LINES);		\
	out_a(UART_MCR, ON);						\
	EXPECT_EQ(PLUGGED, in_b(UART_MSR) & MSR_LINES);			\
	expect_nothing_lost();						\
} while (0)

TEST_F(removal, carries_on_until_closed)
{
	struct path_stats paths;

	begin_removal();
	expect_plugged();
	/* a break, too */
	out_b(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	out_b(UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(UART_LSR_BI, in_a(UART_LSR) & UART_LSR_BI);
	EXPECT_EQ(0, in_a(UART_RX));

	vfio_close(&self->dev[0]);
	EXPECT_EQ(0, child_wait(&self->child, CHILD_SOON_MS));
	self->child.pid = 0;
	EXPECT_EQ(0, in_b(UART_MSR) & MSR_LINES);
	out_b(UART_TX, 'x');
	EXPECT_EQ(LSR_IDLE, in_b(UART_LSR));
	EXPECT_EQ(1, port_stats(self->uuid[1], 0).dropped);
	vfio_close(&self->dev[1]);
	mdev_remove(self->uuid[1]);
	if (!__path_stats(&paths))
		EXPECT_EQ(0, paths.paths);
}

TEST_F(removal, a_stop_arrives)
{
	begin_removal();
	mig_set(self->a, STATE(STOP));
	EXPECT_EQ(PLUG_DTR, in_b(UART_MSR) & MSR_LINES);
	out_b(UART_TX, 'w');
	EXPECT_EQ(0, in_b(UART_LSR) & UART_LSR_THRE);
	mig_set(self->a, STATE(RUNNING));
	EXPECT_EQ(PLUGGED, in_b(UART_MSR) & MSR_LINES);
	EXPECT_EQ('w', in_a(UART_RX));
	expect_plugged();
}

/* What was stopped before stays stopped, and then goes on or is closed. */
TEST_F(removal, a_stopped_one_goes_on)
{
	mig_set(self->a, STATE(STOP));
	out_b(UART_TX, 'w');
	begin_removal();
	EXPECT_EQ(0, in_b(UART_LSR) & UART_LSR_THRE);
	mig_set(self->a, STATE(RUNNING));
	EXPECT_EQ('w', in_a(UART_RX));
	expect_plugged();
	mig_set(self->a, STATE(STOP));
	out_b(UART_TX, 'x');
	vfio_close(&self->dev[0]);
	EXPECT_EQ(0, child_wait(&self->child, CHILD_SOON_MS));
	self->child.pid = 0;
	EXPECT_EQ(LSR_IDLE, in_b(UART_LSR));
	EXPECT_EQ(1, port_stats(self->uuid[1], 0).dropped);
}

/* The partner that comes while the removal waits finds the other end. */
TEST_F(removal, a_partner_comes)
{
	vfio_close(&self->dev[1]);
	begin_removal();
	EXPECT_EQ(0, in_a(UART_MSR) & MSR_LINES);
	vfio_open(&self->dev[1], self->uuid[1], VIA_GROUP);
	self->b = self->dev[1].fd;
	uart_setup(self->b, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	expect_plugged();
}

/* Its own claim holds as long as it does, and the partner may claim it for what comes after. */
TEST_F(removal, its_setting_counts)
{
	char other[UUID_SIZE];

	vfio_close(&self->dev[1]);
	uuid_random(other);
	mdev_create("mtty-1", other);
	begin_removal();
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(other, 0, self->uuid[1], 0));
	EXPECT_ERRNO(EADDRINUSE, port_set_peer(other, 0, self->uuid[0], 0));
	EXPECT_EQ(0, port_set_peer(self->uuid[1], 0, self->uuid[0], 0));
}

TEST_F(removal, taken_back)
{
	if (!mdev_core_is_ours())
		SKIP(return, NEEDS_OUR_CORE);
	begin_removal();
	expect_plugged();
	kill(self->child.pid, SIGTERM);
	child_wait(&self->child, CHILD_SOON_MS);
	self->child.pid = 0;
	ASSERT_TRUE(mdev_exists(self->uuid[0]));
	expect_plugged();
	/* all of it is as before: it can be closed, opened and found as a partner */
	vfio_close(&self->dev[0]);
	EXPECT_EQ(0, in_b(UART_MSR) & MSR_LINES);
	vfio_open(&self->dev[0], self->uuid[0], VIA_GROUP);
	self->a = self->dev[0].fd;
	uart_setup(self->a, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	expect_plugged();
	vfio_close(&self->dev[1]);
	EXPECT_EQ(0, port_set_peer(self->uuid[1], 0, self->uuid[0], 0));
}

TEST_HARNESS_MAIN
