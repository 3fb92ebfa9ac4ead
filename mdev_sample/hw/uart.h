/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 16550A with automatic flow control: registers, two FIFOs, modem lines, interrupt causes.
 *
 * The registers and their numbers are the 8250 family's, named as in <linux/serial_reg.h>;
 * behaviour is that of the National 16550A data sheet, with the auto flow control of TI's
 * TL16C550C (MCR bit 5). A uart has no clock and no lock: its owner serialises the calls, moves
 * bytes between it and the line, and calls when the receiver has been idle for four character
 * times.
 */
#ifndef MSAMP_UART_H
#define MSAMP_UART_H

#include <linux/compiler.h>
#include <linux/serial_reg.h>
#include <linux/string.h>
#include <linux/types.h>

#define MSAMP_UART_REGS		8
#define MSAMP_UART_FIFO_SIZE	16

/* The bits of IER and MCR that exist. */
#define MSAMP_UART_IER_BITS	(UART_IER_RDI | UART_IER_THRI | UART_IER_RLSI | UART_IER_MSI)
#define MSAMP_UART_MCR_BITS	(UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT1 | UART_MCR_OUT2 | \
				 UART_MCR_LOOP | UART_MCR_AFE)

/* The errors of LSR that belong to a character, and the lines of MSR. */
#define MSAMP_UART_CHAR_ERRORS	(UART_LSR_PE | UART_LSR_FE | UART_LSR_BI)
#define MSAMP_UART_MSR_LINES	(UART_MSR_CTS | UART_MSR_DSR | UART_MSR_RI | UART_MSR_DCD)

/**
 * struct msamp_uart_fifo - ring of characters
 * @data: the characters
 * @error: LSR error bits (BI, FE, PE) that came with each character
 * @head: index of the oldest one
 * @len: how many there are
 * @errors: how many of them have an error
 */
struct msamp_uart_fifo {
	u8 data[MSAMP_UART_FIFO_SIZE];
	u8 error[MSAMP_UART_FIFO_SIZE];
	u8 head;
	u8 len;
	u8 errors;
};

/**
 * struct msamp_uart_stats - what has passed through since the counters were last zeroed
 * @tx: characters that left the transmitter for the line
 * @rx: characters that the receiver stored
 * @overruns: characters lost because the receiver was full, or written to a full transmit FIFO
 * @breaks: breaks received
 */
struct msamp_uart_stats {
	u64 tx;
	u64 rx;
	u64 overruns;
	u64 breaks;
};

/**
 * struct msamp_uart - one serial port
 * @rx: receive FIFO; its head is what RBR shows
 * @tx: transmit FIFO
 * @divisor: DLL and DLM; the base clock is 115200 baud
 * @ier: interrupt enable, bits 0 to 3
 * @fcr: FIFO control as last written, without the self-clearing bits
 * @lcr: line control
 * @mcr: modem control, bits 0 to 5
 * @scr: scratch
 * @msr: modem status, lines in the high and changes in the low nibble
 * @lsr_error: OE, PE, FE, BI as LSR shows them until it is read
 * @line_in: modem lines that arrive on the wire (MSR's high nibble), whether or not loop mode
 *   shows them
 * @thri: the transmitter became empty, which has not been acknowledged
 * @rx_timeout: the character timeout has struck, and no character has been read since
 * @auto_rts_off: auto flow control holds RTS down
 * @modem_changed: the modem lines that leave may have changed; the owner clears it
 * @changed: something that the line, the interrupt or the timeout depends on may have changed;
 *   the owner clears it
 * @rx_activity: counts every event that restarts the character timeout
 * @stats: counters
 */
struct msamp_uart {
	struct msamp_uart_fifo rx;
	struct msamp_uart_fifo tx;
	u16 divisor;
	u8 ier;
	u8 fcr;
	u8 lcr;
	u8 mcr;
	u8 scr;
	u8 msr;
	u8 lsr_error;
	u8 line_in;
	bool thri;
	bool rx_timeout;
	bool auto_rts_off;
	bool modem_changed;
	bool changed;
	u32 rx_activity;
	struct msamp_uart_stats stats;
};

void msamp_uart_reset(struct msamp_uart *uart);
u8 msamp_uart_read(struct msamp_uart *uart, unsigned int reg);
void msamp_uart_write(struct msamp_uart *uart, unsigned int reg, u8 val);

bool __msamp_uart_irq(const struct msamp_uart *uart);

bool msamp_uart_receive(struct msamp_uart *uart, u8 c, u8 error);
void msamp_uart_overrun(struct msamp_uart *uart);
bool msamp_uart_transmit(struct msamp_uart *uart, u8 *c);
bool msamp_uart_pass(struct msamp_uart *uart, u8 c);
bool msamp_uart_send(struct msamp_uart *uart, u8 *c);
bool msamp_uart_echo(struct msamp_uart *uart);
void msamp_uart_set_lines(struct msamp_uart *uart, u8 lines);
u8 msamp_uart_modem_out(const struct msamp_uart *uart);

u64 msamp_uart_char_ns(const struct msamp_uart *uart);
bool __msamp_uart_timeout_running(const struct msamp_uart *uart);
void msamp_uart_timeout(struct msamp_uart *uart);

/* What every access asks is answered in line. */

static inline bool msamp_uart_fifo_on(const struct msamp_uart *uart)
{
	return uart->fcr & UART_FCR_ENABLE_FIFO;
}

