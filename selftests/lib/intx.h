/* SPDX-License-Identifier: GPL-2.0-only */
/* Shorthand for tests of the fixture dev that work with INTx and the ports that raise it. */
#ifndef SELFTEST_INTX_H
#define SELFTEST_INTX_H

#include "irq.h"
#include "uart_port.h"

#define INTX	VFIO_PCI_INTX_IRQ_INDEX
#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER

#define mask() ASSERT_EQ(0, irq_set_none(self->fd, INTX, MASK, 0, 1))
#define unmask() ASSERT_EQ(0, irq_set_none(self->fd, INTX, UNMASK, 0, 1))
#define enable(_efd) ASSERT_EQ(0, irq_set_fd(self->fd, INTX, TRIGGER, _efd))
#define disable() ASSERT_EQ(0, irq_set_none(self->fd, INTX, TRIGGER, 0, 0))

#define new_evt() ({		\
	int __efd = evt_new();	\
	ASSERT_LE(0, __efd);	\
	__efd; })

/* A port whose pin rises when a byte is there to be read, and falls when it has been read. */
#define prepare_port(_port) do {						\
	unsigned int __port = (_port);						\
										\
	uart_setup(self->fd, __port, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);	\
	uart_out(self->fd, __port, UART_IER, UART_IER_RDI);			\
} while (0)
#define raise_port(_port) uart_out(self->fd, _port, UART_TX, 'x')
#define lower_port(_port) EXPECT_EQ('x', uart_in(self->fd, _port, UART_RX))

#define prepare() prepare_port(PORT)
#define raise_pin() raise_port(PORT)
#define lower_pin() lower_port(PORT)

#define status_intx() ((cfg_read(self->fd, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT) != 0)

#endif /* SELFTEST_INTX_H */
