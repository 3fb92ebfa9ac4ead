// SPDX-License-Identifier: GPL-2.0-only
/*
 * The UART with a plug on its line that leads the transmitter to the receiver: the short ways that
 * characters take there do what the long way does.
 */
#include <linux/serial_reg.h>

#include "unit_random.h"

#include "kselftest_harness.h"

FIXTURE(plug)
{
	struct msamp_uart u;
	struct random r;
};

FIXTURE_SETUP(plug)
{
	memset(&self->u, 0, sizeof(self->u));
	msamp_uart_reset(&self->u);
	msamp_uart_write(&self->u, UART_LCR, UART_LCR_WLEN8);
	msamp_uart_write(&self->u, UART_FCR, UART_FCR_ENABLE_FIFO);
	self->r.state = 21;
}

FIXTURE_TEARDOWN(plug)
{
}

#define in(_reg) msamp_uart_read(&self->u, _reg)
#define out(_reg, _val) msamp_uart_write(&self->u, _reg, _val)

/* What msamp_uart_echo() is to do, by the calls that a line makes; a break lets nothing through. */
static bool naive_echo(struct msamp_uart *u)
{
	u8 c;

	while (msamp_uart_transmit(u, &c)) {
		if (!(u->lcr & UART_LCR_SBC))
			msamp_uart_receive(u, c, 0);
		if (u->modem_changed)
			return true;
	}
	return false;
}

TEST_F(plug, echo_is_transmit_and_receive)
{
	unsigned int moved = 0, stopped = 0;

	for (int i = 0; i < 300000; i++) {
		struct msamp_uart want;
		bool stops;

		step(&self->u, &self->r);
		if (next(&self->r, 4))
			self->u.modem_changed = false;
		self->u.changed = false;
		want = self->u;
		stops = naive_echo(&want);
		moved += want.stats.tx != self->u.stats.tx;
		stopped += stops;
		ASSERT_EQ(stops, msamp_uart_echo(&self->u));
		ASSERT_EQ(0, memcmp(&want, &self->u, sizeof(want)));
	}
	EXPECT_LT(10000, moved);
	EXPECT_LT(1000, stopped);
}

TEST_F(plug, pass_is_write_and_echo)
{
	unsigned int passed = 0;

	for (int i = 0; i < 300000; i++) {
		struct msamp_uart before, slow;
		u8 c = next(&self->r, 256);

		step(&self->u, &self->r);
		self->u.modem_changed = false;
		self->u.changed = false;
		before = self->u;
		slow = self->u;
		if (!msamp_uart_pass(&self->u, c)) {
			ASSERT_EQ(0, memcmp(&before, &self->u, sizeof(before)));
			continue;
		}
		passed++;
		msamp_uart_write(&slow, UART_TX, c);
		ASSERT_FALSE(naive_echo(&slow));
		/* nobody sees where the empty FIFO begins, and nobody has to be told more */
		slow.tx = self->u.tx;
		slow.changed = self->u.changed;
		ASSERT_EQ(0, memcmp(&slow, &self->u, sizeof(slow)));
		ASSERT_TRUE(self->u.changed);
	}
	EXPECT_LT(3000, passed);
}

/* Each thing that may stand in a character's way, alone; with none of them it passes. */
TEST_F(plug, what_stops_the_short_ways)
{
	static const struct {
		u8 lcr, mcr, msr;
		bool waiting, send, pass;
	} way[] = {
		{ .send = true, .pass = true },
		{ .lcr = UART_LCR_DLAB },
		{ .lcr = UART_LCR_SBC },
		{ .mcr = UART_MCR_LOOP },
		{ .waiting = true },
		{ .mcr = UART_MCR_AFE },
		{ .mcr = UART_MCR_AFE, .msr = UART_MSR_CTS, .send = true },
		{ .mcr = UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT1 | UART_MCR_OUT2,
		  .lcr = UART_LCR_STOP | UART_LCR_PARITY | UART_LCR_EPAR | UART_LCR_SPAR,
		  .send = true, .pass = true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(way); i++) {
		struct msamp_uart before;
		u8 c = 'c';

		msamp_uart_reset(&self->u);
		out(UART_LCR, UART_LCR_WLEN8);
		out(UART_FCR, UART_FCR_ENABLE_FIFO);
		msamp_uart_set_lines(&self->u, way[i].msr);
		if (way[i].waiting)
			out(UART_TX, 'w');
		out(UART_MCR, way[i].mcr);
		out(UART_LCR, UART_LCR_WLEN8 | way[i].lcr);
		before = self->u;
		EXPECT_EQ(way[i].send, msamp_uart_send(&self->u, &c)) {
			TH_LOG("way %zu", i);
		}
		EXPECT_EQ('c', c);
		EXPECT_EQ(way[i].send, self->u.stats.tx);
		self->u = before;
		EXPECT_EQ(way[i].pass, msamp_uart_pass(&self->u, c)) {
			TH_LOG("way %zu", i);
		}
		EXPECT_EQ(way[i].pass, self->u.stats.tx);
		EXPECT_EQ(way[i].pass, self->u.rx.len);
	}
}

TEST_F(plug, send_cuts_to_the_word_and_tells_once)
{
	u8 c = 0xff;

	out(UART_LCR, UART_LCR_WLEN6);
	out(UART_IER, UART_IER_THRI);
	in(UART_IIR);
	self->u.changed = false;
	EXPECT_TRUE(msamp_uart_send(&self->u, &c));
	EXPECT_EQ(0x3f, c);
	EXPECT_TRUE(self->u.changed);
	EXPECT_TRUE(msamp_uart_irq(&self->u));
	/* nobody has acknowledged it, so there is nothing new */
	self->u.changed = false;
	EXPECT_TRUE(msamp_uart_send(&self->u, &c));
	EXPECT_FALSE(self->u.changed);
	EXPECT_EQ(2, self->u.stats.tx);
}

/* A break keeps the line: what is sent meanwhile has left, and arrives nowhere. */
TEST_F(plug, break_swallows_what_is_sent)
{
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	out(UART_TX, 'a');
	out(UART_TX, 'b');
	self->u.modem_changed = false;
	EXPECT_FALSE(msamp_uart_echo(&self->u));
	EXPECT_EQ(2, self->u.stats.tx);
	EXPECT_EQ(0, self->u.stats.rx);
	EXPECT_EQ(0, self->u.tx.len);
	out(UART_LCR, UART_LCR_WLEN8);
	out(UART_TX, 'c');
	EXPECT_FALSE(msamp_uart_echo(&self->u));
	EXPECT_EQ('c', in(UART_RX));
	EXPECT_EQ(0, in(UART_RX));
}

TEST_HARNESS_MAIN
