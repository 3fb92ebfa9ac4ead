// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate of a device set.
 *
 * A user can keep a device for as long as it likes, so a removal may have to wait without end. The
 * rule above struct msamp_device says who may wait so, and holding what. Here it is kept:
 *
 * - A parent is removed by a work item. It never waits for a user: while a device is in use it asks
 *   the users to let go (REQ) and returns, to run again when the last of them has closed, or when
 *   it is time to ask again. The caller waits for the end of the removal, but not for a user: it
 *   stops waiting as soon as the work item, or either core, finds that it has to.
 * - A removal of one device, by our own mdev core, waits in the task that has asked for it, which
 *   holds nothing but the file that it writes; a signal ends that.
 * - The kernel's mdev core leaves that wait to the VFIO core, inside the removal; no driver can
 *   change it. It holds the device's own lock, and no signal ends it.
 *
 * In use is a device with a descriptor: one that is open, or a cdev that is not bound yet. Of the
 * latter the driver learns nothing, so the VFIO core's count of descriptors is read. There is no
 * notification when it falls, so it is polled. The gate cannot keep a cdev from being opened. The
 * VFIO core waits for one that is opened between the last look and the moment when the file goes:
 * in the work item, which delays no other task, or in a removal by our own mdev core, which no
 * signal can end then.
 */
#include <linux/device.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>

#include "vfio/device_set.h"
#include "vfio/priv.h"

/* How long a removal looks for descriptors to go before it is said to wait for a user. */
#define MSAMP_PATIENCE	(HZ / 4)

/* Taken, as far as lockdep is concerned, by a task that waits for a user, or must not. */
static struct lock_class_key msamp_gate_key __maybe_unused;
static struct lockdep_map msamp_gate_map __maybe_unused;

/**
 * msamp_gates_init() - prepare what lockdep needs to see that the rule is kept
 *
 * Context: Process; before there is a gate.
 */
void msamp_gates_init(void)
{
	lockdep_init_map(&msamp_gate_map, "msamp_wait_for_user", &msamp_gate_key, 0);
}

/**
 * msamp_gate_forbid_wait() - from here on the task must not wait for a user
 *
 * For callers that hold locks of others, which lockdep cannot be shown one by one. A wait for a
 * user before msamp_gate_allow_wait() is reported as recursive locking, even if there is no user.
 *
 * Context: Process.
 */
void msamp_gate_forbid_wait(void)
{
	lock_map_acquire(&msamp_gate_map);
}

/**
 * msamp_gate_allow_wait() - ends what msamp_gate_forbid_wait() began
 *
 * Context: Process.
 */
void msamp_gate_allow_wait(void)
{
	lock_map_release(&msamp_gate_map);
}

/**
 * msamp_gate_init() - make an open gate without users
 * @gate: the gate
 * @wq: where @removal runs
 * @removal: removes the parent; gets the gate's @removal.work
 *
 * Context: Any.
 */
void msamp_gate_init(struct msamp_gate *gate, struct workqueue_struct *wq, work_func_t removal)
{
	spin_lock_init(&gate->lock);
	gate->closing = false;
	gate->users = 0;
	gate->waits = false;
	gate->gone = false;
	init_waitqueue_head(&gate->wait);
	gate->wq = wq;
	INIT_DELAYED_WORK(&gate->removal, removal);
	gate->delay = 1;
}

/**
 * msamp_gate_enter() - the first descriptor of a device is about to be opened
 * @msamp: the device
 *
 * Context: Process. If it may be, pairs with msamp_gate_leave().
 * Return: whether it may be; not if the device or its parent is about to go.
 */
bool msamp_gate_enter(struct msamp_device *msamp)
{
	struct msamp_gate *gate = &msamp->set->gate;

	spin_lock(&gate->lock);
	msamp->open = !msamp->closed && !gate->closing;
	gate->users += msamp->open;
	spin_unlock(&gate->lock);
	return msamp->open;
}

/**
 * msamp_gate_leave() - the last descriptor of a device has been closed
 * @msamp: the device; the VFIO core still counts the descriptor, so no removal goes on yet
 *
 * Context: Process.
 */
