// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration stream, version 2.0: its format, and its writer. decode.c has the reader.
 *
 * All numbers are little-endian. The stream is a header and records, without gaps:
 *
 *	header	magic "MSAMPMIG", u16 major, u16 minor, u32 0
 *	record	u16 type, u16 flags, u32 size of the payload, payload
 *
 * A reader refuses another major version. Flag 0, mandatory, makes a reader that does not know a
 * type refuse the stream; a record without it is skipped. All other flags are 0. A new type of
 * record raises the minor version, and a change to a type that exists the major one: records that
 * are unknown are accepted only from a writer of a newer minor version, and only after CARD and
 * before END. Payloads, in the order in which records come; bytes not named are 0:
 *
 *	CARD	0 u16 vendor, 2 u16 device, 4 u32 class << 8 | revision, 8 u8 ports
 *	PADDING	0 u64 size, 8 u64 seed; only where there is padding
 *	PAD	0 u64 offset, 8 u32 number, 16 data; see below; only where there is padding
 *	CONFIG	96 bytes of configuration space; no interrupt pending in the status register
 *	MSIX	one bit for each of eight vectors: 0 u8 masked, 1 u8 pending, 2 u8 set up; 4 for
 *		each one that is: u32 address, u32 upper address, u32 data, not all of them 0
 *	PORT	0 u8 port, 1 IER, 2 FCR as stored, 3 LCR, 4 MCR, 5 SCR, 6 MSR,
 *		7 LSR's latched errors (OE, PE, FE, BI), 8 modem lines on the wire (as MSR's high
 *		nibble), 9 bit 0 transmitter empty not acknowledged, bit 1 character timeout, bit 2
 *		RTS held down by auto flow control, 10 u16 divisor, 12 u8 characters received and
 *		waiting, 13 u8 characters to send, 14 u8 where the line leads (0 loopback, 1 host,
 *		2 peer), 16 to a peer only: u32 its port, its UUID; then the received characters,
 *		oldest first, LSR error bits of each of them, the characters to send, oldest first
 *	WIRE	0 u8 port, 1 u8 how many characters, 2 u16 how many of the same wire came before,
 *		4 for each one, oldest first, u8 character, u8 LSR error bits; only for wires that
 *		carry something, at most 1024 characters each, 126 in each record but a wire's last
 *	END	0 u32 records before this one, 4 u32 PAD records among them; nothing follows
 *
 * Padding makes a state as large as a test of migration wants it. It is generated, and the
 * reader generates it too and compares. PAD records are numbered from 0. Those that bring a part
 * for the first time come in the order of offsets, without gaps and, but for the last one, of full
 * length; others, at multiples of the full length, repeat parts that have "changed". The data
 * depends on seed, number and place, so none can be taken for another.
 *
 * A state that is read is one that the card can be in, from whatever writer.
 */
#include "stream/priv.h"

const u8 msamp_mig_magic[8] = { 'M', 'S', 'A', 'M', 'P', 'M', 'I', 'G' };

/**
 * struct msamp_mig_writer - records on their way into a buffer
 * @p: where the next one goes
 * @records: how many there are
 */
struct msamp_mig_writer {
	u8 *p;
	u32 records;
};

/* The head of a record; all of its payload is still to be filled. */
static void *msamp_mig_begin(struct msamp_mig_writer *w, enum msamp_mig_type type, u32 size)
{
	struct msamp_mig_raw_record *raw = (void *)w->p;

	raw->type = cpu_to_le16(type);
	raw->flags = cpu_to_le16(MSAMP_MIG_MANDATORY);
	raw->size = cpu_to_le32(size);
	w->p += sizeof(*raw) + size;
	w->records++;
	return raw + 1;
}

/* Random access to a sequence of words that looks random. */
static u64 msamp_mig_pad_word(u64 key, u64 n)
{
	u64 x = (key + n) * 0x9e3779b97f4a7c15ULL;

	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	return x ^ x >> 29;
}

