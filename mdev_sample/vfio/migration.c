// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live migration.
 *
 * The VFIO core cuts every change of state that a user may ask for into arcs; this file has one
 * function for each of them that does anything. A device stops on the arc to STOP: its model stands
 * still and no interrupt leaves it until the arc to RUNNING_P2P. As it does no DMA, being quiescent
 * towards its peers (P2P) takes nothing. ERROR is where it goes when a state that has been loaded
 * is of no use; only a reset leads out.
 *
 * All of it runs under the device's lock.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "core/trace.h"
#include "vfio/compat.h"
#include "vfio/priv.h"

/* The states by their names in <linux/vfio.h>. */
const char * const msamp_migration_states[MSAMP_MIG_NR_STATES] = {
	[VFIO_DEVICE_STATE_ERROR] = "ERROR",
	[VFIO_DEVICE_STATE_STOP] = "STOP",
	[VFIO_DEVICE_STATE_RUNNING] = "RUNNING",
	[VFIO_DEVICE_STATE_STOP_COPY] = "STOP_COPY",
	[VFIO_DEVICE_STATE_RESUMING] = "RESUMING",
	[VFIO_DEVICE_STATE_RUNNING_P2P] = "RUNNING_P2P",
	[VFIO_DEVICE_STATE_PRE_COPY] = "PRE_COPY",
	[VFIO_DEVICE_STATE_PRE_COPY_P2P] = "PRE_COPY_P2P",
};

/* --- the device's state, out and in --- */

static void msamp_migration_capture_locked(struct msamp_device *msamp,
					   struct msamp_mig_state *state)
{
	lockdep_assert_held(&msamp->lock);
	BUILD_BUG_ON(sizeof(state->msix) != sizeof(msamp->msix.word));
	memcpy(state->config, msamp->config.space, sizeof(state->config));
	msamp_pci_config_show_intx(state->config, false);
	memcpy(state->msix, msamp->msix.word, sizeof(state->msix));
	msamp_irq_save(&msamp->irq, &state->masked, &state->pending);
	msamp->model->ops->save(msamp, state);
}

/* Interrupts before the model: a pin that is high must find them as they are to be. */
static void msamp_migration_apply_locked(struct msamp_device *msamp,
					 const struct msamp_mig_state *state)
{
	lockdep_assert_held(&msamp->lock);
	memcpy(msamp->config.space, state->config, sizeof(state->config));
	memcpy(msamp->msix.word, state->msix, sizeof(state->msix));
	msamp_region_follow_config(msamp);
	msamp_irq_load(&msamp->irq, state->masked, state->pending);
	msamp->model->ops->load(msamp, state);
}

/* --- data transfers --- */

static struct msamp_mig_session msamp_migration_session(struct msamp_device *msamp)
{
	return (struct msamp_mig_session){
		.card = {
			.ident = &msamp->model->ident,
			.fresh = &msamp->model->fresh,
			.nr_ports = msamp->model->nr_ports,
		},
		.wires = msamp->model->ops->has_wires(msamp),
		.knobs = msamp->migration.knobs,
		.uuid = msamp->uuid,
		.wants_flags = msamp_compat_wants_precopy_flags(&msamp->vdev),
	};
}

static struct file *msamp_migration_begin(struct msamp_device *msamp, bool loading)
{
	struct msamp_mig_session session = msamp_migration_session(msamp);
	struct msamp_mig_file *f = msamp_mig_file_new(&session, loading);
	struct file *filp;

	if (IS_ERR(f))
		return ERR_CAST(f);
	filp = msamp_mig_file_open(f);
	if (IS_ERR(filp))
		msamp_mig_file_disable(f);
	else
		msamp->migration.file = f;
	return filp;
}

static void msamp_migration_drop_file(struct msamp_device *msamp)
{
	struct msamp_mig_file *f = msamp->migration.file;

	msamp->migration.file = NULL;
	if (f)
		msamp_mig_file_disable(f);
}

/* Gives the state of the device, which has stopped, to the data transfer. */
static void msamp_migration_give_state(struct msamp_device *msamp)
{
	struct msamp_mig_file *f = msamp->migration.file;

	msamp_migration_capture_locked(msamp, msamp_mig_file_state(f));
	msamp_mig_file_stop(f);
}

static int msamp_migration_take_state(struct msamp_device *msamp)
{
	const struct msamp_mig_state *state;
	const char *why;
	int ret;

	state = msamp_mig_file_result(msamp->migration.file, &why);
	ret = PTR_ERR_OR_ZERO(state);
	if (!ret) {
		why = msamp->model->ops->check(msamp, state);
		ret = why ? -EINVAL : 0;
	}
	if (ret)
		trace_msamp_refuse(&msamp->uuid, 0, why);
	else
		msamp_migration_apply_locked(msamp, state);
	msamp->migration.refused = why;
	return ret;
}

