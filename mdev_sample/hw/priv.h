/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two halves of the UART share: uart_regs.c (bus) calls uart_serial.c (line), never the
 * other way.
 */
#ifndef MSAMP_UART_CORE_H
#define MSAMP_UART_CORE_H

#include "hw/uart.h"

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

u8 msamp_uart_get_rx(struct msamp_uart *uart);
void msamp_uart_put_tx(struct msamp_uart *uart, u8 c);
void msamp_uart_clear_rx(struct msamp_uart *uart);
void msamp_uart_clear_tx(struct msamp_uart *uart);
void msamp_uart_loop_break(struct msamp_uart *uart);
void msamp_uart_mcr_changed(struct msamp_uart *uart);
u8 msamp_uart_lines_seen(const struct msamp_uart *uart);

#endif /* MSAMP_UART_CORE_H */
