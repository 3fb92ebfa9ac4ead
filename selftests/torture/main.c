// SPDX-License-Identifier: GPL-2.0-only
/*
 * Torture and measurement of the namespace of UUIDs: parameters, threads, verdict.
 *
 * Loading the module runs everything and returns when it is done. What came of it is one line in
 * the log, and the parameter "report", line by line: "pass", "fail" or "info" and what it is about.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "torture.h"

#define TORT_REPORT_SIZE	4000

static unsigned int seconds = 10;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long to torture it; 0: not at all (10)");

unsigned int tort_threads = 6;
module_param_named(threads, tort_threads, uint, 0444);
MODULE_PARM_DESC(threads, "how many threads do (6)");

unsigned int tort_uuids = 32;
module_param_named(uuids, tort_uuids, uint, 0444);
MODULE_PARM_DESC(uuids, "how many UUIDs they fight for (32)");

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the random numbers; 0: a new one (0)");

static bool bench;
module_param(bench, bool, 0444);
MODULE_PARM_DESC(bench, "measure lookups, too (no)");

unsigned int tort_entries = 1000000;
module_param_named(entries, tort_entries, uint, 0444);
MODULE_PARM_DESC(entries, "how many there are to measure the big namespace with (1000000)");

static char tort_report_text[TORT_REPORT_SIZE];
static size_t tort_report_len;

static int tort_report_get(char *buf, const struct kernel_param *kp)
{
	memcpy(buf, tort_report_text, tort_report_len);
	return tort_report_len;
}

static const struct kernel_param_ops tort_report_ops = { .get = tort_report_get };
module_param_cb(report, &tort_report_ops, NULL, 0444);
MODULE_PARM_DESC(report, "what came of it");

struct msamp_namespace tort_ns;
struct tort_slot *tort_slots;
bool tort_stop;
atomic_t tort_errors = ATOMIC_INIT(0);
/* those that have not been dropped */
atomic_t tort_objects = ATOMIC_INIT(0);

static struct tort_thread *tort_thread[TORT_MAX_THREADS];
static struct kmem_cache *tort_cache;

/**
 * tort_report() - add a line to the report
 * @fmt: the line, as for printk()
 *
 * Context: Process; by the loading thread only.
 */
void tort_report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tort_report_len += vscnprintf(tort_report_text + tort_report_len,
				      TORT_REPORT_SIZE - tort_report_len, fmt, args);
	va_end(args);
}

/**
 * tort_object_new() - make an object
 * @slot: whose it is; may be NULL
 *
 * Context: Process, may sleep.
 * Return: the object, dropped by the namespace; NULL without memory.
 */
struct tort_object *tort_object_new(struct tort_slot *slot)
{
	struct tort_object *object = kmem_cache_zalloc(tort_cache, GFP_KERNEL);

	if (!object)
		return NULL;
	object->magic = TORT_ALIVE;
	object->slot = slot;
	atomic_inc(&tort_objects);
	return object;
}

static void tort_object_drop(void *data)
{
	struct tort_object *object = data;

	tort_check(object->magic == TORT_ALIVE, "%#x", object->magic);
	tort_check(!atomic_read(&object->removers), "dropped while it is being removed");
	object->magic = TORT_DROPPED;
	atomic_dec(&tort_objects);
	kmem_cache_free(tort_cache, object);
}

/**
 * tort_dawdle() - let others get in between, sometimes for long
 * @thread: the thread
 *
 * Context: Process, may sleep.
 */
void tort_dawdle(struct tort_thread *thread)
{
	u32 dice = tort_random(thread, 64);

	if (!dice)
		schedule_timeout_uninterruptible(1 + tort_random(thread, 3));
	else if (dice < 8)
		udelay(tort_random(thread, 30));
	else if (dice < 16)
		cond_resched();
}

static void tort_thread_free(struct tort_thread *thread)
{
	if (!thread)
		return;
	free_page((unsigned long)thread->page);
	kvfree(thread->holds);
	kfree(thread);
}

static struct tort_thread *tort_thread_new(unsigned int index)
{
	struct tort_thread *thread = kzalloc(sizeof(*thread), GFP_KERNEL);

	if (!thread)
		return NULL;
	thread->index = index;
	prandom_seed_state(&thread->rnd, seed + ((u64)index << 32));
	msamp_ns_owner_init(&thread->owner);
	guid_gen(&thread->uuid);
	thread->holds = kvcalloc(tort_uuids, sizeof(*thread->holds), GFP_KERNEL);
	thread->page = (char *)__get_free_page(GFP_KERNEL);
	if (!thread->holds || !thread->page) {
		tort_thread_free(thread);
		return NULL;
	}
	return thread;
}

