// SPDX-License-Identifier: GPL-2.0-only
/* Data through a port with the loopback plug: FIFOs, overruns, word length, break, flow control. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/uart_port.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define FIFO UART_FCR_ENABLE_FIFO
#define DTR_RTS (UART_MCR_DTR | UART_MCR_RTS)

static const __u8 text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

TEST_F(dev, every_byte_comes_back)
{
	setup_8n1();
	for (int val = 0; val < 256; val++) {
		out(UART_TX, val);
		uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR);
		EXPECT_EQ(val, in(UART_RX));
		EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	}
}

TEST_F(dev, sixteen_bytes_fit_in_order)
{
	__u8 got[32];

	setup_8n1();
	send(text, UART_FIFO_SIZE);
	/* full is not empty: a ring whose ends meet is a classic mistake */
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR, in(UART_LSR));
	EXPECT_EQ(UART_FIFO_SIZE, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp(text, got, UART_FIFO_SIZE));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

/* From every position in the ring, every fill level. */
TEST_F(dev, every_fill_level_from_every_position)
{
	__u8 got[32];

	setup_8n1();
	for (int start = 0; start < UART_FIFO_SIZE; start++) {
		for (int n = 1; n <= UART_FIFO_SIZE; n++) {
			send(text + n, n);
			ASSERT_EQ(n, drain(got, sizeof(got)));
			ASSERT_EQ(0, memcmp(text + n, got, n));
		}
		send("x", 1);
		EXPECT_EQ(1, drain(got, 1));
	}
}

TEST_F(dev, empty_receiver_gives_nothing_up)
{
	setup_8n1();
	for (int i = 0; i < 40; i++)
		in(UART_RX);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	send("xy", 2);
	EXPECT_EQ('x', in(UART_RX));
	EXPECT_EQ('y', in(UART_RX));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

TEST_F(dev, seventeenth_byte_overruns)
{
	__u8 got[32];

	setup_8n1();
	send(text, UART_FIFO_SIZE + 1);
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR | UART_LSR_OE, in(UART_LSR));
	/* told once */
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR, in(UART_LSR));
	EXPECT_EQ(UART_FIFO_SIZE, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp(text, got, UART_FIFO_SIZE));
	send("z", 1);
	EXPECT_EQ('z', in(UART_RX));
}

TEST_F(dev, overrun_stays_until_it_is_read)
{
	__u8 junk;

	setup_8n1();
	send(text, 30);
	for (int i = 0; i < UART_FIFO_SIZE; i++)
		ASSERT_EQ(1, region_read(self->fd, PORT, UART_RX, &junk, 1));
	EXPECT_EQ(LSR_IDLE | UART_LSR_OE, in(UART_LSR));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

TEST_F(dev, without_fifos_one_byte_fits)
{
	setup(1, UART_LCR_WLEN8, 0);
	send("a", 1);
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR, in(UART_LSR));
	EXPECT_EQ('a', in(UART_RX));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

/* The holding register is overwritten: the byte that was not fetched is the one that is lost. */
TEST_F(dev, without_fifos_the_second_byte_overruns)
{
	setup(1, UART_LCR_WLEN8, 0);
	send("ab", 2);
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR | UART_LSR_OE, in(UART_LSR));
	EXPECT_EQ('b', in(UART_RX));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

TEST_F(dev, receive_fifo_can_be_cleared)
{
	__u8 got[8];

	setup_8n1();
	send(text, 10);
	out(UART_FCR, FIFO | UART_FCR_CLEAR_XMIT);
	EXPECT_TRUE(in(UART_LSR) & UART_LSR_DR);
	out(UART_FCR, FIFO | UART_FCR_CLEAR_RCVR);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	/* the bit clears itself */
	send("ok", 2);
	EXPECT_EQ(2, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp("ok", got, 2));
}

TEST_F(dev, changing_the_trigger_keeps_data)
{
	__u8 got[8];

	setup_8n1();
	send("keep", 4);
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_14);
	EXPECT_EQ(4, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp("keep", got, 4));
}