/**
 * msamp_mig_pad_fill() - generate a part of a PAD record's data
 * @buf: where it goes
 * @len: how many bytes
 * @padding: the padding
 * @record: the record's number
 * @at: the first byte's place in the padding
 *
 * Context: Any.
 */
void msamp_mig_pad_fill(u8 *buf, size_t len, const struct msamp_mig_padding *padding, u32 record,
			u64 at)
{
	u64 key = padding->seed + ((u64)record << 32);
	size_t n, i;
	u64 word;

	for (; len; len -= n, buf += n, at += n) {
		word = msamp_mig_pad_word(key, at / 8) >> 8 * (at % 8);
		n = 8 - at % 8;
		if (n > len)
			n = len;
		for (i = 0; i < n; i++)
			buf[i] = word >> 8 * i;
	}
}

/**
 * msamp_mig_pad_bytes() - how much of the stream padding takes
 * @size: bytes of padding, at most MSAMP_MIG_PADDING_MAX
 *
 * Context: Any.
 * Return: bytes of its PAD records.
 */
u64 msamp_mig_pad_bytes(u64 size)
{
	u64 whole = (u32)size / MSAMP_MIG_PAD_DATA;
	u64 rest = (u32)size % MSAMP_MIG_PAD_DATA;

	if (rest)
		rest += MSAMP_MIG_PAD_RECORD - MSAMP_MIG_PAD_DATA;
	return whole * MSAMP_MIG_PAD_RECORD + rest;
}

/**
 * msamp_mig_encode_head() - write what a stream begins with
 * @buf: room for MSAMP_MIG_HEAD_MAX bytes
 * @card: the card
 * @padding: the padding to come
 *
 * Context: Any.
 * Return: how many bytes it takes.
 */
size_t msamp_mig_encode_head(u8 *buf, const struct msamp_mig_card *card,
			     const struct msamp_mig_padding *padding)
{
	struct msamp_mig_raw_header *header = (void *)buf;
	struct msamp_mig_writer w = { .p = buf + sizeof(*header) };
	const struct msamp_pci_ident *ident = card->ident;
	struct msamp_mig_raw_padding *raw;
	struct msamp_mig_raw_card *id;

	*header = (struct msamp_mig_raw_header){
		.major = cpu_to_le16(MSAMP_MIG_MAJOR),
		.minor = cpu_to_le16(MSAMP_MIG_MINOR),
	};
	memcpy(header->magic, msamp_mig_magic, sizeof(msamp_mig_magic));
	id = msamp_mig_begin(&w, MSAMP_MIG_CARD, sizeof(*id));
	*id = (struct msamp_mig_raw_card){
		.vendor = cpu_to_le16(ident->vendor),
		.device = cpu_to_le16(ident->device),
		.class_revision = cpu_to_le32(ident->class << 8 | ident->revision),
		.nr_ports = card->nr_ports,
	};
	if (padding->size) {
		raw = msamp_mig_begin(&w, MSAMP_MIG_PADDING, sizeof(*raw));
		raw->size = cpu_to_le64(padding->size);
		raw->seed = cpu_to_le64(padding->seed);
	}
	return w.p - buf;
}

/**
 * msamp_mig_encode_pad() - write the next PAD record
 * @buf: room for MSAMP_MIG_PAD_RECORD bytes
 * @padding: the padding; how far it has come is noted
 * @offset: which part: where nothing has been yet, or a multiple of MSAMP_MIG_PAD_DATA before it
 *
 * Context: Any.
 * Return: how many bytes it takes.
 */
size_t msamp_mig_encode_pad(u8 *buf, struct msamp_mig_padding *padding, u64 offset)
{
	struct msamp_mig_writer w = { .p = buf };
	u64 len = padding->size - offset;
	struct msamp_mig_raw_pad *raw;

	if (len > MSAMP_MIG_PAD_DATA)
		len = MSAMP_MIG_PAD_DATA;
	raw = msamp_mig_begin(&w, MSAMP_MIG_PAD, sizeof(*raw) + len);
	raw->offset = cpu_to_le64(offset);
	raw->number = cpu_to_le32(padding->records);
	raw->reserved = 0;
	msamp_mig_pad_fill(raw->data, len, padding, padding->records, offset);
	padding->records++;
	if (offset == padding->covered)
		padding->covered += len;
	return w.p - buf;
}

