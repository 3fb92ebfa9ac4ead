// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of the device's file descriptor, as include/uapi/linux/vfio.h defines them. Each
 * struct begins with argsz, the size that the caller knows; what lies beyond the fields of the
 * first version is neither read nor written.
 */
#include <linux/uaccess.h>

#include "core/inject.h"
#include "vfio/priv.h"

/* Copies the first @size bytes of an argument in; its first field, argsz, must cover them. */
static int msamp_ioctl_get(void *arg, const void __user *uarg, size_t size)
{
	if (copy_from_user(arg, uarg, size))
		return -EFAULT;
	return *(u32 *)arg < size ? -EINVAL : 0;
}

static int msamp_ioctl_put(void __user *uarg, const void *arg, size_t size)
{
	return copy_to_user(uarg, arg, size) ? -EFAULT : 0;
}

static int msamp_ioctl_info(void __user *uarg)
{
	const size_t size = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = {};
	int ret;

	ret = msamp_ioctl_get(&info, uarg, size);
	if (ret)
		return ret;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return msamp_ioctl_put(uarg, &info, size);
}

static int msamp_ioctl_region_info(struct msamp_device *msamp, void __user *uarg)
{
	const size_t size = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};
	int ret;

	ret = msamp_ioctl_get(&info, uarg, size);
	if (!ret)
		ret = msamp_region_info(msamp, &info);
	return ret ? ret : msamp_ioctl_put(uarg, &info, size);
}

static int msamp_ioctl_irq_info(void __user *uarg)
{
	const size_t size = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info = {};
	int ret;

	ret = msamp_ioctl_get(&info, uarg, size);
	if (!ret)
		ret = msamp_irq_info(&info);
	return ret ? ret : msamp_ioctl_put(uarg, &info, size);
}

static int msamp_ioctl_set_irqs(struct msamp_device *msamp, void __user *uarg)
{
	const size_t size = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_info info = {};
	struct vfio_irq_set hdr = {};
	void *data = NULL;
	size_t data_size;
	int ret;

	ret = msamp_ioctl_get(&hdr, uarg, size);
	if (ret)
		return ret;
	info.index = hdr.index;
	ret = msamp_irq_info(&info);
	if (ret)
		return ret;
	ret = vfio_set_irqs_validate_and_prepare(&hdr, info.count, VFIO_PCI_NUM_IRQS, &data_size);
	if (ret)
		return ret;
	if (data_size) {
		data = memdup_user(uarg + size, data_size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}

	mutex_lock(&msamp->lock);
	ret = msamp_irq_set(&msamp->irq, &hdr, data);
	mutex_unlock(&msamp->lock);
	kfree(data);
	return ret;
}

/*
 * QEMU's display=on asks for a way to show a plane. It would be a region's; there is no plane, as
 * on a card whose driver has not set one up.
 */
static int msamp_ioctl_query_gfx_plane(void __user *uarg)
{
	const size_t size = offsetofend(struct vfio_device_gfx_plane_info, region_index);
	struct vfio_device_gfx_plane_info none = { .x_hot = ~0U, .y_hot = ~0U }, plane;
	int ret;

	ret = msamp_ioctl_get(&plane, uarg, size);
	if (ret)
		return ret;
	if ((plane.flags & ~VFIO_GFX_PLANE_TYPE_PROBE) != VFIO_GFX_PLANE_TYPE_REGION)
		return -EINVAL;
	if (plane.flags & VFIO_GFX_PLANE_TYPE_PROBE)
		return 0;
	none.argsz = plane.argsz;
	none.flags = plane.flags;
	none.drm_plane_type = plane.drm_plane_type;
	return msamp_ioctl_put(uarg, &none, size);
}

static int msamp_ioctl_reset(struct msamp_device *msamp)
{
	mutex_lock(&msamp->lock);
	msamp_device_reset(msamp);
	mutex_unlock(&msamp->lock);
	return 0;
}

/**
 * msamp_ioctl() - ioctl op of the device's file descriptor
 * @vdev: the device
 * @cmd: VFIO_DEVICE_*
 * @arg: its argument in user memory
 *
 * Context: Process, may sleep.
 * Return: 0; -EFAULT for bad user memory, -EINVAL for an argsz that is too small or a value that is
 * out of range, -ENODEV for a hot reset, as the card sits on no bus that could do one, -ENOTTY for
 * an unknown request.
 */
long msamp_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	void __user *uarg = (void __user *)arg;
	int ret = msamp_inject_fault(MSAMP_FAULT_IOCTL);

	if (ret)
		return ret;
	msamp_device_may_fault(msamp);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return msamp_ioctl_info(uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return msamp_ioctl_region_info(msamp, uarg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return msamp_ioctl_irq_info(uarg);
	case VFIO_DEVICE_SET_IRQS:
		return msamp_ioctl_set_irqs(msamp, uarg);
	case VFIO_DEVICE_RESET:
		return msamp_ioctl_reset(msamp);
	case VFIO_DEVICE_QUERY_GFX_PLANE:
		return msamp_ioctl_query_gfx_plane(uarg);
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
	case VFIO_DEVICE_PCI_HOT_RESET:
		return -ENODEV;
	default:
		return -ENOTTY;
	}
}
