// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in the records of a migration stream (encode.c has their layout), on the way in. One
 * function for each type: it checks the payload, and puts what it says into the state.
 */
#include "stream/priv.h"

static const char *msamp_mig_card(struct msamp_mig_decoder *dec)
{
	const struct msamp_pci_ident *ident = dec->card.ident;
	const u8 *p = dec->p;

	if (msamp_mig_get(p, 2) != ident->vendor || msamp_mig_get(p + 2, 2) != ident->device ||
	    msamp_mig_get(p + 4, 4) != (ident->class << 8 | ident->revision) ||
	    p[8] != dec->card.nr_ports)
		return "another kind of card";
	if (msamp_mig_get(p + 9, 3))
		return "the card's reserved bits are set";
	return NULL;
}

static const char *msamp_mig_padding(struct msamp_mig_decoder *dec)
{
	dec->padding.size = msamp_mig_get(dec->p, 8);
	dec->padding.seed = msamp_mig_get(dec->p + 8, 8);
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

	for (i = 0; i < CONFIG_SIZE; i += sizeof(word)) {
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
	const u8 *p = dec->p, *end = p + dec->left;
	unsigned int set_up = p[2], i;
	u32 *word;

	state->masked = p[0];
	state->pending = p[1];
	if (p[3])
		return "the vectors' reserved bits are set";
	memset(state->msix, 0, sizeof(state->msix));
	p += MSIX_HEAD;
	for (i = 0; set_up >> i && end - p >= VECTOR_SIZE; i++) {
		if (!(set_up >> i & 1))
			continue;
		word = state->msix[i];
		word[0] = msamp_mig_get(p, 4);
		word[1] = msamp_mig_get(p + 4, 4);
		word[2] = msamp_mig_get(p + 8, 4);
		if (!(word[0] | word[1] | word[2]))
			return "a vector that is not set up";
		p += VECTOR_SIZE;
	}
	return p != end || set_up >> i ? "vectors are missing, or too many" : NULL;
}

static const char *msamp_mig_port(struct msamp_mig_decoder *dec)
{
	return msamp_mig_get_port(dec->p, dec->left, dec->ports++, &dec->state);
}

static const char *msamp_mig_wire(struct msamp_mig_decoder *dec)
{
	return msamp_mig_get_wire(dec->p, dec->left, &dec->card, &dec->state);
}

static const char *msamp_mig_end(struct msamp_mig_decoder *dec)
{
	if (msamp_mig_get(dec->p, 4) != dec->records ||
	    msamp_mig_get(dec->p + 4, 4) != dec->padding.records)
		return "a record is missing or repeated";
	return NULL;
}

/**
 * msamp_mig_get_payload() - read a record, of which all is there
 * @dec: the decoder: @p points to the payload; the record's type is known, its size and its place
 * in the stream are right, and it is not a PAD
 *
 * Context: Any; the owner serialises.
 * Return: NULL; or what is wrong, and then the stream is to be refused.
 */
const char *msamp_mig_get_payload(struct msamp_mig_decoder *dec)
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
