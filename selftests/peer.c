// SPDX-License-Identifier: GPL-2.0-only
/*
 * Null modems: two ports of two cards, or of one, joined by a backend.
 *
 * MDEV_SAMPLE_BYTES says how much the streams carry each way (64 KiB).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/irq.h"
#include "lib/kmsg.h"
#include "lib/stream.h"
#include "lib/uart.h"
#include "lib/vfio.h"

/* The ports that are joined; not the same on both sides. */
#define PORT_A 1
#define PORT_B 0
#define ON (UART_MCR_DTR | UART_MCR_RTS)

FIXTURE(peer)
{
	char uuid[2][UUID_SIZE];
	struct vfio_dev dev[2];
	int a;
	int b;
	int kmsg;
};

FIXTURE_SETUP(peer)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	for (int i = 0; i < 2; i++) {
		uuid_random(self->uuid[i]);
		mdev_create("mtty-2", self->uuid[i]);
	}
	ASSERT_EQ(0, port_set_peer(self->uuid[0], PORT_A, self->uuid[1], PORT_B));
	for (int i = 0; i < 2; i++)
		vfio_open(&self->dev[i], self->uuid[i], VIA_GROUP);
	self->a = self->dev[0].fd;
	self->b = self->dev[1].fd;
}

FIXTURE_TEARDOWN(peer)
{
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
	for (int i = 0; i < 2; i++) {
		vfio_close(&self->dev[i]);
		EXPECT_EQ(0, __mdev_remove(self->uuid[i]));
	}
}

#define in_a(_reg) uart_in(self->a, PORT_A, _reg)
#define in_b(_reg) uart_in(self->b, PORT_B, _reg)
#define out_a(_reg, _val) uart_out(self->a, PORT_A, _reg, _val)
#define out_b(_reg, _val) uart_out(self->b, PORT_B, _reg, _val)
#define setup_a() uart_setup(self->a, PORT_A, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO)
#define setup_b() uart_setup(self->b, PORT_B, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO)
#define stats_a() port_stats(self->uuid[0], PORT_A)
#define stats_b() port_stats(self->uuid[1], PORT_B)

static __u8 crossed(__u8 mcr)
{
	return (mcr & UART_MCR_DTR ? UART_MSR_DSR | UART_MSR_DCD : 0) |
	       (mcr & UART_MCR_RTS ? UART_MSR_CTS : 0);
}

/* What a null modem does when it is plugged in at both ends. */
static int connected(int a, int b)
{
	__u8 got[4];

	if (__uart_setup(a, PORT_A, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO) ||
	    __uart_setup(b, PORT_B, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO))
		return -EIO;
	if (__uart_send(a, PORT_A, "ab", 2) || __uart_drain(b, PORT_B, got, 4) != 2)
		return -ENODATA;
	if (__uart_send(b, PORT_B, "cba", 3) || __uart_drain(a, PORT_A, got, 4) != 3)
		return -ENODATA;
	return 0;
}

/* The device that is named comes later, and either may be opened first. */
TEST_F(peer, a_partner_to_come)
{
	for (int first = 0; first < 2; first++) {
		for (int i = 0; i < 2; i++) {
			vfio_close(&self->dev[i]);
			mdev_remove(self->uuid[i]);
		}
		mdev_create("mtty-2", self->uuid[0]);
		ASSERT_EQ(0, port_set_peer(self->uuid[0], PORT_A, self->uuid[1], PORT_B));
		if (first == 0) {
			vfio_open(&self->dev[0], self->uuid[0], VIA_GROUP);
			uart_setup(self->dev[0].fd, PORT_A, 1, UART_LCR_WLEN8,
				   UART_FCR_ENABLE_FIFO);
			/* an unplugged cable */
			EXPECT_EQ(0, uart_in(self->dev[0].fd, PORT_A, UART_MSR) & MSR_LINES);
			uart_send(self->dev[0].fd, PORT_A, "lost", 4);
			EXPECT_EQ(4, port_stats(self->uuid[0], PORT_A).dropped);
		}
		mdev_create("mtty-2", self->uuid[1]);
		vfio_open(&self->dev[1], self->uuid[1], VIA_GROUP);
		if (first == 1)
			vfio_open(&self->dev[0], self->uuid[0], VIA_GROUP);
		EXPECT_EQ(0, connected(self->dev[0].fd, self->dev[1].fd)) {
			TH_LOG("opened first: %d", first);
		}
		EXPECT_EQ(UART_MSR_DSR | UART_MSR_DCD | UART_MSR_CTS,
			  uart_in(self->dev[0].fd, PORT_A, UART_MSR) & MSR_LINES);
		EXPECT_EQ(UART_MSR_DSR | UART_MSR_DCD | UART_MSR_CTS,
			  uart_in(self->dev[1].fd, PORT_B, UART_MSR) & MSR_LINES);
	}
}

