// SPDX-License-Identifier: GPL-2.0-only
/* The UART's registers, one bit at a time: what each is for, and that nothing else moves. */
#include <linux/serial_reg.h>

#include "unit_random.h"

#include "kselftest_harness.h"

#define FIFO UART_FCR_ENABLE_FIFO
#define IDLE (UART_LSR_THRE | UART_LSR_TEMT)
#define DELTAS UART_MSR_ANY_DELTA

FIXTURE(regs)
{
	struct msamp_uart u;
};

FIXTURE_SETUP(regs)
{
	memset(&self->u, 0, sizeof(self->u));
	msamp_uart_reset(&self->u);
	msamp_uart_write(&self->u, UART_LCR, UART_LCR_WLEN8);
	msamp_uart_write(&self->u, UART_FCR, FIFO);
}

FIXTURE_TEARDOWN(regs)
{
}

#define in(_reg) msamp_uart_read(&self->u, _reg)
#define out(_reg, _val) msamp_uart_write(&self->u, _reg, _val)
#define receive(_c, _error) msamp_uart_receive(&self->u, _c, _error)
#define irq() msamp_uart_irq(&self->u)

TEST_F(regs, divisor_is_two_bytes)
{
	out(UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	out(UART_DLL, 0xff);
	out(UART_DLM, 0xff);
	EXPECT_EQ(0xff, in(UART_DLL));
	EXPECT_EQ(0xff, in(UART_DLM));
	out(UART_DLL, 0);
	EXPECT_EQ(0, in(UART_DLL));
	EXPECT_EQ(0xff, in(UART_DLM));
	out(UART_DLL, 0xa5);
	out(UART_DLM, 0x3c);
	EXPECT_EQ(0xa5, in(UART_DLL));
	EXPECT_EQ(0x3c, in(UART_DLM));
	/* nothing of it has reached the registers that share its addresses, or comes from there */
	out(UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(0, in(UART_IER));
	EXPECT_EQ(IDLE, in(UART_LSR));
	EXPECT_EQ(0, self->u.stats.overruns);
	out(UART_IER, UART_IER_RDI);
	EXPECT_EQ(UART_IER_RDI, in(UART_IER));
	out(UART_LCR, UART_LCR_DLAB);
	EXPECT_EQ(0x3c, in(UART_DLM));
}

/* On the chip a divisor of 0 is undefined; a time of 0 would never let anything else happen. */
TEST_F(regs, divisor_of_zero_counts_as_one)
{
	u64 one;

	self->u.divisor = 1;
	one = msamp_uart_char_ns(&self->u);
	self->u.divisor = 0;
	EXPECT_EQ(one, msamp_uart_char_ns(&self->u));
	/* ten bits at 115200 baud, rounded up */
	EXPECT_EQ(10 * 8681, one);
	self->u.divisor = 2;
	EXPECT_EQ(2 * one, msamp_uart_char_ns(&self->u));
}

TEST_F(regs, plain_registers_keep_what_is_written)
{
	for (unsigned int val = 0; val < 256; val++) {
		out(UART_SCR, val);
		EXPECT_EQ(val, in(UART_SCR));
		out(UART_IER, val);
		EXPECT_EQ(val & 0x0f, in(UART_IER));
		out(UART_MCR, val);
		EXPECT_EQ(val & 0x3f, in(UART_MCR));
		out(UART_LCR, val);
		EXPECT_EQ(val, in(UART_LCR));
		out(UART_LCR, UART_LCR_WLEN8);
	}
}

/* Each keeps its own, whatever is written to the others. */
TEST_F(regs, registers_are_apart)
{
	static const u8 val[MSAMP_UART_REGS] = {
		[UART_IER] = 0x0a, [UART_LCR] = UART_LCR_WLEN8,
		[UART_MCR] = 0x05, [UART_SCR] = 0x5a,
	};
	static const u8 regs[] = { UART_IER, UART_LCR, UART_MCR, UART_SCR };

	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		out(regs[i], val[regs[i]]);
	for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
		out(regs[i], val[regs[i]]);
		for (size_t j = 0; j < ARRAY_SIZE(regs); j++)
			EXPECT_EQ(val[regs[j]], in(regs[j]));
	}
	EXPECT_EQ(0, self->u.tx.len);
	EXPECT_EQ(FIFO, self->u.fcr);
}

/* Loop mode alone keeps a break inside. */
TEST_F(regs, break_leaves)
{
	for (unsigned int mcr = 0; mcr < 0x40; mcr++) {
		out(UART_MCR, mcr);
		out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
		EXPECT_EQ(!(mcr & UART_MCR_LOOP), msamp_uart_break_out(&self->u));
		out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_DLAB | UART_LCR_SPAR);
		EXPECT_FALSE(msamp_uart_break_out(&self->u));
	}
}

