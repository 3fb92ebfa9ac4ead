// SPDX-License-Identifier: GPL-2.0-only
/* Interrupt causes of a port: which there are, which comes first, what ends each. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/uart_port.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define FIFO UART_FCR_ENABLE_FIFO
#define ALL (UART_IER_RDI | UART_IER_THRI | UART_IER_RLSI | UART_IER_MSI)

/* Slow enough that no character timeout interferes: 4 characters take more than a minute. */
#define SLOWEST 0xffff

static const __u8 text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static const struct {
	__u8 fcr;
	unsigned int level;
} trigger[] = {
	{ UART_FCR_TRIGGER_1, 1 },
	{ UART_FCR_TRIGGER_4, 4 },
	{ UART_FCR_TRIGGER_8, 8 },
	{ UART_FCR_TRIGGER_14, 14 },
};

#define pin() ((cfg_read(self->fd, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT) != 0)

TEST_F(dev, received_data_at_each_trigger_level)
{
	for (size_t i = 0; i < ARRAY_SIZE(trigger); i++) {
		setup(SLOWEST, UART_LCR_WLEN8, FIFO | trigger[i].fcr);
		out(UART_IER, UART_IER_RDI);
		for (unsigned int n = 1; n <= UART_FIFO_SIZE; n++) {
			bool reached = n >= trigger[i].level;

			send("x", 1);
			EXPECT_EQ(reached ? UART_IIR_RDI : UART_IIR_NO_INT, cause()) {
				TH_LOG("%u bytes, trigger level %u", n, trigger[i].level);
			}
			EXPECT_EQ(reached, pin());
		}
	}
}

TEST_F(dev, received_data_ends_below_the_trigger_level)
{
	for (size_t i = 0; i < ARRAY_SIZE(trigger); i++) {
		setup(SLOWEST, UART_LCR_WLEN8, FIFO | trigger[i].fcr);
		out(UART_IER, UART_IER_RDI);
		send(text, UART_FIFO_SIZE);
		for (int left = UART_FIFO_SIZE - 1; left >= 0; left--) {
			bool reached = left >= trigger[i].level;

			in(UART_RX);
			EXPECT_EQ(reached ? UART_IIR_RDI : UART_IIR_NO_INT, cause()) {
				TH_LOG("%d bytes left, trigger level %u", left, trigger[i].level);
			}
			EXPECT_EQ(reached, pin());
		}
	}
}

TEST_F(dev, received_data_without_fifos)
{
	setup(SLOWEST, UART_LCR_WLEN8, 0);
	out(UART_IER, UART_IER_RDI);
	send("x", 1);
	EXPECT_EQ(UART_IIR_RDI, in(UART_IIR));
	EXPECT_EQ(UART_IIR_RDI, in(UART_IIR));
	in(UART_RX);
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR));
}

TEST_F(dev, lowering_the_trigger_level_tells_at_once)
{
	setup(SLOWEST, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_14);
	out(UART_IER, UART_IER_RDI);
	send(text, 5);
	EXPECT_FALSE(pin());
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_4);
	EXPECT_TRUE(pin());
	EXPECT_EQ(UART_IIR_RDI, cause());
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_8);
	EXPECT_FALSE(pin());
}