TEST_F(peer, lines_cross)
{
	for (__u8 mcr = 0; mcr < 16; mcr++) {
		out_a(UART_MCR, mcr);
		EXPECT_EQ(crossed(mcr), in_b(UART_MSR) & MSR_LINES);
		EXPECT_EQ(0, in_a(UART_MSR));
	}
	out_a(UART_MCR, 0);
	in_b(UART_MSR);
	for (__u8 mcr = 0; mcr < 16; mcr++) {
		out_b(UART_MCR, mcr);
		EXPECT_EQ(crossed(mcr), in_a(UART_MSR) & MSR_LINES);
		EXPECT_EQ(0, in_b(UART_MSR));
	}
	/* loop mode takes all outputs back */
	out_b(UART_MCR, ON | UART_MCR_LOOP);
	EXPECT_EQ(0, in_a(UART_MSR) & MSR_LINES);
}

TEST_F(peer, changes_raise_interrupts)
{
	int efd = evt_new();

	ASSERT_LE(0, efd);
	ASSERT_EQ(0, irq_set_fd(self->b, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
				efd));
	setup_b();
	out_a(UART_LCR, UART_LCR_WLEN8);
	out_b(UART_IER, UART_IER_MSI | UART_IER_RDI);
	EXPECT_SILENCE(efd);
	out_a(UART_MCR, UART_MCR_RTS);
	EXPECT_SIGNALS(1, efd);
	EXPECT_EQ(UART_IIR_MSI, in_b(UART_IIR) & IIR_CAUSE);
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_DCTS, in_b(UART_MSR));
	ASSERT_EQ(0, irq_set_none(self->b, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, 0,
				  1));
	out_a(UART_TX, 'x');
	EXPECT_SIGNALS(1, efd);
	EXPECT_EQ(UART_IIR_RDI, in_b(UART_IIR) & IIR_CAUSE);
	EXPECT_EQ('x', in_b(UART_RX));
	close(efd);
}

