// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams through a loopback plug, and how all streams are timed.
 */
#include <linux/serial_reg.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "driver.h"
#include "probe.h"
#include "stream.h"

/*
 * A stream stops to look at the floor after so many bytes: about as often as the host's scheduler
 * may change what we get of the machine. It is compared with the floor in stretches.
 */
#define STEP_SIZE	256
#define STEP_OPS	50
#define STRETCH_SIZE	4096

void meter_start(struct meter *meter, const char *metric)
{
	meter->metric = metric;
	meter->bytes = 0;
	meter->step_at = 0;
	meter->total = 0;
	meter->stretch_at = 0;
	meter->stretch = 0;
	meter->floor = 0;
	meter->floors = 0;
	meter->step_start = now_ns();
	meter->resting = false;
}

/* Steps end with a burst, a little late; what counts is the time for the same size. */
static void meter_end_stretch(struct meter *meter)
{
	size_t bytes = meter->bytes - meter->stretch_at;
	char metric[32];

	snprintf(metric, sizeof(metric), "%s/stretch", meter->metric);
	sample(metric, (double)meter->stretch * STRETCH_SIZE / bytes,
	       meter->floor / meter->floors);
	meter->stretch_at = meter->bytes;
	meter->stretch = 0;
	meter->floor = 0;
	meter->floors = 0;
}

static void meter_end_step(struct meter *meter)
{
	uint64_t ns = now_ns() - meter->step_start;

	meter->resting = true;
	meter->step_at = meter->bytes;
	meter->total += ns;
	meter->stretch += ns;
	meter->floor += measure_floor(STEP_OPS);
	meter->floors++;
	if (meter->bytes - meter->stretch_at >= STRETCH_SIZE || meter->bytes == STREAM_SIZE)
		meter_end_stretch(meter);
	meter->step_start = now_ns();
	meter->resting = false;
}

/* So many bytes have arrived. Returns false if the stream has stood still for too long. */
bool meter_read(struct meter *meter, size_t bytes)
{
	if (bytes == meter->bytes)
		return now_ns() - meter->step_start < STALL_NS;
	meter->bytes = bytes;
	if (bytes - meter->step_at >= STEP_SIZE || bytes == STREAM_SIZE)
		meter_end_step(meter);
	return true;
}

/* The end. Returns false if there was trouble. */
bool stream_report(const char *metric, uint64_t ns, const char *trouble, size_t bytes)
{
	if (trouble)
		printf("broken\t%s\t%s after %zu of %u bytes\n", metric, trouble, bytes,
		       STREAM_SIZE);
	else
		sample(metric, ns, 0);
	return !trouble;
}

/* Returns why the stream does not get on, NULL when everything has arrived. */
const char *stream_receive(struct driver *drv, struct meter *meter, bool by_intx)
{
	driver_start(drv);
	while (drv->received < STREAM_SIZE) {
		if (by_intx && !dev_wait_intx(drv->dev, STALL_MS))
			return "no interrupt comes";
		driver_interrupt(drv);
		if (!meter_read(meter, drv->received))
			return "no data comes";
	}
	return memcmp(drv->in, pattern, STREAM_SIZE) ? "wrong data comes" : NULL;
}

/**
 * struct stream - a kind of stream
 * @burst: most characters to send without looking at LSR again
 * @by_intx: wait for an interrupt before each look at the port; otherwise look all the time
 */
struct stream {
	const char *metric;
	unsigned int burst;
	bool by_intx;
};

static bool measure_stream(struct dev *dev, const struct stream *kind)
{
	static struct driver drv;
	struct meter meter;
	const char *trouble;

	drv = (struct driver){ .dev = dev, .burst = kind->burst, .to_send = STREAM_SIZE };
	dev_start_port(dev, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8, 0);
	dev_forget_intx(dev);
	meter_start(&meter, kind->metric);
	trouble = stream_receive(&drv, &meter, kind->by_intx);
	dev_put(dev, UART_IER, 0);
	return stream_report(kind->metric, meter.total, trouble, drv.received);
}

static const struct stream kinds[] = {
	{ .metric = "polled-16", .burst = 16 },
	{ .metric = "polled-15", .burst = 15 },
	{ .metric = "intx-16", .burst = 16, .by_intx = true },
	{ .metric = "intx-15", .burst = 15, .by_intx = true },
};

void measure_streams(struct dev *dev, unsigned int times)
{
	bool works[ARRAY_SIZE(kinds)] = { true, true, true, true };
	size_t i;

	while (times--) {
		for (i = 0; i < ARRAY_SIZE(kinds); i++)
			works[i] = works[i] && measure_stream(dev, &kinds[i]);
	}
}
