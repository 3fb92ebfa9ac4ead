// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's life towards VFIO: registration, open, close, reset.
 *
 * While it is registered the device stands in its card's list; its link to the card lasts until the
 * device's memory goes, which whoever still refers to it decides.
 */
#include <linux/nospec.h>

#include "core/inject.h"
#include "core/trace.h"
#include "vfio/compat.h"
#include "vfio/debugfs.h"
#include "vfio/device.h"
#include "vfio/device_set.h"
#include "vfio/ioctl.h"
#include "vfio/region.h"

static void msamp_device_set_irq(struct msamp_port *port, bool level)
{
	struct msamp_device *msamp = container_of(port, struct msamp_device, ports[port->index]);

	msamp_irq_set_source(&msamp->irq, port->index, level);
}

static void msamp_device_release(struct vfio_device *vdev)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	struct msamp_card *card = msamp->card;

	mutex_destroy(&msamp->lock);
	msamp_compat_free_vfio_device(vdev);
	/* last: msamp_parents_exit() waits for it */
	msamp_card_put(card);
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
	unsigned int i;

	lockdep_assert_held(&msamp->lock);
	trace_msamp_reset(&msamp->uuid);
	msamp_migration_reset(msamp);
	msamp->config = msamp->kind->fresh;
	for (i = 0; i < msamp->kind->nr_ports; i++)
		msamp_port_reset(&msamp->ports[i]);
	msamp_msix_reset(&msamp->msix);
	msamp_irq_reset(&msamp->irq);
}

static void msamp_device_unplug(struct msamp_device *msamp, unsigned int nr_ports)
{
	while (nr_ports--)
		msamp_backend_close(&msamp->ports[nr_ports]);
}

static int msamp_device_plug(struct msamp_device *msamp)
{
	unsigned int i;
	int ret;

	for (i = 0; i < msamp->kind->nr_ports; i++) {
		ret = msamp_backend_open(&msamp->ports[i]);
		if (ret) {
			msamp_device_unplug(msamp, i);
			return ret;
		}
	}
	return 0;
}

static int msamp_device_open(struct vfio_device *vdev)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	int ret;

	lockdep_assert_held(&vdev->dev_set->lock);
	ret = msamp_fault_take(MSAMP_FAULT_OPEN);
	if (ret)
		return ret;
	if (!msamp_gate_enter(msamp))
		return -ENODEV;
	trace_msamp_open(&msamp->uuid);
	msamp_debugfs_add(msamp);
	mutex_lock(&msamp->lock);
	msamp_device_reset(msamp);
	mutex_unlock(&msamp->lock);
	ret = msamp_device_plug(msamp);
	if (ret)
		msamp_gate_leave(msamp);
	return ret;
}

static void msamp_device_close(struct vfio_device *vdev)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	unsigned int i;

	lockdep_assert_held(&vdev->dev_set->lock);
	mutex_lock(&msamp->lock);
	msamp_migration_reset(msamp);
	msamp_dma_log_end(msamp);
	mutex_unlock(&msamp->lock);
	msamp_device_unplug(msamp, msamp->kind->nr_ports);
	for (i = 0; i < msamp->kind->nr_ports; i++)
		msamp_port_stop(&msamp->ports[i]);
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

	msamp_gate_set_waits(&msamp->card->gate);
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

/**
 * msamp_device_port() - from a namespace entry's object to a port
 * @object: the device
 * @port: the port's number
 *
 * Context: Any.
 * Return: the port, NULL if the device has no such port.
 */
struct msamp_port *msamp_device_port(void *object, unsigned int port)
{
	struct msamp_device *msamp = object;

	if (port >= msamp->kind->nr_ports)
		return NULL;
	return &msamp->ports[array_index_nospec(port, msamp->kind->nr_ports)];
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
	struct msamp_device *msamp = vfio_alloc_device(msamp_device, vdev, dev, &msamp_device_ops);
	unsigned int i;

	if (IS_ERR(msamp))
		return msamp;
	/* dropped by msamp_device_release() */
	msamp_card_get(setup->card);
	msamp->card = setup->card;
	msamp->kind = setup->kind;
	mutex_init(&msamp->lock);
	guid_copy(&msamp->uuid, setup->uuid);
	msamp_irq_init(&msamp->irq, &msamp->uuid);
	msamp->config = msamp->kind->fresh;
	for (i = 0; i < msamp->kind->nr_ports; i++) {
		msamp_port_init(&msamp->ports[i], i, msamp_device_set_irq);
		msamp_backend_init(&msamp->ports[i], &msamp->uuid);
	}
	msamp_migration_init(msamp);
	msamp_dma_log_init(msamp);
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
 * msamp_device_register() - let VFIO have the device
 * @msamp: the device, which can be opened from now on
 *
 * Context: Process, may sleep. Pairs with msamp_device_unregister().
 * Return: 0, or an error of VFIO.
 */
int msamp_device_register(struct msamp_device *msamp)
{
	int ret = vfio_assign_device_set(&msamp->vdev, msamp->card);

	return ret ? ret : vfio_register_emulated_iommu_dev(&msamp->vdev);
}

/**
 * msamp_device_unregister() - take the device away from VFIO
 * @msamp: the device, registered
 *
 * Context: Process, may sleep; waits for the last close, as the rule above struct msamp_device
 * says.
 */
void msamp_device_unregister(struct msamp_device *msamp)
{
	WRITE_ONCE(msamp->leaving, true);
	vfio_unregister_group_dev(&msamp->vdev);
}
