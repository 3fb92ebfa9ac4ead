/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live migration through the device fd. Functions return 0, or a count, or -errno.
 */
#ifndef SELFTEST_MIG_H
#define SELFTEST_MIG_H

#include <linux/types.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Userspace headers older than Linux 6.2 lack pre-copy, and the tests must compile there. */
#ifndef VFIO_MIGRATION_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY		4
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7
#define VFIO_MIG_GET_PRECOPY_INFO	_IO(VFIO_TYPE, VFIO_BASE + 21)
struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};
#endif
#ifndef VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE 9
#endif

#define MIG_NR_STATES	8
/* Longer than any card's state without padding. */
#define MIG_STATE_MAX	4096

#define NO_PRE_COPY "no pre-copy: needs Linux 6.2"

const char *mig_name(unsigned int state);
int mig_feature(int fd, __u32 flags, void *data, size_t size);
int mig_flags(int fd);
int mig_get(int fd);
int __mig_set(int fd, __u32 state, int *data_fd);
int mig_data_size(int fd, __u64 *size);
int mig_precopy(int data_fd, struct vfio_precopy_info *info);

ssize_t mig_read(int data_fd, void *buf, size_t size);
ssize_t mig_write(int data_fd, const void *buf, size_t size);
ssize_t mig_save(int fd, void *buf, size_t size);
int mig_load(int fd, const void *buf, size_t size);

int mig_knob(const char *uuid, const char *name, const char *val);

/* To a state without a data transfer of its own. */
#define mig_set(_fd, _state) ASSERT_EQ(0, __mig_set(_fd, _state, NULL))
/* To one with; gives its data fd. */
#define mig_begin(_fd, _state) ({				\
	int __data = -1;					\
	ASSERT_EQ(0, __mig_set(_fd, _state, &__data));		\
	ASSERT_LE(0, __data);					\
	__data; })

#endif /* SELFTEST_MIG_H */
