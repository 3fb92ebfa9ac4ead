// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration stream's reader (encode.c has the format).
 *
 * It takes the stream in pieces of any size, keeps no more of it than one small record, and looks
 * at each byte as an attacker's: nothing is believed before it has been checked, and what has been
 * read is of no use to anybody before all of it has come.
 */
#include "stream/priv.h"

/* How much generated padding is compared at once. */
#define PAD_PIECE	256

enum msamp_mig_phase {
	PHASE_HEADER,
	PHASE_RECORD,
	PHASE_PAYLOAD,
	PHASE_PAD_HEAD,
	PHASE_PAD_DATA,
	PHASE_SKIP,
	PHASE_DONE,
};

static void msamp_mig_refuse(struct msamp_mig_decoder *dec, const char *why)
{
	if (!dec->err)
		dec->err = -EINVAL;
	if (!dec->why)
		dec->why = why;
}

static void msamp_mig_next(struct msamp_mig_decoder *dec, enum msamp_mig_phase phase)
{
	dec->phase = phase;
	dec->fill = 0;
}

/* The least payload of a type that we know, else 0; what more it may be is checked elsewhere. */
static u32 msamp_mig_size(unsigned int type)
{
	switch (type) {
	case MSAMP_MIG_CARD:
		return sizeof(struct msamp_mig_raw_card);
	case MSAMP_MIG_PADDING:
		return sizeof(struct msamp_mig_raw_padding);
	case MSAMP_MIG_PAD:
		return sizeof(struct msamp_mig_raw_pad);
	case MSAMP_MIG_CONFIG:
		return MSAMP_PCI_CONFIG_USED;
	case MSAMP_MIG_MSIX:
		return sizeof(struct msamp_mig_raw_msix);
	case MSAMP_MIG_PORT:
		return sizeof(struct msamp_mig_raw_port);
	case MSAMP_MIG_WIRE:
		return sizeof(struct msamp_mig_raw_wire);
	case MSAMP_MIG_END:
		return sizeof(struct msamp_mig_raw_end);
	default:
		return 0;
	}
}

static bool msamp_mig_varies(unsigned int type)
{
	return type == MSAMP_MIG_MSIX || type == MSAMP_MIG_PORT || type == MSAMP_MIG_WIRE;
}

/* Whether a record of a known type may come now: nothing missing, nothing twice. */
static bool msamp_mig_in_order(const struct msamp_mig_decoder *dec, unsigned int type)
{
	const struct msamp_mig_padding *padding = &dec->padding;

	switch (type) {
	case MSAMP_MIG_CARD:
		return !dec->last;
	case MSAMP_MIG_PADDING:
		return dec->last == MSAMP_MIG_CARD;
	case MSAMP_MIG_PAD:
		return dec->last == MSAMP_MIG_PADDING || dec->last == MSAMP_MIG_PAD;
	case MSAMP_MIG_CONFIG:
		return dec->last == MSAMP_MIG_CARD ||
		       (dec->last == MSAMP_MIG_PAD && padding->covered == padding->size);
	case MSAMP_MIG_MSIX:
		return dec->last == MSAMP_MIG_CONFIG;
	case MSAMP_MIG_PORT:
		return dec->last == MSAMP_MIG_MSIX ||
		       (dec->last == MSAMP_MIG_PORT && dec->ports < dec->card.nr_ports);
	default:
		/* WIRE and END */
		return dec->ports == dec->card.nr_ports;
	}
}

static const char *msamp_mig_newer(struct msamp_mig_decoder *dec, int err, const char *why)
{
	dec->err = -err;
	return why;
}

static const char *msamp_mig_header(struct msamp_mig_decoder *dec)
{
	const struct msamp_mig_raw_header *raw = (const void *)dec->p;

	if (memcmp(raw->magic, msamp_mig_magic, sizeof(msamp_mig_magic)))
		return "not a stream of ours";
	if (le16_to_cpu(raw->major) != MSAMP_MIG_MAJOR)
		return msamp_mig_newer(dec, EPROTONOSUPPORT, "another major version");
	if (raw->reserved)
		return "the header's reserved bits are set";
	dec->minor = le16_to_cpu(raw->minor);
	msamp_mig_next(dec, PHASE_RECORD);
	return NULL;
}

