/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes through a port, both ways at once, register by register as a guest's driver does it. */
#ifndef SELFTEST_STREAM_H
#define SELFTEST_STREAM_H

#include <linux/types.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Who keeps a sender from sending too fast. */
enum stream_flow {
	FLOW_NONE,	/* nobody */
	FLOW_AFE,	/* the UART */
	FLOW_CTS,	/* the driver, which looks at CTS before it fills the FIFO */
};

struct stream {
	int fd;
	unsigned int port;
	enum stream_flow flow;
	const __u8 *tx;
	size_t tx_len;
	__u8 *rx;
	size_t rx_len;
	/* how far it has come */
	size_t sent;
	size_t received;
	__u8 errors;	/* LSR's error bits */
	double limit;	/* seconds without progress */
	int ret;
	pthread_t thread;
};

int stream_setup(struct stream *stream);
int stream_run(struct stream *stream);
int stream_start(struct stream *stream);
int stream_join(struct stream *stream);

void *random_bytes(size_t n);

#endif /* SELFTEST_STREAM_H */
