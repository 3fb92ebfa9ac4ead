// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 16550A, the side that faces the line: FIFOs, modem lines, flow control, loop mode. uart_regs.c
 * has the side that faces the bus.
 */
#include "hw/uart.h"

static void msamp_uart_fifo_push(struct msamp_uart_fifo *fifo, u8 c, u8 error)
{
	unsigned int tail = (fifo->head + fifo->len++) % MSAMP_UART_FIFO_SIZE;

	fifo->data[tail] = c;
	fifo->error[tail] = error;
	fifo->errors += !!error;
}

static u8 msamp_uart_fifo_pop(struct msamp_uart_fifo *fifo)
{
	u8 c = fifo->data[fifo->head];

	fifo->errors -= !!fifo->error[fifo->head];
	fifo->head = (fifo->head + 1) % MSAMP_UART_FIFO_SIZE;
	fifo->len--;
	return c;
}

static u8 msamp_uart_word_mask(const struct msamp_uart *uart)
{
	return 0xff >> (3 - (uart->lcr & UART_LCR_WLEN8));
}

/*
 * TL16C550C: at trigger levels 1, 4 and 8 RTS falls when the level is reached and rises when the
 * FIFO has been emptied; at 14 it falls when the sixteenth character has come and rises as soon
 * as there is room.
 */
static void msamp_uart_update_auto_rts(struct msamp_uart *uart)
{
	unsigned int trigger = msamp_uart_trigger(uart);
	bool late = trigger == 14;

	if (uart->rx.len >= (late ? MSAMP_UART_FIFO_SIZE : trigger))
		uart->auto_rts_off = true;
	else if (late || !uart->rx.len)
		uart->auto_rts_off = false;
}

/* MCR's outputs as they leave the chip in normal operation and as loop mode feeds them back. */
static u8 msamp_uart_outputs(const struct msamp_uart *uart)
{
	u8 out = uart->mcr & (UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT1 | UART_MCR_OUT2);

	if ((uart->mcr & UART_MCR_AFE) && uart->auto_rts_off)
		out &= ~UART_MCR_RTS;
	return out;
}

/**
 * msamp_uart_lines_seen() - the modem lines that MSR has to show
 * @uart: the port
 *
 * In loop mode the four outputs take the inputs' place, in the order that the data sheet gives.
 *
 * Context: Any; the owner serialises.
 * Return: MSR's high nibble.
 */
u8 msamp_uart_lines_seen(const struct msamp_uart *uart)
{
	u8 out, seen = 0;

	if (!(uart->mcr & UART_MCR_LOOP))
		return uart->line_in;

	out = msamp_uart_outputs(uart);
	if (out & UART_MCR_RTS)
		seen |= UART_MSR_CTS;
	if (out & UART_MCR_DTR)
		seen |= UART_MSR_DSR;
	if (out & UART_MCR_OUT1)
		seen |= UART_MSR_RI;
	if (out & UART_MCR_OUT2)
		seen |= UART_MSR_DCD;
	return seen;
}

static void msamp_uart_update_msr(struct msamp_uart *uart)
{
	u8 now = msamp_uart_lines_seen(uart);
	u8 diff = (uart->msr ^ now) & MSAMP_UART_MSR_LINES;

	if (!diff)
		return;
	/* With auto flow control CTS is the transmitter's business, not the driver's. */
	if ((diff & UART_MSR_CTS) && !(uart->mcr & UART_MCR_AFE))
		uart->msr |= UART_MSR_DCTS;
	if (diff & UART_MSR_DSR)
		uart->msr |= UART_MSR_DDSR;
	/* RI reports its trailing edge only */
	if ((diff & UART_MSR_RI) && !(now & UART_MSR_RI))
		uart->msr |= UART_MSR_TERI;
	if (diff & UART_MSR_DCD)
		uart->msr |= UART_MSR_DDCD;
	uart->msr = (uart->msr & ~MSAMP_UART_MSR_LINES) | now;
	uart->changed = true;
}

/* Whatever moved the receive FIFO's head or fill level ends here. */
static void msamp_uart_rx_moved(struct msamp_uart *uart)
{
	uart->rx_activity++;
	uart->changed = true;
	if (uart->mcr & UART_MCR_AFE) {
		uart->modem_changed = true;
		msamp_uart_update_auto_rts(uart);
		msamp_uart_update_msr(uart);
	}
}