/* Reading what holds no news changes nothing that anybody would have to look at. */
TEST_F(regs, reading_without_news)
{
	receive('a', 0);
	self->u.changed = false;
	EXPECT_EQ(IDLE | UART_LSR_DR, in(UART_LSR));
	EXPECT_EQ(0, in(UART_MSR));
	EXPECT_EQ(0xc0 | UART_IIR_NO_INT, in(UART_IIR));
	EXPECT_FALSE(self->u.changed);
	receive('b', UART_LSR_PE);
	EXPECT_EQ('a', in(UART_RX));
	self->u.changed = false;
	in(UART_LSR);
	EXPECT_TRUE(self->u.changed);
}

/* LSR and MSR are read-only, and IIR is not FCR. */
TEST_F(regs, what_cannot_be_written)
{
	struct msamp_uart before = self->u;

	out(UART_LSR, 0xff);
	out(UART_MSR, 0xff);
	EXPECT_EQ(0, memcmp(&before, &self->u, sizeof(before)));
	EXPECT_EQ(0xc0 | UART_IIR_NO_INT, in(UART_IIR));
	out(UART_FCR, 0);
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR));
}

static const struct {
	u8 line, delta;
} modem[] = {
	{ UART_MSR_CTS, UART_MSR_DCTS },
	{ UART_MSR_DSR, UART_MSR_DDSR },
	{ UART_MSR_RI, UART_MSR_TERI },
	{ UART_MSR_DCD, UART_MSR_DDCD },
};

/* Each line has a delta of its own; that of RI tells of its end only. */
TEST_F(regs, each_modem_line_has_its_delta)
{
	for (size_t i = 0; i < ARRAY_SIZE(modem); i++) {
		u8 line = modem[i].line, delta = modem[i].delta;
		bool late = line == UART_MSR_RI;

		self->u.changed = false;
		msamp_uart_set_lines(&self->u, line);
		EXPECT_TRUE(self->u.changed);
		EXPECT_EQ(line | (late ? 0 : delta), in(UART_MSR));
		EXPECT_EQ(line, in(UART_MSR));
		msamp_uart_set_lines(&self->u, 0);
		EXPECT_EQ(delta, in(UART_MSR));
		EXPECT_EQ(0, in(UART_MSR));
	}
}

/* A line that does not move says nothing, and the others' deltas wait until they are read. */
TEST_F(regs, deltas_add_up)
{
	u8 lines = 0, deltas = 0;

	for (size_t i = 0; i < ARRAY_SIZE(modem); i++) {
		lines |= modem[i].line;
		if (modem[i].line != UART_MSR_RI)
			deltas |= modem[i].delta;
		msamp_uart_set_lines(&self->u, lines);
		EXPECT_EQ(lines | deltas, self->u.msr);
	}
	msamp_uart_set_lines(&self->u, UART_MSR_CTS);
	EXPECT_EQ(UART_MSR_CTS | DELTAS, in(UART_MSR));
	self->u.changed = false;
	msamp_uart_set_lines(&self->u, UART_MSR_CTS);
	EXPECT_EQ(UART_MSR_CTS, in(UART_MSR));
	EXPECT_FALSE(self->u.changed);
	/* there are no more lines than these */
	msamp_uart_set_lines(&self->u, 0xff);
	EXPECT_EQ(0xf0 | UART_MSR_DDSR | UART_MSR_DDCD, in(UART_MSR));
	EXPECT_EQ(0xf0, self->u.line_in);
}

