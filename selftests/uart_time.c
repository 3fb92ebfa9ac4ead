// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character timeout: bytes below the trigger level are reported when the line has been quiet
 * for four character times. Lower bounds are exact, for nothing may be early; upper bounds allow
 * for a machine that is busy or emulated.
 */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"
#include "lib/uart_port.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define FIFO UART_FCR_ENABLE_FIFO

/* 100 baud: slow enough for a test to do things within the four character times. */
#define SLOW 1152

/* How much later than it should the report may come. */
#define SLACK_US 1000000

/* One character of 8N1 takes ten bits. */
static __u64 char_us(unsigned int divisor)
{
	return 10ULL * 1000000 * divisor / 115200;
}

/* Polls IIR; how long it took until it showed the timeout, or -1. */
static long us_to_timeout(int fd, unsigned int port, __u64 start, __u64 most)
{
	if (__uart_wait(fd, port, UART_IIR, IIR_CAUSE, UART_IIR_RX_TIMEOUT, most))
		return -1;
	return now_us() - start;
}

/* Expects the timeout after four to five characters from @start, the last activity's beginning. */
#define expect_timeout_from(_start, _divisor) do {					\
	__u64 __chars = char_us(_divisor);						\
	long __us = us_to_timeout(self->fd, PORT, _start, 6 * __chars + SLACK_US);	\
											\
	ASSERT_LE(0, __us);								\
	EXPECT_LE(4 * __chars, __us);							\
	EXPECT_GE(5 * __chars + SLACK_US, __us);					\
} while (0)

/* Sends @n bytes and expects the timeout. */
#define expect_timeout(_divisor, _bytes, _n) do {					\
	__u64 __start = now_us();							\
											\
	send(_bytes, _n);								\
	expect_timeout_from(__start, _divisor);						\
} while (0)

TEST_F(dev, comes_after_four_characters)
{
	static const __u16 divisor[] = { 1, 12, 96, 384, SLOW };

	for (size_t i = 0; i < ARRAY_SIZE(divisor); i++) {
		setup(divisor[i], UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
		out(UART_IER, UART_IER_RDI);
		expect_timeout(divisor[i], "abc", 3);
		EXPECT_EQ('a', in(UART_RX));
	}
}

TEST_F(dev, raises_the_interrupt)
{
	int efd = evt_new();

	ASSERT_LE(0, efd);
	ASSERT_EQ(0, irq_set_fd(self->fd, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
				efd));
	setup(12, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_14);
	out(UART_IER, UART_IER_RDI);
	send("x", 1);
	EXPECT_SIGNALS(1, efd);
	EXPECT_EQ(UART_IIR_RX_TIMEOUT, cause());
	/* what raised it is still there: only reading the byte ends it */
	EXPECT_EQ(UART_IIR_RX_TIMEOUT, cause());
	EXPECT_EQ('x', in(UART_RX));
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, comes_again_for_what_is_left)
{
	__u64 start;

	setup(SLOW, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	expect_timeout(SLOW, "ab", 2);
	start = now_us();
	EXPECT_EQ('a', in(UART_RX));
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	expect_timeout_from(start, SLOW);
	EXPECT_EQ('b', in(UART_RX));
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

/* Every byte that comes or goes starts the four characters anew. */
TEST_F(dev, activity_puts_it_off)
{
	setup(SLOW, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_14);
	out(UART_IER, UART_IER_RDI);
	for (int i = 0; i < 5; i++) {
		__u64 start = now_us();
		__u8 seen;

		send("x", 1);
		usleep(2 * char_us(SLOW));
		seen = cause();
		/* a machine that slept through the four characters shows nothing */
		if (now_us() - start < 4 * char_us(SLOW))
			EXPECT_EQ(UART_IIR_NO_INT, seen);
	}
	in(UART_RX);
	expect_timeout(SLOW, "x", 1);
}

TEST_F(dev, trigger_level_comes_first)
{
	setup(SLOW, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_4);
	out(UART_IER, UART_IER_RDI);
	expect_timeout(SLOW, "abc", 3);
	send("d", 1);
	EXPECT_EQ(UART_IIR_RDI, cause());
	in(UART_RX);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, never_without_data)
{
	setup(12, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	send("x", 1);
	in(UART_RX);
	usleep(20 * char_us(12));
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	send("yz", 2);
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_8 | UART_FCR_CLEAR_RCVR);
	usleep(20 * char_us(12));
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, only_while_received_data_is_enabled)
{
	setup(12, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RLSI | UART_IER_MSI);
	send("x", 1);
	usleep(20 * char_us(12));
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	/* a byte that has waited all that time is reported soon after */
	out(UART_IER, UART_IER_RDI);
	EXPECT_LE(0, us_to_timeout(self->fd, PORT, now_us(), 6 * char_us(12) + SLACK_US));
	out(UART_IER, 0);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, word_length_counts)
{
	__u64 bits = 1 + 8 + 1 + 2, start;
	long us;

	/* start, eight bits, parity, two stops */
	setup(SLOW, UART_LCR_WLEN8 | UART_LCR_PARITY | UART_LCR_STOP, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	start = now_us();
	send("x", 1);
	us = us_to_timeout(self->fd, PORT, start, 6 * bits * char_us(SLOW) / 10 + SLACK_US);
	ASSERT_LE(0, us);
	EXPECT_LE(4 * bits * char_us(SLOW) / 10, us);
}

/*
 * A getty that listened at the slowest rate has gone, the next user sets the fastest: its bytes
 * must not wait for the old rate's four characters, which are 22 seconds.
 */
TEST_F(dev, a_new_rate_counts_at_once)
{
	setup(0xffff, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	send("x", 1);
	setup(1, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	send("y", 1);
	EXPECT_LE(0, us_to_timeout(self->fd, PORT, now_us(), SLACK_US));
	EXPECT_EQ('y', in(UART_RX));
}

TEST_F(dev, reset_forgets_the_old_rate)
{
	setup(0xffff, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	send("x", 1);
	vfio_reset(self->fd);
	setup(1, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	send("y", 1);
	EXPECT_LE(0, us_to_timeout(self->fd, PORT, now_us(), SLACK_US));
}

/* Removing a device whose timeout is still to come, and closing one. */
TEST_F(dev, close_does_not_wait_for_it)
{
	__u64 start;

	setup(0xffff, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	send("x", 1);
	start = now_us();
	vfio_close(&self->vfio);
	EXPECT_GT(SLACK_US, now_us() - start);
	vfio_open(&self->vfio, self->uuid, variant->via);
	self->fd = self->vfio.fd;
	setup(1, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	send("y", 1);
	EXPECT_LE(0, us_to_timeout(self->fd, PORT, now_us(), SLACK_US));
}

TEST_HARNESS_MAIN
