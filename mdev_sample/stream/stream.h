/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The migration stream: a card's visible state as bytes. encode.c has the format.
 */
#ifndef MSAMP_MIG_STREAM_H
#define MSAMP_MIG_STREAM_H

#include <linux/bits.h>
#include <linux/types.h>

#include "hw/pci_config.h"
#include "hw/uart.h"

#define MSAMP_MIG_MAJOR		2
#define MSAMP_MIG_MINOR		0

#define MSAMP_MIG_NR_PORTS		4
#define MSAMP_MIG_NR_VECTORS	8
#define MSAMP_MIG_VECTOR_WORDS	3

#define MSAMP_MIG_HEADER_SIZE	16
#define MSAMP_MIG_RECORD_HEAD	8

/* The longest payload of a record that is kept until it is complete. */
#define MSAMP_MIG_PAYLOAD_MAX	256

/* What one PAD record takes of the stream, and of it data. */
#define MSAMP_MIG_PAD_RECORD	16384
#define MSAMP_MIG_PAD_HEAD	16
#define MSAMP_MIG_PAD_DATA	(MSAMP_MIG_PAD_RECORD - MSAMP_MIG_RECORD_HEAD - MSAMP_MIG_PAD_HEAD)
#define MSAMP_MIG_PADDING_MAX	BIT(30)

/* Characters that can be on the wire to a port, and how many of them a WIRE record takes. */
#define MSAMP_MIG_WIRE_MAX	1024
#define MSAMP_MIG_WIRE_PIECE	126
#define MSAMP_MIG_WIRE_SIZE	(2 * MSAMP_MIG_WIRE_MAX + \
				 (MSAMP_MIG_WIRE_MAX / MSAMP_MIG_WIRE_PIECE + 1) * 12)

/*
 * At most: header, CARD and PADDING; what follows the padding with nothing on the wires; with all
 * that can be there.
 */
#define MSAMP_MIG_HEAD_MAX	60
#define MSAMP_MIG_TAIL_SIZE(ports)	(228 + (ports) * 92)
#define MSAMP_MIG_TAIL_MAX	(MSAMP_MIG_TAIL_SIZE(MSAMP_MIG_NR_PORTS) + \
				 MSAMP_MIG_NR_PORTS * MSAMP_MIG_WIRE_SIZE)

/**
 * enum msamp_mig_type - what a record holds, in the order in which records come
 * @MSAMP_MIG_CARD: identity of the card
 * @MSAMP_MIG_PADDING: size and seed of the padding; absent without padding
 * @MSAMP_MIG_PAD: a piece of the padding; many
 * @MSAMP_MIG_CONFIG: configuration space
 * @MSAMP_MIG_MSIX: the MSI-X vectors
 * @MSAMP_MIG_PORT: a port's registers and FIFOs, and where its line leads; one for each port, in
 *	order
 * @MSAMP_MIG_WIRE: characters on the wire to a port; as many as it takes, ports in order
 * @MSAMP_MIG_END: the last one
 */
enum msamp_mig_type {
	MSAMP_MIG_CARD = 1,
	MSAMP_MIG_PADDING,
	MSAMP_MIG_PAD,
	MSAMP_MIG_CONFIG,
	MSAMP_MIG_MSIX,
	MSAMP_MIG_PORT,
	MSAMP_MIG_WIRE,
	MSAMP_MIG_END = 255,
};

/* Flags of a record. */
#define MSAMP_MIG_MANDATORY	BIT(0)

/**
 * enum msamp_mig_line - where a port's line leads
 * @MSAMP_MIG_LINE_LOOPBACK: back to the port
 * @MSAMP_MIG_LINE_HOST: to a tty of the host
 * @MSAMP_MIG_LINE_PEER: to another card's port
 * @MSAMP_MIG_NR_LINES: how many there are
 */
enum msamp_mig_line {
	MSAMP_MIG_LINE_LOOPBACK,
	MSAMP_MIG_LINE_HOST,
	MSAMP_MIG_LINE_PEER,
	MSAMP_MIG_NR_LINES,
};

/**
 * struct msamp_mig_backend - where a port's line leads
 * @line: enum msamp_mig_line
 * @peer: UUID of the device at the other end, if that is a peer; else 0
 * @peer_port: its port; else 0
 */
struct msamp_mig_backend {
	u8 line;
	u8 peer[16];
	u32 peer_port;
};

