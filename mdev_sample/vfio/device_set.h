/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device set: what all devices of one parent share. It is a VFIO device set too. device_set.c has
 * the contract of its gate.
 */
#ifndef MSAMP_DEVICE_SET_H
#define MSAMP_DEVICE_SET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct msamp_device;
struct msamp_device_set;

/* How often a user who keeps a device from being removed is asked, as in the VFIO core. */
#define MSAMP_REQUEST_INTERVAL	(10 * HZ)

/**
 * struct msamp_gate - the gate of a device set
 * @lock: protects @closing, @users and the open and closed of each device; innermost
 * @closing: the parent is being removed: nothing is opened or created any more; never unset
 * @users: how many devices are open
 * @waits: a removal has to wait for a user; read without a lock
 * @gone: the removal of the parent has ended; read without a lock
 * @wait: woken when a device has been closed, and when @waits or @gone is set
 * @wq: where @removal runs
 * @removal: removes the parent, in the background while a device is in use
 * @delay: when @removal looks again, in jiffies; used by @removal only
 */
struct msamp_gate {
	spinlock_t lock;	/* who may come in */
	bool closing;
	unsigned int users;
	bool waits;
	bool gone;
	wait_queue_head_t wait;
	struct workqueue_struct *wq;
	struct delayed_work removal;
	unsigned long delay;
};

/**
 * struct msamp_device_set - the devices of a parent
 * @dev: the parent's device; its reference count keeps the set
 * @gate: who uses the devices, and whether more may come
 * @lock: protects @devices; a holder can use the devices on the list
 * @devices: the devices, by msamp_device.node: who removes the parent asks their users, and debugfs
 *	shows them
 * @debugfs: the parent's file in debugfs
 */
struct msamp_device_set {
	struct device *dev;
	struct msamp_gate gate;
	struct mutex lock;	/* the list */
	struct list_head devices;
	struct dentry *debugfs;
};

void msamp_set_init(struct msamp_device_set *set, struct device *dev);
void msamp_set_get(struct msamp_device_set *set);
void msamp_set_put(struct msamp_device_set *set);
void msamp_set_attach(struct msamp_device_set *set, struct msamp_device *msamp);
void msamp_set_detach(struct msamp_device_set *set, struct msamp_device *msamp);

void msamp_gates_init(void);
void msamp_gate_forbid_wait(void);
void msamp_gate_allow_wait(void);

void msamp_gate_init(struct msamp_gate *gate, struct workqueue_struct *wq, work_func_t removal);
bool msamp_gate_enter(struct msamp_device *msamp);
void msamp_gate_leave(struct msamp_device *msamp);
int msamp_gate_drain(struct msamp_device *msamp, bool interruptible);
void msamp_gate_set_waits(struct msamp_gate *gate);

int msamp_gate_close_unused(struct msamp_device_set *set);
void msamp_gate_remove(struct msamp_gate *gate);
bool msamp_gate_postpone(struct msamp_device_set *set);
void msamp_gate_set_gone(struct msamp_gate *gate);
void msamp_gate_wait_gone(struct msamp_gate *gate);

static inline bool msamp_gate_is_closing(const struct msamp_gate *gate)
{
	return READ_ONCE(gate->closing);
}

#endif /* MSAMP_DEVICE_SET_H */
