// SPDX-License-Identifier: GPL-2.0-only
/*
 * The UART without a device around it: the side that faces the line, which a test of the device
 * cannot reach. Here nobody moves bytes between transmitter and line unless the test does.
 */
#include <linux/serial_reg.h>

#include "hw/uart.h"

#include "kselftest_harness.h"

#define FIFO UART_FCR_ENABLE_FIFO
#define CAUSE 0x0f
#define IDLE (UART_LSR_THRE | UART_LSR_TEMT)

FIXTURE(uart)
{
	struct msamp_uart u;
};

FIXTURE_SETUP(uart)
{
	memset(&self->u, 0xa5, sizeof(self->u));
	self->u.line_in = 0;
	msamp_uart_reset(&self->u);
}

FIXTURE_TEARDOWN(uart)
{
}

#define in(_reg) msamp_uart_read(&self->u, _reg)
#define out(_reg, _val) msamp_uart_write(&self->u, _reg, _val)
#define receive(_c, _error) msamp_uart_receive(&self->u, _c, _error)
#define transmit(_c) msamp_uart_transmit(&self->u, _c)

/* As drivers leave it. */
#define setup_8n1(_fcr) do {		\
	out(UART_LCR, UART_LCR_WLEN8);	\
	out(UART_FCR, _fcr);		\
} while (0)

TEST_F(uart, reset_state)
{
	u8 c;

	EXPECT_EQ(0, in(UART_IER));
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR));
	EXPECT_EQ(0, in(UART_LCR));
	EXPECT_EQ(0, in(UART_MCR));
	EXPECT_EQ(IDLE, in(UART_LSR));
	EXPECT_EQ(0, in(UART_MSR));
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	EXPECT_FALSE(transmit(&c));
	EXPECT_EQ(0, msamp_uart_modem_out(&self->u));
	EXPECT_FALSE(msamp_uart_break_out(&self->u));
	EXPECT_FALSE(msamp_uart_timeout_running(&self->u));
	EXPECT_EQ(0, self->u.stats.tx + self->u.stats.rx + self->u.stats.overruns);
}

TEST_F(uart, reset_keeps_the_wire_but_reports_no_change)
{
	msamp_uart_set_lines(&self->u, UART_MSR_CTS | UART_MSR_DCD);
	EXPECT_EQ(UART_MSR_DCTS | UART_MSR_DDCD | UART_MSR_CTS | UART_MSR_DCD, in(UART_MSR));
	msamp_uart_reset(&self->u);
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_DCD, in(UART_MSR));
}

TEST_F(uart, no_such_register)
{
	struct msamp_uart before = self->u;

	for (unsigned int reg = MSAMP_UART_REGS; reg < 64; reg++) {
		out(reg, 0xff);
		EXPECT_EQ(0, in(reg));
	}
	EXPECT_EQ(0, memcmp(&before, &self->u, sizeof(before)));
}

TEST_F(uart, transmitter_holds_what_the_line_does_not_take)
{
	u8 c;

	setup_8n1(FIFO);
	for (int i = 0; i < MSAMP_UART_FIFO_SIZE; i++) {
		out(UART_TX, 'a' + i);
		EXPECT_EQ(0, in(UART_LSR));
	}
	/* no room: this one is lost, and only the owner's counter knows */
	out(UART_TX, '!');
	EXPECT_EQ(1, self->u.stats.overruns);
	EXPECT_EQ(0, in(UART_LSR));
	for (int i = 0; i < MSAMP_UART_FIFO_SIZE; i++) {
		EXPECT_EQ(0, in(UART_LSR));
		ASSERT_TRUE(transmit(&c));
		EXPECT_EQ('a' + i, c);
	}
	EXPECT_FALSE(transmit(&c));
	EXPECT_EQ(IDLE, in(UART_LSR));
	EXPECT_EQ(MSAMP_UART_FIFO_SIZE, self->u.stats.tx);
}

TEST_F(uart, transmitter_without_fifos_holds_one)
{
	u8 c;

	setup_8n1(0);
	out(UART_TX, 'a');
	out(UART_TX, 'b');
	ASSERT_TRUE(transmit(&c));
	EXPECT_EQ('a', c);
	EXPECT_FALSE(transmit(&c));
	EXPECT_EQ(1, self->u.stats.overruns);
}