void msamp_gate_leave(struct msamp_device *msamp)
{
	struct msamp_gate *gate = &msamp->set->gate;
	bool last;

	spin_lock(&gate->lock);
	msamp->open = false;
	last = !--gate->users && gate->closing;
	spin_unlock(&gate->lock);
	wake_up_all(&gate->wait);
	if (last)
		mod_delayed_work(gate->wq, &gate->removal, 0);
}

/**
 * msamp_gate_set_waits() - a removal has to wait for a user
 * @gate: the gate
 *
 * Who waits for the removal goes on.
 *
 * Context: Any.
 */
void msamp_gate_set_waits(struct msamp_gate *gate)
{
	WRITE_ONCE(gate->waits, true);
	wake_up_all(&gate->wait);
}

/* Beyond the count's first one, which is the VFIO core's own from registration on. */
static bool msamp_gate_has_descriptor(struct msamp_device *msamp)
{
	return refcount_read(&msamp->vdev.refcount) > 1;
}

static void msamp_gate_set_closed(struct msamp_device *msamp, bool closed)
{
	struct msamp_gate *gate = &msamp->set->gate;

	spin_lock(&gate->lock);
	msamp->closed = closed;
	spin_unlock(&gate->lock);
}

static long msamp_gate_sleep(struct msamp_device *msamp, bool interruptible, long timeout)
{
	wait_queue_head_t *wait = &msamp->set->gate.wait;

	if (interruptible)
		return wait_event_interruptible_timeout(*wait, !READ_ONCE(msamp->open), timeout);
	return wait_event_idle_timeout(*wait, !READ_ONCE(msamp->open), timeout);
}

/* Asks, and sleeps until the user may have gone, or it is time to ask again. */
static long msamp_gate_drain_once(struct msamp_device *msamp, bool interruptible, long *delay)
{
	if (READ_ONCE(msamp->open)) {
		msamp_gate_set_waits(&msamp->set->gate);
		msamp_irq_request(&msamp->irq);
		return msamp_gate_sleep(msamp, interruptible, MSAMP_REQUEST_INTERVAL);
	}
	if (*delay > MSAMP_PATIENCE)
		msamp_gate_set_waits(&msamp->set->gate);
	if (!interruptible)
		schedule_timeout_idle(*delay);
	else if (schedule_timeout_interruptible(*delay) && signal_pending(current))
		return -ERESTARTSYS;
	*delay = min_t(long, 2 * *delay, HZ);
	return 0;
}

/**
 * msamp_gate_drain() - close a device, and wait until its present users have let go
 * @msamp: the device
 * @interruptible: a signal may end the wait; then the device is open again
 *
 * Context: Process, may sleep; as the rule above struct msamp_device says.
 * Return: 0, -ERESTARTSYS.
 */
int msamp_gate_drain(struct msamp_device *msamp, bool interruptible)
{
	long delay = 1, ret = 0;

	lockdep_assert_not_held(&msamp->set->lock);
	lockdep_assert_not_held(&msamp->vdev.dev_set->lock);
	msamp_gate_forbid_wait();
	msamp_gate_set_closed(msamp, true);
	while (ret >= 0 && msamp_gate_has_descriptor(msamp))
		ret = msamp_gate_drain_once(msamp, interruptible, &delay);
	if (ret < 0)
		msamp_gate_set_closed(msamp, false);
	msamp_gate_allow_wait();
	return ret < 0 ? ret : 0;
}

/* A device that the VFIO core is taking away has lost the core's own count. */
static bool msamp_gate_in_use(struct msamp_device *msamp)
{
	if (READ_ONCE(msamp->leaving))
		return refcount_read(&msamp->vdev.refcount);
	return msamp_gate_has_descriptor(msamp);
}

/* Asks the users of all devices; returns whether there are any. */
static bool msamp_gate_ask(struct msamp_device_set *set, bool (*used)(struct msamp_device *msamp))
{
	struct msamp_device *msamp;
	bool any = false;

	mutex_lock(&set->lock);
	list_for_each_entry(msamp, &set->devices, node) {
		if (!used(msamp))
			continue;
		any = true;
		msamp_irq_request(&msamp->irq);
	}
	mutex_unlock(&set->lock);
	return any;
}

/**
 * msamp_gate_close_unused() - close the gate for good, unless a device is in use
 * @set: the devices
 *
 * Context: Process, may sleep.
 * Return: 0, or -EBUSY: users have been asked to let go, and the gate is open as before.
 */