/**
 * msamp_uart_overrun() - a character is lost because there is no room for it
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_overrun(struct msamp_uart *uart)
{
	uart->lsr_error |= UART_LSR_OE;
	uart->stats.overruns++;
	uart->changed = true;
}

static bool msamp_uart_store(struct msamp_uart *uart, u8 c, u8 error)
{
	bool room = uart->rx.len < msamp_uart_depth(uart);

	if (!room) {
		msamp_uart_overrun(uart);
		/* A full FIFO keeps what it has; the lone holding register is overwritten. */
		if (msamp_uart_fifo_on(uart))
			return false;
		msamp_uart_fifo_pop(&uart->rx);
	}
	msamp_uart_fifo_push(&uart->rx, c & msamp_uart_word_mask(uart), error);
	uart->stats.rx++;
	if (error & UART_LSR_BI)
		uart->stats.breaks++;
	/* Errors show in LSR when their character has come to the head. */
	if (uart->rx.len == 1)
		uart->lsr_error |= error;
	msamp_uart_rx_moved(uart);
	return room;
}

static void msamp_uart_tx_emptied(struct msamp_uart *uart)
{
	uart->thri = true;
	uart->changed = true;
}

static u8 msamp_uart_take_tx(struct msamp_uart *uart)
{
	u8 c = msamp_uart_fifo_pop(&uart->tx) & msamp_uart_word_mask(uart);

	if (!uart->tx.len)
		msamp_uart_tx_emptied(uart);
	return c;
}

/* Loop mode joins transmitter and receiver inside the chip, and a break with them. */
static void msamp_uart_run_loop(struct msamp_uart *uart)
{
	if (!(uart->mcr & UART_MCR_LOOP))
		return;
	while (msamp_uart_tx_ready(uart))
		msamp_uart_store(uart, msamp_uart_take_tx(uart), 0);
}

/* The calls that uart_regs.c makes when the bus touches a FIFO or the modem control register. */

/**
 * msamp_uart_get_rx() - the driver takes the character at the head of the receive FIFO
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 * Return: the character, 0 if there is none.
 */
u8 msamp_uart_get_rx(struct msamp_uart *uart)
{
	u8 c;

	if (!uart->rx.len)
		return 0;
	c = msamp_uart_fifo_pop(&uart->rx);
	uart->rx_timeout = false;
	if (uart->rx.len)
		uart->lsr_error |= uart->rx.error[uart->rx.head];
	msamp_uart_rx_moved(uart);
	msamp_uart_run_loop(uart);
	return c;
}

/**
 * msamp_uart_put_tx() - the driver gives the transmitter a character
 * @uart: the port
 * @c: the character; lost, and counted as an overrun, if the driver did not wait for THRE and
 *   there is no room
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_put_tx(struct msamp_uart *uart, u8 c)
{
	uart->thri = false;
	uart->changed = true;
	if (uart->tx.len == msamp_uart_depth(uart)) {
		uart->stats.overruns++;
		return;
	}
	msamp_uart_fifo_push(&uart->tx, c, 0);
	msamp_uart_run_loop(uart);
}

/**
 * msamp_uart_clear_rx() - empty the receive FIFO
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_clear_rx(struct msamp_uart *uart)
{
	memset(&uart->rx, 0, sizeof(uart->rx));
	uart->rx_timeout = false;
	msamp_uart_rx_moved(uart);
	msamp_uart_run_loop(uart);
}

/**
 * msamp_uart_clear_tx() - empty the transmit FIFO
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_clear_tx(struct msamp_uart *uart)
{
	if (uart->tx.len)
		msamp_uart_tx_emptied(uart);
	memset(&uart->tx, 0, sizeof(uart->tx));
}

/**
 * msamp_uart_loop_break() - a break begins while loop mode may be on
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_loop_break(struct msamp_uart *uart)
{
	if (!(uart->mcr & UART_MCR_LOOP))
		return;
	msamp_uart_store(uart, 0, UART_LSR_BI);
	/* what has moved in the FIFO may have let auto flow control raise RTS */
	msamp_uart_run_loop(uart);
}

/**
 * msamp_uart_mcr_changed() - follow a write to the modem control register
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_mcr_changed(struct msamp_uart *uart)
{
	if (uart->mcr & UART_MCR_AFE)
		msamp_uart_update_auto_rts(uart);
	else
		uart->auto_rts_off = false;
	uart->modem_changed = true;
	msamp_uart_update_msr(uart);
	msamp_uart_run_loop(uart);
	uart->changed = true;
}

/* The calls that the owner makes for the line. */

/**
 * msamp_uart_receive() - a character arrives on the line
 * @uart: the port
 * @c: the character
 * @error: LSR bits that came with it: BI for a break, FE, PE; 0 for none
 *
 * In loop mode the receiver is cut off from the line.
 *
 * Context: Any; the owner serialises.
 * Return: false if a character was lost because the receiver was full (LSR.OE).
 */