TEST_F(uart, transmitter_empty_comes_with_the_last_byte)
{
	u8 c;

	setup_8n1(FIFO);
	out(UART_IER, UART_IER_THRI);
	in(UART_IIR);
	out(UART_TX, 'a');
	out(UART_TX, 'b');
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	transmit(&c);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	transmit(&c);
	EXPECT_TRUE(msamp_uart_irq(&self->u));
	EXPECT_EQ(UART_IIR_THRI, in(UART_IIR) & CAUSE);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
}

TEST_F(uart, enabling_with_a_full_transmitter_is_quiet)
{
	setup_8n1(FIFO);
	out(UART_TX, 'a');
	out(UART_IER, UART_IER_THRI);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR) & CAUSE);
}

TEST_F(uart, errors_stay_with_their_characters)
{
	static const u8 error[] = { 0, UART_LSR_FE, 0, UART_LSR_PE, UART_LSR_FE | UART_LSR_PE, 0 };
	const u8 all = UART_LSR_FE | UART_LSR_PE | UART_LSR_BI;

	setup_8n1(FIFO);
	for (size_t i = 0; i < ARRAY_SIZE(error); i++)
		receive('0' + i, error[i]);
	for (size_t i = 0; i < ARRAY_SIZE(error); i++) {
		u8 later = 0;

		for (size_t j = i; j < ARRAY_SIZE(error); j++)
			later |= error[j];
		EXPECT_EQ(error[i] | IDLE | UART_LSR_DR | (later ? UART_LSR_FIFOE : 0),
			  in(UART_LSR));
		/* read, so gone */
		EXPECT_EQ(0, in(UART_LSR) & all);
		EXPECT_EQ('0' + i, in(UART_RX));
	}
	EXPECT_EQ(IDLE, in(UART_LSR));
}

TEST_F(uart, fifo_error_bit_needs_fifos)
{
	setup_8n1(0);
	receive('x', UART_LSR_FE);
	EXPECT_EQ(IDLE | UART_LSR_DR | UART_LSR_FE, in(UART_LSR));
}

TEST_F(uart, error_of_a_character_below_the_head_is_no_cause)
{
	setup_8n1(FIFO);
	out(UART_IER, UART_IER_RLSI);
	receive('a', 0);
	receive('b', UART_LSR_PE);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	in(UART_RX);
	EXPECT_TRUE(msamp_uart_irq(&self->u));
	EXPECT_EQ(UART_IIR_RLSI, in(UART_IIR) & CAUSE);
}

TEST_F(uart, line_cannot_forge_other_bits)
{
	setup_8n1(FIFO);
	receive('x', 0xff);
	EXPECT_EQ(IDLE | UART_LSR_DR | UART_LSR_FIFOE | UART_LSR_PE | UART_LSR_FE | UART_LSR_BI,
		  in(UART_LSR));
	EXPECT_EQ(1, self->u.stats.breaks);
}

TEST_F(uart, overrun_tells_the_line)
{
	setup_8n1(FIFO);
	for (int i = 0; i < MSAMP_UART_FIFO_SIZE; i++)
		EXPECT_TRUE(receive(i, 0));
	EXPECT_FALSE(receive(99, 0));
	EXPECT_EQ(1, self->u.stats.overruns);
	EXPECT_EQ(MSAMP_UART_FIFO_SIZE, self->u.stats.rx);
}

/* An error flag belongs to a character: it must not pass to the one that takes its slot. */
TEST_F(uart, error_does_not_outlive_its_character)
{
	setup_8n1(FIFO);
	for (int round = 0; round < 3 * MSAMP_UART_FIFO_SIZE; round++) {
		receive('e', UART_LSR_FE);
		EXPECT_TRUE(in(UART_LSR) & UART_LSR_FE);
		in(UART_RX);
		receive('g', 0);
		EXPECT_EQ(IDLE | UART_LSR_DR, in(UART_LSR));
		in(UART_RX);
	}
	receive('e', UART_LSR_FE);
	in(UART_LSR);
	out(UART_FCR, FIFO | UART_FCR_CLEAR_RCVR);
	receive('g', 0);
	EXPECT_EQ(IDLE | UART_LSR_DR, in(UART_LSR));
}

