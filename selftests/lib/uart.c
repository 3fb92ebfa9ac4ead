// SPDX-License-Identifier: GPL-2.0-only
#include "uart.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

static int uart_put(int fd, unsigned int port, unsigned int reg, __u8 val)
{
	ssize_t ret = region_write(fd, port, reg, &val, 1);

	return ret < 0 ? ret : ret == 1 ? 0 : -EIO;
}

static int uart_get(int fd, unsigned int port, unsigned int reg, __u8 *val)
{
	ssize_t ret = region_read(fd, port, reg, val, 1);

	return ret < 0 ? ret : ret == 1 ? 0 : -EIO;
}

__u64 now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

/**
 * __uart_setup() - bring a port into a known state
 * @fd: device fd
 * @port: BAR
 * @divisor: of the 115200 baud base clock
 * @lcr: word format, without DLAB
 * @fcr: FIFO control; the FIFOs are emptied whatever it says
 *
 * DTR, RTS and OUT2 are on, no interrupt is enabled, nothing is pending. The outputs rise after the
 * receiver has been emptied: what the other end sends as soon as it sees them is kept.
 *
 * Return: 0 or -errno.
 */
int __uart_setup(int fd, unsigned int port, __u16 divisor, __u8 lcr, __u8 fcr)
{
	const struct {
		__u8 reg, val;
	} steps[] = {
		{ UART_LCR, lcr },
		{ UART_IER, 0 },
		{ UART_LCR, lcr | UART_LCR_DLAB },
		{ UART_DLL, divisor & 0xff },
		{ UART_DLM, divisor >> 8 },
		{ UART_LCR, lcr },
		{ UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT },
		{ UART_FCR, fcr },
	};
	__u8 junk;
	int ret = 0;

	for (size_t i = 0; !ret && i < ARRAY_SIZE(steps); i++)
		ret = uart_put(fd, port, steps[i].reg, steps[i].val);
	for (unsigned int reg = UART_RX; !ret && reg <= UART_LSR; reg++)
		ret = uart_get(fd, port, reg, &junk);
	if (!ret)
		ret = uart_put(fd, port, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
	return ret ?: uart_get(fd, port, UART_MSR, &junk);
}

/* Write bytes to THR one by one without asking whether there is room. */
int __uart_send(int fd, unsigned int port, const void *buf, unsigned int n)
{
	const __u8 *c = buf;
	int ret = 0;

	while (!ret && n--)
		ret = uart_put(fd, port, UART_TX, *c++);
	return ret;
}

/**
 * __uart_wait() - poll a register until it shows what is wanted
 * @fd: device fd
 * @port: BAR
 * @reg: the register
 * @mask: which of its bits
 * @want: their value
 * @us: longest wait
 *
 * Return: 0, -ETIMEDOUT, or -errno of an access.
 */
int __uart_wait(int fd, unsigned int port, unsigned int reg, __u8 mask, __u8 want, long us)
{
	__u64 end = now_us() + us;
	bool late;
	__u8 val;
	int ret;

	/* the last look is after the time is up: a machine that stood still looks once more */
	do {
		late = now_us() >= end;
		ret = uart_get(fd, port, reg, &val);
		if (ret)
			return ret;
		if ((val & mask) == want)
			return 0;
		usleep(100);
	} while (!late);
	return -ETIMEDOUT;
}

/**
 * __uart_drain() - read the receiver while it has data
 * @fd: device fd
 * @port: BAR
 * @buf: receives the bytes
 * @max: room in @buf
 *
 * Return: how many bytes came, or -errno.
 */
int __uart_drain(int fd, unsigned int port, __u8 *buf, unsigned int max)
{
	unsigned int n = 0;
	__u8 lsr;
	int ret;

	while (n < max) {
		ret = uart_get(fd, port, UART_LSR, &lsr);
		if (ret)
			return ret;
		if (!(lsr & UART_LSR_DR))
			break;
		ret = uart_get(fd, port, UART_RX, &buf[n++]);
		if (ret)
			return ret;
	}
	return n;
}
