// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements of one loaded module for scripts/bench: accesses to the device's file descriptor and
 * the life cycle in sysfs. Runs in the virtual machine, next to nothing else.
 *
 * Prints a line for each sample, separated by tabs: the metric, nanoseconds per operation, and
 * those of a pread of /dev/zero at the same time, by which to tell a slow module from a machine
 * that had other things to do (0 if none was taken). A stream that a device cannot carry gives
 * "broken", the metric and why.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/serial_reg.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* So far into PCI configuration space is the first BAR. */
#define PCI_COMMAND		0x04
#define PCI_BASE_ADDRESS_0	0x10

#define STREAM_SIZE	65536
#define STALL_NS	200000000ULL

/*
 * A stream stops to look at the floor after so many bytes: about as often as the host's scheduler
 * may change what we get of the machine. It is compared with the floor in stretches.
 */
#define STEP_SIZE	256
#define STEP_OPS	50
#define STRETCH_SIZE	4096

static const char uuid[] = "be9c4000-0000-4000-8000-000000000001";

/**
 * struct dev - an opened device as a virtual machine monitor holds it
 * @fd: the device's file descriptor
 * @bar: file offset of the first port's registers
 * @intx: eventfd of the interrupt
 * @pending: INTx has come and the guest has not touched the device since
 */
struct dev {
	int container;
	int group;
	int fd;
	uint64_t bar;
	int intx;
	bool pending;
};

/**
 * struct stream - a transfer in progress, as the guest's driver sees its port
 * @burst: most characters to send without looking at LSR again
 * @by_intx: wait for an interrupt before each look at the port; otherwise look all the time
 * @ier: what the driver last wrote to IER
 * @steps: how many steps have ended
 * @step_start: when the current step began
 * @total: nanoseconds of all steps so far
 * @stretch: nanoseconds of the steps of the current stretch
 * @floor: sum of the floor's samples after these
 */
struct stream {
	const char *metric;
	unsigned int burst;
	bool by_intx;
	uint8_t ier;
	size_t sent;
	size_t received;
	unsigned int steps;
	uint64_t step_start;
	uint64_t total;
	uint64_t stretch;
	double floor;
	uint8_t in[STREAM_SIZE];
};

static uint8_t pattern[STREAM_SIZE];

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void give_up(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static double since(uint64_t start, unsigned int ops)
{
	return (double)(now_ns() - start) / ops;
}

static void sample(const char *metric, double ns, double floor)
{
	printf("%s\t%.1f\t%.1f\n", metric, ns, floor);
}

/* --- life cycle ------------------------------------------------------------------------------ */

static int open_attr(const char *dir, const char *name)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void create(const char *type, const char *metric)
{
	int fd = open_attr(type, "create");
	uint64_t start = now_ns();

	if (write(fd, uuid, strlen(uuid)) < 0)
		die("create");
	if (metric)
		sample(metric, since(start, 1), 0);
	close(fd);
}

static void discard(const char *metric)
{
	char dir[PATH_MAX];
	uint64_t start;
	int fd;

	snprintf(dir, sizeof(dir), "/sys/bus/mdev/devices/%s", uuid);
	fd = open_attr(dir, "remove");
	start = now_ns();
	if (write(fd, "1", 1) < 0)
		die("remove");
	if (metric)
		sample(metric, since(start, 1), 0);
	close(fd);
}

static void measure_life(const char *type, unsigned int pairs)
{
	/* the first device of a module finds cold caches and sets things up for the next ones */
	create(type, NULL);
	discard(NULL);
	while (pairs--) {
		create(type, "create");
		discard("remove");
	}
}

/* --- the device's file descriptor ------------------------------------------------------------ */

static uint8_t dev_get(struct dev *dev, unsigned int reg)
{
	uint8_t val;

	if (pread(dev->fd, &val, 1, dev->bar + reg) != 1)
		die("register read");
	return val;
}

static void dev_put(struct dev *dev, unsigned int reg, uint8_t val)
{
	if (pwrite(dev->fd, &val, 1, dev->bar + reg) != 1)
		die("register write");
}

static void dev_config(struct dev *dev, unsigned int offset, uint32_t val, size_t width)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};

	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		die("GET_REGION_INFO of the configuration space");
	if (pwrite(dev->fd, &val, width, info.offset + offset) != (ssize_t)width)
		die("configuration write");
}

static int dev_set_irqs(struct dev *dev, uint32_t flags, const int *fd)
{
	struct {
		struct vfio_irq_set hdr;
		int fd;
	} set = {
		.hdr = {
			.argsz = sizeof(set.hdr) + (fd ? sizeof(*fd) : 0),
			.flags = flags,
			.index = VFIO_PCI_INTX_IRQ_INDEX,
			.count = 1,
		},
		.fd = fd ? *fd : 0,
	};

	return ioctl(dev->fd, VFIO_DEVICE_SET_IRQS, &set);
}