/* A type that we do not know. */
static const char *msamp_mig_foreign(struct msamp_mig_decoder *dec, u32 flags)
{
	if (dec->minor <= MSAMP_MIG_MINOR || !dec->last)
		return "no such record";
	if (flags & MSAMP_MIG_MANDATORY)
		return msamp_mig_newer(dec, EOPNOTSUPP, "a mandatory record of a newer version");
	dec->records++;
	msamp_mig_next(dec, dec->left ? PHASE_SKIP : PHASE_RECORD);
	return NULL;
}

static const char *msamp_mig_record(struct msamp_mig_decoder *dec)
{
	const struct msamp_mig_raw_record *raw = (const void *)dec->p;
	u32 flags = le16_to_cpu(raw->flags);
	u32 size;

	dec->type = le16_to_cpu(raw->type);
	dec->left = le32_to_cpu(raw->size);
	size = msamp_mig_size(dec->type);
	if (flags & ~MSAMP_MIG_MANDATORY)
		return "a record's reserved flags are set";
	if (!size)
		return msamp_mig_foreign(dec, flags);
	if (!(flags & MSAMP_MIG_MANDATORY))
		return "a known record is not mandatory";
	if (!msamp_mig_in_order(dec, dec->type))
		return "a record is missing, repeated or misplaced";
	if (dec->type == MSAMP_MIG_PAD) {
		msamp_mig_next(dec, PHASE_PAD_HEAD);
		return NULL;
	}
	if (dec->left != size && (!msamp_mig_varies(dec->type) || dec->left < size ||
				  dec->left > MSAMP_MIG_PAYLOAD_MAX))
		return "a record of the wrong size";
	msamp_mig_next(dec, PHASE_PAYLOAD);
	return NULL;
}

/* One function for each type checks the payload, and puts what it says into the state. */

static const char *msamp_mig_card(struct msamp_mig_decoder *dec)
{
	const struct msamp_pci_ident *ident = dec->card.ident;
	const struct msamp_mig_raw_card *raw = (const void *)dec->p;

	if (le16_to_cpu(raw->vendor) != ident->vendor ||
	    le16_to_cpu(raw->device) != ident->device ||
	    le32_to_cpu(raw->class_revision) != (ident->class << 8 | ident->revision) ||
	    raw->nr_ports != dec->card.nr_ports)
		return "another kind of card";
	if (raw->reserved[0] | raw->reserved[1] | raw->reserved[2])
		return "the card's reserved bits are set";
	return NULL;
}

static const char *msamp_mig_padding(struct msamp_mig_decoder *dec)
{
	const struct msamp_mig_raw_padding *raw = (const void *)dec->p;

	dec->padding.size = le64_to_cpu(raw->size);
	dec->padding.seed = le64_to_cpu(raw->seed);
	if (!dec->padding.size || dec->padding.size > MSAMP_MIG_PADDING_MAX)
		return "padding of an impossible size";
	return NULL;
}

/* Only what a driver may write may differ from a card that has just been switched on. */
static const char *msamp_mig_config(struct msamp_mig_decoder *dec)
{
	const struct msamp_pci_config *fresh = dec->card.fresh;
	u64 word, want, writable, wrong = 0;
	unsigned int i;

	for (i = 0; i < MSAMP_PCI_CONFIG_USED; i += sizeof(word)) {
		memcpy(&word, dec->p + i, sizeof(word));
		memcpy(&want, fresh->space + i, sizeof(word));
		memcpy(&writable, fresh->writable + i, sizeof(word));
		wrong |= (word ^ want) & ~writable;
		memcpy(dec->state.config + i, &word, sizeof(word));
	}
	return wrong ? "configuration space has bits that are hard-wired" : NULL;
}

static const char *msamp_mig_msix(struct msamp_mig_decoder *dec)
{
	struct msamp_mig_state *state = &dec->state;
	const struct msamp_mig_raw_msix *raw = (const void *)dec->p;
	const struct msamp_mig_raw_vector *v = raw->vector;
	const u8 *end = dec->p + dec->left;
	unsigned int i, j;

	state->masked = raw->masked;
	state->pending = raw->pending;
	if (raw->reserved)
		return "the vectors' reserved bits are set";
	memset(state->msix, 0, sizeof(state->msix));
	for (i = 0; raw->set_up >> i && (const u8 *)(v + 1) <= end; i++) {
		if (!(raw->set_up >> i & 1))
			continue;
		for (j = 0; j < MSAMP_MIG_VECTOR_WORDS; j++)
			state->msix[i][j] = le32_to_cpu(v->word[j]);
		if (!(v->word[0] | v->word[1] | v->word[2]))
			return "a vector that is not set up";
		v++;
	}
	return (const u8 *)v != end || raw->set_up >> i ? "vectors are missing, or too many" : NULL;
}

