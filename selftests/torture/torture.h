/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Torture and measurement of the namespace of UUIDs: what the files share.
 */
#ifndef MSAMP_TORTURE_H
#define MSAMP_TORTURE_H

#include <linux/atomic.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/printk.h>

#include "../../mdev_sample/core/namespace.h"

#define TORT_MAX_THREADS	32
#define TORT_MAX_UUIDS		4096

/**
 * struct tort_slot - a UUID that all threads fight for
 * @uuid: the UUID
 * @claims: how many believe that it is theirs: never more than one
 */
struct tort_slot {
	guid_t uuid;
	atomic_t claims;
};

/**
 * struct tort_object - stands for a device
 * @magic: TORT_ALIVE until it is dropped
 * @slot: whose it is; NULL for a UUID of one thread only
 * @removers: how many have won the right to remove it: never more than one
 */
struct tort_object {
	u32 magic;
	struct tort_slot *slot;
	atomic_t removers;
};

#define TORT_ALIVE	0x5a11f1e5
#define TORT_DROPPED	0xdeadf1e5

enum tort_count {
	TORT_CREATED,
	TORT_FAILED,
	TORT_REFUSED,
	TORT_REMOVED,
	TORT_CANCELLED,
	TORT_HELD,
	TORT_UNHELD,
	TORT_FOUND,
	TORT_MISSED,
	TORT_WALKED,
	TORT_FILLED,
	TORT_RACES,
	TORT_NR_COUNTS,
};

/**
 * struct tort_thread - one thread
 * @task: the thread
 * @index: its number
 * @rnd: its own sequence of random numbers
 * @owner: holds placeholders for it alone, so it knows what there must be
 * @holds: which slots @owner holds
 * @nr_holds: how many
 * @uuid: a UUID that no other thread uses
 * @page: to list what is held
 * @count: what it has done
 */
struct tort_thread {
	struct task_struct *task;
	unsigned int index;
	struct rnd_state rnd;
	struct msamp_ns_owner owner;
	bool *holds;
	unsigned int nr_holds;
	guid_t uuid;
	char *page;
	unsigned long count[TORT_NR_COUNTS];
};

extern struct msamp_namespace tort_ns;
extern struct tort_slot *tort_slots;
extern unsigned int tort_threads;
extern unsigned int tort_uuids;
extern unsigned int tort_entries;
extern bool tort_stop;
extern atomic_t tort_errors;
extern atomic_t tort_objects;

/* Reports the first few only: one fault shows again and again. */
#define tort_check(_cond, _fmt, ...) ({						\
	bool __ok = !!(_cond);							\
										\
	if (!__ok && atomic_inc_return(&tort_errors) <= 20)			\
		pr_err("%s:%d: %s: " _fmt "\n", __func__, __LINE__, #_cond,	\
		       ##__VA_ARGS__);						\
	__ok; })

__printf(1, 2) void tort_report(const char *fmt, ...);

struct tort_object *tort_object_new(struct tort_slot *slot);
void tort_dawdle(struct tort_thread *thread);

static inline u32 tort_random(struct tort_thread *thread, u32 below)
{
	return prandom_u32_state(&thread->rnd) % below;
}

void tort_walk(struct tort_thread *thread);
void tort_fill(struct tort_thread *thread);
int tort_churn(void *data);
void tort_churn_sweep(struct tort_thread *thread);
int tort_race(void *data);
u32 tort_list_cost(unsigned int nr);
int tort_bench(void);

#endif /* MSAMP_TORTURE_H */