static void dev_open_group(struct dev *dev)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/iommu_group", uuid);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		die(path);
	link[len] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio%s", strrchr(link, '/'));

	dev->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	dev->group = open(path, O_RDWR | O_CLOEXEC);
	if (dev->container < 0 || dev->group < 0)
		die(path);
	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container) ||
	    ioctl(dev->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		die("VFIO_SET_IOMMU");
	dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, uuid);
	if (dev->fd < 0)
		die("VFIO_GROUP_GET_DEVICE_FD");
}

/* What a monitor asks and a guest's firmware sets before the driver comes; mtty relies on it. */
static void dev_open(struct dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info bar = { .argsz = sizeof(bar) };

	dev_open_group(dev);
	if (ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info))
		die("GET_INFO");
	if (ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, &bar))
		die("GET_REGION_INFO");
	dev->bar = bar.offset;
	dev_config(dev, PCI_BASE_ADDRESS_0, 0xe000, 4);
	dev_config(dev, PCI_COMMAND, 0x0001, 2);

	/* before any interrupt is enabled: mtty of 6.1 signals whether or not there is one */
	dev->intx = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	dev->pending = false;
	if (dev->intx < 0 || dev_set_irqs(dev, VFIO_IRQ_SET_DATA_EVENTFD |
					  VFIO_IRQ_SET_ACTION_TRIGGER, &dev->intx))
		die("INTx eventfd");
}

static void dev_close(struct dev *dev)
{
	close(dev->fd);
	close(dev->group);
	close(dev->container);
	close(dev->intx);
}

/* 115200 baud 8N1, FIFOs on and empty, nothing pending, no interrupt enabled. */
static void dev_start_port(struct dev *dev, uint8_t fcr)
{
	dev_put(dev, UART_IER, 0);
	dev_put(dev, UART_LCR, UART_LCR_DLAB);
	dev_put(dev, UART_DLL, 1);
	dev_put(dev, UART_DLM, 0);
	dev_put(dev, UART_LCR, UART_LCR_WLEN8);
	dev_put(dev, UART_FCR, fcr | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT);
	dev_put(dev, UART_FCR, fcr);
	dev_put(dev, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
	dev_get(dev, UART_LSR);
	dev_get(dev, UART_IIR);
	dev_get(dev, UART_MSR);
}

/* --- single accesses ------------------------------------------------------------------------- */

static double measure_floor(unsigned int ops)
{
	static int zero = -1;
	unsigned int i;
	uint64_t start;
	double ns;
	uint8_t c;

	if (zero < 0)
		zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	start = now_ns();
	for (i = 0; i < ops; i++) {
		if (pread(zero, &c, 1, 0) != 1)
			die("/dev/zero");
	}
	ns = since(start, ops);
	sample("zero", ns, ns);
	return ns;
}

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
	dev_start_port(dev, UART_FCR_ENABLE_FIFO);
	while (batches--) {
		measure_read(dev, ops);
		measure_write(dev, ops);
		measure_echo(dev, ops / 2);
	}
}

/* --- streams --------------------------------------------------------------------------------- */

/*
 * QEMU's way with INTx: the first access after an interrupt tells it that the guest is at work, so
 * it lowers the guest's line and unmasks the device's, which comes back if it is still high.
 */
static void guest_touched(struct dev *dev)
{
	if (!dev->pending)
		return;
	dev->pending = false;
	if (dev_set_irqs(dev, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, NULL))
		die("UNMASK");
}

static uint8_t guest_in(struct dev *dev, unsigned int reg)
{
	uint8_t val = dev_get(dev, reg);

	guest_touched(dev);
	return val;
}

static void guest_out(struct dev *dev, unsigned int reg, uint8_t val)
{
	dev_put(dev, reg, val);
	guest_touched(dev);
}

static bool wait_intx(struct dev *dev)
{
	struct pollfd pfd = { .fd = dev->intx, .events = POLLIN };
	uint64_t count;

	if (poll(&pfd, 1, STALL_NS / 1000000) != 1)
		return false;
	if (read(dev->intx, &count, sizeof(count)) != sizeof(count))
		return false;
	dev->pending = true;
	return true;
}

static uint8_t stream_receive(struct dev *dev, struct stream *s, uint8_t lsr)
{
	do {
		uint8_t c = guest_in(dev, UART_RX);

		if (s->received < STREAM_SIZE)
			s->in[s->received++] = c;
		lsr = guest_in(dev, UART_LSR);
	} while (lsr & (UART_LSR_DR | UART_LSR_BI));
	return lsr;
}