static const char *msamp_mig_port(struct msamp_mig_decoder *dec)
{
	return msamp_mig_get_port((const void *)dec->p, dec->left, dec->ports++, &dec->state);
}

static const char *msamp_mig_wire(struct msamp_mig_decoder *dec)
{
	return msamp_mig_get_wire((const void *)dec->p, dec->left, &dec->card, &dec->state);
}

static const char *msamp_mig_end(struct msamp_mig_decoder *dec)
{
	const struct msamp_mig_raw_end *raw = (const void *)dec->p;

	if (le32_to_cpu(raw->records) != dec->records ||
	    le32_to_cpu(raw->pads) != dec->padding.records)
		return "a record is missing or repeated";
	return NULL;
}

/*
 * Reads a record, of which all is there: its type is known, its size and its place in the stream
 * are right, and it is not a PAD. Returns NULL, or what is wrong.
 */
static const char *msamp_mig_get_payload(struct msamp_mig_decoder *dec)
{
	switch (dec->type) {
	case MSAMP_MIG_CARD:
		return msamp_mig_card(dec);
	case MSAMP_MIG_PADDING:
		return msamp_mig_padding(dec);
	case MSAMP_MIG_CONFIG:
		return msamp_mig_config(dec);
	case MSAMP_MIG_MSIX:
		return msamp_mig_msix(dec);
	case MSAMP_MIG_PORT:
		return msamp_mig_port(dec);
	case MSAMP_MIG_WIRE:
		return msamp_mig_wire(dec);
	default:
		return msamp_mig_end(dec);
	}
}

static const char *msamp_mig_payload(struct msamp_mig_decoder *dec)
{
	const char *why = msamp_mig_get_payload(dec);

	dec->records++;
	dec->last = dec->type;
	msamp_mig_next(dec, dec->type == MSAMP_MIG_END ? PHASE_DONE : PHASE_RECORD);
	return why;
}

static const char *msamp_mig_pad_head(struct msamp_mig_decoder *dec)
{
	struct msamp_mig_padding *padding = &dec->padding;
	const struct msamp_mig_raw_pad *raw = (const void *)dec->p;
	u64 offset = le64_to_cpu(raw->offset);
	bool again = offset < padding->covered && !((u32)offset % MSAMP_MIG_PAD_DATA);
	u64 len;

	if (le32_to_cpu(raw->number) != padding->records || raw->reserved)
		return "padding is missing, repeated or misplaced";
	if (offset >= padding->size || (offset != padding->covered && !again))
		return "padding at the wrong place";
	len = padding->size - offset;
	if (len > MSAMP_MIG_PAD_DATA)
		len = MSAMP_MIG_PAD_DATA;
	if (dec->left != sizeof(*raw) + len)
		return "padding of the wrong length";
	dec->left = len;
	dec->pad_offset = offset;
	dec->pad_at = 0;
	msamp_mig_next(dec, PHASE_PAD_DATA);
	return NULL;
}

static size_t msamp_mig_pad_data(struct msamp_mig_decoder *dec, const u8 *data, size_t len)
{
	struct msamp_mig_padding *padding = &dec->padding;
	u8 want[PAD_PIECE];

	if (len > dec->left)
		len = dec->left;
	if (len > sizeof(want))
		len = sizeof(want);
	msamp_mig_pad_fill(want, len, padding, padding->records, dec->pad_offset + dec->pad_at);
	if (memcmp(want, data, len)) {
		msamp_mig_refuse(dec, "padding has been damaged");
		return 0;
	}
	dec->pad_at += len;
	dec->left -= len;
	if (dec->left)
		return len;

	if (dec->pad_offset == padding->covered)
		padding->covered += dec->pad_at;
	padding->records++;
	dec->records++;
	dec->last = MSAMP_MIG_PAD;
	msamp_mig_next(dec, PHASE_RECORD);
	return len;
}

