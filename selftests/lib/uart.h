/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A serial port of the device under test, driven register by register through its BAR.
 *
 * All macros need the harness's _metadata and end the test if an access itself fails.
 */
#ifndef SELFTEST_UART_H
#define SELFTEST_UART_H

#include <linux/serial_reg.h>
#include <linux/types.h>
#include <stdbool.h>

#include "vfio.h"

/* Port n is BAR n: a 16550A's eight registers. */
#define uart_in(_fd, _port, _reg) ({					\
	__u8 __v = 0;						\
	ASSERT_EQ(1, region_read(_fd, _port, _reg, &__v, 1));		\
	__v; })
#define uart_out(_fd, _port, _reg, _val) do {				\
	__u8 __v = (_val);						\
	ASSERT_EQ(1, region_write(_fd, _port, _reg, &__v, 1));		\
} while (0)

/* IIR's cause bits, and the two that tell that the FIFOs are on. */
#define IIR_CAUSE	0x0f
#define IIR_FIFO	0xc0

#define LSR_IDLE	(UART_LSR_THRE | UART_LSR_TEMT)
#define MSR_LINES	0xf0
#define MSR_DELTAS	UART_MSR_ANY_DELTA

/* What the loopback plug feeds back for DTR and for RTS. */
#define PLUG_DTR	(UART_MSR_DSR | UART_MSR_DCD)
#define PLUG_RTS	UART_MSR_CTS

#define UART_FIFO_SIZE	16

/* At most this long until a byte written is on its way back: a loaded emulated machine. */
#define UART_SOON_US	2000000

int __uart_setup(int fd, unsigned int port, __u16 divisor, __u8 lcr, __u8 fcr);
int __uart_send(int fd, unsigned int port, const void *buf, unsigned int n);
int __uart_wait(int fd, unsigned int port, unsigned int reg, __u8 mask, __u8 want, long us);
int __uart_drain(int fd, unsigned int port, __u8 *buf, unsigned int max);
__u64 now_us(void);

/* A port as a driver leaves it before its first byte: rate, word, FIFOs, DTR, RTS and OUT2 on. */
#define uart_setup(_fd, _port, _divisor, _lcr, _fcr) \
	ASSERT_EQ(0, __uart_setup(_fd, _port, _divisor, _lcr, _fcr))
#define uart_send(_fd, _port, _buf, _n) ASSERT_EQ(0, __uart_send(_fd, _port, _buf, _n))
#define uart_wait(_fd, _port, _reg, _mask, _want) \
	EXPECT_EQ(0, __uart_wait(_fd, _port, _reg, _mask, _want, UART_SOON_US))

#endif /* SELFTEST_UART_H */
