// SPDX-License-Identifier: GPL-2.0-only
#include "stream.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>

#include "crowd.h"
#include "uart.h"

static int stream_in(struct stream *stream, unsigned int reg, __u8 *val)
{
	return region_read(stream->fd, stream->port, reg, val, 1) == 1 ? 0 : -EIO;
}

static int stream_out(struct stream *stream, unsigned int reg, __u8 val)
{
	return region_write(stream->fd, stream->port, reg, &val, 1) == 1 ? 0 : -EIO;
}

/**
 * stream_setup() - bring a port into the state that its flow control wants
 * @stream: the stream
 *
 * Return: 0 or -errno.
 */
int stream_setup(struct stream *stream)
{
	__u8 mcr = UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2;
	int ret;

	ret = __uart_setup(stream->fd, stream->port, 1, UART_LCR_WLEN8,
			   UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8);
	if (!ret && stream->flow == FLOW_AFE)
		ret = stream_out(stream, UART_MCR, mcr | UART_MCR_AFE);
	return ret;
}

/*
 * What the receiver has; @lsr is what LSR said last. No more than a FIFO of it at once: on a slow
 * machine the other end may fill the FIFO as fast as it is emptied, and nothing would be sent.
 */
static int stream_receive(struct stream *stream, __u8 *lsr)
{
	__u8 c;

	for (int i = 0; ; i++) {
		if (stream_in(stream, UART_LSR, lsr))
			return -EIO;
		stream->errors |= *lsr & UART_LSR_BRK_ERROR_BITS;
		if (!(*lsr & UART_LSR_DR) || i == UART_FIFO_SIZE)
			return 0;
		if (stream_in(stream, UART_RX, &c))
			return -EIO;
		if (stream->received < stream->rx_len)
			stream->rx[stream->received] = c;
		stream->received++;
	}
}

static int stream_fill(struct stream *stream)
{
	__u8 msr;

	if (stream->flow == FLOW_CTS) {
		if (stream_in(stream, UART_MSR, &msr))
			return -EIO;
		if (!(msr & UART_MSR_CTS))
			return 0;
	}
	for (int i = 0; i < UART_FIFO_SIZE && stream->sent < stream->tx_len; i++)
		if (stream_out(stream, UART_TX, stream->tx[stream->sent++]))
			return -EIO;
	return 0;
}

/**
 * stream_run() - send and receive until all has come and gone
 * @stream: the stream; sent and received say how far it is already
 *
 * Return: 0, -ETIMEDOUT if there was no progress for too long, -EIO.
 */
int stream_run(struct stream *stream)
{
	double last = seconds_now();
	size_t progress = 0;
	__u8 lsr;

	while (stream->sent < stream->tx_len || stream->received < stream->rx_len) {
		if (stream_receive(stream, &lsr))
			return -EIO;
		if ((lsr & UART_LSR_THRE) && stream->sent < stream->tx_len && stream_fill(stream))
			return -EIO;
		if (stream->sent + stream->received != progress) {
			progress = stream->sent + stream->received;
			last = seconds_now();
		} else {
			if (seconds_now() - last > stream->limit)
				return -ETIMEDOUT;
			sched_yield();
		}
	}
	return 0;
}

static void *stream_main(void *arg)
{
	struct stream *stream = arg;

	stream->ret = stream_run(stream);
	return NULL;
}

int stream_start(struct stream *stream)
{
	return -pthread_create(&stream->thread, NULL, stream_main, stream);
}

int stream_join(struct stream *stream)
{
	pthread_join(stream->thread, NULL);
	return stream->ret;
}

void *random_bytes(size_t n)
{
	__u8 *bytes = malloc(n);

	for (size_t done = 0; bytes && done < n; ) {
		ssize_t ret = getrandom(bytes + done, n - done, 0);

		if (ret <= 0)
			abort();
		done += ret;
	}
	return bytes;
}
