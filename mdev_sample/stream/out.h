/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A migration stream on its way out, piece by piece.
 */
#ifndef MSAMP_MIG_OUT_H
#define MSAMP_MIG_OUT_H

#include "stream/stream.h"

/**
 * struct msamp_mig_out - a stream on its way out
 * @card: the card
 * @padding: the padding, as far as it has been made
 * @parts: how many parts the padding has, each of which fills a record
 * @dirty: how many of them have changed since they were made
 * @next: the one of these that changed first
 * @buf: memory for pieces that are made
 * @piece: the piece that is being read, in @buf or @tail
 * @fill: its bytes
 * @pos: how many of them have been read
 * @first: nothing of it has been sent before
 * @stopped: the card has stopped; its state is the last that is sent
 * @tail_len: bytes of @tail that are still to be sent
 * @tail: what follows the padding; without any it is right behind the head, in @buf
 */
struct msamp_mig_out {
	struct msamp_mig_card card;
	struct msamp_mig_padding padding;
	u32 parts;
	u32 dirty;
	u32 next;
	u8 *buf;
	const u8 *piece;
	u32 fill;
	u32 pos;
	bool first;
	bool stopped;
	u32 tail_len;
	u8 *tail;
};

size_t msamp_mig_out_room(const struct msamp_mig_card *card, bool wires, u64 padding);
void msamp_mig_out_init(struct msamp_mig_out *out, const struct msamp_mig_card *card, u8 *buf,
			u64 padding, u64 seed);
void msamp_mig_out_change(struct msamp_mig_out *out, u64 parts);
u64 msamp_mig_pad_ns(u64 rate);
u64 msamp_mig_out_age(struct msamp_mig_out *out, u64 ns, u64 rate);
void msamp_mig_out_stop(struct msamp_mig_out *out, const struct msamp_mig_state *state);
bool msamp_mig_out_more(struct msamp_mig_out *out);

u64 msamp_mig_out_initial(const struct msamp_mig_out *out);
u64 msamp_mig_out_changed(const struct msamp_mig_out *out);
u64 msamp_mig_out_left(const struct msamp_mig_out *out);

#endif /* MSAMP_MIG_OUT_H */