TEST_F(uart, loop_mode_cuts_the_line_off)
{
	u8 c;

	setup_8n1(FIFO);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_DTR | UART_MCR_RTS);
	receive('x', 0);
	EXPECT_EQ(IDLE, in(UART_LSR));
	out(UART_TX, 'y');
	EXPECT_FALSE(transmit(&c));
	EXPECT_EQ(0, msamp_uart_modem_out(&self->u));
	EXPECT_EQ('y', in(UART_RX));
	in(UART_MSR);
	msamp_uart_set_lines(&self->u, UART_MSR_RI | UART_MSR_DCD);
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_DSR, in(UART_MSR));
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	EXPECT_FALSE(msamp_uart_break_out(&self->u));
	out(UART_MCR, 0);
	EXPECT_TRUE(msamp_uart_break_out(&self->u));
	EXPECT_EQ(UART_MSR_RI | UART_MSR_DCD, in(UART_MSR) & 0xf0);
}

TEST_F(uart, outputs_follow_modem_control)
{
	for (int mcr = 0; mcr < 0x40; mcr++) {
		u8 want = mcr & (UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT1 | UART_MCR_OUT2);

		out(UART_MCR, mcr);
		/* with one byte or more waiting flow control drops RTS, so none may */
		out(UART_FCR, FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_TRIGGER_8);
		EXPECT_EQ(mcr & UART_MCR_LOOP ? 0 : want, msamp_uart_modem_out(&self->u));
	}
}

static const struct {
	u8 fcr;
	int off_at;	/* fill level at which RTS falls */
	int on_at;	/* and at which it rises again */
} auto_rts[] = {
	{ UART_FCR_TRIGGER_1, 1, 0 },
	{ UART_FCR_TRIGGER_4, 4, 0 },
	{ UART_FCR_TRIGGER_8, 8, 0 },
	{ UART_FCR_TRIGGER_14, 16, 15 },
};

TEST_F(uart, auto_rts_thresholds)
{
	for (size_t i = 0; i < ARRAY_SIZE(auto_rts); i++) {
		setup_8n1(FIFO | UART_FCR_CLEAR_RCVR | auto_rts[i].fcr);
		out(UART_MCR, UART_MCR_RTS | UART_MCR_AFE);
		for (int n = 1; n <= MSAMP_UART_FIFO_SIZE; n++) {
			receive('x', 0);
			EXPECT_EQ(n >= auto_rts[i].off_at ? 0 : UART_MCR_RTS,
				  msamp_uart_modem_out(&self->u));
		}
		for (int n = MSAMP_UART_FIFO_SIZE - 1; n >= 0; n--) {
			in(UART_RX);
			EXPECT_EQ(n <= auto_rts[i].on_at ? UART_MCR_RTS : 0,
				  msamp_uart_modem_out(&self->u));
		}
		/* the register itself does not change */
		EXPECT_EQ(UART_MCR_RTS | UART_MCR_AFE, in(UART_MCR));
	}
}

TEST_F(uart, auto_rts_needs_rts)
{
	setup_8n1(FIFO);
	out(UART_MCR, UART_MCR_AFE);
	EXPECT_EQ(0, msamp_uart_modem_out(&self->u));
}

TEST_F(uart, auto_cts_holds_the_transmitter)
{
	u8 c;

	setup_8n1(FIFO);
	out(UART_MCR, UART_MCR_RTS | UART_MCR_AFE);
	out(UART_TX, 'a');
	EXPECT_FALSE(transmit(&c));
	EXPECT_EQ(0, in(UART_LSR) & IDLE);
	msamp_uart_set_lines(&self->u, UART_MSR_CTS);
	EXPECT_TRUE(transmit(&c));
	EXPECT_EQ('a', c);
	EXPECT_EQ(IDLE, in(UART_LSR));
	/* hardware's affair now, so no interrupt for it */
	EXPECT_EQ(UART_MSR_CTS, in(UART_MSR));
	out(UART_MCR, UART_MCR_RTS);
	msamp_uart_set_lines(&self->u, 0);
	EXPECT_EQ(UART_MSR_DCTS, in(UART_MSR));
	out(UART_TX, 'b');
	EXPECT_TRUE(transmit(&c));
}

/* Bits other than the enable bit are programmed only together with it. */
TEST_F(uart, fifo_control_without_its_enable_bit)
{
	setup_8n1(0);
	receive('k', 0);
	out(UART_TX, 't');
	out(UART_FCR, UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT | UART_FCR_TRIGGER_14);
	EXPECT_EQ(UART_LSR_DR, in(UART_LSR));
	EXPECT_EQ('k', in(UART_RX));
}