static size_t msamp_mig_skip(struct msamp_mig_decoder *dec, size_t len)
{
	if (len > dec->left)
		len = dec->left;
	dec->left -= len;
	if (!dec->left)
		msamp_mig_next(dec, PHASE_RECORD);
	return len;
}

/* How much of what comes next is of use only when all of it is there; 0 if any part is. */
static size_t msamp_mig_need(const struct msamp_mig_decoder *dec)
{
	switch (dec->phase) {
	case PHASE_HEADER:
		return MSAMP_MIG_HEADER_SIZE;
	case PHASE_RECORD:
		return MSAMP_MIG_RECORD_HEAD;
	case PHASE_PAYLOAD:
		return dec->left;
	case PHASE_PAD_HEAD:
		return sizeof(struct msamp_mig_raw_pad);
	default:
		return 0;
	}
}

/* All of it is there. Returns what is wrong, or NULL; sets @err if that is not EINVAL. */
static const char *msamp_mig_complete(struct msamp_mig_decoder *dec)
{
	switch (dec->phase) {
	case PHASE_HEADER:
		return msamp_mig_header(dec);
	case PHASE_RECORD:
		return msamp_mig_record(dec);
	case PHASE_PAYLOAD:
		return msamp_mig_payload(dec);
	default:
		return msamp_mig_pad_head(dec);
	}
}

static size_t msamp_mig_collect(struct msamp_mig_decoder *dec, const u8 *data, size_t len,
				size_t need)
{
	const char *why = NULL;

	if (!dec->fill && len >= need) {
		/* as nearly always */
		len = need;
		dec->p = data;
	} else {
		if (len > need - dec->fill)
			len = need - dec->fill;
		memcpy(dec->buf + dec->fill, data, len);
		dec->p = dec->buf;
	}
	dec->fill += len;
	if (dec->fill == need)
		why = msamp_mig_complete(dec);
	if (why)
		msamp_mig_refuse(dec, why);
	return len;
}

static size_t msamp_mig_step(struct msamp_mig_decoder *dec, const u8 *data, size_t len)
{
	size_t need = msamp_mig_need(dec);

	if (need)
		return msamp_mig_collect(dec, data, len, need);
	if (dec->phase == PHASE_PAD_DATA)
		return msamp_mig_pad_data(dec, data, len);
	if (dec->phase == PHASE_SKIP)
		return msamp_mig_skip(dec, len);
	msamp_mig_refuse(dec, "something follows the end");
	return 0;
}

/**
 * msamp_mig_decode_init() - get ready for a stream
 * @dec: the decoder
 * @card: the card that will take the state over
 * @wires: room for what is on the wires to its ports; NULL if there can be nothing
 *
 * Context: Any.
 */
void msamp_mig_decode_init(struct msamp_mig_decoder *dec, const struct msamp_mig_card *card,
			   struct msamp_mig_wires *wires)
{
	/* of the state, only what the stream need not bring; all else it fills */
	memset(dec, 0, offsetof(struct msamp_mig_decoder, state));
	memset(dec->state.wire_len, 0, sizeof(dec->state.wire_len));
	dec->state.wires = wires;
	dec->card = *card;
}

/**
 * msamp_mig_decode() - take the next bytes of the stream
 * @dec: the decoder
 * @data: the bytes
 * @len: how many
 *
 * Context: Any; the owner serialises.
 * Return: 0; -EPROTONOSUPPORT for another major version, -EOPNOTSUPP for a mandatory record that a
 * newer version has added, -EINVAL for anything else that cannot be: @dec->why says what. An error
 * is final.
 */
int msamp_mig_decode(struct msamp_mig_decoder *dec, const u8 *data, size_t len)
{
	size_t n;

	while (len && !dec->err) {
		n = msamp_mig_step(dec, data, len);
		data += n;
		len -= n;
		dec->at += n;
	}
	return dec->err;
}

/**
 * msamp_mig_decode_end() - no more bytes will come
 * @dec: the decoder
 *
 * Context: Any; the owner serialises.
 * Return: 0, and then @dec->state is a state that the card can be in; what msamp_mig_decode()
 * returned; -EINVAL if something is missing.
 */
int msamp_mig_decode_end(struct msamp_mig_decoder *dec)
{
	if (dec->phase != PHASE_DONE)
		msamp_mig_refuse(dec, "the stream is cut short");
	return dec->err;
}