static int tort_setup(void)
{
	unsigned int i;

	tort_cache = KMEM_CACHE(tort_object, 0);
	tort_slots = kvcalloc(tort_uuids, sizeof(*tort_slots), GFP_KERNEL);
	if (!tort_cache || !tort_slots)
		return -ENOMEM;
	for (i = 0; i < tort_uuids; i++)
		guid_gen(&tort_slots[i].uuid);
	for (i = 0; i < tort_threads; i++) {
		tort_thread[i] = tort_thread_new(i);
		if (!tort_thread[i])
			return -ENOMEM;
	}
	return msamp_ns_init(&tort_ns, tort_object_drop);
}

static void tort_cleanup(void)
{
	unsigned int i;

	for (i = 0; i < tort_threads; i++)
		tort_thread_free(tort_thread[i]);
	kvfree(tort_slots);
	kmem_cache_destroy(tort_cache);
}

/* Runs all threads for some time; a signal to the loading process ends it early. */
static int tort_phase(int (*fn)(void *), unsigned int ms)
{
	unsigned int i, nr;
	int ret = 0;

	WRITE_ONCE(tort_stop, false);
	for (nr = 0; nr < tort_threads; nr++) {
		struct task_struct *task = kthread_create(fn, tort_thread[nr], "torture/%u", nr);

		if (IS_ERR(task)) {
			ret = PTR_ERR(task);
			break;
		}
		tort_thread[nr]->task = get_task_struct(task);
	}
	/* all or none: the races wait for each other */
	for (i = 0; i < nr && !ret; i++)
		wake_up_process(tort_thread[i]->task);
	if (!ret && msleep_interruptible(ms))
		ret = -EINTR;
	WRITE_ONCE(tort_stop, true);
	for (i = 0; i < nr; i++) {
		kthread_stop(tort_thread[i]->task);
		put_task_struct(tort_thread[i]->task);
	}
	return ret;
}

static unsigned long tort_sum(enum tort_count what)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < tort_threads; i++)
		sum += tort_thread[i]->count[what];
	return sum;
}

static void tort_verdict(void)
{
	static const char * const name[TORT_NR_COUNTS] = {
		"created", "failed", "refused", "removed", "cancelled", "held", "unheld", "found",
		"missed", "walked", "filled", "races",
	};
	unsigned int i;

	tort_report("%s invariants %d broken, %u threads, %u uuids, %u s, seed %u\n",
		    atomic_read(&tort_errors) ? "fail" : "pass", atomic_read(&tort_errors),
		    tort_threads, tort_uuids, seconds, seed);
	for (i = 0; i < TORT_NR_COUNTS; i++)
		tort_report("%s %s %lu times\n", tort_sum(i) ? "pass" : "fail", name[i],
			    tort_sum(i));
}

static int tort_run(void)
{
	unsigned int i;
	int ret;

	ret = tort_phase(tort_churn, seconds * 700);
	for (i = 0; i < tort_threads; i++)
		tort_churn_sweep(tort_thread[i]);
	if (!ret)
		ret = tort_phase(tort_race, seconds * 300);
	tort_check(!atomic_read(&tort_ns.table.nelems), "%d entries left",
		   atomic_read(&tort_ns.table.nelems));
	/* waits until the last object has been dropped */
	msamp_ns_exit(&tort_ns);
	tort_check(!atomic_read(&tort_objects), "%d objects were never dropped",
		   atomic_read(&tort_objects));
	if (!ret)
		tort_verdict();
	return ret;
}

static int __init tort_init(void)
{
	int ret;

	if (tort_threads < 4 || tort_threads > TORT_MAX_THREADS || !tort_uuids ||
	    tort_uuids > TORT_MAX_UUIDS || seconds > 86400 || tort_entries < 1000)
		return -EINVAL;
	if (!seed)
		seed = get_random_u32();
	pr_info("seed %u\n", seed);
	ret = tort_setup();
	if (!ret && seconds)
		ret = tort_run();
	else if (!ret)
		msamp_ns_exit(&tort_ns);
	tort_cleanup();
	if (!ret && bench)
		ret = tort_bench();
	if (!ret)
		pr_info("done: %d invariants broken\n", atomic_read(&tort_errors));
	return ret;
}
module_init(tort_init);

static void __exit tort_exit(void)
{
}
module_exit(tort_exit);

MODULE_DESCRIPTION("Torture and measurement of mdev_sample's namespace of UUIDs");
MODULE_LICENSE("GPL");
