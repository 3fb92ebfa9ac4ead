// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the same mistakes on purpose that the debug kernel is there to find, so that
 * scripts/tests/uml.sh can see its runner notice them.
 */
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static char *kind = "none";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "the mistake to make when loaded");

/* What the compiler cannot see it cannot warn of or leave out. */
static int index = 8;
module_param(index, int, 0444);

static void *forgotten;

static void uml_trouble_leak(void)
{
	forgotten = kmalloc(96, GFP_KERNEL);
}

static void uml_trouble_overrun(void)
{
	u8 *buf = kmalloc(8, GFP_KERNEL);

	if (buf)
		WRITE_ONCE(buf[index], 1);
	kfree(buf);
}

static void uml_trouble_use_after_free(void)
{
	u8 *buf = kmalloc(8, GFP_KERNEL);

	kfree(buf);
	if (buf)
		WRITE_ONCE(buf[0], 1);
}

static void uml_trouble_bounds(void)
{
	static u8 table[8];

	WRITE_ONCE(table[index], 1);
}

/* No deadlock happens here: two orders of the same locks are the mistake. */
static void uml_trouble_lock_order(void)
{
	static DEFINE_MUTEX(one);
	static DEFINE_MUTEX(two);

	mutex_lock(&one);
	mutex_lock(&two);
	mutex_unlock(&two);
	mutex_unlock(&one);

	mutex_lock(&two);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&two);
}

static void uml_trouble_sleep(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	msleep(20);
	spin_unlock(&lock);
}

static void uml_trouble_rcu(void)
{
	static void __rcu *pointer;

	(void)rcu_dereference(pointer);
}

static void uml_trouble_refcount(void)
{
	static refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

static void uml_trouble_list(void)
{
	static LIST_HEAD(head);
	static struct list_head item;

	list_add(&item, &head);
	item.next = &item;
	list_del(&item);
}

static void uml_trouble_timer_expired(struct timer_list *timer)
{
}

static void uml_trouble_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, uml_trouble_timer_expired, 0);
	mod_timer(timer, jiffies + HZ);
	kfree(timer);
}

static void uml_trouble_warn(void)
{
	WARN(1, "planted by a test\n");
}

static const struct {
	const char *kind;
	void (*make)(void);
} uml_troubles[] = {
	{ "none", NULL },
	{ "warn", uml_trouble_warn },
	{ "leak", uml_trouble_leak },
	{ "overrun", uml_trouble_overrun },
	{ "use-after-free", uml_trouble_use_after_free },
	{ "bounds", uml_trouble_bounds },
	{ "lock-order", uml_trouble_lock_order },
	{ "sleep", uml_trouble_sleep },
	{ "rcu", uml_trouble_rcu },
	{ "refcount", uml_trouble_refcount },
	{ "list", uml_trouble_list },
	{ "timer", uml_trouble_timer },
};

static int __init uml_trouble_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(uml_troubles); i++) {
		if (strcmp(uml_troubles[i].kind, kind))
			continue;
		if (uml_troubles[i].make)
			uml_troubles[i].make();
		return 0;
	}
	return -EINVAL;
}
module_init(uml_trouble_init);

/* The forgotten object stays, and its last pointer goes with the module. */
static void __exit uml_trouble_exit(void)
{
}
module_exit(uml_trouble_exit);

MODULE_DESCRIPTION("Mistakes on purpose, for testing the debug kernel's runner");
MODULE_LICENSE("GPL");
