/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 16550A with automatic flow control: registers, two FIFOs, modem lines, interrupt causes.
 *
 * The registers and their numbers are the 8250 family's, named as in <linux/serial_reg.h>;
 * behaviour is that of the National 16550A data sheet, with the auto flow control of TI's
 * TL16C550C (MCR bit 5). A uart has no clock and no lock: whoever owns it serialises the calls,
 * moves bytes between it and the line, and tells it when the receiver has been idle for four
 * character times.
 */
#ifndef MSAMP_UART_H
#define MSAMP_UART_H

#include "pure.h"

#define MSAMP_UART_REGS		8
#define MSAMP_UART_FIFO_SIZE	16

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
 * @thri: the transmitter became empty and nobody has acknowledged it
 * @rx_timeout: the character timeout has struck and nobody has read a character since
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
bool msamp_uart_peek(const struct msamp_uart *uart, unsigned int reg, u8 *val);

bool msamp_uart_irq(const struct msamp_uart *uart);

bool msamp_uart_receive(struct msamp_uart *uart, u8 c, u8 error);
bool msamp_uart_transmit(struct msamp_uart *uart, u8 *c);
void msamp_uart_set_lines(struct msamp_uart *uart, u8 lines);
u8 msamp_uart_modem_out(const struct msamp_uart *uart);
bool msamp_uart_break_out(const struct msamp_uart *uart);

u64 msamp_uart_char_ns(const struct msamp_uart *uart);
bool msamp_uart_timeout_running(const struct msamp_uart *uart);
void msamp_uart_timeout(struct msamp_uart *uart);

#endif /* MSAMP_UART_H */