TEST_F(dev, turning_fifos_on_or_off_clears_them)
{
	setup_8n1();
	send(text, 10);
	out(UART_FCR, 0);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	send("x", 1);
	out(UART_FCR, FIFO);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

TEST_F(dev, word_length_cuts_bytes)
{
	for (__u8 len = 0; len < 4; len++) {
		setup(1, len, FIFO);
		out(UART_TX, 0xff);
		EXPECT_EQ((1 << (5 + len)) - 1, in(UART_RX));
		out(UART_TX, 0xa5);
		EXPECT_EQ(0xa5 & ((1 << (5 + len)) - 1), in(UART_RX));
		EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	}
}

TEST_F(dev, parity_and_stop_bits_do_not_show)
{
	static const __u8 lcr[] = {
		UART_LCR_PARITY, UART_LCR_PARITY | UART_LCR_EPAR, UART_LCR_STOP,
		UART_LCR_PARITY | UART_LCR_SPAR, UART_LCR_STOP | UART_LCR_PARITY,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lcr); i++) {
		setup(1, UART_LCR_WLEN8 | lcr[i], FIFO);
		send("s", 1);
		EXPECT_EQ(LSR_IDLE | UART_LSR_DR, in(UART_LSR));
		EXPECT_EQ('s', in(UART_RX));
	}
}

/* A break is one zero byte with BI, however long it lasts. */
TEST_F(dev, break_comes_back)
{
	setup_8n1();
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(UART_LSR_DR | UART_LSR_BI, in(UART_LSR) & (UART_LSR_DR | UART_LSR_BI));
	EXPECT_EQ(UART_LSR_DR, in(UART_LSR) & (UART_LSR_DR | UART_LSR_BI));
	EXPECT_EQ(0, in(UART_RX));
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	out(UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	send("after", 1);
	EXPECT_EQ('a', in(UART_RX));
}

/* The line is held low: what the transmitter shifts out meanwhile never reaches the other end. */
TEST_F(dev, nothing_arrives_during_a_break)
{
	setup_8n1();
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	in(UART_LSR);
	EXPECT_EQ(0, in(UART_RX));
	send("lost", 4);
	usleep(10000);
	EXPECT_FALSE(in(UART_LSR) & UART_LSR_DR);
	out(UART_LCR, UART_LCR_WLEN8);
	send("x", 1);
	uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR);
	EXPECT_EQ('x', in(UART_RX));
}

/* In the FIFO an error stays with its byte: LSR shows it when that byte has come to the head. */
TEST_F(dev, break_shows_when_its_byte_is_at_the_head)
{
	setup_8n1();
	send("ab", 2);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	out(UART_LCR, UART_LCR_WLEN8);
	send("c", 1);
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR | UART_LSR_FIFOE, in(UART_LSR));
	EXPECT_EQ('a', in(UART_RX));
	EXPECT_EQ('b', in(UART_RX));
	EXPECT_EQ(UART_LSR_BI, in(UART_LSR) & UART_LSR_BI);
	EXPECT_EQ(0, in(UART_RX));
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR, in(UART_LSR));
	EXPECT_EQ('c', in(UART_RX));
}

