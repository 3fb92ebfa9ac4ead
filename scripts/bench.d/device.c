// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device as a virtual machine monitor holds it: opening, registers, INTx.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/serial_reg.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "probe.h"

/* So far into PCI configuration space is the first BAR. */
#define PCI_COMMAND		0x04
#define PCI_BASE_ADDRESS_0	0x10

uint8_t dev_get(struct dev *dev, unsigned int reg)
{
	uint8_t val;

	if (pread(dev->fd, &val, 1, dev->bar + reg) != 1)
		die("register read");
	return val;
}

void dev_put(struct dev *dev, unsigned int reg, uint8_t val)
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

static void dev_open_group(struct dev *dev, const char *uuid)
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
void dev_open(struct dev *dev, const char *uuid)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info bar = { .argsz = sizeof(bar) };

	dev_open_group(dev, uuid);
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

void dev_close(struct dev *dev)
{
	close(dev->fd);
	close(dev->group);
	close(dev->container);
	close(dev->intx);
}

/*
 * 115200 baud 8N1, FIFOs on and empty, DTR and RTS up, nothing pending, no interrupt enabled.
 * @mcr: more bits for MCR
 */
void dev_start_port(struct dev *dev, uint8_t fcr, uint8_t mcr)
{
	dev_put(dev, UART_IER, 0);
	dev_put(dev, UART_LCR, UART_LCR_DLAB);
	dev_put(dev, UART_DLL, 1);
	dev_put(dev, UART_DLM, 0);
	dev_put(dev, UART_LCR, UART_LCR_WLEN8);
	dev_put(dev, UART_FCR, fcr | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT);
	dev_put(dev, UART_FCR, fcr);
	dev_put(dev, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2 | mcr);
	dev_get(dev, UART_LSR);
	dev_get(dev, UART_IIR);
	dev_get(dev, UART_MSR);
}

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

uint8_t guest_in(struct dev *dev, unsigned int reg)
{
	uint8_t val = dev_get(dev, reg);

	guest_touched(dev);
	return val;
}

void guest_out(struct dev *dev, unsigned int reg, uint8_t val)
{
	dev_put(dev, reg, val);
	guest_touched(dev);
}

bool dev_wait_intx(struct dev *dev, unsigned int ms)
{
	struct pollfd pfd = { .fd = dev->intx, .events = POLLIN };
	uint64_t count;

	if (poll(&pfd, 1, ms) != 1)
		return false;
	if (read(dev->intx, &count, sizeof(count)) != sizeof(count))
		return false;
	dev->pending = true;
	return true;
}

/* An interrupt of before is none of what comes. */
void dev_forget_intx(struct dev *dev)
{
	uint64_t count;

	dev_set_irqs(dev, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, NULL);
	(void)!read(dev->intx, &count, sizeof(count));
	dev->pending = false;
}
