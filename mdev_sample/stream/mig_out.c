// SPDX-License-Identifier: GPL-2.0-only
/*
 * A migration stream on its way out: the head, the padding, while the card runs what has changed of
 * the padding since, and when it has stopped its state. Each piece is made when it is asked for.
 */
#include "stream/out.h"

static u32 msamp_mig_out_parts(u64 size)
{
	return ((u32)size + MSAMP_MIG_PAD_DATA - 1) / MSAMP_MIG_PAD_DATA;
}

/**
 * msamp_mig_out_room() - how much memory pieces of a stream take
 * @card: the card
 * @wires: something can be on the wires to its ports
 * @padding: bytes of padding
 *
 * Context: Any.
 * Return: bytes.
 */
size_t msamp_mig_out_room(const struct msamp_mig_card *card, bool wires, u64 padding)
{
	return (padding ? MSAMP_MIG_PAD_RECORD : MSAMP_MIG_HEAD_MAX) +
	       MSAMP_MIG_TAIL_SIZE(card->nr_ports) +
	       (wires ? card->nr_ports * MSAMP_MIG_WIRE_SIZE : 0);
}

/**
 * msamp_mig_out_init() - begin a stream
 * @out: the stream
 * @card: the card
 * @buf: msamp_mig_out_room() bytes
 * @padding: bytes of padding, at most MSAMP_MIG_PADDING_MAX
 * @seed: what it is to be generated from
 *
 * Context: Any.
 */
void msamp_mig_out_init(struct msamp_mig_out *out, const struct msamp_mig_card *card, u8 *buf,
			u64 padding, u64 seed)
{
	memset(out, 0, sizeof(*out));
	out->card = *card;
	out->padding.size = padding;
	out->padding.seed = seed;
	out->parts = msamp_mig_out_parts(padding);
	out->buf = buf;
	out->piece = buf;
	out->fill = msamp_mig_encode_head(buf, card, &out->padding);
	out->tail = buf + (padding ? MSAMP_MIG_PAD_RECORD : out->fill);
	out->first = true;
}

/**
 * msamp_mig_out_change() - some of the padding has changed
 * @out: the stream
 * @parts: how many parts; what changes before it is sent again changes for nothing
 *
 * Context: Any; the owner serialises.
 */
void msamp_mig_out_change(struct msamp_mig_out *out, u64 parts)
{
	if (out->stopped)
		return;
	out->dirty = parts < out->parts - out->dirty ? out->dirty + parts : out->parts;
}

/**
 * msamp_mig_pad_ns() - how long it takes until another part of the padding has changed
 * @rate: how many bytes change in a second, not 0
 *
 * Context: Any.
 * Return: nanoseconds, at least 1.
 */
u64 msamp_mig_pad_ns(u64 rate)
{
	u64 ns = div64_u64(MSAMP_MIG_PAD_DATA * 1000000000ULL, rate);

	return ns ? ns : 1;
}

/**
 * msamp_mig_out_age() - time has passed: count the parts of the padding that have changed
 * @out: the stream
 * @ns: how much time has passed
 * @rate: how many bytes change in a second
 *
 * No product of the two is needed, which could overflow.
 *
 * Context: Any; the owner serialises.
 * Return: how much of @ns has been counted; the rest is a part's that has not changed yet.
 */
u64 msamp_mig_out_age(struct msamp_mig_out *out, u64 ns, u64 rate)
{
	u64 part_ns, parts;

	if (!rate)
		return ns;
	part_ns = msamp_mig_pad_ns(rate);
	parts = div64_u64(ns, part_ns);
	msamp_mig_out_change(out, parts);
	return parts * part_ns;
}

/**
 * msamp_mig_out_stop() - the card has stopped
 * @out: the stream
 * @state: the card's state, which will end the stream
 *
 * Context: Any; the owner serialises.
 */
void msamp_mig_out_stop(struct msamp_mig_out *out, const struct msamp_mig_state *state)
{
	struct msamp_mig_padding padding = out->padding;

	/* how many records there will have been when the tail's turn has come */
	padding.records += msamp_mig_out_parts(padding.size - padding.covered) + out->dirty;
	out->tail_len = msamp_mig_encode_tail(out->tail, &out->card, &padding, state);
	out->stopped = true;
	/* they can be read at once */
	if (out->piece + out->fill == out->tail && !padding.size) {
		out->fill += out->tail_len;
		out->tail_len = 0;
	}
}

/**
 * msamp_mig_out_more() - see to it that there is something to read, if there is any more
 * @out: the stream
 *
 * Context: Any; the owner serialises.
 * Return: false if there is nothing; there may be later, unless the card has stopped.
 */
bool msamp_mig_out_more(struct msamp_mig_out *out)
{
	if (out->pos < out->fill)
		return true;
	out->pos = 0;
	out->fill = 0;
	out->piece = out->buf;
	out->first = out->padding.covered < out->padding.size;
	if (out->first) {
		out->fill = msamp_mig_encode_pad(out->buf, &out->padding, out->padding.covered);
	} else if (out->dirty) {
		out->fill = msamp_mig_encode_pad(out->buf, &out->padding,
						 out->next * MSAMP_MIG_PAD_DATA);
		out->next = (out->next + 1) % out->parts;
		out->dirty--;
	} else if (out->tail_len) {
		out->piece = out->tail;
		out->fill = out->tail_len;
		out->tail_len = 0;
	}
	return out->fill;
}

/**
 * msamp_mig_out_initial() - how much is left that has never been sent, the card's state aside
 * @out: the stream
 *
 * Context: Any; the owner serialises.
 * Return: bytes.
 */
u64 msamp_mig_out_initial(const struct msamp_mig_out *out)
{
	return (out->first ? out->fill - out->pos : 0) +
	       msamp_mig_pad_bytes(out->padding.size - out->padding.covered);
}

/**
 * msamp_mig_out_changed() - how much is to be sent again because it has changed
 * @out: the stream
 *
 * Context: Any; the owner serialises.
 * Return: bytes.
 */
u64 msamp_mig_out_changed(const struct msamp_mig_out *out)
{
	return (out->first ? 0 : out->fill - out->pos) + (u64)out->dirty * MSAMP_MIG_PAD_RECORD;
}

/**
 * msamp_mig_out_left() - how much is left to read if the card stops now
 * @out: the stream
 *
 * Context: Any; the owner serialises.
 * Return: bytes.
 */
u64 msamp_mig_out_left(const struct msamp_mig_out *out)
{
	u32 tail = out->stopped ? out->tail_len : MSAMP_MIG_TAIL_SIZE(out->card.nr_ports);

	return msamp_mig_out_initial(out) + msamp_mig_out_changed(out) + tail;
}
