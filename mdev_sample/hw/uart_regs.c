// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 16550A, the side that faces the bus: registers and interrupt causes (see uart.h for what it
 * is modelled on). uart_serial.c has the side that faces the line.
 *
 * Time does not pass in here: a character written while the line takes characters is gone at
 * once, and the transmitter is empty again. Characters stay in the transmit FIFO only while the
 * owner does not fetch them or auto flow control holds them back.
 */
#include "hw/uart.h"

static u8 msamp_uart_iir_cause(const struct msamp_uart *uart)
{
	if ((uart->ier & UART_IER_RLSI) && uart->lsr_error)
		return UART_IIR_RLSI;
	if ((uart->ier & UART_IER_RDI) && uart->rx.len >= msamp_uart_trigger(uart))
		return UART_IIR_RDI;
	if ((uart->ier & UART_IER_RDI) && uart->rx_timeout)
		return UART_IIR_RX_TIMEOUT;
	if ((uart->ier & UART_IER_THRI) && uart->thri)
		return UART_IIR_THRI;
	if ((uart->ier & UART_IER_MSI) && (uart->msr & UART_MSR_ANY_DELTA))
		return UART_IIR_MSI;
	return UART_IIR_NO_INT;
}

/* One function per register with side effects; the plain ones stay in the dispatchers below. */

static u8 msamp_uart_read_iir(struct msamp_uart *uart)
{
	u8 cause = msamp_uart_iir_cause(uart);

	if (cause == UART_IIR_THRI) {
		uart->thri = false;
		uart->changed = true;
	}
	/* bits 6 and 7 tell that the FIFOs are on and work */
	return cause | (msamp_uart_fifo_on(uart) ? 0xc0 : 0);
}

/* Reading LSR acknowledges an overrun and the errors of the character at the head. */
static void msamp_uart_errors_seen(struct msamp_uart *uart)
{
	struct msamp_uart_fifo *rx = &uart->rx;

	uart->lsr_error = 0;
	if (rx->len && rx->error[rx->head]) {
		rx->error[rx->head] = 0;
		rx->errors--;
	}
	uart->changed = true;
}

static u8 msamp_uart_read_lsr(struct msamp_uart *uart)
{
	struct msamp_uart_fifo *rx = &uart->rx;
	u8 val = uart->lsr_error;

	if (rx->len)
		val |= UART_LSR_DR;
	if (!uart->tx.len)
		val |= UART_LSR_THRE | UART_LSR_TEMT;
	if (rx->errors && msamp_uart_fifo_on(uart))
		val |= UART_LSR_FIFOE;
	if (val & (UART_LSR_OE | MSAMP_UART_CHAR_ERRORS))
		msamp_uart_errors_seen(uart);
	return val;
}

static u8 msamp_uart_read_msr(struct msamp_uart *uart)
{
	u8 val = uart->msr;

	if (val & UART_MSR_ANY_DELTA) {
		uart->msr &= ~UART_MSR_ANY_DELTA;
		uart->changed = true;
	}
	return val;
}

/**
 * msamp_uart_read() - the bus reads a register
 * @uart: the port
 * @reg: register number, below MSAMP_UART_REGS
 *
 * Context: Any; the owner serialises.
 * Return: the register's value, 0 for a register that does not exist.
 */
u8 msamp_uart_read(struct msamp_uart *uart, unsigned int reg)
{
	bool dlab = uart->lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_RX:
		return dlab ? uart->divisor & 0xff : msamp_uart_get_rx(uart);
	case UART_IER:
		return dlab ? uart->divisor >> 8 : uart->ier;
	case UART_IIR:
		return msamp_uart_read_iir(uart);
	case UART_LCR:
		return uart->lcr;
	case UART_MCR:
		return uart->mcr;
	case UART_LSR:
		return msamp_uart_read_lsr(uart);
	case UART_MSR:
		return msamp_uart_read_msr(uart);
	case UART_SCR:
		return uart->scr;
	default:
		return 0;
	}
}

/*
 * Enabling THRI while the transmitter is empty raises it anew: drivers start transmission that
 * way.
 */
