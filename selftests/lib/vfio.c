// SPDX-License-Identifier: GPL-2.0-only
#include "vfio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "iommufd_abi.h"

int vfio_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

/**
 * vfio_via_missing() - why a door cannot be used here
 * @via: the door
 *
 * Return: NULL if it can, else what to do about it.
 */
const char *vfio_via_missing(enum vfio_via via)
{
	if (via == VIA_CDEV) {
		if (access("/dev/iommu", F_OK) || access("/sys/class/vfio-dev", F_OK))
			return "no VFIO cdev: needs CONFIG_VFIO_DEVICE_CDEV (6.6 or later)";
		return NULL;
	}
	if (access("/dev/vfio/vfio", F_OK))
		return "no VFIO container: needs CONFIG_VFIO_CONTAINER and modprobe vfio";
	return NULL;
}

static int vfio_open_path(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int vfio_open_group(struct vfio_dev *dev, const char *uuid)
{
	char path[PATH_MAX], link[PATH_MAX], number[32];
	int ret;

	mdev_path(link, sizeof(link), uuid, "iommu_group");
	ret = sysfs_link_name(link, number, sizeof(number));
	if (ret)
		return ret;
	dev->container = vfio_open_path("/dev/vfio/vfio");
	if (dev->container < 0)
		return dev->container;
	snprintf(path, sizeof(path), "/dev/vfio/%s", number);
	dev->group = vfio_open_path(path);
	if (dev->group < 0)
		return dev->group;
	ret = vfio_ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container);
	if (ret)
		return ret;
	ret = vfio_ioctl(dev->container, VFIO_SET_IOMMU, (void *)VFIO_TYPE1v2_IOMMU);
	if (ret)
		return ret;
	dev->fd = vfio_ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, (void *)uuid);
	return dev->fd < 0 ? dev->fd : 0;
}

/* Name of the only entry of a device's vfio-dev folder. */
static int vfio_cdev_name(const char *uuid, char *name, size_t size)
{
	char path[PATH_MAX];
	struct dirent *e;
	int ret = -ENOENT;
	DIR *dir;

	mdev_path(path, sizeof(path), uuid, "vfio-dev");
	dir = opendir(path);
	if (!dir)
		return -errno;
	for (errno = 0; (e = readdir(dir)); errno = 0) {
		if (!strncmp(e->d_name, "vfio", 4)) {
			snprintf(name, size, "%s", e->d_name);
			ret = 0;
		}
	}
	if (errno)
		ret = -errno;
	closedir(dir);
	return ret;
}

/**
 * __vfio_open_unbound() - open a device's cdev, and leave it at that
 * @uuid: the mdev
 *
 * Return: a descriptor that is not bound to an iommufd, or -errno.
 */
int __vfio_open_unbound(const char *uuid)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	int ret;

	ret = vfio_cdev_name(uuid, name, sizeof(name));
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	return vfio_open_path(path);
}

static int vfio_open_cdev(struct vfio_dev *dev, const char *uuid)
{
	struct abi_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct abi_bind bind = { .argsz = sizeof(bind) };
	struct abi_attach attach = { .argsz = sizeof(attach) };
	int ret;

	dev->fd = __vfio_open_unbound(uuid);
	if (dev->fd < 0)
		return dev->fd;
	dev->iommufd = vfio_open_path("/dev/iommu");
	if (dev->iommufd < 0)
		return dev->iommufd;
	bind.iommufd = dev->iommufd;
	ret = vfio_ioctl(dev->fd, ABI_BIND, &bind);
	if (ret)
		return ret;
	ret = vfio_ioctl(dev->iommufd, ABI_IOAS_ALLOC, &ioas);
	if (ret)
		return ret;
	attach.pt_id = ioas.out_ioas_id;
	return vfio_ioctl(dev->fd, ABI_ATTACH, &attach);
}

/**
 * __vfio_open() - get a device fd
 * @dev: receives the fds; vfio_close() is right for it whatever this returns
 * @uuid: the mdev
 * @via: group and container, or cdev and iommufd
 *
 * Return: 0 or -errno.
 */