TEST_F(regs, no_delta_takes_another_away)
{
	for (size_t i = 0; i < ARRAY_SIZE(modem); i++) {
		u8 rest = 0xf0 & ~modem[i].line;

		msamp_uart_set_lines(&self->u, 0xf0);
		msamp_uart_set_lines(&self->u, modem[i].line);
		in(UART_MSR);
		msamp_uart_set_lines(&self->u, 0xf0);
		msamp_uart_set_lines(&self->u, rest);
		EXPECT_EQ(rest | (DELTAS & ~UART_MSR_TERI) | modem[i].delta, in(UART_MSR));
	}
}

/* The same for the outputs that loop mode feeds back. */
TEST_F(regs, each_output_comes_back_in_loop_mode)
{
	static const u8 outputs[] = { UART_MCR_RTS, UART_MCR_DTR, UART_MCR_OUT1, UART_MCR_OUT2 };

	out(UART_MCR, UART_MCR_LOOP);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		bool late = modem[i].line == UART_MSR_RI;

		out(UART_MCR, UART_MCR_LOOP | outputs[i]);
		EXPECT_EQ(modem[i].line | (late ? 0 : modem[i].delta), in(UART_MSR));
		EXPECT_EQ(0, msamp_uart_modem_out(&self->u));
		out(UART_MCR, UART_MCR_LOOP);
		EXPECT_EQ(modem[i].delta, in(UART_MSR));
		out(UART_MCR, outputs[i]);
		EXPECT_EQ(outputs[i], msamp_uart_modem_out(&self->u));
		EXPECT_EQ(0, in(UART_MSR));
		out(UART_MCR, UART_MCR_LOOP);
	}
}

/* A null modem crosses the outputs over: this one is DTR to DSR and DCD, RTS to CTS. */
TEST_F(regs, null_modem)
{
	EXPECT_EQ(0, msamp_uart_cross(0));
	EXPECT_EQ(UART_MSR_CTS, msamp_uart_cross(UART_MCR_RTS));
	EXPECT_EQ(UART_MSR_DSR | UART_MSR_DCD, msamp_uart_cross(UART_MCR_DTR));
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD,
		  msamp_uart_cross(UART_MCR_RTS | UART_MCR_DTR));
	EXPECT_EQ(0, msamp_uart_cross(UART_MCR_OUT1 | UART_MCR_OUT2 | UART_MCR_LOOP));
}

/* Every cause at once: the data sheet's order, and each of them alone by its bit in IER. */
TEST_F(regs, causes_come_in_order)
{
	static const struct {
		u8 ier, cause;
	} order[] = {
		{ UART_IER_RLSI, UART_IIR_RLSI },
		{ UART_IER_RDI, UART_IIR_RDI },
		{ UART_IER_THRI, UART_IIR_THRI },
		{ UART_IER_MSI, UART_IIR_MSI },
	};
	u8 all = 0x0f;

	receive('a', UART_LSR_FE);
	msamp_uart_set_lines(&self->u, UART_MSR_DCD);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		out(UART_IER, 0);
		EXPECT_FALSE(irq());
		EXPECT_EQ(UART_IIR_NO_INT, peek(&self->u, UART_IIR) & 0x0f);
		/* those before it are not enabled */
		out(UART_IER, all);
		EXPECT_TRUE(irq());
		EXPECT_EQ(order[i].cause, peek(&self->u, UART_IIR) & 0x0f);
		out(UART_IER, order[i].ier);
		EXPECT_TRUE(irq());
		EXPECT_EQ(order[i].cause, peek(&self->u, UART_IIR) & 0x0f);
		all &= ~order[i].ier;
	}
	/* reading IIR acknowledges no cause but THRI */
	out(UART_IER, 0x0f);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(UART_IIR_RLSI, in(UART_IIR) & 0x0f);
	in(UART_LSR);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(UART_IIR_RDI, in(UART_IIR) & 0x0f);
	in(UART_RX);
	EXPECT_EQ(UART_IIR_THRI, in(UART_IIR) & 0x0f);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(UART_IIR_MSI, in(UART_IIR) & 0x0f);
	in(UART_MSR);
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR) & 0x0f);
}

