// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rounds in which all threads want the same at the same moment: one UUID, then its removal. One of
 * them gets it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/wait.h>

#include "torture.h"

/**
 * struct tort_round - what the threads share; between two meetings only one of them writes a field
 * @here: how many have come to the meeting
 * @met: how many meetings there have been
 * @wait: woken after each
 * @stop: no more rounds; decided by the first thread for all
 * @uuid: what all want
 * @winner: its entry
 * @won: how many have got it
 * @removed: how many have removed it
 */
static struct tort_round {
	atomic_t here;
	atomic_t met;
	wait_queue_head_t wait;
	bool stop;
	guid_t uuid;
	struct msamp_ns_entry *winner;
	atomic_t won;
	atomic_t removed;
} tort_round = { .wait = __WAIT_QUEUE_HEAD_INITIALIZER(tort_round.wait) };

/*
 * Nobody leaves before the last one has come. Those who come early spin for a while, so that they
 * leave at the same moment, and sleep then, as there are more of them than processors.
 */
static void tort_meet(void)
{
	int met = atomic_read(&tort_round.met);
	unsigned int spins = 50;

	if (atomic_inc_return(&tort_round.here) == tort_threads) {
		atomic_set(&tort_round.here, 0);
		atomic_inc_return_release(&tort_round.met);
		wake_up_all(&tort_round.wait);
		return;
	}
	while (atomic_read_acquire(&tort_round.met) == met && spins--)
		cpu_relax();
	wait_event(tort_round.wait, atomic_read_acquire(&tort_round.met) != met);
}

static void tort_race_prepare(struct tort_thread *thread)
{
	if (thread->index)
		return;
	tort_round.stop = READ_ONCE(tort_stop);
	/* the same one again, or another */
	if (tort_random(thread, 2))
		guid_gen(&tort_round.uuid);
	atomic_set(&tort_round.won, 0);
	atomic_set(&tort_round.removed, 0);
}

static void tort_race_reserve(struct tort_thread *thread)
{
	struct msamp_ns_entry *entry;

	entry = msamp_ns_reserve(&tort_ns, &tort_round.uuid, &thread->owner);
	if (IS_ERR(entry)) {
		tort_check(PTR_ERR(entry) == -EEXIST, "%ld", PTR_ERR(entry));
		return;
	}
	atomic_inc(&tort_round.won);
	WRITE_ONCE(tort_round.winner, entry);
}

static void tort_race_remove(struct msamp_ns_entry *entry)
{
	int ret = msamp_ns_begin_removal(entry);

	if (ret) {
		tort_check(ret == -ENODEV, "%d", ret);
		return;
	}
	atomic_inc(&tort_round.removed);
	msamp_ns_close(entry);
	msamp_ns_release(entry);
}

static void tort_race_round(struct tort_thread *thread)
{
	struct msamp_ns_entry *entry;

	tort_race_reserve(thread);
	tort_meet();
	tort_check(atomic_read(&tort_round.won) == 1, "%d", atomic_read(&tort_round.won));
	if (!thread->index)
		msamp_ns_publish(tort_round.winner, tort_object_new(NULL));
	tort_meet();
	entry = msamp_ns_get(&tort_ns, &tort_round.uuid);
	tort_check(entry == tort_round.winner, "%p, not %p", entry, tort_round.winner);
	tort_meet();
	if (entry) {
		tort_race_remove(entry);
		msamp_ns_put(entry);
	}
	tort_meet();
	tort_check(atomic_read(&tort_round.removed) == 1, "%d", atomic_read(&tort_round.removed));
	entry = msamp_ns_get(&tort_ns, &tort_round.uuid);
	tort_check(!entry, "found after its removal");
	thread->count[TORT_RACES]++;
}

/**
 * tort_race() - what a thread does while there are races
 * @data: the thread
 *
 * Context: Kernel thread.
 * Return: 0.
 */
int tort_race(void *data)
{
	struct tort_thread *thread = data;

	for (;;) {
		tort_meet();
		tort_race_prepare(thread);
		tort_meet();
		if (tort_round.stop)
			return 0;
		tort_race_round(thread);
	}
}
