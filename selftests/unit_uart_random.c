// SPDX-License-Identifier: GPL-2.0-only
/*
 * The UART under random register accesses and line events, held against statements that are true
 * of every 16550A at every moment, and against a second, naive model of its receiver.
 *
 * UNIT_SEED in the environment chooses the sequence, UNIT_STEPS its length.
 */
#include <linux/serial_reg.h>

#include "unit_random.h"

#include "kselftest_harness.h"

static u64 env_or(const char *name, u64 val)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : val;
}

TEST(invariants)
{
	struct random r = { env_or("UNIT_SEED", 1) };
	u64 steps = env_or("UNIT_STEPS", 1000000);
	struct msamp_uart u = { 0 };

	msamp_uart_reset(&u);
	for (u64 i = 0; i < steps; i++) {
		const char *wrong;

		step(&u, &r);
		wrong = check(&u);
		ASSERT_EQ(NULL, wrong) {
			TH_LOG("step %llu: %s", (unsigned long long)i, wrong);
		}
		if (!next(&r, 5000))
			msamp_uart_reset(&u);
	}
}

/* All that the owner acts upon. */
struct seen {
	bool irq, running, sends, breaks;
	u8 lines;
};

static struct seen look(const struct msamp_uart *u)
{
	struct msamp_uart copy = *u;
	struct seen seen = {
		.irq = msamp_uart_irq(u),
		.running = msamp_uart_timeout_running(u),
		.breaks = msamp_uart_break_out(u),
		.lines = msamp_uart_modem_out(u),
	};
	u8 c;

	seen.sends = msamp_uart_transmit(&copy, &c);
	return seen;
}

/* The owner looks again only if told that something changed. */
TEST(changes_are_announced)
{
	struct random r = { env_or("UNIT_SEED", 2) };
	u64 steps = env_or("UNIT_STEPS", 1000000);
	struct msamp_uart u = { 0 };

	msamp_uart_reset(&u);
	for (u64 i = 0; i < steps; i++) {
		struct seen before = look(&u), after;

		u.changed = false;
		step(&u, &r);
		after = look(&u);
		if (u.changed)
			continue;
		ASSERT_EQ(before.irq, after.irq);
		ASSERT_EQ(before.running, after.running);
		ASSERT_EQ(before.sends, after.sends);
		ASSERT_EQ(before.breaks, after.breaks);
		ASSERT_EQ(before.lines, after.lines);
	}
}

/* One step instead of two: the same character, the same registers, and whoever looks is told. */
TEST(send_is_write_and_transmit)
{
	struct random r = { env_or("UNIT_SEED", 5) };
	u64 steps = env_or("UNIT_STEPS", 1000000);
	struct msamp_uart u = { 0 };
	unsigned int sent = 0;

	msamp_uart_reset(&u);
	for (u64 i = 0; i < steps; i++) {
		struct msamp_uart before, slow;
		u8 c = next(&r, 256), slow_c = 0;

		step(&u, &r);
		u.changed = false;
		slow = u;
		before = u;
		if (!msamp_uart_send(&u, &c)) {
			ASSERT_EQ(0, memcmp(&before, &u, sizeof(u)));
			continue;
		}
		sent++;
		msamp_uart_write(&slow, UART_TX, c);
		ASSERT_TRUE(msamp_uart_transmit(&slow, &slow_c));
		ASSERT_EQ(slow_c, c);
		if (msamp_uart_irq(&before) != msamp_uart_irq(&u))
			ASSERT_TRUE(u.changed);
		/* where the empty FIFO begins is nobody's business */
		slow.tx = u.tx;
		slow.changed = u.changed;
		ASSERT_EQ(0, memcmp(&slow, &u, sizeof(u)));
	}
	EXPECT_LT(steps / 100, sent);
}

/* The receiver once more, as a list and without cleverness. */
struct naive {
	u8 c[MSAMP_UART_FIFO_SIZE];
	unsigned int len;
	bool fifo, overrun;
	u8 mask;
};