/* Enabling it is what raises it: neither leaving it on nor turning it off does. */
TEST_F(regs, transmitter_empty_is_raised_by_enabling_it)
{
	out(UART_IER, UART_IER_THRI);
	EXPECT_TRUE(irq());
	in(UART_IIR);
	EXPECT_FALSE(irq());
	out(UART_IER, UART_IER_THRI | UART_IER_MSI);
	EXPECT_FALSE(irq());
	out(UART_IER, UART_IER_MSI);
	EXPECT_FALSE(irq());
	EXPECT_FALSE(self->u.thri);
	self->u.changed = false;
	out(UART_IER, UART_IER_THRI);
	EXPECT_TRUE(irq());
	EXPECT_TRUE(self->u.changed);
	/* a character that is given takes it away */
	out(UART_TX, 'x');
	EXPECT_FALSE(irq());
	/* as clearing the FIFO brings it back, but only if there was something in it */
	self->u.changed = false;
	out(UART_FCR, FIFO | UART_FCR_CLEAR_XMIT);
	EXPECT_TRUE(irq());
	EXPECT_EQ(IDLE, in(UART_LSR));
	in(UART_IIR);
	out(UART_FCR, FIFO | UART_FCR_CLEAR_XMIT);
	EXPECT_FALSE(irq());
}

TEST_F(regs, fifo_clear_bits_are_two)
{
	out(UART_TX, 't');
	receive('r', UART_LSR_PE);
	out(UART_FCR, FIFO | UART_FCR_CLEAR_RCVR);
	EXPECT_EQ(0, self->u.rx.len);
	EXPECT_EQ(0, self->u.rx.errors);
	EXPECT_EQ(1, self->u.tx.len);
	receive('r', 0);
	out(UART_FCR, FIFO | UART_FCR_CLEAR_XMIT);
	EXPECT_EQ(1, self->u.rx.len);
	EXPECT_EQ(0, self->u.tx.len);
	EXPECT_EQ('r', in(UART_RX));
	/* turning them off or on empties both; the trigger stays as it is written */
	out(UART_TX, 't');
	receive('r', 0);
	out(UART_FCR, UART_FCR_TRIGGER_14);
	EXPECT_EQ(0, self->u.rx.len + self->u.tx.len);
	EXPECT_EQ(0, self->u.fcr);
	out(UART_TX, 't');
	receive('r', 0);
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_14 | UART_FCR_DMA_SELECT | UART_FCR_CLEAR_XMIT);
	EXPECT_EQ(0, self->u.rx.len + self->u.tx.len);
	EXPECT_EQ(FIFO | UART_FCR_TRIGGER_14, self->u.fcr);
	/* and while they stay off nothing is lost */
	out(UART_FCR, 0);
	out(UART_TX, 't');
	receive('r', 0);
	out(UART_FCR, 0);
	EXPECT_EQ(1, self->u.rx.len);
	EXPECT_EQ(1, self->u.tx.len);
}

/* A break inside of loop mode arrives as one, once for each time that it begins. */
TEST_F(regs, break_in_loop_mode)
{
	out(UART_MCR, UART_MCR_LOOP);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(1, self->u.stats.breaks);
	EXPECT_EQ(IDLE | UART_LSR_DR | UART_LSR_BI | UART_LSR_FIFOE, in(UART_LSR));
	EXPECT_EQ(0, in(UART_RX));
	EXPECT_EQ(IDLE, in(UART_LSR));
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	out(UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(1, self->u.stats.breaks);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(2, self->u.stats.breaks);
	/* outside of it the line has the break, not the receiver */
	out(UART_LCR, UART_LCR_WLEN8);
	out(UART_MCR, 0);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(2, self->u.stats.breaks);
	EXPECT_TRUE(msamp_uart_break_out(&self->u));
}

/* A break takes the receiver's last place: with flow control what waits goes on once it is read. */
TEST_F(regs, break_in_loop_mode_with_flow_control)
{
	out(UART_FCR, 0);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_AFE | UART_MCR_RTS);
	out(UART_TX, 'a');
	EXPECT_EQ(1, self->u.rx.len);
	out(UART_TX, 'b');
	EXPECT_EQ(1, self->u.tx.len);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(0, in(UART_RX));
	EXPECT_EQ('b', in(UART_RX));
	EXPECT_EQ(0, self->u.rx.len + self->u.tx.len);
}

