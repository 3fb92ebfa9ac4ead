/* SPDX-License-Identifier: GPL-2.0-only */
/* VFIO_DEVICE_SET_IRQS and the eventfds that go with it. */
#ifndef SELFTEST_IRQ_H
#define SELFTEST_IRQ_H

#include <linux/vfio.h>
#include <stddef.h>
#include <linux/types.h>

/* Long enough for a busy emulated machine; a test waits this long only when it fails. */
#define EVT_SOON_MS	3000
/* How long silence is listened to. */
#define EVT_NEVER_MS	30

int evt_new(void);
int evt_wait(int efd, int ms);
int evt_signal(int efd);

int irq_set_raw(int fd, __u32 flags, __u32 index, __u32 start, __u32 count,
		const void *data, size_t size);
int irq_set_none(int fd, __u32 index, __u32 action, __u32 start, __u32 count);
int irq_set_bool(int fd, __u32 index, __u32 action, __u8 val);
int irq_set_fd(int fd, __u32 index, __u32 action, __s32 efd);
int irq_set_fds(int fd, __u32 index, __u32 start, __u32 count, const __s32 *efd);

/* How many signals had come by the time at least one had; each call starts from 0 again. */
#define EXPECT_SIGNALS(_n, _efd) EXPECT_EQ(_n, evt_wait(_efd, EVT_SOON_MS))
#define EXPECT_SILENCE(_efd) EXPECT_EQ(0, evt_wait(_efd, EVT_NEVER_MS))

#endif /* SELFTEST_IRQ_H */
