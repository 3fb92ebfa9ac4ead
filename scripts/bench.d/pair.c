// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams through a null modem between two devices. Two guests at once, each a process of its own,
 * are what a null modem is for; one process that serves both in turn tells what it costs. The
 * sender lets auto flow control hold it back, so that nothing is lost.
 */
#include <linux/serial_reg.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "device.h"
#include "driver.h"
#include "probe.h"
#include "stream.h"

#define BURST	15

/**
 * struct pair - a stream from one device to another, as the two guests share it
 * @dev: the devices
 * @from: the sending guest
 * @to: the receiving one
 * @by_intx: they wait for interrupts; otherwise they look all the time
 * @meter: the time, as the receiver sees it
 * @over: the receiver is through, or has given up
 */
struct pair {
	struct dev dev[2];
	struct driver from;
	struct driver to;
	bool by_intx;
	struct meter meter;
	atomic_bool over;
};

static void pair_sender(void *arg)
{
	struct pair *pair = arg;
	struct driver *drv = &pair->from;

	while (pair->meter.resting)
		continue;
	driver_start(drv);
	while (!pair->over && drv->sent < drv->to_send) {
		if (!pair->by_intx || dev_wait_intx(drv->dev, STALL_MS))
			driver_interrupt(drv);
		while (pair->meter.resting)
			continue;
	}
}

static const char *pair_at_once(struct pair *pair, const char *metric)
{
	const char *trouble;
	pid_t sender;

	pair->meter.resting = true;
	sender = beside_start(pair_sender, pair);
	meter_start(&pair->meter, metric);
	trouble = stream_receive(&pair->to, &pair->meter, pair->by_intx);
	pair->over = true;
	beside_end(sender);
	return trouble;
}

/* Whose turn it is: those whose interrupt has come. */
static bool pair_wait(struct pair *pair, bool *from, bool *to)
{
	struct pollfd pfd[] = {
		{ .fd = pair->from.dev->intx, .events = POLLIN },
		{ .fd = pair->to.dev->intx, .events = POLLIN },
	};

	if (poll(pfd, ARRAY_SIZE(pfd), STALL_MS) < 1)
		return false;
	*from = pfd[0].revents && dev_wait_intx(pair->from.dev, 0);
	*to = pfd[1].revents && dev_wait_intx(pair->to.dev, 0);
	return true;
}

static const char *pair_in_turn(struct pair *pair, const char *metric)
{
	bool from = true, to = true;

	meter_start(&pair->meter, metric);
	driver_start(&pair->to);
	driver_start(&pair->from);
	while (pair->to.received < STREAM_SIZE) {
		if (pair->by_intx && !pair_wait(pair, &from, &to))
			return "no interrupt comes";
		if (from && pair->from.sent < STREAM_SIZE)
			driver_interrupt(&pair->from);
		if (to)
			driver_interrupt(&pair->to);
		if (!meter_read(&pair->meter, pair->to.received))
			return "no data comes";
	}
	return memcmp(pair->to.in, pattern, STREAM_SIZE) ? "wrong data comes" : NULL;
}

/**
 * struct pair_kind - a kind of stream between two devices
 * @by_intx: as in struct pair
 * @cpus: how many processors it takes
 * @run: carries it
 */
struct pair_kind {
	const char *metric;
	bool by_intx;
	int cpus;
	const char *(*run)(struct pair *pair, const char *metric);
};

static const struct pair_kind kinds[] = {
	{ .metric = "null-polled", .cpus = 2, .run = pair_at_once },
	{ .metric = "null-intx", .cpus = 2, .run = pair_at_once, .by_intx = true },
	{ .metric = "turn-polled", .run = pair_in_turn },
	{ .metric = "turn-intx", .run = pair_in_turn, .by_intx = true },
};

static void measure_kind(struct pair *pair, const struct pair_kind *kind)
{
	struct dev *dev = pair->dev;
	const char *trouble;
	int i;

	for (i = 0; i < 2; i++)
		dev_start_port(&dev[i], UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8,
			       UART_MCR_AFE);
	for (i = 0; i < 2; i++)
		dev_forget_intx(&dev[i]);
	pair->from = (struct driver){ .dev = &dev[0], .burst = BURST, .to_send = STREAM_SIZE };
	pair->to = (struct driver){ .dev = &dev[1] };
	pair->by_intx = kind->by_intx;
	pair->over = false;
	trouble = kind->run(pair, kind->metric);
	for (i = 0; i < 2; i++)
		dev_put(&dev[i], UART_IER, 0);
	stream_report(kind->metric, pair->meter.total, trouble, pair->to.received);
}

/* Does nothing where ports lead nowhere. */
void measure_pair(const char *type, const char *const uuid[2], unsigned int times)
{
	struct pair *pair = beside_share(sizeof(*pair));
	char peer[64];
	size_t i;

	for (i = 0; i < 2; i++)
		create(type, uuid[i], NULL);
	if (attr_exists(uuid[0], "port0/backend")) {
		snprintf(peer, sizeof(peer), "peer %s", uuid[1]);
		attr_write(uuid[0], "port0/backend", peer);
		for (i = 0; i < 2; i++)
			dev_open(&pair->dev[i], uuid[i]);
		while (times--) {
			for (i = 0; i < ARRAY_SIZE(kinds); i++)
				if (kinds[i].cpus <= sysconf(_SC_NPROCESSORS_ONLN))
					measure_kind(pair, &kinds[i]);
		}
		for (i = 0; i < 2; i++)
			dev_close(&pair->dev[i]);
	}
	for (i = 0; i < 2; i++)
		discard(uuid[i], NULL);
}