int __vfio_open(struct vfio_dev *dev, const char *uuid, enum vfio_via via)
{
	*dev = (struct vfio_dev){ .fd = -1, .group = -1, .container = -1, .iommufd = -1 };

	return via == VIA_CDEV ? vfio_open_cdev(dev, uuid) : vfio_open_group(dev, uuid);
}

static void vfio_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vfio_close(struct vfio_dev *dev)
{
	vfio_close_fd(&dev->fd);
	vfio_close_fd(&dev->group);
	vfio_close_fd(&dev->container);
	vfio_close_fd(&dev->iommufd);
}

/**
 * vfio_ioctl_argsz() - an ioctl whose struct starts with its own size
 * @fd: device fd
 * @cmd: the ioctl
 * @arg: the struct
 * @argsz: the size to claim
 *
 * Return: what the ioctl returns, or -errno.
 */
int vfio_ioctl_argsz(int fd, unsigned long cmd, void *arg, __u32 argsz)
{
	memcpy(arg, &argsz, sizeof(argsz));
	return vfio_ioctl(fd, cmd, arg);
}

int __vfio_info(int fd, struct vfio_device_info *info)
{
	*info = (struct vfio_device_info){ .argsz = sizeof(*info) };
	return vfio_ioctl(fd, VFIO_DEVICE_GET_INFO, info);
}

int __vfio_region_info(int fd, __u32 index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	return vfio_ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info);
}

int __vfio_region_sizes(int fd, unsigned int size[VFIO_PCI_NUM_REGIONS])
{
	struct vfio_region_info info;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < VFIO_PCI_NUM_REGIONS; i++) {
		ret = __vfio_region_info(fd, i, &info);
		size[i] = info.size;
	}
	return ret;
}

int __vfio_irq_info(int fd, __u32 index, struct vfio_irq_info *info)
{
	*info = (struct vfio_irq_info){ .argsz = sizeof(*info), .index = index };
	return vfio_ioctl(fd, VFIO_DEVICE_GET_IRQ_INFO, info);
}

int __vfio_reset(int fd)
{
	return vfio_ioctl(fd, VFIO_DEVICE_RESET, NULL);
}

ssize_t region_read(int fd, __u32 index, __u64 off, void *buf, size_t len)
{
	ssize_t ret = pread(fd, buf, len, REGION_START(index) + off);

	return ret < 0 ? -errno : ret;
}

ssize_t region_write(int fd, __u32 index, __u64 off, const void *buf, size_t len)
{
	ssize_t ret = pwrite(fd, buf, len, REGION_START(index) + off);

	return ret < 0 ? -errno : ret;
}

/* Config space is little-endian, as are the hosts that these tests run on. */
int __cfg_read(int fd, unsigned int off, unsigned int width, __u32 *val)
{
	ssize_t ret;

	*val = 0;
	ret = region_read(fd, VFIO_PCI_CONFIG_REGION_INDEX, off, val, width);
	if (ret < 0)
		return ret;
	return ret == width ? 0 : -EIO;
}

int __cfg_write(int fd, unsigned int off, unsigned int width, __u32 val)
{
	ssize_t ret = region_write(fd, VFIO_PCI_CONFIG_REGION_INDEX, off, &val, width);

	if (ret < 0)
		return ret;
	return ret == width ? 0 : -EIO;
}

/**
 * __cfg_find_cap() - look for a capability
 * @fd: device fd
 * @id: PCI_CAP_ID_*
 *
 * Return: its offset, 0 if there is none, -ELOOP if the list does not end, or -errno.
 */
int __cfg_find_cap(int fd, __u8 id)
{
	__u32 status, pos, hdr;
	int ret;

	ret = __cfg_read(fd, PCI_STATUS, 2, &status);
	if (ret || !(status & PCI_STATUS_CAP_LIST))
		return ret;
	ret = __cfg_read(fd, PCI_CAPABILITY_LIST, 1, &pos);
	for (int left = CFG_SIZE / PCI_CAP_SIZEOF; !ret && left; left--) {
		if (!pos)
			return 0;
		ret = __cfg_read(fd, pos, 2, &hdr);
		if ((hdr & 0xff) == id)
			return pos;
		pos = hdr >> 8;
	}
	return ret ? ret : -ELOOP;
}
