/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the migration stream's writer (encode.c) and reader (decode.c) share.
 */
#ifndef MSAMP_MIG_CORE_H
#define MSAMP_MIG_CORE_H

#include "stream/stream.h"

/* Sizes of payloads. */
#define CARD_SIZE	12
#define PADDING_SIZE	16
#define CONFIG_SIZE	MSAMP_PCI_CONFIG_USED
#define MSIX_HEAD	4
#define VECTOR_SIZE	(4 * MSAMP_MIG_VECTOR_WORDS)
#define PORT_HEAD	16
#define PEER_SIZE	20
#define WIRE_HEAD	4
#define END_SIZE	8

/* Every number in the stream is little-endian. */
static inline u8 *msamp_mig_put(u8 *p, u64 val, unsigned int bytes)
{
	unsigned int i;

	/* so that the compiler sees a single store */
#pragma GCC unroll 8
	for (i = 0; i < bytes; i++)
		p[i] = val >> 8 * i;
	return p + bytes;
}

static inline u64 msamp_mig_get(const u8 *p, unsigned int bytes)
{
	unsigned int i;
	u64 val = 0;

#pragma GCC unroll 8
	for (i = 0; i < bytes; i++)
		val |= (u64)p[i] << 8 * i;
	return val;
}

extern const u8 msamp_mig_magic[8];

void msamp_mig_pad_fill(u8 *buf, size_t len, const struct msamp_mig_padding *padding, u32 record,
			u64 at);

/* port_record.c */
size_t msamp_mig_port_size(const struct msamp_mig_state *state, unsigned int index);
void msamp_mig_put_port(u8 *buf, unsigned int index, const struct msamp_mig_state *state);
const char *msamp_mig_get_port(const u8 *buf, size_t size, unsigned int index,
			       struct msamp_mig_state *state);
void msamp_mig_put_wire(u8 *buf, unsigned int index, unsigned int at, unsigned int nr,
			const struct msamp_mig_state *state);
const char *msamp_mig_get_wire(const u8 *buf, size_t size, const struct msamp_mig_card *card,
			       struct msamp_mig_state *state);

#endif /* MSAMP_MIG_CORE_H */