static void naive_receive(struct naive *n, u8 c)
{
	if (n->len < (n->fifo ? MSAMP_UART_FIFO_SIZE : 1)) {
		n->c[n->len++] = c & n->mask;
		return;
	}
	n->overrun = true;
	if (!n->fifo)
		n->c[0] = c & n->mask;
}

static u8 naive_read(struct naive *n)
{
	u8 c = n->c[0];

	if (!n->len)
		return 0;
	memmove(n->c, n->c + 1, --n->len);
	return c;
}

static void naive_fcr(struct naive *n, u8 fcr)
{
	bool on = fcr & UART_FCR_ENABLE_FIFO;

	if (on != n->fifo || (on && (fcr & UART_FCR_CLEAR_RCVR)))
		n->len = 0;
	n->fifo = on;
}

TEST(receiver_matches_naive_model)
{
	struct random r = { env_or("UNIT_SEED", 3) };
	u64 steps = env_or("UNIT_STEPS", 1000000);
	struct naive n = { .mask = 0x1f };
	struct msamp_uart u = { 0 };

	msamp_uart_reset(&u);
	for (u64 i = 0; i < steps; i++) {
		u8 val = next(&r, 256);
		u8 lsr;

		switch (next(&r, 20)) {
		case 0:
			val &= UART_FCR_TRIGGER_14 | UART_FCR_CLEAR_RCVR | UART_FCR_ENABLE_FIFO;
			if (!(val & UART_FCR_ENABLE_FIFO))
				val = 0;
			msamp_uart_write(&u, UART_FCR, val);
			naive_fcr(&n, val);
			break;
		case 1:
			msamp_uart_write(&u, UART_LCR, val & UART_LCR_WLEN8);
			n.mask = 0xff >> (3 - (val & UART_LCR_WLEN8));
			break;
		case 2 ... 10:
			msamp_uart_receive(&u, val, 0);
			naive_receive(&n, val);
			break;
		default:
			ASSERT_EQ(naive_read(&n), msamp_uart_read(&u, UART_RX));
			break;
		}
		lsr = msamp_uart_read(&u, UART_LSR);
		ASSERT_EQ(n.len != 0, lsr & UART_LSR_DR);
		ASSERT_EQ(n.overrun, !!(lsr & UART_LSR_OE));
		n.overrun = false;
	}
}

/* Nothing is lost and nothing invented between two ports that obey flow control. */
TEST(flow_control_between_two)
{
	struct random r = { env_or("UNIT_SEED", 4) };
	struct msamp_uart a = { 0 }, b = { 0 };
	u8 sent = 0, received = 0, c;

	msamp_uart_reset(&a);
	msamp_uart_reset(&b);
	msamp_uart_write(&a, UART_LCR, UART_LCR_WLEN8);
	msamp_uart_write(&b, UART_LCR, UART_LCR_WLEN8);
	msamp_uart_write(&a, UART_FCR, UART_FCR_ENABLE_FIFO);
	msamp_uart_write(&b, UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8);
	msamp_uart_write(&a, UART_MCR, UART_MCR_RTS | UART_MCR_AFE);
	msamp_uart_write(&b, UART_MCR, UART_MCR_RTS | UART_MCR_AFE);
	for (int i = 0; i < 500000; i++) {
		bool rts = msamp_uart_modem_out(&b) & UART_MCR_RTS;

		msamp_uart_set_lines(&a, rts ? UART_MSR_CTS : 0);
		if (msamp_uart_transmit(&a, &c))
			ASSERT_TRUE(msamp_uart_receive(&b, c, 0));
		if (next(&r, 2) && (msamp_uart_read(&a, UART_LSR) & UART_LSR_THRE))
			for (u32 n = next(&r, MSAMP_UART_FIFO_SIZE + 1); n; n--)
				msamp_uart_write(&a, UART_TX, sent++);
		if (!next(&r, 3) && (msamp_uart_read(&b, UART_LSR) & UART_LSR_DR))
			ASSERT_EQ(received++, msamp_uart_read(&b, UART_RX));
	}
	EXPECT_EQ(0, a.stats.overruns + b.stats.overruns);
	EXPECT_LT(100000, b.stats.rx);
}

TEST_HARNESS_MAIN