/* How many received characters raise an interrupt; without FIFOs each one does. */
static inline unsigned int msamp_uart_trigger(const struct msamp_uart *uart)
{
	static const u8 level[] = { 1, 4, 8, 14 };

	return msamp_uart_fifo_on(uart) ? level[UART_FCR_R_TRIG_BITS(uart->fcr)] : 1;
}

/* Without FIFOs a holding register is left: one character. */
static inline unsigned int msamp_uart_depth(const struct msamp_uart *uart)
{
	return msamp_uart_fifo_on(uart) ? MSAMP_UART_FIFO_SIZE : 1;
}

/* Whether a character waits in the transmitter that auto flow control does not keep there. */
static inline bool msamp_uart_tx_ready(const struct msamp_uart *uart)
{
	return uart->tx.len && (!(uart->mcr & UART_MCR_AFE) || (uart->msr & UART_MSR_CTS));
}

/**
 * msamp_uart_peek() - read a register whose reading has no effect now
 * @uart: the port
 * @reg: register number
 * @val: where the value goes
 *
 * Each value comes from single bytes, which change in one step; LSR's two halves, receiver and
 * transmitter, are as independent of each other as on the chip.
 *
 * Context: Any; needs no serialisation.
 * Return: false if the register has to be read by msamp_uart_read().
 */
static inline bool msamp_uart_peek(const struct msamp_uart *uart, unsigned int reg, u8 *val)
{
	switch (reg) {
	case UART_LCR:
		*val = READ_ONCE(uart->lcr);
		return true;
	case UART_MCR:
		*val = READ_ONCE(uart->mcr);
		return true;
	case UART_LSR:
		*val = (READ_ONCE(uart->rx.len) ? UART_LSR_DR : 0) |
		       (READ_ONCE(uart->tx.len) ? 0 : UART_LSR_THRE | UART_LSR_TEMT);
		return !READ_ONCE(uart->lsr_error) && !READ_ONCE(uart->rx.errors);
	case UART_MSR:
		*val = READ_ONCE(uart->msr);
		return !(*val & UART_MSR_ANY_DELTA);
	case UART_SCR:
		*val = READ_ONCE(uart->scr);
		return true;
	default:
		return false;
	}
}

/**
 * msamp_uart_break_out() - whether the transmitter holds the line in break
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 * Return: true while it does; never in loop mode, which keeps the break inside.
 */
static inline bool msamp_uart_break_out(const struct msamp_uart *uart)
{
	return (uart->lcr & UART_LCR_SBC) && !(uart->mcr & UART_MCR_LOOP);
}

/**
 * msamp_uart_cross() - where a null modem, or a loopback plug, leads modem lines
 * @out: UART_MCR_DTR and RTS as they leave
 *
 * Context: Any.
 * Return: UART_MSR_CTS, DSR and DCD as they arrive.
 */
static inline u8 msamp_uart_cross(u8 out)
{
	u8 in = 0;

	if (out & UART_MCR_RTS)
		in |= UART_MSR_CTS;
	if (out & UART_MCR_DTR)
		in |= UART_MSR_DSR | UART_MSR_DCD;
	return in;
}

/**
 * msamp_uart_sends() - whether a character waits in the transmitter
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 * Return: false if msamp_uart_transmit() would find none.
 */
static inline bool msamp_uart_sends(const struct msamp_uart *uart)
{
	return uart->tx.len;
}

/**
 * msamp_uart_transmits() - whether msamp_uart_transmit() would hand out a character
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 * Return: false if there is none, or auto flow control or loop mode keeps it.
 */
static inline bool msamp_uart_transmits(const struct msamp_uart *uart)
{
	return !(uart->mcr & UART_MCR_LOOP) && msamp_uart_tx_ready(uart);
}

/**
 * msamp_uart_receives() - whether msamp_uart_receive() would find room
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 * Return: false if the receiver is full, or cut off from the line by loop mode.
 */
static inline bool msamp_uart_receives(const struct msamp_uart *uart)
{
	return uart->rx.len < msamp_uart_depth(uart) && !(uart->mcr & UART_MCR_LOOP);
}

/**
 * msamp_uart_irq() - level of the interrupt pin
 * @uart: the port
 *
 * Context: Any; the owner serialises.
 * Return: true while an enabled cause is pending.
 */
static inline bool msamp_uart_irq(const struct msamp_uart *uart)
{
	return uart->ier && __msamp_uart_irq(uart);
}

/**
 * msamp_uart_timeout_running() - whether the character timeout is counting
 * @uart: the port
 *
 * It counts while characters wait below the trigger level and its interrupt is enabled.
 * @uart->rx_activity changes when it has been restarted since it was last looked at.
 *
 * Context: Any; the owner serialises.
 * Return: true if msamp_uart_timeout() is due four character times after the last activity.
 */
static inline bool msamp_uart_timeout_running(const struct msamp_uart *uart)
{
	return uart->rx.len && uart->ier && __msamp_uart_timeout_running(uart);
}

u8 msamp_uart_lines_seen(const struct msamp_uart *uart);

/* uart_serial.c, for uart_regs.c; never the other way */
u8 msamp_uart_get_rx(struct msamp_uart *uart);
void msamp_uart_put_tx(struct msamp_uart *uart, u8 c);
void msamp_uart_clear_rx(struct msamp_uart *uart);
void msamp_uart_clear_tx(struct msamp_uart *uart);
void msamp_uart_loop_break(struct msamp_uart *uart);
void msamp_uart_mcr_changed(struct msamp_uart *uart);

#endif /* MSAMP_UART_H */