static void stream_send(struct dev *dev, struct stream *s)
{
	unsigned int i;

	for (i = 0; i < s->burst && s->sent < STREAM_SIZE; i++)
		guest_out(dev, UART_TX, pattern[s->sent++]);
	if (s->sent == STREAM_SIZE) {
		s->ier &= ~UART_IER_THRI;
		guest_out(dev, UART_IER, s->ier);
	}
}

/* What Linux's 8250 driver does with one port at one interrupt. */
static bool stream_interrupt(struct dev *dev, struct stream *s)
{
	uint8_t iir = guest_in(dev, UART_IIR), lsr;

	if (iir & UART_IIR_NO_INT)
		return false;
	lsr = guest_in(dev, UART_LSR);
	if (lsr & (UART_LSR_DR | UART_LSR_BI))
		lsr = stream_receive(dev, s, lsr);
	guest_in(dev, UART_MSR);
	if ((lsr & UART_LSR_THRE) && (s->ier & UART_IER_THRI))
		stream_send(dev, s);
	return true;
}

static void stream_end_stretch(struct stream *s)
{
	char metric[32];

	snprintf(metric, sizeof(metric), "%s/stretch", s->metric);
	sample(metric, s->stretch, s->floor / (STRETCH_SIZE / STEP_SIZE));
	s->stretch = 0;
	s->floor = 0;
}

static void stream_end_step(struct stream *s)
{
	uint64_t ns = now_ns() - s->step_start;

	s->total += ns;
	s->stretch += ns;
	s->floor += measure_floor(STEP_OPS);
	s->steps++;
	if (!(s->steps % (STRETCH_SIZE / STEP_SIZE)))
		stream_end_stretch(s);
	s->step_start = now_ns();
}

/* Returns why the stream does not get on, NULL when everything has come back. */
static const char *stream_run(struct dev *dev, struct stream *s)
{
	s->step_start = now_ns();
	s->ier = UART_IER_RLSI | UART_IER_RDI | UART_IER_THRI;
	guest_out(dev, UART_IER, s->ier);
	while (s->received < STREAM_SIZE) {
		size_t received = s->received;

		if (s->by_intx && !wait_intx(dev))
			return "no interrupt comes";
		stream_interrupt(dev, s);
		if (s->received / STEP_SIZE > s->steps)
			stream_end_step(s);
		else if (s->received == received && now_ns() - s->step_start > STALL_NS)
			return "no data comes";
	}
	return memcmp(s->in, pattern, STREAM_SIZE) ? "wrong data comes" : NULL;
}

static bool measure_stream(struct dev *dev, const struct stream *kind)
{
	static struct stream s;
	const char *trouble;
	uint64_t count;

	s = *kind;
	dev_start_port(dev, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8);
	/* an interrupt of before is none of this stream's */
	dev_set_irqs(dev, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, NULL);
	(void)!read(dev->intx, &count, sizeof(count));
	dev->pending = false;

	trouble = stream_run(dev, &s);
	if (trouble)
		printf("broken\t%s\t%s after %zu of %u bytes\n", s.metric, trouble, s.received,
		       STREAM_SIZE);
	else
		sample(s.metric, s.total, 0);
	dev_put(dev, UART_IER, 0);
	return !trouble;
}

static const struct stream kinds[] = {
	{ .metric = "polled-16", .burst = 16 },
	{ .metric = "polled-15", .burst = 15 },
	{ .metric = "intx-16", .burst = 16, .by_intx = true },
	{ .metric = "intx-15", .burst = 15, .by_intx = true },
};

static void measure_streams(struct dev *dev, unsigned int times)
{
	bool works[ARRAY_SIZE(kinds)] = { true, true, true, true };
	size_t i;

	for (i = 0; i < STREAM_SIZE; i++)
		pattern[i] = i * 7 + (i >> 8);
	while (times--) {
		for (i = 0; i < ARRAY_SIZE(kinds); i++)
			works[i] = works[i] && measure_stream(dev, &kinds[i]);
	}
}

int main(int argc, char **argv)
{
	struct dev dev;

	if (argc != 6) {
		fprintf(stderr, "usage: %s TYPE-DIR BATCHES OPERATIONS STREAMS PAIRS\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	measure_life(argv[1], atoi(argv[5]));
	create(argv[1], NULL);
	dev_open(&dev);
	measure_accesses(&dev, atoi(argv[2]), atoi(argv[3]));
	measure_streams(&dev, atoi(argv[4]));
	dev_close(&dev);
	discard(NULL);
	return 0;
}