int msamp_gate_close_unused(struct msamp_device_set *set)
{
	struct msamp_gate *gate = &set->gate;
	int ret = -EBUSY;

	if (msamp_gate_ask(set, msamp_gate_has_descriptor))
		return ret;
	spin_lock(&gate->lock);
	if (!gate->users) {
		gate->closing = true;
		ret = 0;
	}
	spin_unlock(&gate->lock);
	return ret;
}

/**
 * msamp_gate_remove() - close the gate for good and start the removal of the parent
 * @gate: the gate; once
 *
 * Context: Any.
 */
void msamp_gate_remove(struct msamp_gate *gate)
{
	spin_lock(&gate->lock);
	gate->closing = true;
	spin_unlock(&gate->lock);
	/* of the removal of one device, before */
	WRITE_ONCE(gate->waits, false);
	queue_delayed_work(gate->wq, &gate->removal, 0);
}

/**
 * msamp_gate_postpone() - put the removal of the parent off while a device is in use
 * @set: the devices, whose gate is closing
 *
 * Context: The gate's work item.
 * Return: whether it has been; the work item must return then, and runs again. If not, no device
 * can be opened any more and the removal must go on.
 */
bool msamp_gate_postpone(struct msamp_device_set *set)
{
	struct msamp_gate *gate = &set->gate;
	bool open;

	if (!msamp_gate_ask(set, msamp_gate_in_use))
		return false;
	open = READ_ONCE(gate->users);
	if (open || gate->delay > MSAMP_PATIENCE)
		msamp_gate_set_waits(gate);
	/* the last one to close runs it at once, if that is earlier */
	queue_delayed_work(gate->wq, &gate->removal, open ? MSAMP_REQUEST_INTERVAL : gate->delay);
	gate->delay = min_t(unsigned long, 2 * gate->delay, HZ);
	return true;
}

/**
 * msamp_gate_set_gone() - the removal of the parent has ended
 * @gate: the gate
 *
 * Context: Any.
 */
void msamp_gate_set_gone(struct msamp_gate *gate)
{
	WRITE_ONCE(gate->gone, true);
	wake_up_all(&gate->wait);
}

/**
 * msamp_gate_wait_gone() - wait until the parent has been removed, but for no user
 * @gate: the gate, started by msamp_gate_remove()
 *
 * Context: Process, may sleep; whatever is held. Returns early if the removal has to wait for a
 * user or the caller is killed: it goes on in the background.
 */
void msamp_gate_wait_gone(struct msamp_gate *gate)
{
	wait_event_killable(gate->wait, READ_ONCE(gate->gone) || READ_ONCE(gate->waits));
}

/**
 * msamp_set_init() - make a set without devices, but for its gate
 * @set: the set
 * @dev: the parent's device, in which the set is embedded
 *
 * Context: Process.
 */
void msamp_set_init(struct msamp_device_set *set, struct device *dev)
{
	set->dev = dev;
	mutex_init(&set->lock);
	INIT_LIST_HEAD(&set->devices);
	set->debugfs = NULL;
}

/**
 * msamp_set_get() - a device takes its link to the set
 * @set: the set
 *
 * Context: Any. Pairs with msamp_set_put().
 */
void msamp_set_get(struct msamp_device_set *set)
{
	get_device(set->dev);
}

/**
 * msamp_set_put() - a device drops its link to the set
 * @set: the set; its memory may be gone on return
 *
 * Context: Process, may sleep.
 */
void msamp_set_put(struct msamp_device_set *set)
{
	put_device(set->dev);
}

/**
 * msamp_set_attach() - list a device
 * @set: the set
 * @msamp: the device
 *
 * Context: Process, may sleep. Pairs with msamp_set_detach().
 */
void msamp_set_attach(struct msamp_device_set *set, struct msamp_device *msamp)
{
	mutex_lock(&set->lock);
	list_add_tail(&msamp->node, &set->devices);
	mutex_unlock(&set->lock);
}

/**
 * msamp_set_detach() - take a device off the list
 * @set: the set
 * @msamp: the device
 *
 * Context: Process, may sleep.
 */
void msamp_set_detach(struct msamp_device_set *set, struct msamp_device *msamp)
{
	mutex_lock(&set->lock);
	list_del(&msamp->node);
	mutex_unlock(&set->lock);
}