TEST_F(dev, break_in_loop_mode)
{
	setup_8n1();
	out(UART_MCR, UART_MCR_LOOP | DTR_RTS);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(UART_LSR_DR | UART_LSR_BI, in(UART_LSR) & (UART_LSR_DR | UART_LSR_BI));
	EXPECT_EQ(0, in(UART_RX));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

TEST_F(dev, loop_mode_carries_data)
{
	__u8 got[32];

	setup_8n1();
	out(UART_MCR, UART_MCR_LOOP);
	send(text, UART_FIFO_SIZE);
	EXPECT_EQ(UART_FIFO_SIZE, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp(text, got, UART_FIFO_SIZE));
	send(text, UART_FIFO_SIZE + 1);
	EXPECT_TRUE(in(UART_LSR) & UART_LSR_OE);
}

/* With auto flow control the receiver says stop before it is full, and the transmitter waits. */
TEST_F(dev, flow_control_loses_nothing)
{
	static const __u8 trigger[] = {
		UART_FCR_TRIGGER_1, UART_FCR_TRIGGER_4, UART_FCR_TRIGGER_8, UART_FCR_TRIGGER_14,
	};
	__u8 got[64];

	for (size_t i = 0; i < ARRAY_SIZE(trigger); i++) {
		setup(1, UART_LCR_WLEN8, FIFO | trigger[i]);
		out(UART_MCR, DTR_RTS | UART_MCR_AFE);
		/* a byte may be on its way when RTS falls, so one less than both FIFOs together */
		send(text, UART_FIFO_SIZE + 1);
		EXPECT_EQ(UART_LSR_DR, in(UART_LSR) & (UART_LSR_DR | UART_LSR_OE));
		EXPECT_EQ(UART_FIFO_SIZE + 1, drain(got, sizeof(got)));
		EXPECT_EQ(0, memcmp(text, got, UART_FIFO_SIZE + 1));
		EXPECT_EQ(LSR_IDLE, in(UART_LSR));
	}
}

TEST_F(dev, flow_control_drops_rts_at_the_trigger)
{
	setup(1, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_MCR, DTR_RTS | UART_MCR_AFE);
	send(text, 7);
	EXPECT_TRUE(in(UART_MSR) & UART_MSR_CTS);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR) & LSR_IDLE);
	send(text + 7, 4);
	EXPECT_FALSE(in(UART_MSR) & UART_MSR_CTS);
	/* what is held back is still in the transmitter, and it says so */
	EXPECT_EQ(0, in(UART_LSR) & LSR_IDLE);
	for (int i = 0; i < 11; i++)
		EXPECT_EQ(text[i], in(UART_RX));
	EXPECT_TRUE(in(UART_MSR) & UART_MSR_CTS);
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

TEST_F(dev, flow_control_in_loop_mode)
{
	__u8 got[64];

	setup(1, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_8);
	out(UART_MCR, UART_MCR_LOOP | DTR_RTS | UART_MCR_AFE);
	send(text, 20);
	EXPECT_FALSE(in(UART_LSR) & UART_LSR_OE);
	EXPECT_EQ(20, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp(text, got, 20));
}

TEST_F(dev, ending_flow_control_lets_go)
{
	__u8 got[64];

	setup(1, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_4);
	out(UART_MCR, DTR_RTS | UART_MCR_AFE);
	send(text, 10);
	out(UART_MCR, DTR_RTS);
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR, in(UART_LSR));
	EXPECT_EQ(10, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp(text, got, 10));
}

TEST_F(dev, clearing_the_transmit_fifo_drops_what_is_held_back)
{
	__u8 got[64];

	setup(1, UART_LCR_WLEN8, FIFO | UART_FCR_TRIGGER_4);
	out(UART_MCR, DTR_RTS | UART_MCR_AFE);
	send(text, 10);
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_4 | UART_FCR_CLEAR_XMIT);
	EXPECT_EQ(LSR_IDLE | UART_LSR_DR, in(UART_LSR));
	EXPECT_EQ(4, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp(text, got, 4));
}

/* A long random conversation in which the sender never overruns the receiver. */
TEST_F(dev, random_conversation)
{
	__u8 sent = 0, received = 0;
	unsigned int inside = 0;
	__u32 seed = 7;

	setup_8n1();
	for (int i = 0; i < 5000; i++) {
		seed = seed * 1103515245 + 12345;
		if ((seed >> 16 & 1) && inside < UART_FIFO_SIZE) {
			out(UART_TX, sent++);
			inside++;
		} else if (inside) {
			ASSERT_EQ(received++, in(UART_RX));
			inside--;
		}
		ASSERT_EQ(LSR_IDLE | (inside ? UART_LSR_DR : 0), in(UART_LSR)) {
			TH_LOG("step %d, %u bytes inside", i, inside);
		}
	}
}

TEST_HARNESS_MAIN
