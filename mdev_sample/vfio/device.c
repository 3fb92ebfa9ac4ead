// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's life towards VFIO: registration, open, close, reset.
 *
 * While it is registered the device stands in its set's list; its link to the set lasts until the
 * device's memory goes, which the last reference to it decides.
 */

#include "core/inject.h"
#include "core/trace.h"
#include "vfio/compat.h"
#include "vfio/device_set.h"
#include "vfio/priv.h"

static void msamp_device_release(struct vfio_device *vdev)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	struct msamp_device_set *set = msamp->set;

	mutex_destroy(&msamp->lock);
	msamp_compat_free_vfio_device(vdev);
	/* last: msamp_parents_exit() waits for it */
	msamp_set_put(set);
}

/**
 * msamp_device_reset() - as after power-on: registers, FIFOs, configuration space, interrupts; a
 * migration ends
 * @msamp: the device
 *
 * Context: Process, may sleep, under the device's lock.
 */
void msamp_device_reset(struct msamp_device *msamp)
{
	lockdep_assert_held(&msamp->lock);
	trace_msamp_reset(&msamp->uuid);
	msamp_migration_reset(msamp);
	msamp->config = msamp->model->fresh;
	msamp->model->ops->reset(msamp);
	msamp_msix_reset(&msamp->msix);
	msamp_irq_reset(&msamp->irq);
}

static int msamp_device_open(struct vfio_device *vdev)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	int ret;

	lockdep_assert_held(&vdev->dev_set->lock);
	ret = msamp_inject_fault(MSAMP_FAULT_OPEN);
	if (ret)
		return ret;
	if (!msamp_gate_enter(msamp))
		return -ENODEV;
	trace_msamp_open(&msamp->uuid);
	msamp_debugfs_add(msamp);
	mutex_lock(&msamp->lock);
	msamp_device_reset(msamp);
	mutex_unlock(&msamp->lock);
	ret = msamp->model->ops->open(msamp);
	if (ret)
		msamp_gate_leave(msamp);
	return ret;
}

static void msamp_device_close(struct vfio_device *vdev)
{
	struct msamp_device *msamp = to_msamp_device(vdev);

	lockdep_assert_held(&vdev->dev_set->lock);
	mutex_lock(&msamp->lock);
	msamp_migration_reset(msamp);
	msamp_dirty_end(msamp);
	mutex_unlock(&msamp->lock);
	msamp->model->ops->close(msamp);
	mutex_lock(&msamp->lock);
	msamp_irq_release(&msamp->irq);
	mutex_unlock(&msamp->lock);
	trace_msamp_close(&msamp->uuid);
	msamp_gate_leave(msamp);
}

/* The VFIO core waits for the user so that the device can be removed. */
static void msamp_device_request(struct vfio_device *vdev, unsigned int count)
{
	struct msamp_device *msamp = to_msamp_device(vdev);

	msamp_gate_set_waits(&msamp->set->gate);
	msamp_irq_request(&msamp->irq);
}

/**
 * msamp_device_drop() - the namespace drops its reference on a device
 * @object: the device
 *
 * Context: Process, may sleep.
 */
void msamp_device_drop(void *object)
{
	struct msamp_device *msamp = object;

	vfio_put_device(&msamp->vdev);
}

/* Newer kernels ask here, older ones through the ioctl op. */
static __maybe_unused int msamp_device_region_info(struct vfio_device *vdev,
						   struct vfio_region_info *info,
						   struct vfio_info_cap *caps)
{
	return msamp_region_info(to_msamp_device(vdev), info);
}

static const struct vfio_device_ops msamp_device_ops = {
	.name = "vfio-mdev-sample",
	.release = msamp_device_release,
	.open_device = msamp_device_open,
	.close_device = msamp_device_close,
	.read = msamp_region_read,
	.write = msamp_region_write,
	.ioctl = msamp_ioctl,
	.request = msamp_device_request,
	MSAMP_COMPAT_FEATURE_OP(msamp_migration_feature)
	MSAMP_COMPAT_IOMMUFD_OPS
	MSAMP_COMPAT_REGION_INFO_OP(msamp_device_region_info)
};