static void msamp_uart_write_ier(struct msamp_uart *uart, u8 val)
{
	u8 enabled = val & ~uart->ier;

	uart->ier = val & MSAMP_UART_IER_BITS;
	if ((enabled & UART_IER_THRI) && !uart->tx.len)
		uart->thri = true;
	uart->changed = true;
}

/* Turning the FIFOs on or off empties both; the other bits take effect only together with bit 0. */
static void msamp_uart_write_fcr(struct msamp_uart *uart, u8 val)
{
	bool on = val & UART_FCR_ENABLE_FIFO;
	bool toggled = on != msamp_uart_fifo_on(uart);

	uart->fcr = on ? val & (UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_MASK) : 0;
	if (toggled || (on && (val & UART_FCR_CLEAR_RCVR)))
		msamp_uart_clear_rx(uart);
	if (toggled || (on && (val & UART_FCR_CLEAR_XMIT)))
		msamp_uart_clear_tx(uart);
	uart->changed = true;
}

static void msamp_uart_write_lcr(struct msamp_uart *uart, u8 val)
{
	bool breaks = (val & ~uart->lcr) & UART_LCR_SBC;

	WRITE_ONCE(uart->lcr, val);
	if (breaks)
		msamp_uart_loop_break(uart);
	uart->changed = true;
}

/**
 * msamp_uart_write() - the bus writes a register
 * @uart: the port
 * @reg: register number, below MSAMP_UART_REGS
 * @val: the value
 *
 * LSR and MSR are read-only here; their factory test modes are not modelled.
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_write(struct msamp_uart *uart, unsigned int reg, u8 val)
{
	bool dlab = uart->lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_TX:
		if (dlab)
			uart->divisor = (uart->divisor & 0xff00) | val;
		else
			msamp_uart_put_tx(uart, val);
		break;
	case UART_IER:
		if (dlab)
			uart->divisor = (uart->divisor & 0x00ff) | val << 8;
		else
			msamp_uart_write_ier(uart, val);
		break;
	case UART_FCR:
		msamp_uart_write_fcr(uart, val);
		break;
	case UART_LCR:
		msamp_uart_write_lcr(uart, val);
		break;
	case UART_MCR:
		WRITE_ONCE(uart->mcr, val & MSAMP_UART_MCR_BITS);
		msamp_uart_mcr_changed(uart);
		break;
	case UART_SCR:
		WRITE_ONCE(uart->scr, val);
		break;
	}
}

/* The answer once @uart->ier is known not to be 0. */
bool __msamp_uart_irq(const struct msamp_uart *uart)
{
	return msamp_uart_iir_cause(uart) != UART_IIR_NO_INT;
}

/**
 * msamp_uart_char_ns() - how long one character takes on the line
 * @uart: the port
 *
 * Start bit, word, parity and stop bits at the programmed rate. A divisor of 0, undefined on the
 * chip, counts as 1.
 *
 * Context: Any; the owner serialises.
 * Return: nanoseconds.
 */
u64 msamp_uart_char_ns(const struct msamp_uart *uart)
{
	const u64 ns_per_bit = 8681;	/* at 115200 baud, rounded up */
	unsigned int bits = 1 + 5 + (uart->lcr & UART_LCR_WLEN8) + 1;

	if (uart->lcr & UART_LCR_STOP)
		bits++;
	if (uart->lcr & UART_LCR_PARITY)
		bits++;
	return ns_per_bit * bits * (uart->divisor ? uart->divisor : 1);
}

/**
 * msamp_uart_reset() - as after power-on, counters included
 * @uart: the port
 *
 * Registers as the data sheet's table of reset states has them; the modem lines on the wire stay
 * as they are and show no change. RTS and DTR are inactive.
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_reset(struct msamp_uart *uart)
{
	u8 line_in = uart->line_in;
	u32 activity = uart->rx_activity;

	memset(uart, 0, sizeof(*uart));
	uart->line_in = line_in;
	uart->msr = line_in;
	/* never falls back, so that a timeout set before the reset is seen to be stale */
	uart->rx_activity = activity + 1;
	/* the transmitter is empty: THRI shows as soon as it is enabled */
	uart->modem_changed = true;
	uart->changed = true;
}