/* The trigger level has gone up meanwhile, so that the break's arrival lets RTS rise again. */
TEST_F(regs, break_in_loop_mode_raises_rts)
{
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_1);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_AFE | UART_MCR_RTS);
	out(UART_TX, 'a');
	out(UART_TX, 'b');
	EXPECT_EQ(1, self->u.rx.len);
	EXPECT_EQ(1, self->u.tx.len);
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_14);
	EXPECT_EQ(1, self->u.tx.len);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_EQ(3, self->u.rx.len);
	EXPECT_EQ(0, self->u.tx.len);
}

/* A break is a character of its own kind, and no other error is one. */
TEST_F(regs, only_breaks_count_as_breaks)
{
	receive('a', 0);
	receive('b', UART_LSR_FE);
	receive('c', UART_LSR_PE);
	receive('d', 0xff & ~UART_LSR_BI);
	EXPECT_EQ(0, self->u.stats.breaks);
	receive(0, UART_LSR_BI | UART_LSR_FE);
	EXPECT_EQ(1, self->u.stats.breaks);
	EXPECT_EQ(5, self->u.stats.rx);
}

/* The owner is told to look at the outputs when MCR is written, or the receiver moves them. */
TEST_F(regs, outputs_are_announced)
{
	self->u.modem_changed = false;
	self->u.changed = false;
	out(UART_MCR, UART_MCR_RTS);
	EXPECT_TRUE(self->u.modem_changed);
	EXPECT_TRUE(self->u.changed);
	self->u.modem_changed = false;
	receive('a', 0);
	in(UART_RX);
	msamp_uart_set_lines(&self->u, UART_MSR_CTS);
	out(UART_LCR, UART_LCR_WLEN7);
	EXPECT_FALSE(self->u.modem_changed);
	out(UART_MCR, UART_MCR_RTS | UART_MCR_AFE);
	self->u.modem_changed = false;
	receive('a', 0);
	EXPECT_TRUE(self->u.modem_changed);
	self->u.modem_changed = false;
	in(UART_RX);
	EXPECT_TRUE(self->u.modem_changed);
}

/* An overrun adds to the errors that nobody has read yet. */
TEST_F(regs, overrun_beside_another_error)
{
	out(UART_FCR, 0);
	receive('a', UART_LSR_PE);
	receive('b', UART_LSR_FE);
	EXPECT_EQ(IDLE | UART_LSR_DR | UART_LSR_OE | UART_LSR_PE | UART_LSR_FE, in(UART_LSR));
	EXPECT_EQ(IDLE | UART_LSR_DR, in(UART_LSR));
	/* the holding register has the second one */
	EXPECT_EQ('b', in(UART_RX));
	EXPECT_EQ(1, self->u.stats.overruns);
	EXPECT_EQ(2, self->u.stats.rx);
}

/* An error that nobody has read outlives its character, and the next one's adds to it. */
TEST_F(regs, errors_that_nobody_reads_add_up)
{
	receive('a', UART_LSR_PE);
	receive('b', UART_LSR_FE);
	EXPECT_EQ('a', in(UART_RX));
	EXPECT_EQ(IDLE | UART_LSR_DR | UART_LSR_PE | UART_LSR_FE | UART_LSR_FIFOE, in(UART_LSR));
	EXPECT_EQ('b', in(UART_RX));
	/* one that was not at the head when LSR was read waits for its turn */
	receive('c', 0);
	receive('d', UART_LSR_BI);
	EXPECT_EQ(IDLE | UART_LSR_DR | UART_LSR_FIFOE, in(UART_LSR));
	EXPECT_EQ('c', in(UART_RX));
	EXPECT_EQ(IDLE | UART_LSR_DR | UART_LSR_BI | UART_LSR_FIFOE, in(UART_LSR));
}