TEST_F(dev, clearing_the_fifo_ends_received_data)
{
	setup_8n1();
	out(UART_IER, UART_IER_RDI);
	send(text, 3);
	EXPECT_TRUE(pin());
	out(UART_FCR, FIFO | UART_FCR_CLEAR_RCVR);
	EXPECT_FALSE(pin());
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, transmitter_empty_ends_when_it_is_read)
{
	setup_8n1();
	out(UART_IER, UART_IER_THRI);
	EXPECT_TRUE(pin());
	EXPECT_EQ(UART_IIR_THRI, cause());
	EXPECT_FALSE(pin());
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	/* the next byte that leaves raises it again */
	send("x", 1);
	EXPECT_TRUE(pin());
	EXPECT_EQ(UART_IIR_THRI, cause());
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

/* A driver that writes its next bytes without looking at the cause has answered it too. */
TEST_F(dev, transmitter_empty_ends_when_a_byte_waits)
{
	setup(SLOWEST, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_1);
	out(UART_MCR, UART_MCR_RTS | UART_MCR_AFE | UART_MCR_OUT2);
	out(UART_IER, UART_IER_THRI);
	send("a", 1);
	EXPECT_EQ(UART_IIR_THRI, cause());
	/* flow control holds this one back: the transmitter is not empty */
	send("b", 1);
	EXPECT_FALSE(pin());
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	EXPECT_EQ('a', in(UART_RX));
	EXPECT_TRUE(pin());
	EXPECT_EQ(UART_IIR_THRI, cause());
}

TEST_F(dev, transmitter_empty_again_for_each_enabling)
{
	setup_8n1();
	for (int i = 0; i < 5; i++) {
		out(UART_IER, UART_IER_THRI);
		EXPECT_EQ(UART_IIR_THRI, cause());
		out(UART_IER, 0);
		EXPECT_EQ(UART_IIR_NO_INT, cause());
	}
	/* enabled already: writing the same is no event */
	out(UART_IER, UART_IER_THRI);
	EXPECT_EQ(UART_IIR_THRI, cause());
	out(UART_IER, UART_IER_THRI);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	out(UART_IER, UART_IER_THRI | UART_IER_RDI);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, line_status_ends_when_it_is_read)
{
	setup_8n1();
	out(UART_IER, UART_IER_RLSI);
	send(text, UART_FIFO_SIZE);
	EXPECT_FALSE(pin());
	send("x", 1);
	EXPECT_TRUE(pin());
	EXPECT_EQ(UART_IIR_RLSI, cause());
	EXPECT_EQ(UART_IIR_RLSI, cause());
	EXPECT_TRUE(in(UART_LSR) & UART_LSR_OE);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	EXPECT_FALSE(pin());
}

TEST_F(dev, break_is_a_line_status)
{
	setup_8n1();
	out(UART_IER, UART_IER_RLSI);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(UART_IIR_RLSI, cause());
	EXPECT_TRUE(in(UART_LSR) & UART_LSR_BI);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

/* All at once: each shows when those above it have been dealt with. */
TEST_F(dev, causes_come_by_priority)
{
	setup(SLOWEST, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	send(text, UART_FIFO_SIZE + 1);
	out(UART_MCR, UART_MCR_OUT2);
	out(UART_IER, ALL);
	EXPECT_EQ(UART_IIR_RLSI, cause());
	in(UART_LSR);
	EXPECT_EQ(UART_IIR_RDI, cause());
	for (int i = 0; i < 9; i++) {
		EXPECT_EQ(UART_IIR_RDI, cause());
		in(UART_RX);
	}
	EXPECT_EQ(UART_IIR_THRI, cause());
	EXPECT_EQ(UART_IIR_MSI, cause());
	in(UART_MSR);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	EXPECT_FALSE(pin());
}

/* Reading the cause acknowledges the transmitter only if it is the transmitter's that was shown. */
TEST_F(dev, hidden_transmitter_empty_is_not_acknowledged)
{
	setup(SLOWEST, UART_LCR_WLEN8, FIFO);
	out(UART_IER, UART_IER_RDI | UART_IER_THRI);
	send("x", 1);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(UART_IIR_RDI, cause());
	in(UART_RX);
	EXPECT_EQ(UART_IIR_THRI, cause());
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, only_enabled_causes_show)
{
	static const struct {
		__u8 ier, cause;
	} want[] = {
		{ UART_IER_RLSI, UART_IIR_RLSI },
		{ UART_IER_RDI, UART_IIR_RDI },
		{ UART_IER_MSI, UART_IIR_MSI },
		{ UART_IER_THRI, UART_IIR_THRI },
		{ 0, UART_IIR_NO_INT },
	};

	setup(SLOWEST, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	send(text, UART_FIFO_SIZE + 1);
	out(UART_MCR, UART_MCR_OUT2);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		out(UART_IER, want[i].ier);
		EXPECT_EQ(want[i].ier != 0, pin());
		EXPECT_EQ(want[i].cause, cause());
	}
}

TEST_F(dev, fifo_bits_accompany_every_cause)
{
	setup(SLOWEST, UART_LCR_WLEN8, FIFO);
	out(UART_IER, UART_IER_THRI);
	EXPECT_EQ(IIR_FIFO | UART_IIR_THRI, in(UART_IIR));
	setup(SLOWEST, UART_LCR_WLEN8, 0);
	out(UART_IER, UART_IER_THRI);
	EXPECT_EQ(UART_IIR_THRI, in(UART_IIR));
}

TEST_HARNESS_MAIN
