/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the migration stream's writer (encode.c) and reader (decode.c) share.
 */
#ifndef MSAMP_MIG_CORE_H
#define MSAMP_MIG_CORE_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "stream/stream.h"

/* The bytes of the stream; encode.c says what they mean. All numbers are little-endian. */

struct msamp_mig_raw_header {
	u8 magic[8];
	__le16 major;
	__le16 minor;
	__le32 reserved;
} __packed;

struct msamp_mig_raw_record {
	__le16 type;
	__le16 flags;
	__le32 size;
} __packed;

struct msamp_mig_raw_card {
	__le16 vendor;
	__le16 device;
	__le32 class_revision;
	u8 nr_ports;
	u8 reserved[3];
} __packed;

struct msamp_mig_raw_padding {
	__le64 size;
	__le64 seed;
} __packed;

struct msamp_mig_raw_pad {
	__le64 offset;
	__le32 number;
	__le32 reserved;
	u8 data[];
} __packed;

struct msamp_mig_raw_vector {
	__le32 word[MSAMP_MIG_VECTOR_WORDS];
} __packed;

struct msamp_mig_raw_msix {
	u8 masked;
	u8 pending;
	u8 set_up;
	u8 reserved;
	struct msamp_mig_raw_vector vector[];
} __packed;

struct msamp_mig_raw_port {
	u8 port;
	u8 ier;
	u8 fcr;
	u8 lcr;
	u8 mcr;
	u8 scr;
	u8 msr;
	u8 lsr_error;
	u8 line_in;
	u8 flags;
	__le16 divisor;
	u8 rx_len;
	u8 tx_len;
	u8 line;
	u8 reserved;
	u8 lists[];
} __packed;

/* In front of the lists of a port that leads to a peer. */
struct msamp_mig_raw_peer {
	__le32 port;
	u8 uuid[16];
} __packed;

struct msamp_mig_raw_wire {
	u8 port;
	u8 nr;
	__le16 at;
	__le16 c[];
} __packed;

struct msamp_mig_raw_end {
	__le32 records;
	__le32 pads;
} __packed;

extern const u8 msamp_mig_magic[8];

void msamp_mig_pad_fill(u8 *buf, size_t len, const struct msamp_mig_padding *padding, u32 record,
			u64 at);

/* port_record.c */
size_t msamp_mig_port_size(const struct msamp_mig_state *state, unsigned int index);
void msamp_mig_put_port(struct msamp_mig_raw_port *raw, unsigned int index,
			const struct msamp_mig_state *state);
const char *msamp_mig_get_port(const struct msamp_mig_raw_port *raw, size_t size,
			       unsigned int index, struct msamp_mig_state *state);
void msamp_mig_put_wire(struct msamp_mig_raw_wire *raw, unsigned int index, unsigned int at,
			unsigned int nr, const struct msamp_mig_state *state);
const char *msamp_mig_get_wire(const struct msamp_mig_raw_wire *raw, size_t size,
			       const struct msamp_mig_card *card, struct msamp_mig_state *state);

#endif /* MSAMP_MIG_CORE_H */
