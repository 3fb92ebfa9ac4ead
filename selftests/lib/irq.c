// SPDX-License-Identifier: GPL-2.0-only
#include "irq.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vfio.h"

int evt_new(void)
{
	int efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return efd < 0 ? -errno : efd;
}

/**
 * evt_wait() - wait for an eventfd
 * @efd: the eventfd
 * @ms: longest wait
 *
 * Return: its count, which is 0 again afterwards; 0 if none came in time; -errno.
 */
int evt_wait(int efd, int ms)
{
	struct pollfd p = { .fd = efd, .events = POLLIN };
	__u64 n;

	if (poll(&p, 1, ms) < 0)
		return -errno;
	if (!(p.revents & POLLIN))
		return 0;
	return read(efd, &n, sizeof(n)) == sizeof(n) ? (int)n : -errno;
}

int evt_signal(int efd)
{
	__u64 one = 1;

	return write(efd, &one, sizeof(one)) == sizeof(one) ? 0 : -errno;
}

/**
 * irq_set_raw() - SET_IRQS with nothing checked or filled in
 * @fd: device fd
 * @flags: data type and action
 * @index: IRQ index
 * @start: first subindex
 * @count: number of subindices
 * @data: payload
 * @size: its size; argsz covers header and payload
 *
 * Return: 0 or -errno.
 */
int irq_set_raw(int fd, __u32 flags, __u32 index, __u32 start, __u32 count,
		const void *data, size_t size)
{
	union {
		struct vfio_irq_set hdr;
		char room[sizeof(struct vfio_irq_set) + 256];
	} set;

	if (size > sizeof(set.room) - sizeof(set.hdr))
		return -EMSGSIZE;
	set.hdr = (struct vfio_irq_set){
		.argsz = sizeof(set.hdr) + size,
		.flags = flags,
		.index = index,
		.start = start,
		.count = count,
	};
	if (size)
		memcpy(set.hdr.data, data, size);
	return vfio_ioctl(fd, VFIO_DEVICE_SET_IRQS, &set);
}

int irq_set_none(int fd, __u32 index, __u32 action, __u32 start, __u32 count)
{
	return irq_set_raw(fd, VFIO_IRQ_SET_DATA_NONE | action, index, start, count, NULL, 0);
}

int irq_set_bool(int fd, __u32 index, __u32 action, __u8 val)
{
	return irq_set_raw(fd, VFIO_IRQ_SET_DATA_BOOL | action, index, 0, 1, &val, sizeof(val));
}

int irq_set_fd(int fd, __u32 index, __u32 action, __s32 efd)
{
	return irq_set_raw(fd, VFIO_IRQ_SET_DATA_EVENTFD | action, index, 0, 1, &efd, sizeof(efd));
}

/* Eventfds that a range of vectors triggers. */
int irq_set_fds(int fd, __u32 index, __u32 start, __u32 count, const __s32 *efd)
{
	return irq_set_raw(fd, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, index,
			   start, count, efd, count * sizeof(*efd));
}