/* --- arcs: each returns NULL, the file of a data transfer that it has begun, or an error --- */

static struct file *msamp_migration_freeze(struct msamp_device *msamp)
{
	msamp->model->ops->freeze(msamp);
	msamp_irq_freeze(&msamp->irq);
	return NULL;
}

static struct file *msamp_migration_thaw(struct msamp_device *msamp)
{
	msamp_irq_thaw(&msamp->irq);
	msamp->model->ops->thaw(msamp);
	return NULL;
}

static struct file *msamp_migration_pre_copy(struct msamp_device *msamp)
{
	return msamp_migration_begin(msamp, false);
}

static struct file *msamp_migration_stop_copy(struct msamp_device *msamp)
{
	struct file *filp = msamp_migration_pre_copy(msamp);

	if (!IS_ERR(filp))
		msamp_migration_give_state(msamp);
	return filp;
}

static struct file *msamp_migration_end_pre_copy(struct msamp_device *msamp)
{
	msamp_migration_freeze(msamp);
	msamp_migration_give_state(msamp);
	return NULL;
}

static struct file *msamp_migration_end_saving(struct msamp_device *msamp)
{
	msamp_migration_drop_file(msamp);
	return NULL;
}

static struct file *msamp_migration_resume(struct msamp_device *msamp)
{
	return msamp_migration_begin(msamp, true);
}

static struct file *msamp_migration_end_resuming(struct msamp_device *msamp)
{
	int ret = msamp_migration_take_state(msamp);

	msamp_migration_drop_file(msamp);
	if (ret)
		msamp->migration.state = VFIO_DEVICE_STATE_ERROR;
	return ERR_PTR(ret);
}

static struct file *msamp_migration_nothing(struct msamp_device *msamp)
{
	return NULL;
}

/* The steps that cannot be cut any further: from this state, to that one. */
static struct file *(*const msamp_migration_arcs[MSAMP_MIG_NR_STATES][MSAMP_MIG_NR_STATES])
	(struct msamp_device *msamp) = {
	[VFIO_DEVICE_STATE_RUNNING] = {
		[VFIO_DEVICE_STATE_RUNNING_P2P] = msamp_migration_nothing,
		[VFIO_DEVICE_STATE_PRE_COPY] = msamp_migration_pre_copy,
	},
	[VFIO_DEVICE_STATE_RUNNING_P2P] = {
		[VFIO_DEVICE_STATE_RUNNING] = msamp_migration_nothing,
		[VFIO_DEVICE_STATE_STOP] = msamp_migration_freeze,
		[VFIO_DEVICE_STATE_PRE_COPY_P2P] = msamp_migration_pre_copy,
	},
	[VFIO_DEVICE_STATE_STOP] = {
		[VFIO_DEVICE_STATE_RUNNING_P2P] = msamp_migration_thaw,
		[VFIO_DEVICE_STATE_STOP_COPY] = msamp_migration_stop_copy,
		[VFIO_DEVICE_STATE_RESUMING] = msamp_migration_resume,
	},
	[VFIO_DEVICE_STATE_STOP_COPY] = {
		[VFIO_DEVICE_STATE_STOP] = msamp_migration_end_saving,
	},
	[VFIO_DEVICE_STATE_RESUMING] = {
		[VFIO_DEVICE_STATE_STOP] = msamp_migration_end_resuming,
	},
	[VFIO_DEVICE_STATE_PRE_COPY] = {
		[VFIO_DEVICE_STATE_RUNNING] = msamp_migration_end_saving,
		[VFIO_DEVICE_STATE_PRE_COPY_P2P] = msamp_migration_nothing,
	},
	[VFIO_DEVICE_STATE_PRE_COPY_P2P] = {
		[VFIO_DEVICE_STATE_RUNNING_P2P] = msamp_migration_end_saving,
		[VFIO_DEVICE_STATE_PRE_COPY] = msamp_migration_nothing,
		[VFIO_DEVICE_STATE_STOP_COPY] = msamp_migration_end_pre_copy,
	},
};

static bool msamp_migration_take_fault(struct msamp_migration *mig, u32 from, u32 to)
{
	if (mig->fail_from != from || mig->fail_to != to)
		return false;
	mig->fail_from = 0;
	mig->fail_to = 0;
	return true;
}

static struct file *msamp_migration_step(struct msamp_device *msamp, u32 from, u32 to)
{
	if (msamp_migration_take_fault(&msamp->migration, from, to))
		return ERR_PTR(-EIO);
	if (WARN_ONCE(!msamp_migration_arcs[from][to], "no arc from %u to %u\n", from, to))
		return ERR_PTR(-EINVAL);
	return msamp_migration_arcs[from][to](msamp);
}

/* --- VFIO's side --- */

