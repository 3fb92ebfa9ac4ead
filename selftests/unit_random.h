/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random events for a UART, and statements that are true of every 16550A at every moment.
 */
#ifndef SELFTEST_UNIT_RANDOM_H
#define SELFTEST_UNIT_RANDOM_H

#include <linux/kernel.h>
#include <linux/serial_reg.h>

#include "hw/uart.h"

#define LSR_ERRORS (UART_LSR_OE | UART_LSR_PE | UART_LSR_FE | UART_LSR_BI)

struct random {
	u64 state;
};

static inline u32 next(struct random *r, u32 n)
{
	r->state = r->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (r->state >> 33) % n;
}

/* One random event; registers more often than the line, data more often than the rest. */
static inline void step(struct msamp_uart *u, struct random *r)
{
	static const u8 lcr[] = { 0x03, 0x03, 0x00, 0x83, 0x43, 0x1b };
	u8 c;

	switch (next(r, 16)) {
	case 0 ... 3:
		msamp_uart_read(u, next(r, MSAMP_UART_REGS));
		break;
	case 4:
		msamp_uart_write(u, next(r, MSAMP_UART_REGS), next(r, 256));
		break;
	case 5:
		msamp_uart_write(u, UART_LCR, lcr[next(r, ARRAY_SIZE(lcr))]);
		break;
	case 6:
		msamp_uart_write(u, UART_FCR, next(r, 256) | UART_FCR_ENABLE_FIFO);
		break;
	case 7 ... 9:
		msamp_uart_write(u, UART_TX, next(r, 256));
		break;
	case 10 ... 12:
		msamp_uart_receive(u, next(r, 256), next(r, 8) ? 0 : next(r, 256));
		break;
	case 13:
		msamp_uart_transmit(u, &c);
		break;
	case 14:
		msamp_uart_set_lines(u, next(r, 256));
		break;
	case 15:
		msamp_uart_timeout(u);
		break;
	}
}

/* Reading IIR or LSR changes the UART, so a copy is asked. */
static u8 peek(const struct msamp_uart *u, unsigned int reg)
{
	struct msamp_uart copy = *u;

	return msamp_uart_read(&copy, reg);
}

static bool fifo_on(const struct msamp_uart *u)
{
	return peek(u, UART_IIR) & 0xc0;
}

static const char *check_fifos(const struct msamp_uart *u)
{
	unsigned int depth = fifo_on(u) ? MSAMP_UART_FIFO_SIZE : 1;
	unsigned int errors = 0;

	if (u->rx.len > depth || u->tx.len > depth)
		return "a FIFO holds more than fits";
	if (u->rx.head >= MSAMP_UART_FIFO_SIZE || u->tx.head >= MSAMP_UART_FIFO_SIZE)
		return "a FIFO's head is outside";
	for (unsigned int i = 0; i < u->rx.len; i++)
		errors += u->rx.error[(u->rx.head + i) % MSAMP_UART_FIFO_SIZE] != 0;
	if (errors != u->rx.errors)
		return "the count of errors in the FIFO is wrong";
	if (u->tx.errors)
		return "an error in the transmitter";
	return NULL;
}

static const char *check_iir(const struct msamp_uart *u)
{
	u8 iir = peek(u, UART_IIR);
	u8 need;

	switch (iir & 0x3f) {
	case UART_IIR_NO_INT:
		return msamp_uart_irq(u) ? "interrupt without a cause" : NULL;
	case UART_IIR_RLSI:
		need = UART_IER_RLSI;
		break;
	case UART_IIR_RDI:
	case UART_IIR_RX_TIMEOUT:
		need = UART_IER_RDI;
		break;
	case UART_IIR_THRI:
		need = UART_IER_THRI;
		break;
	case UART_IIR_MSI:
		need = UART_IER_MSI;
		break;
	default:
		return "no such cause";
	}
	if (!(u->ier & need))
		return "a cause that is not enabled";
	if (!msamp_uart_irq(u))
		return "a cause without interrupt";
	if ((iir & 0x3f) == UART_IIR_RX_TIMEOUT && !(iir & 0xc0))
		return "a timeout without FIFOs";
	return NULL;
}

static const char *check_lsr(const struct msamp_uart *u)
{
	struct msamp_uart copy = *u;
	u8 lsr = msamp_uart_read(&copy, UART_LSR);
	bool thre = lsr & UART_LSR_THRE, temt = lsr & UART_LSR_TEMT;

	if (!(lsr & UART_LSR_DR) != !u->rx.len)
		return "DR does not tell whether there is data";
	if (thre != !u->tx.len || temt != !u->tx.len)
		return "THRE or TEMT does not tell whether the transmitter is empty";
	if ((lsr & UART_LSR_FIFOE) && !fifo_on(u))
		return "FIFO error without FIFOs";
	lsr = msamp_uart_read(&copy, UART_LSR);
	if (lsr & LSR_ERRORS)
		return "an error is still there when LSR is read again";
	return NULL;
}

/* Loop mode shows MCR's outputs instead, in the order that the data sheet gives. */
static u8 lines_to_show(const struct msamp_uart *u)
{
	static const u8 out[] = { UART_MCR_RTS, UART_MCR_DTR, UART_MCR_OUT1, UART_MCR_OUT2 };
	u8 mcr = u->mcr, lines = 0;

	if (!(mcr & UART_MCR_LOOP))
		return u->line_in;
	if ((mcr & UART_MCR_AFE) && u->auto_rts_off)
		mcr &= ~UART_MCR_RTS;
	for (unsigned int i = 0; i < ARRAY_SIZE(out); i++)
		if (mcr & out[i])
			lines |= UART_MSR_CTS << i;
	return lines;
}

static const char *check_rest(const struct msamp_uart *u)
{
	struct msamp_uart copy = *u;

	if ((u->msr & 0xf0) != lines_to_show(u))
		return "MSR does not show the modem lines";

	msamp_uart_read(&copy, UART_MSR);
	if (msamp_uart_read(&copy, UART_MSR) & UART_MSR_ANY_DELTA)
		return "a delta is still there when MSR is read again";
	if (u->ier & 0xf0)
		return "IER has more than four bits";
	if (u->mcr & 0xc0)
		return "MCR has more than six bits";
	if ((u->mcr & UART_MCR_LOOP) && msamp_uart_modem_out(u))
		return "an output is on in loop mode";
	if (u->thri && u->tx.len)
		return "transmitter empty is pending while it is not";
	if (u->rx_timeout && !u->rx.len)
		return "a timeout is pending without data";
	if (msamp_uart_timeout_running(u) && !u->rx.len)
		return "a timeout runs without data";
	return NULL;
}

static inline const char *check(const struct msamp_uart *u)
{
	const char *wrong = check_fifos(u);

	if (!wrong)
		wrong = check_iir(u);
	if (!wrong)
		wrong = check_lsr(u);
	return wrong ? wrong : check_rest(u);
}

#endif /* SELFTEST_UNIT_RANDOM_H */
