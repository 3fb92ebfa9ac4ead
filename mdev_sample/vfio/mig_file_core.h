/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two halves of a data transfer share: its life (mig_file.c), its descriptor
 * (migration_file.c).
 */
#ifndef MSAMP_MIG_FILE_CORE_H
#define MSAMP_MIG_FILE_CORE_H

#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/timer.h>
#include <linux/wait.h>

#include "stream/out.h"
#include "vfio/migration_file.h"

/*
 * What is copied in at once of what is written: all of most states without padding and wires. With
 * it, the transfer of a card with two ports takes less than half a page.
 */
#define MSAMP_MIG_PIECE		512

/**
 * struct msamp_mig_file - one data transfer
 * @refs: the descriptor's and the device's
 * @session: what was to be known when it began; never changes
 * @loading: data come in; never changes
 * @wait: woken when there is more to read, and when the file is disabled
 * @timer: fires when a poll may find the file ready: more of the padding has changed, or the rate
 *	allows more
 * @io: held for one read or write, also across its access to user memory; taken by those alone,
 *	interruptibly, before any other lock
 * @lock: protects the rest, but for the memory of a piece that is written, which is @io's; nests
 *	inside the device's lock and @io, and is never held across an access to user memory
 * @disabled: the device has left it
 * @passed: bytes that have passed
 * @free_at: with a limited rate, when the next bytes may pass, in monotonic nanoseconds
 * @aged_at: saving: until when what changes in pre-copy has been counted
 * @out: saving: the stream
 * @state: saving: the device's state when it has stopped
 * @dec: loading: the stream
 * @room: what is on the wires, if anything can be, and memory for pieces of the stream
 */
struct msamp_mig_file {
	refcount_t refs;
	struct msamp_mig_session session;
	bool loading;
	wait_queue_head_t wait;
	struct timer_list timer;
	struct mutex io;	/* order of reads and writes */
	struct mutex lock;	/* the stream */
	bool disabled;
	u64 passed;
	u64 free_at;
	u64 aged_at;
	union {
		struct {
			struct msamp_mig_out out;
			struct msamp_mig_state state;
		};
		struct msamp_mig_decoder dec;
	};
	u8 room[] __aligned(sizeof(u64));
};

static inline u8 *msamp_mig_file_buf(struct msamp_mig_file *f)
{
	return f->room + (f->session.wires ? sizeof(struct msamp_mig_wires) : 0);
}

/* Whether padding changes with time. Never changes. */
static inline bool msamp_mig_file_ages(const struct msamp_mig_file *f)
{
	return f->session.knobs.dirty_rate && f->out.parts;
}

void msamp_mig_file_put(struct msamp_mig_file *f);
void msamp_mig_file_age_locked(struct msamp_mig_file *f);

#endif /* MSAMP_MIG_FILE_CORE_H */
