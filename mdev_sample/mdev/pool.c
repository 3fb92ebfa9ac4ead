// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ports that a parent has to hand out to its devices.
 */
#include "mdev/priv.h"

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
