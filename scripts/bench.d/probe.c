// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements of one loaded module for scripts/bench: the life cycle in sysfs, accesses to the
 * device's file descriptor, streams, migration. Runs in the virtual machine, next to nothing else.
 *
 * Prints a line for each sample, separated by tabs: the metric, nanoseconds per operation, and
 * those of a pread of /dev/zero at the same time, by which to tell a slow module from a machine
 * that had other things to do (0 if none was taken). A stream that a device cannot carry gives
 * "broken", the metric and why.
 */
#include <limits.h>
#include <linux/serial_reg.h>
#include <stdio.h>
#include <stdlib.h>

#include "device.h"
#include "driver.h"
#include "probe.h"
#include "stream.h"

static const char *const uuid[] = {
	"be9c4000-0000-4000-8000-000000000001",
	"be9c4000-0000-4000-8000-000000000002",
};

static void measure_read(struct dev *dev, unsigned int ops)
{
	double floor = measure_floor(ops);
	uint64_t start = now_ns();
	unsigned int i;

	for (i = 0; i < ops; i++)
		dev_get(dev, UART_SCR);
	sample("read", since(start, ops), floor);
}

static void measure_write(struct dev *dev, unsigned int ops)
{
	double floor = measure_floor(ops);
	uint64_t start = now_ns();
	unsigned int i;

	for (i = 0; i < ops; i++)
		dev_put(dev, UART_SCR, i);
	sample("write", since(start, ops), floor);
	if (dev_get(dev, UART_SCR) != (uint8_t)(ops - 1))
		give_up("the scratch register does not hold what was written");
}

static void measure_echo(struct dev *dev, unsigned int ops)
{
	double floor = measure_floor(ops);
	uint64_t start = now_ns();
	unsigned int i;

	for (i = 0; i < ops; i++) {
		dev_put(dev, UART_TX, i);
		if (dev_get(dev, UART_RX) != (uint8_t)i)
			give_up("a character did not come back");
	}
	sample("echo", since(start, ops), floor);
}

/* Taking turns, so that whatever else the machine does hits all alike. */
static void measure_accesses(struct dev *dev, unsigned int batches, unsigned int ops)
{
	dev_start_port(dev, UART_FCR_ENABLE_FIFO, 0);
	while (batches--) {
		measure_read(dev, ops);
		measure_write(dev, ops);
		measure_echo(dev, ops / 2);
	}
}

int main(int argc, char **argv)
{
	char type[PATH_MAX], two_ports[PATH_MAX];
	struct dev dev;

	if (argc != 6) {
		fprintf(stderr, "usage: %s TYPES-DIR BATCHES OPERATIONS STREAMS PAIRS\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	pattern_init();
	snprintf(type, sizeof(type), "%s/mtty-1", argv[1]);
	snprintf(two_ports, sizeof(two_ports), "%s/mtty-2", argv[1]);
	measure_life(type, uuid[0], atoi(argv[5]));
	create(type, uuid[0], NULL);
	dev_open(&dev, uuid[0]);
	measure_accesses(&dev, atoi(argv[2]), atoi(argv[3]));
	measure_streams(&dev, atoi(argv[4]));
	dev_close(&dev);
	discard(uuid[0], NULL);
	measure_pair(type, uuid, atoi(argv[4]));
	measure_tty(type, uuid[0], atoi(argv[4]));
	measure_migration(two_ports, uuid[0], atoi(argv[2]));
	return 0;
}