static bool msamp_mig_is_set_up(const struct msamp_mig_state *state, unsigned int i)
{
	const u32 *word = state->msix[i];

	return word[0] | word[1] | word[2];
}

static void msamp_mig_encode_msix(struct msamp_mig_writer *w, const struct msamp_mig_state *state)
{
	struct msamp_mig_raw_msix *raw;
	unsigned int i, j, n = 0;
	u8 set_up = 0;

	for (i = 0; i < MSAMP_MIG_NR_VECTORS; i++)
		if (msamp_mig_is_set_up(state, i)) {
			set_up |= 1 << i;
			n++;
		}
	raw = msamp_mig_begin(w, MSAMP_MIG_MSIX, sizeof(*raw) + n * sizeof(raw->vector[0]));
	*raw = (struct msamp_mig_raw_msix){
		.masked = state->masked,
		.pending = state->pending,
		.set_up = set_up,
	};
	for (i = 0, n = 0; i < MSAMP_MIG_NR_VECTORS; i++) {
		if (!(set_up >> i & 1))
			continue;
		for (j = 0; j < MSAMP_MIG_VECTOR_WORDS; j++)
			raw->vector[n].word[j] = cpu_to_le32(state->msix[i][j]);
		n++;
	}
}

static void msamp_mig_encode_wire(struct msamp_mig_writer *w, unsigned int index,
				  const struct msamp_mig_state *state)
{
	unsigned int len = state->wire_len[index];
	struct msamp_mig_raw_wire *raw;
	unsigned int at, nr;

	for (at = 0; at < len; at += nr) {
		nr = len - at < MSAMP_MIG_WIRE_PIECE ? len - at : MSAMP_MIG_WIRE_PIECE;
		raw = msamp_mig_begin(w, MSAMP_MIG_WIRE, sizeof(*raw) + nr * sizeof(raw->c[0]));
		msamp_mig_put_wire(raw, index, at, nr, state);
	}
}

/**
 * msamp_mig_encode_tail() - write what follows the padding, to the end of the stream
 * @buf: room for MSAMP_MIG_TAIL_SIZE() bytes and what is on the wires: MSAMP_MIG_TAIL_MAX at most
 * @card: the card
 * @padding: the padding, all of which has been there
 * @state: the card's state
 *
 * Context: Any.
 * Return: how many bytes it takes.
 */
size_t msamp_mig_encode_tail(u8 *buf, const struct msamp_mig_card *card,
			     const struct msamp_mig_padding *padding,
			     const struct msamp_mig_state *state)
{
	/* before it: CARD, and with padding PADDING and the PADs */
	struct msamp_mig_writer w = { .p = buf, .records = 1 };
	struct msamp_mig_raw_end *end;
	unsigned int i;

	if (padding->size)
		w.records += 1 + padding->records;
	memcpy(msamp_mig_begin(&w, MSAMP_MIG_CONFIG, sizeof(state->config)), state->config,
	       sizeof(state->config));

	msamp_mig_encode_msix(&w, state);
	for (i = 0; i < card->nr_ports; i++)
		msamp_mig_put_port(msamp_mig_begin(&w, MSAMP_MIG_PORT,
						   msamp_mig_port_size(state, i)), i, state);
	for (i = 0; i < card->nr_ports; i++)
		msamp_mig_encode_wire(&w, i, state);

	end = msamp_mig_begin(&w, MSAMP_MIG_END, sizeof(*end));
	end->records = cpu_to_le32(w.records - 1);
	end->pads = cpu_to_le32(padding->records);
	return w.p - buf;
}

/*
 * A stream on its way out: the head, the padding, while the card runs what has changed of the
 * padding since, and when it has stopped its state. Each piece is made when it is asked for.
 */

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