/**
 * struct msamp_mig_wires - characters on the wires to a card's ports
 * @c: for each port, oldest first, with LSR's error bits in the high byte
 */
struct msamp_mig_wires {
	u16 c[MSAMP_MIG_NR_PORTS][MSAMP_MIG_WIRE_MAX];
};

/**
 * struct msamp_mig_state - what a guest can see of a card
 * @config: configuration space, as far as there is anything; nothing in it shows a pending INTx,
 *	which follows from the ports
 * @msix: address and data of each vector
 * @masked: MSI-X vectors whose mask bit is set
 * @pending: MSI-X vectors whose pending bit is set
 * @uart: the ports; what is not visible (counters, @changed, ...) is zero
 * @backend: where their lines lead
 * @wire_len: how many characters are on the wire to each port
 * @wires: those; NULL where there can be none
 */
struct msamp_mig_state {
	u8 config[MSAMP_PCI_CONFIG_USED];
	u32 msix[MSAMP_MIG_NR_VECTORS][MSAMP_MIG_VECTOR_WORDS];
	u32 masked;
	u32 pending;
	struct msamp_uart uart[MSAMP_MIG_NR_PORTS];
	struct msamp_mig_backend backend[MSAMP_MIG_NR_PORTS];
	u16 wire_len[MSAMP_MIG_NR_PORTS];
	struct msamp_mig_wires *wires;
};

/**
 * struct msamp_mig_card - what a stream must have been made for
 * @ident: PCI identity
 * @fresh: its configuration space as after power-on
 * @nr_ports: its ports, at most MSAMP_MIG_NR_PORTS
 */
struct msamp_mig_card {
	const struct msamp_pci_ident *ident;
	const struct msamp_pci_config *fresh;
	unsigned int nr_ports;
};

/**
 * struct msamp_mig_padding - the padding of a stream, and how far it has come
 * @size: its bytes, at most MSAMP_MIG_PADDING_MAX; 0 for none
 * @seed: what it is generated from
 * @covered: how much of it has been there at least once
 * @records: how many PAD records there have been
 */
struct msamp_mig_padding {
	u64 size;
	u64 seed;
	u64 covered;
	u32 records;
};

size_t msamp_mig_encode_head(u8 *buf, const struct msamp_mig_card *card,
			     const struct msamp_mig_padding *padding);
size_t msamp_mig_encode_pad(u8 *buf, struct msamp_mig_padding *padding, u64 offset);
size_t msamp_mig_encode_tail(u8 *buf, const struct msamp_mig_card *card,
			     const struct msamp_mig_padding *padding,
			     const struct msamp_mig_state *state);
u64 msamp_mig_pad_bytes(u64 size);

/**
 * struct msamp_mig_decoder - a stream on its way in
 * @card: the card that reads it
 * @phase: what comes next
 * @fill: how much of a head or a payload has come
 * @p: a head or a payload that is complete
 * @type: the current record's type
 * @left: bytes of the current record that are still to come
 * @minor: the writer's minor version
 * @last: type of the last record of a type that we know
 * @ports: how many PORT records there have been
 * @records: how many records there have been
 * @padding: the padding
 * @pad_offset: where in the padding the current PAD record's data belong
 * @pad_at: how much of its data has come
 * @at: how many bytes have been accepted
 * @err: the errno with which the stream was refused; 0 if it was not
 * @why: why it was refused
 * @state: what has been read; not to be used before msamp_mig_decode_end() says so
 * @buf: what has come of a head or a payload that is not complete
 */
struct msamp_mig_decoder {
	struct msamp_mig_card card;
	u8 phase;
	u32 fill;
	const u8 *p;
	u16 type;
	u32 left;
	u16 minor;
	u16 last;
	u8 ports;
	u32 records;
	struct msamp_mig_padding padding;
	u64 pad_offset;
	u64 pad_at;
	u64 at;
	int err;
	const char *why;
	struct msamp_mig_state state;
	u8 buf[MSAMP_MIG_PAYLOAD_MAX];
};

void msamp_mig_decode_init(struct msamp_mig_decoder *dec, const struct msamp_mig_card *card,
			   struct msamp_mig_wires *wires);
int msamp_mig_decode(struct msamp_mig_decoder *dec, const u8 *data, size_t len);
int msamp_mig_decode_end(struct msamp_mig_decoder *dec);

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

#endif /* MSAMP_MIG_STREAM_H */
