// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mdev driver: probe and remove, and what a creation takes before anything is made.
 *
 * From probe to remove a device holds its ports of the parent's pool.
 */
#include <linux/module.h>
#include <linux/sysfs.h>

#include "core/inject.h"
#include "mdev/priv.h"
#include "vfio/device.h"

/* What a creation takes before anything is made, and what is left when all else has gone. */

static struct msamp_ns_entry *msamp_driver_reserve(struct mdev_type *mdev_type, const guid_t *uuid)
{
	struct msamp_type *type = to_msamp_type(mdev_type);
	struct msamp_parent *parent = type->parent;
	struct msamp_ns_entry *entry;
	int ret;

	if (msamp_gate_is_closing(&parent->set.gate))
		return ERR_PTR(-ENODEV);
	/*
	 * A type can be written to before all of it is there: either mdev core would put the link
	 * to the device into the root of sysfs. Not for ever, since a registration that fails
	 * removes the file that is being written, which waits for us.
	 */
	if (!wait_for_completion_timeout(&parent->registered, HZ))
		return ERR_PTR(-EAGAIN);
	entry = msamp_ns_reserve(parent->ns, uuid, &parent->owner);
	if (IS_ERR(entry))
		return entry;
	ret = msamp_pool_take(&parent->pool, type);
	if (ret) {
		msamp_ns_release(entry);
		return ERR_PTR(ret);
	}
	return entry;
}

static void msamp_driver_unreserve(struct mdev_type *mdev_type, struct msamp_ns_entry *entry)
{
	struct msamp_type *type = to_msamp_type(mdev_type);

	msamp_pool_give(&type->parent->pool, type);
	msamp_ns_release(entry);
}

static int msamp_driver_probe(struct mdev_device *mdev)
{
	struct msamp_type *type = to_msamp_type(mdev->type);
	struct msamp_device_setup setup = {
		.set = &type->parent->set,
		.model = type->model,
		.uuid = &mdev->uuid,
	};
	struct msamp_device *msamp;
	int ret;

	msamp = msamp_device_new(&mdev->dev, &setup);
	if (IS_ERR(msamp))
		return PTR_ERR(msamp);

	msamp->entry = msamp_mdev_claim(mdev, msamp_driver_reserve);
	if (IS_ERR(msamp->entry)) {
		ret = PTR_ERR(msamp->entry);
		goto err_put;
	}
	msamp_inject_hold(MSAMP_HOLD_CREATE);
	ret = msamp_inject_fault(MSAMP_FAULT_CREATE);
	if (ret)
		goto err_unclaim;
	ret = msamp_device_register(msamp);
	if (ret)
		goto err_unclaim;
	/* the namespace's reference, dropped by msamp_device_drop() */
	msamp_device_get(msamp);
	msamp_mdev_publish(mdev, msamp->entry, msamp);
	return 0;

err_unclaim:
	msamp_mdev_unclaim(mdev, msamp->entry, msamp_driver_unreserve);
err_put:
	msamp_device_put(msamp);
	return ret;
}

/* Returns when no user is left: the VFIO core waits for the last close. */
static void msamp_driver_remove(struct mdev_device *mdev)
{
	struct msamp_device *msamp = dev_get_drvdata(&mdev->dev);

	msamp_mdev_begin_removal(msamp->entry);
	msamp_inject_hold(MSAMP_HOLD_REMOVE);
	msamp_device_unregister(msamp);
	/* until here it has been there for the other ends of its lines */
	msamp_ns_close(msamp->entry);
	msamp_device_withdraw(msamp);
	msamp_mdev_unclaim(mdev, msamp->entry, msamp_driver_unreserve);
	msamp_device_put(msamp);
}

static unsigned int msamp_driver_available(struct mdev_type *mdev_type)
{
	struct msamp_type *type = to_msamp_type(mdev_type);

	return msamp_pool_available(&type->parent->pool, type);
}

static ssize_t msamp_driver_describe(struct mdev_type *mdev_type, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_msamp_type(mdev_type)->model->description);
}

static __maybe_unused int msamp_driver_quiesce(struct mdev_device *mdev, bool interruptible)
{
	return msamp_gate_drain(dev_get_drvdata(&mdev->dev), interruptible);
}