/**
 * msamp_device_new() - make a device that VFIO does not know yet
 * @dev: what it is registered as; not its own memory
 * @setup: what it is to be
 *
 * Context: Process, may sleep. Pairs with msamp_device_put().
 * Return: the device, or an error pointer.
 */
struct msamp_device *msamp_device_new(struct device *dev, const struct msamp_device_setup *setup)
{
	struct vfio_device *vdev = _vfio_alloc_device(setup->model->ops->size, dev,
						      &msamp_device_ops);
	struct msamp_device *msamp;

	BUILD_BUG_ON(offsetof(struct msamp_device, vdev));
	if (IS_ERR(vdev))
		return ERR_CAST(vdev);
	msamp = to_msamp_device(vdev);
	/* dropped by msamp_device_release() */
	msamp_set_get(setup->set);
	msamp->set = setup->set;
	msamp->model = setup->model;
	mutex_init(&msamp->lock);
	guid_copy(&msamp->uuid, setup->uuid);
	msamp_irq_init(&msamp->irq, &msamp->uuid);
	msamp->config = msamp->model->fresh;
	msamp_migration_init(msamp);
	msamp_dirty_init(msamp);
	msamp->model->ops->init(msamp);
	return msamp;
}

/**
 * msamp_device_put() - drop the reference that msamp_device_new() or msamp_device_get() has taken
 * @msamp: the device; its memory may be gone on return
 *
 * Context: Process, may sleep.
 */
void msamp_device_put(struct msamp_device *msamp)
{
	vfio_put_device(&msamp->vdev);
}

/**
 * msamp_device_get() - keep a device
 * @msamp: the device
 *
 * Context: Any. Pairs with msamp_device_put().
 */
void msamp_device_get(struct msamp_device *msamp)
{
	get_device(&msamp->vdev.device);
}

/**
 * msamp_device_register() - let VFIO and others have the device
 * @msamp: the device, which can be opened from now on, and becomes the driver data of what it is
 *	registered as
 *
 * Context: Process, may sleep. Pairs with msamp_device_unregister() and msamp_device_withdraw().
 * Return: 0, or an error, and then it is as before.
 */
int msamp_device_register(struct msamp_device *msamp)
{
	int ret;

	ret = vfio_assign_device_set(&msamp->vdev, msamp->set);
	if (ret)
		return ret;
	ret = vfio_register_emulated_iommu_dev(&msamp->vdev);
	if (ret)
		return ret;
	dev_set_drvdata(msamp->vdev.dev, msamp);
	ret = msamp->model->ops->add_files(msamp);
	if (ret)
		goto err_unregister;
	msamp_set_attach(msamp->set, msamp);
	return 0;

err_unregister:
	/* it may have been opened, and its settings have been changed, meanwhile */
	msamp_device_unregister(msamp);
	msamp_debugfs_remove(msamp);
	msamp->model->ops->withdraw(msamp);
	return ret;
}

/**
 * msamp_device_unregister() - take the device away from VFIO
 * @msamp: the device
 *
 * Until this returns it is there for others that have to do with it.
 *
 * Context: Process, may sleep; waits for the last close, as the rule above struct msamp_device
 * says.
 */
void msamp_device_unregister(struct msamp_device *msamp)
{
	WRITE_ONCE(msamp->leaving, true);
	vfio_unregister_group_dev(&msamp->vdev);
}

/**
 * msamp_device_withdraw() - take back what others see of a device
 * @msamp: the device, unregistered
 *
 * Context: Process, may sleep; waits for accesses to the device's files.
 */
void msamp_device_withdraw(struct msamp_device *msamp)
{
	msamp_debugfs_remove(msamp);
	msamp_set_detach(msamp->set, msamp);
	msamp->model->ops->remove_files(msamp);
	msamp->model->ops->withdraw(msamp);
}
