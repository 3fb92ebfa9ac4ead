// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in the records of a migration stream (mig_stream.c has their layout), on the way in. One
 * function for each type: it checks the payload, and puts what it says into the state.
 */
#include "mig_core.h"

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
	const u8 *p = dec->p;
	unsigned int i, j;

	for (i = 0; i < MSAMP_MIG_NR_VECTORS; i++)
		for (j = 0; j < MSAMP_MIG_VECTOR_WORDS; j++, p += 4)
			dec->state.msix[i][j] = msamp_mig_get(p, 4);
	return NULL;
}

static const char *msamp_mig_vectors(struct msamp_mig_decoder *dec)
{
	dec->state.masked = msamp_mig_get(dec->p, 4);
	dec->state.pending = msamp_mig_get(dec->p + 4, 4);
	if ((dec->state.masked | dec->state.pending) >> MSAMP_MIG_NR_VECTORS)
		return "vectors that do not exist";
	return NULL;
}

static const char *msamp_mig_port(struct msamp_mig_decoder *dec)
{
	const char *why = msamp_mig_get_port(dec->p, dec->ports, &dec->state.uart[dec->ports]);

	dec->ports++;
	return why;
}

static const char *msamp_mig_backend(struct msamp_mig_decoder *dec)
{
	struct msamp_mig_backend *backend = &dec->state.backend[dec->backends];
	static const u8 none[sizeof(backend->peer)];
	const u8 *p = dec->p;

	if (p[0] != dec->backends++)
		return "another port's turn";
	if (p[1] >= MSAMP_MIG_NR_LINES || p[2] || p[3])
		return "no such kind of line";
	backend->line = p[1];
	backend->peer_port = msamp_mig_get(p + 4, 4);
	memcpy(backend->peer, p + 8, sizeof(backend->peer));
	if (backend->line != MSAMP_MIG_LINE_PEER &&
	    (backend->peer_port || memcmp(backend->peer, none, sizeof(none))))
		return "a peer that the line does not lead to";
	return NULL;
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
	case MSAMP_MIG_VECTORS:
		return msamp_mig_vectors(dec);
	case MSAMP_MIG_PORT:
		return msamp_mig_port(dec);
	case MSAMP_MIG_BACKEND:
		return msamp_mig_backend(dec);
	case MSAMP_MIG_WIRE:
		return msamp_mig_wire(dec);
	default:
		return msamp_mig_end(dec);
	}
}