bool msamp_uart_receive(struct msamp_uart *uart, u8 c, u8 error)
{
	if (uart->mcr & UART_MCR_LOOP)
		return true;
	return msamp_uart_store(uart, c, error & MSAMP_UART_CHAR_ERRORS);
}

/**
 * msamp_uart_transmit() - the line takes the next character from the transmitter
 * @uart: the port
 * @c: where the character goes, cut to the word length
 *
 * Context: Any; the owner serialises.
 * Return: false if there is none, or auto flow control holds it back, or loop mode keeps it inside.
 */
bool msamp_uart_transmit(struct msamp_uart *uart, u8 *c)
{
	if (!msamp_uart_transmits(uart))
		return false;
	*c = msamp_uart_take_tx(uart);
	uart->stats.tx++;
	return true;
}

/**
 * msamp_uart_send() - the driver writes THR while the line waits for characters
 * @uart: the port
 * @c: the character; cut to the word length
 *
 * What msamp_uart_write() and msamp_uart_transmit() would do together when nothing stands in the
 * character's way, in one step.
 *
 * Context: Any; the owner serialises.
 * Return: false if something may stand in its way; then nothing has been done.
 */
bool msamp_uart_send(struct msamp_uart *uart, u8 *c)
{
	if ((uart->lcr & (UART_LCR_DLAB | UART_LCR_SBC)) || (uart->mcr & UART_MCR_LOOP) ||
	    uart->tx.len)
		return false;
	if ((uart->mcr & UART_MCR_AFE) && !(uart->msr & UART_MSR_CTS))
		return false;
	/* most follow another one, and the empty transmitter has not been acknowledged */
	if (!uart->thri)
		msamp_uart_tx_emptied(uart);
	*c &= msamp_uart_word_mask(uart);
	uart->stats.tx++;
	return true;
}

/**
 * msamp_uart_pass() - the driver writes THR while the line is a plug that leads to the receiver
 * @uart: the port
 * @c: the character
 *
 * What msamp_uart_write() and msamp_uart_echo() would do together when nothing stands in the
 * character's way, in one step: this is what most accesses are.
 *
 * Context: Any; the owner serialises.
 * Return: false if something may stand in its way; then nothing has been done.
 */
bool msamp_uart_pass(struct msamp_uart *uart, u8 c)
{
	if ((uart->mcr & UART_MCR_AFE) || !msamp_uart_send(uart, &c))
		return false;
	msamp_uart_store(uart, c, 0);
	return true;
}

/**
 * msamp_uart_echo() - the line is a plug that leads the transmitter to the receiver
 * @uart: the port
 *
 * Moves what the transmitter holds, as msamp_uart_transmit() and msamp_uart_receive() in turn
 * would. A break keeps the line from carrying anything else.
 *
 * Context: Any; the owner serialises.
 * Return: true if the modem lines have to be looked at before it can go on.
 */
bool msamp_uart_echo(struct msamp_uart *uart)
{
	if (uart->mcr & UART_MCR_LOOP)
		return false;
	while (msamp_uart_tx_ready(uart)) {
		u8 c = msamp_uart_take_tx(uart);

		uart->stats.tx++;
		if (!(uart->lcr & UART_LCR_SBC))
			msamp_uart_store(uart, c, 0);
		if (uart->modem_changed)
			return true;
	}
	return false;
}

/**
 * msamp_uart_set_lines() - the modem lines that arrive on the wire
 * @uart: the port
 * @lines: UART_MSR_CTS, DSR, RI and DCD, set where asserted
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_set_lines(struct msamp_uart *uart, u8 lines)
{
	uart->line_in = lines & MSAMP_UART_MSR_LINES;
	msamp_uart_update_msr(uart);
}

/**
 * msamp_uart_modem_out() - the modem lines that leave on the wire
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 * Return: UART_MCR_DTR, RTS, OUT1 and OUT2, set where asserted; RTS as auto flow control leaves
 * it. None in loop mode, which forces the outputs inactive.
 */
u8 msamp_uart_modem_out(const struct msamp_uart *uart)
{
	return (uart->mcr & UART_MCR_LOOP) ? 0 : msamp_uart_outputs(uart);
}

/* The answer once something has been received. */
bool __msamp_uart_timeout_running(const struct msamp_uart *uart)
{
	if (!msamp_uart_fifo_on(uart) || !(uart->ier & UART_IER_RDI) || uart->rx_timeout)
		return false;
	return uart->rx.len && uart->rx.len < msamp_uart_trigger(uart);
}

/**
 * msamp_uart_timeout() - four character times have passed without activity
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 */
void msamp_uart_timeout(struct msamp_uart *uart)
{
	if (!msamp_uart_timeout_running(uart))
		return;
	uart->rx_timeout = true;
	uart->changed = true;
}