/* Only the word's bits travel, in either direction. */
TEST_F(regs, word_length)
{
	static const u8 mask[] = { 0x1f, 0x3f, 0x7f, 0xff };
	u8 c;

	for (unsigned int bits = 0; bits < ARRAY_SIZE(mask); bits++) {
		out(UART_LCR, bits);
		receive(0xff, 0);
		EXPECT_EQ(mask[bits], in(UART_RX));
		out(UART_TX, 0xff);
		ASSERT_TRUE(msamp_uart_transmit(&self->u, &c));
		EXPECT_EQ(mask[bits], c);
	}
}

/* What is asked in line is what reading says, unless reading would do something. */
TEST_F(regs, peek_is_read_without_effect)
{
	struct random r = { 11 };
	unsigned int told = 0;
	u8 val;

	for (int i = 0; i < 200000; i++) {
		step(&self->u, &r);
		for (unsigned int reg = 0; reg < MSAMP_UART_REGS; reg++) {
			struct msamp_uart after = self->u;
			u8 want = msamp_uart_read(&after, reg);
			bool quiet = !memcmp(&after, &self->u, sizeof(after));

			if (msamp_uart_peek(&self->u, reg, &val)) {
				told++;
				ASSERT_EQ(want, val);
				ASSERT_TRUE(quiet);
			} else if (reg == UART_MSR) {
				ASSERT_FALSE(quiet);
			} else if (reg == UART_LSR) {
				/* with errors below the head that is all that it does not tell */
				ASSERT_TRUE(!quiet || self->u.rx.errors);
			} else {
				ASSERT_TRUE(reg == UART_RX || reg == UART_IER || reg == UART_IIR);
			}
		}
	}
	EXPECT_LT(600000, told);
}

/* What is asked before a character is moved is what moving it finds. */
TEST_F(regs, questions_about_characters)
{
	struct random r = { 12 };

	for (int i = 0; i < 200000; i++) {
		struct msamp_uart copy;
		bool room, loop;
		u8 c;

		step(&self->u, &r);
		copy = self->u;
		loop = copy.mcr & UART_MCR_LOOP;
		ASSERT_EQ(copy.tx.len != 0, msamp_uart_sends(&self->u));
		ASSERT_EQ(msamp_uart_transmit(&copy, &c), msamp_uart_transmits(&self->u));
		copy = self->u;
		room = msamp_uart_receives(&self->u);
		ASSERT_EQ(room || loop, msamp_uart_receive(&copy, 0, 0));
		ASSERT_FALSE(room && loop);
	}
}

/* The timeout's owner takes it for stale if the count has moved, so it must not move back. */
TEST_F(regs, activity_goes_on_after_a_reset)
{
	u32 before;

	receive('a', 0);
	receive('b', 0);
	before = self->u.rx_activity;
	self->u.changed = false;
	self->u.modem_changed = false;
	msamp_uart_reset(&self->u);
	EXPECT_EQ(before + 1, self->u.rx_activity);
	EXPECT_TRUE(self->u.changed);
	EXPECT_TRUE(self->u.modem_changed);
	before = self->u.rx_activity;
	out(UART_FCR, FIFO);
	receive('a', 0);
	in(UART_RX);
	EXPECT_EQ(before + 3, self->u.rx_activity);
	/* there is nothing to take, so nothing happens */
	EXPECT_EQ(0, in(UART_RX));
	EXPECT_EQ(before + 3, self->u.rx_activity);
}

/* Nobody wants to be told of data who has not enabled that very interrupt, and without FIFOs. */
TEST_F(regs, timeout_is_for_those_who_wait_for_data)
{
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_8);
	receive('a', 0);
	for (unsigned int ier = 0; ier < 16; ier++) {
		out(UART_IER, ier);
		EXPECT_EQ(!!(ier & UART_IER_RDI), msamp_uart_timeout_running(&self->u));
	}
	out(UART_FCR, 0);
	receive('a', 0);
	for (unsigned int ier = 0; ier < 16; ier++) {
		out(UART_IER, ier);
		EXPECT_FALSE(msamp_uart_timeout_running(&self->u));
	}
}

TEST_HARNESS_MAIN
