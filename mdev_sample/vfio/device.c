// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's life: probe and remove (mdev core), open and close (VFIO core), reset.
 *
 * From probe to remove the device holds its ports of the card's pool and stands in its list; its
 * link to the card lasts until the device's memory goes, which whoever still refers to it decides.
 */
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/sysfs.h>

#include "core/compat.h"
#include "core/inject.h"
#include "core/trace.h"
#include "mdev/port_sysfs.h"
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

static int msamp_device_init(struct vfio_device *vdev)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	struct msamp_type *type = to_msamp_type(to_mdev_device(vdev->dev)->type);
	unsigned int i;

	/* dropped by msamp_device_release() */
	msamp_card_get(type->card);
	msamp->card = type->card;
	msamp->kind = type->kind;
	mutex_init(&msamp->lock);
	guid_copy(&msamp->uuid, &to_mdev_device(vdev->dev)->uuid);
	msamp_irq_init(&msamp->irq, &msamp->uuid);
	msamp->config = msamp->kind->fresh;
	for (i = 0; i < msamp->kind->nr_ports; i++) {
		msamp_port_init(&msamp->ports[i], i, &msamp->card->clock, msamp_device_set_irq);
		msamp_backend_init(&msamp->ports[i], &msamp->uuid);
	}
	msamp_migration_init(msamp);
	msamp_dma_log_init(msamp);
	return 0;
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
	msamp_card_open(msamp->card);
	mutex_lock(&msamp->lock);
	msamp_device_reset(msamp);
	mutex_unlock(&msamp->lock);
	ret = msamp_device_plug(msamp);
	if (ret) {
		msamp_card_close(msamp->card);
		msamp_gate_leave(msamp);
	}
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
	msamp_card_close(msamp->card);
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
	.init = msamp_device_init,
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

/* What a creation takes before anything is made, and what is left when all else has gone. */

static struct msamp_ns_entry *msamp_device_reserve(struct mdev_type *mdev_type, const guid_t *uuid)
{
	struct msamp_type *type = to_msamp_type(mdev_type);
	struct msamp_ns_entry *entry;
	int ret;

	if (msamp_gate_is_closing(&type->card->gate))
		return ERR_PTR(-ENODEV);
	/*
	 * A type can be written to before all of it is there: either mdev core would put the link
	 * to the device into the root of sysfs. Not for ever, since a registration that fails
	 * removes the file that is being written, which waits for us.
	 */
	if (!wait_for_completion_timeout(&type->card->registered, HZ))
		return ERR_PTR(-EAGAIN);
	entry = msamp_ns_reserve(type->card->ns, uuid, &type->card->owner);
	if (IS_ERR(entry))
		return entry;
	ret = msamp_card_take(type->card, type->kind);
	if (ret) {
		msamp_ns_release(entry);
		return ERR_PTR(ret);
	}
	return entry;
}

static void msamp_device_unreserve(struct mdev_type *mdev_type, struct msamp_ns_entry *entry)
{
	struct msamp_type *type = to_msamp_type(mdev_type);

	msamp_card_give(type->card, type->kind);
	msamp_ns_release(entry);
}

static int msamp_device_probe(struct mdev_device *mdev)
{
	struct msamp_device *msamp;
	int ret;

	msamp = vfio_alloc_device(msamp_device, vdev, &mdev->dev, &msamp_device_ops);
	if (IS_ERR(msamp))
		return PTR_ERR(msamp);

	msamp->entry = msamp_mdev_claim(mdev, msamp_device_reserve);
	if (IS_ERR(msamp->entry)) {
		ret = PTR_ERR(msamp->entry);
		goto err_put;
	}
	msamp_fault_hold(MSAMP_HOLD_CREATE);
	ret = msamp_fault_take(MSAMP_FAULT_CREATE);
	if (ret)
		goto err_unclaim;
	ret = vfio_assign_device_set(&msamp->vdev, msamp->card);
	if (ret)
		goto err_unclaim;
	ret = vfio_register_emulated_iommu_dev(&msamp->vdev);
	if (ret)
		goto err_unclaim;
	dev_set_drvdata(&mdev->dev, msamp);
	ret = msamp_attrs_add(msamp);
	if (ret)
		goto err_unregister;
	msamp_card_attach(msamp->card, &msamp->node);
	/* the namespace's reference, dropped by msamp_device_drop() */
	get_device(&msamp->vdev.device);
	msamp_mdev_publish(mdev, msamp->entry, msamp);
	return 0;

err_unregister:
	/* as in msamp_device_remove(): it may have been opened, and a port been set, meanwhile */
	vfio_unregister_group_dev(&msamp->vdev);
	msamp_debugfs_remove(msamp);
	msamp_backends_remove(msamp->ports, msamp->kind->nr_ports);
err_unclaim:
	msamp_mdev_unclaim(mdev, msamp->entry, msamp_device_unreserve);
err_put:
	vfio_put_device(&msamp->vdev);
	return ret;
}

/* Returns when no user is left: the VFIO core waits for the last close. */
static void msamp_device_remove(struct mdev_device *mdev)
{
	struct msamp_device *msamp = dev_get_drvdata(&mdev->dev);

	msamp_mdev_begin_removal(msamp->entry);
	msamp_fault_hold(MSAMP_HOLD_REMOVE);
	WRITE_ONCE(msamp->leaving, true);
	vfio_unregister_group_dev(&msamp->vdev);
	/* until here its ports have been there for the other ends of their lines */
	msamp_ns_close(msamp->entry);
	msamp_debugfs_remove(msamp);
	msamp_card_detach(msamp->card, &msamp->node);
	msamp_attrs_remove(msamp);
	msamp_backends_remove(msamp->ports, msamp->kind->nr_ports);
	msamp_mdev_unclaim(mdev, msamp->entry, msamp_device_unreserve);
	vfio_put_device(&msamp->vdev);
}

static unsigned int msamp_device_available(struct mdev_type *mdev_type)
{
	struct msamp_type *type = to_msamp_type(mdev_type);

	return msamp_card_available(type->card, type->kind);
}

static ssize_t msamp_device_describe(struct mdev_type *mdev_type, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_msamp_type(mdev_type)->kind->description);
}

static __maybe_unused int msamp_device_quiesce(struct mdev_device *mdev, bool interruptible)
{
	return msamp_gate_drain(dev_get_drvdata(&mdev->dev), interruptible);
}

/* A folder for each concern, beside the mdev core's own files. */
static const struct attribute_group *msamp_device_groups[] = {
	&msamp_migration_group,
	NULL,
};

struct mdev_driver msamp_mdev_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.probe = msamp_device_probe,
	.remove = msamp_device_remove,
	.get_available = msamp_device_available,
	.show_description = msamp_device_describe,
	MSAMP_MDEV_CORE_OPS(msamp_device_reserve, msamp_device_unreserve, msamp_device_quiesce)
	.driver = {
		.name = KBUILD_MODNAME,
		.owner = THIS_MODULE,
		/* a device without its driver is nothing: it is created bound, and removed */
		.suppress_bind_attrs = true,
		.dev_groups = msamp_device_groups,
	},
};