static struct file *msamp_migration_go(struct msamp_device *msamp,
				       enum vfio_device_mig_state target)
{
	struct msamp_migration *mig = &msamp->migration;
	enum vfio_device_mig_state next;
	struct file *filp = NULL;
	int ret;

	lockdep_assert_held(&msamp->lock);
	/* a place to end in, not to ask for; the core warns of a device that asks the way out */
	if (target == VFIO_DEVICE_STATE_ERROR || mig->state == VFIO_DEVICE_STATE_ERROR)
		return ERR_PTR(-EINVAL);
	while (mig->state != target) {
		ret = vfio_mig_get_next_state(&msamp->vdev, mig->state, target, &next);
		if (ret)
			return ERR_PTR(ret);
		filp = msamp_migration_step(msamp, mig->state, next);
		trace_msamp_migrate(&msamp->uuid, mig->state, next, PTR_ERR_OR_ZERO(filp));
		if (IS_ERR(filp))
			return filp;
		mig->state = next;
	}
	return filp;
}

static struct file *msamp_migration_set_state(struct vfio_device *vdev,
					      enum vfio_device_mig_state target)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	struct file *filp;

	mutex_lock(&msamp->lock);
	filp = msamp_migration_go(msamp, target);
	mutex_unlock(&msamp->lock);
	return filp;
}

/* Also called for debugfs, with the device closed. */
static int msamp_migration_get_state(struct vfio_device *vdev, enum vfio_device_mig_state *state)
{
	struct msamp_device *msamp = to_msamp_device(vdev);

	mutex_lock(&msamp->lock);
	*state = msamp->migration.state;
	mutex_unlock(&msamp->lock);
	return 0;
}

/* Never 0, which QEMU takes for an error: outside of a transfer, what one would come to. */
static int msamp_migration_get_data_size(struct vfio_device *vdev, unsigned long *length)
{
	struct msamp_device *msamp = to_msamp_device(vdev);
	struct msamp_migration *mig = &msamp->migration;

	mutex_lock(&msamp->lock);
	if (mig->file && mig->state != VFIO_DEVICE_STATE_RESUMING)
		*length = max_t(u64, msamp_mig_file_left(mig->file), 1);
	else
		*length = MSAMP_MIG_HEAD_MAX + msamp_mig_pad_bytes(mig->knobs.padding) +
			  MSAMP_MIG_TAIL_SIZE(msamp->model->nr_ports);
	mutex_unlock(&msamp->lock);
	return 0;
}

/**
 * msamp_migration_feature() - a feature that the VFIO core does not know
 * @vdev: the device
 * @flags: which one, and what is to be done with it
 * @arg: where its data are
 * @argsz: how many bytes
 *
 * The size of the data, for a core before 6.2: without it QEMU takes any state for too large.
 *
 * Context: Process, may sleep.
 * Return: 0; -ENOTTY for any other feature, -EINVAL, -EFAULT.
 */
int msamp_migration_feature(struct vfio_device *vdev, u32 flags, void __user *arg, size_t argsz)
{
	unsigned long length;
	u64 size;
	int ret;

	if ((flags & VFIO_DEVICE_FEATURE_MASK) != VFIO_DEVICE_FEATURE_MIG_DATA_SIZE)
		return -ENOTTY;
	ret = vfio_check_feature(flags, argsz, VFIO_DEVICE_FEATURE_GET, sizeof(size));
	if (ret != 1)
		return ret;
	msamp_migration_get_data_size(vdev, &length);
	size = length;
	msamp_device_may_fault(to_msamp_device(vdev));
	return copy_to_user(arg, &size, sizeof(size)) ? -EFAULT : 0;
}

static const struct vfio_migration_ops msamp_migration_ops = {
	.migration_set_state = msamp_migration_set_state,
	.migration_get_state = msamp_migration_get_state,
	MSAMP_COMPAT_MIG_DATA_SIZE_OP(msamp_migration_get_data_size)
};

/**
 * msamp_migration_init() - let a device be migrated
 * @msamp: the device, not yet registered
 *
 * Context: Process.
 */
void msamp_migration_init(struct msamp_device *msamp)
{
	msamp->vdev.migration_flags = MSAMP_COMPAT_MIGRATION_FLAGS;
	msamp->vdev.mig_ops = &msamp_migration_ops;
	msamp->migration.state = VFIO_DEVICE_STATE_RUNNING;
}

/**
 * msamp_migration_reset() - back to RUNNING, whatever was going on
 * @msamp: the device, which is being reset or closed
 *
 * What has been frozen thaws when ports and interrupts are reset.
 *
 * Context: Process, may sleep, under the device's lock.
 */
void msamp_migration_reset(struct msamp_device *msamp)
{
	lockdep_assert_held(&msamp->lock);
	msamp_migration_drop_file(msamp);
	msamp->migration.state = VFIO_DEVICE_STATE_RUNNING;
}
