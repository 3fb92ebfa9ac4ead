/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shorthand for tests of the fixture dev that drive one port. It is the card's last one: a mistake
 * in how a BAR is told from another shows there.
 */
#ifndef SELFTEST_UART_PORT_H
#define SELFTEST_UART_PORT_H

#include "uart.h"

#define PORT (variant->ports - 1)

#define in(_reg) uart_in(self->fd, PORT, _reg)
#define out(_reg, _val) uart_out(self->fd, PORT, _reg, _val)
#define setup(_divisor, _lcr, _fcr) uart_setup(self->fd, PORT, _divisor, _lcr, _fcr)
#define send(_buf, _n) uart_send(self->fd, PORT, _buf, _n)
#define drain(_buf, _max) __uart_drain(self->fd, PORT, _buf, _max)

/* The usual case: eight bits, FIFOs on, trigger at the first byte, fastest rate. */
#define setup_8n1() setup(1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO)

#define cause() (in(UART_IIR) & IIR_CAUSE)

#endif /* SELFTEST_UART_PORT_H */