TEST_F(peer, bytes_and_breaks_cross)
{
	__u8 got[8];

	setup_a();
	setup_b();
	uart_send(self->a, PORT_A, "to b", 4);
	uart_send(self->b, PORT_B, "to a!", 5);
	EXPECT_EQ(4, __uart_drain(self->b, PORT_B, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "to b", 4));
	EXPECT_EQ(5, __uart_drain(self->a, PORT_A, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "to a!", 5));
	EXPECT_EQ(LSR_IDLE, in_a(UART_LSR));

	out_a(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	/* on a line in break nothing else is heard */
	uart_send(self->a, PORT_A, "lost", 4);
	out_a(UART_LCR, UART_LCR_WLEN8);
	uart_send(self->a, PORT_A, "x", 1);
	EXPECT_EQ(UART_LSR_BI, in_b(UART_LSR) & UART_LSR_BRK_ERROR_BITS);
	EXPECT_EQ(2, __uart_drain(self->b, PORT_B, got, sizeof(got)));
	EXPECT_EQ(0, got[0]);
	EXPECT_EQ('x', got[1]);
	EXPECT_EQ(LSR_IDLE, in_a(UART_LSR));
	EXPECT_EQ(1, stats_b().breaks);
	EXPECT_EQ(0, stats_a().breaks);
	EXPECT_EQ(9, stats_a().tx);
	EXPECT_EQ(6, stats_b().rx);
}

/* The other ports of the two cards are still their own loopback plugs. */
TEST_F(peer, other_ports_are_not_touched)
{
	setup_a();
	uart_setup(self->b, PORT_A, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	uart_send(self->b, PORT_A, "y", 1);
	EXPECT_EQ('y', uart_in(self->b, PORT_A, UART_RX));
	EXPECT_EQ(LSR_IDLE, in_a(UART_LSR));
}

TEST_F(peer, two_ports_of_one_card)
{
	__u8 got[4];

	vfio_close(&self->dev[0]);
	vfio_close(&self->dev[1]);
	ASSERT_EQ(0, port_set_peer(self->uuid[0], PORT_A, self->uuid[0], 1 - PORT_A));
	vfio_open(&self->dev[0], self->uuid[0], VIA_GROUP);
	self->a = self->dev[0].fd;
	setup_a();
	uart_setup(self->a, 1 - PORT_A, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	uart_send(self->a, PORT_A, "abc", 3);
	EXPECT_EQ(3, __uart_drain(self->a, 1 - PORT_A, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "abc", 3));
	EXPECT_EQ(crossed(ON), uart_in(self->a, 1 - PORT_A, UART_MSR) & MSR_LINES);
}

TEST_F(peer, closed_is_unplugged)
{
	__u8 got[8];

	setup_a();
	setup_b();
	EXPECT_EQ(crossed(ON), in_a(UART_MSR) & MSR_LINES);
	vfio_close(&self->dev[1]);
	EXPECT_EQ(0, in_a(UART_MSR) & MSR_LINES);
	uart_send(self->a, PORT_A, "gone", 4);
	EXPECT_EQ(LSR_IDLE, in_a(UART_LSR));
	EXPECT_EQ(4, stats_a().dropped);
	EXPECT_EQ(0, stats_a().overruns);

	/* held back by flow control, it waits for the other end */
	out_a(UART_MCR, ON | UART_MCR_AFE);
	uart_send(self->a, PORT_A, "kept", 4);
	EXPECT_EQ(0, in_a(UART_LSR));
	vfio_open(&self->dev[1], self->uuid[1], VIA_GROUP);
	self->b = self->dev[1].fd;
	EXPECT_EQ(crossed(ON), in_b(UART_MSR) & MSR_LINES);
	/* not by uart_setup(), which empties the receiver after it has raised RTS */
	out_b(UART_LCR, UART_LCR_WLEN8);
	out_b(UART_FCR, UART_FCR_ENABLE_FIFO);
	out_b(UART_MCR, ON);
	EXPECT_EQ(4, __uart_drain(self->b, PORT_B, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "kept", 4));
	EXPECT_EQ(crossed(ON), in_a(UART_MSR) & MSR_LINES);
}

TEST_F(peer, removed_is_unplugged)
{
	setup_a();
	setup_b();
	vfio_close(&self->dev[1]);
	mdev_remove(self->uuid[1]);
	EXPECT_EQ(0, in_a(UART_MSR) & MSR_LINES);
	uart_send(self->a, PORT_A, "gone", 4);
	EXPECT_EQ(4, stats_a().dropped);
	mdev_create("mtty-1", self->uuid[1]);
	uart_send(self->a, PORT_A, "gone", 4);
	EXPECT_EQ(8, stats_a().dropped);
	vfio_open(&self->dev[1], self->uuid[1], VIA_GROUP);
	self->b = self->dev[1].fd;
	setup_b();
	uart_send(self->a, PORT_A, "x", 1);
	EXPECT_EQ('x', in_b(UART_RX));
	EXPECT_EQ(8, stats_a().dropped);
	EXPECT_EQ(crossed(ON), in_a(UART_MSR) & MSR_LINES);
}

TEST_F(peer, reset)
{
	setup_a();
	setup_b();
	uart_send(self->a, PORT_A, "before", 6);
	vfio_reset(self->b);
	/* a card that has been reset has its outputs down, but still sees the other's */
	EXPECT_EQ(0, in_a(UART_MSR) & MSR_LINES);
	EXPECT_EQ(crossed(ON), in_b(UART_MSR));
	EXPECT_EQ(LSR_IDLE, in_b(UART_LSR));
	setup_b();
	EXPECT_EQ(crossed(ON), in_a(UART_MSR) & MSR_LINES);
	uart_send(self->a, PORT_A, "x", 1);
	EXPECT_EQ('x', in_b(UART_RX));
	/* the figures are the device's, not the session's */
	EXPECT_EQ(7, stats_b().rx);
}

static void run_both(struct __test_metadata *_metadata, int fd_a, int fd_b, enum stream_flow flow)
{
	size_t n = effort("MDEV_SAMPLE_BYTES", 1 << 16);
	struct stream a = { .fd = fd_a, .port = PORT_A, .flow = flow, .limit = 20 };
	struct stream b = { .fd = fd_b, .port = PORT_B, .flow = flow, .limit = 20 };
	double start = seconds_now();

	a.tx = random_bytes(n);
	b.tx = random_bytes(n);
	a.rx = calloc(n, 1);
	b.rx = calloc(n, 1);
	a.tx_len = n;
	a.rx_len = n;
	b.tx_len = n;
	b.rx_len = n;
	ASSERT_EQ(0, stream_setup(&a));
	ASSERT_EQ(0, stream_setup(&b));
	ASSERT_EQ(0, stream_start(&a));
	ASSERT_EQ(0, stream_start(&b));
	EXPECT_EQ(0, stream_join(&a));
	EXPECT_EQ(0, stream_join(&b));
	EXPECT_EQ(n, a.received);
	EXPECT_EQ(n, b.received);
	EXPECT_EQ(0, memcmp(a.tx, b.rx, n));
	EXPECT_EQ(0, memcmp(b.tx, a.rx, n));
	EXPECT_EQ(0, a.errors | b.errors);
	TH_LOG("%zu bytes each way in %.1f s", n, seconds_now() - start);
}

#define expect_no_loss() do {					\
	EXPECT_EQ(0, stats_a().overruns + stats_b().overruns);	\
	EXPECT_EQ(0, stats_a().dropped + stats_b().dropped);	\
} while (0)

TEST_F_TIMEOUT(peer, stream_with_auto_flow_control, 250)
{
	run_both(_metadata, self->a, self->b, FLOW_AFE);
	expect_no_loss();
}

TEST_F_TIMEOUT(peer, stream_with_a_driver_that_heeds_cts, 250)
{
	run_both(_metadata, self->a, self->b, FLOW_CTS);
	expect_no_loss();
}

TEST_F(peer, what_is_lost_is_counted)
{
	const size_t n = 1 << 16;
	struct stream a = { .fd = self->a, .port = PORT_A, .limit = 5, .tx_len = n };
	struct stream b = { .fd = self->b, .port = PORT_B, .limit = 1, .rx_len = n };

	a.tx = random_bytes(n);
	b.rx = calloc(n, 1);
	ASSERT_EQ(0, stream_setup(&a));
	ASSERT_EQ(0, stream_setup(&b));
	EXPECT_EQ(0, stream_run(&a));
	/* CTS has told him so, had he looked */
	EXPECT_EQ(0, in_a(UART_MSR) & UART_MSR_CTS);
	EXPECT_ERRNO(ETIMEDOUT, stream_run(&b));
	EXPECT_EQ(UART_LSR_OE, b.errors);
	EXPECT_LT(0, b.received);
	EXPECT_LT(0, stats_b().overruns);
	EXPECT_EQ(n, b.received + stats_b().overruns);
	EXPECT_EQ(n, stats_a().tx);
	EXPECT_EQ(0, memcmp(a.tx, b.rx, b.received));
	EXPECT_EQ(UART_MSR_CTS, in_a(UART_MSR) & UART_MSR_CTS);
}

static double paced_send(struct __test_metadata *_metadata, int from, unsigned int from_port,
			 int to, unsigned int to_port)
{
	const unsigned int n = 10 * UART_FIFO_SIZE;
	double start = seconds_now();
	unsigned int got = 0;
	__u8 buf[64];

	for (unsigned int i = 0; i < n; i += UART_FIFO_SIZE) {
		uart_wait(from, from_port, UART_LSR, UART_LSR_THRE, UART_LSR_THRE);
		uart_send(from, from_port, "0123456789abcdef", UART_FIFO_SIZE);
		got += __uart_drain(to, to_port, buf, sizeof(buf));
	}
	while (got < n && seconds_now() - start < 10)
		got += __uart_drain(to, to_port, buf, sizeof(buf));
	EXPECT_EQ(n, got);
	return (seconds_now() - start) / n;
}

TEST_F(peer, pace)
{
	const double due = 10.0 / 9600;
	double took;

	vfio_close(&self->dev[0]);
	vfio_close(&self->dev[1]);
	ASSERT_EQ(0, port_set(self->uuid[0], PORT_A, "pace", "1"));
	ASSERT_EQ(0, port_set(self->uuid[0], 1 - PORT_A, "pace", "1"));
	for (int i = 0; i < 2; i++)
		vfio_open(&self->dev[i], self->uuid[i], VIA_GROUP);
	self->a = self->dev[0].fd;
	self->b = self->dev[1].fd;
	uart_setup(self->a, PORT_A, 12, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	uart_setup(self->a, 1 - PORT_A, 12, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	uart_setup(self->b, PORT_B, 12, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	/* never faster; how much slower is the machine's affair */
	took = paced_send(_metadata, self->a, PORT_A, self->b, PORT_B);
	EXPECT_LT(0.95 * due, took);
	TH_LOG("peer, sender paced: %.3f ms a byte, %.3f due", 1000 * took, 1000 * due);
	took = paced_send(_metadata, self->b, PORT_B, self->a, PORT_A);
	EXPECT_LT(0.95 * due, took);
	TH_LOG("peer, receiver paced: %.3f ms a byte", 1000 * took);
	took = paced_send(_metadata, self->a, 1 - PORT_A, self->a, 1 - PORT_A);
	EXPECT_LT(0.95 * due, took);
	TH_LOG("loopback: %.3f ms a byte", 1000 * took);
	EXPECT_EQ(0, stats_a().overruns + stats_b().overruns);
}

TEST_HARNESS_MAIN