/* A folder for each concern, beside the mdev core's own files. */
static const struct attribute_group *msamp_driver_groups[] = {
	&msamp_migration_group,
	NULL,
};

struct mdev_driver msamp_mdev_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.probe = msamp_driver_probe,
	.remove = msamp_driver_remove,
	.get_available = msamp_driver_available,
	.show_description = msamp_driver_describe,
	MSAMP_MDEV_CORE_OPS(msamp_driver_reserve, msamp_driver_unreserve, msamp_driver_quiesce)
	.driver = {
		.name = KBUILD_MODNAME,
		.owner = THIS_MODULE,
		/* a device without its driver is nothing: it is created bound, and removed */
		.suppress_bind_attrs = true,
		.dev_groups = msamp_driver_groups,
	},
};

/**
 * msamp_pool_init() - make a pool of which nothing is used
 * @pool: the pool
 * @ports: how many ports it can hand out
 *
 * Context: Process.
 */
void msamp_pool_init(struct msamp_pool *pool, unsigned int ports)
{
	mutex_init(&pool->lock);
	pool->ports = ports;
	pool->mode = MSAMP_POOL_SHARED;
	memset(pool->used, 0, sizeof(pool->used));
}

static unsigned int msamp_pool_used_locked(const struct msamp_pool *pool)
{
	unsigned int i, used = 0;

	lockdep_assert_held(&pool->lock);
	for (i = 0; i < MSAMP_NR_TYPES; i++)
		used += pool->used[i];
	return used;
}

/* How many ports are left for devices of a type. */
static unsigned int msamp_pool_left_locked(const struct msamp_pool *pool,
					   const struct msamp_type *type)
{
	unsigned int own = pool->used[type->index];
	unsigned int all = msamp_pool_used_locked(pool);

	if (pool->mode == MSAMP_POOL_SEPARATE)
		return pool->ports - own;
	if (pool->mode == MSAMP_POOL_HOMOGENEOUS && all != own)
		return 0;
	return pool->ports - all;
}

/**
 * msamp_pool_take() - take a device's ports out of the pool
 * @pool: the pool
 * @type: the device's type
 *
 * Context: Process, may sleep. Pairs with msamp_pool_give().
 * Return: 0, -ENOSPC if too few are left.
 */
int msamp_pool_take(struct msamp_pool *pool, const struct msamp_type *type)
{
	int ret = -ENOSPC;

	mutex_lock(&pool->lock);
	if (msamp_pool_left_locked(pool, type) >= type->model->units) {
		pool->used[type->index] += type->model->units;
		ret = 0;
	}
	mutex_unlock(&pool->lock);
	return ret;
}

/**
 * msamp_pool_give() - give a device's ports back
 * @pool: the pool
 * @type: as given to msamp_pool_take()
 *
 * Context: Process, may sleep.
 */
void msamp_pool_give(struct msamp_pool *pool, const struct msamp_type *type)
{
	mutex_lock(&pool->lock);
	pool->used[type->index] -= type->model->units;
	mutex_unlock(&pool->lock);
}

/**
 * msamp_pool_set_mode() - set how the types share the ports
 * @pool: the pool
 * @mode: how
 *
 * Context: Process, may sleep.
 * Return: 0, -EBUSY while there are devices.
 */
int msamp_pool_set_mode(struct msamp_pool *pool, enum msamp_pool_mode mode)
{
	int ret = 0;

	mutex_lock(&pool->lock);
	if (msamp_pool_used_locked(pool))
		ret = -EBUSY;
	else
		WRITE_ONCE(pool->mode, mode);
	mutex_unlock(&pool->lock);
	return ret;
}

/**
 * msamp_pool_available() - how many more devices of a type fit
 * @pool: the pool
 * @type: the type
 *
 * Context: Process, may sleep.
 * Return: their number, which may have changed when the caller looks at it.
 */
unsigned int msamp_pool_available(struct msamp_pool *pool, const struct msamp_type *type)
{
	unsigned int left;

	mutex_lock(&pool->lock);
	left = msamp_pool_left_locked(pool, type);
	mutex_unlock(&pool->lock);
	return left / type->model->units;
}