TEST_F(uart, character_time)
{
	static const struct {
		u8 lcr;
		unsigned int half_bits;
	} format[] = {
		{ UART_LCR_WLEN5, 14 },
		{ UART_LCR_WLEN6, 16 },
		{ UART_LCR_WLEN7, 18 },
		{ UART_LCR_WLEN8, 20 },
		{ UART_LCR_WLEN8 | UART_LCR_PARITY, 22 },
		{ UART_LCR_WLEN8 | UART_LCR_STOP, 22 },
		{ UART_LCR_WLEN7 | UART_LCR_PARITY | UART_LCR_EPAR, 20 },
		{ UART_LCR_WLEN7 | UART_LCR_PARITY | UART_LCR_STOP, 22 },
	};
	static const u16 divisor[] = { 1, 12, 96, 2304, 0xffff };

	for (size_t i = 0; i < ARRAY_SIZE(format); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(divisor); j++) {
			u64 ns = 1000000000ULL * format[i].half_bits * divisor[j] / 2 / 115200;

			out(UART_LCR, UART_LCR_DLAB);
			out(UART_DLL, divisor[j] & 0xff);
			out(UART_DLM, divisor[j] >> 8);
			out(UART_LCR, format[i].lcr);
			EXPECT_LE(ns, msamp_uart_char_ns(&self->u));
			EXPECT_GE(ns + ns / 1000, msamp_uart_char_ns(&self->u));
		}
	}
}

TEST_F(uart, timeout_runs_below_the_trigger_only)
{
	setup_8n1(FIFO | UART_FCR_TRIGGER_4);
	EXPECT_FALSE(msamp_uart_timeout_running(&self->u));
	receive('a', 0);
	EXPECT_FALSE(msamp_uart_timeout_running(&self->u));
	out(UART_IER, UART_IER_RDI);
	EXPECT_TRUE(msamp_uart_timeout_running(&self->u));
	receive('b', 0);
	receive('c', 0);
	EXPECT_TRUE(msamp_uart_timeout_running(&self->u));
	receive('d', 0);
	EXPECT_FALSE(msamp_uart_timeout_running(&self->u));
	in(UART_RX);
	EXPECT_TRUE(msamp_uart_timeout_running(&self->u));
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_1);
	EXPECT_FALSE(msamp_uart_timeout_running(&self->u));
	out(UART_FCR, FIFO | UART_FCR_TRIGGER_8 | UART_FCR_CLEAR_RCVR);
	EXPECT_FALSE(msamp_uart_timeout_running(&self->u));
}

TEST_F(uart, timeout_is_a_cause_until_a_character_is_read)
{
	setup_8n1(FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	receive('a', 0);
	receive('b', 0);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	msamp_uart_timeout(&self->u);
	EXPECT_TRUE(msamp_uart_irq(&self->u));
	EXPECT_FALSE(msamp_uart_timeout_running(&self->u));
	EXPECT_EQ(UART_IIR_RX_TIMEOUT, in(UART_IIR) & CAUSE);
	EXPECT_EQ(UART_IIR_RX_TIMEOUT, in(UART_IIR) & CAUSE);
	in(UART_RX);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	EXPECT_TRUE(msamp_uart_timeout_running(&self->u));
}

/* The owner's timer may fire just after the reason for it has gone. */
TEST_F(uart, late_timeout_does_nothing)
{
	setup_8n1(FIFO | UART_FCR_TRIGGER_8);
	out(UART_IER, UART_IER_RDI);
	msamp_uart_timeout(&self->u);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	receive('a', 0);
	in(UART_RX);
	msamp_uart_timeout(&self->u);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
	receive('a', 0);
	msamp_uart_reset(&self->u);
	msamp_uart_timeout(&self->u);
	EXPECT_FALSE(msamp_uart_irq(&self->u));
}

TEST_F(uart, activity_is_counted)
{
	u32 seen;

	setup_8n1(FIFO | UART_FCR_TRIGGER_8);
	seen = self->u.rx_activity;
	receive('a', 0);
	EXPECT_NE(seen, self->u.rx_activity);
	seen = self->u.rx_activity;
	in(UART_LSR);
	in(UART_IIR);
	out(UART_SCR, 1);
	EXPECT_EQ(seen, self->u.rx_activity);
	in(UART_RX);
	EXPECT_NE(seen, self->u.rx_activity);
	seen = self->u.rx_activity;
	msamp_uart_reset(&self->u);
	EXPECT_NE(seen, self->u.rx_activity);
}

TEST_HARNESS_MAIN
