// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration stream's bytes, as the format has them: one stream spelled out, and each thing that
 * a reader refuses, by the reason that he gives. What two builds of the module tell each other must
 * not change unnoticed.
 */
#include "stream/priv.h"
#include "unit_stream.h"

#include "kselftest_harness.h"

#define PADDING		(MSAMP_MIG_PAD_DATA + 5)
#define SEED		0x8877665544332211ULL
#define WIRE_LEN	127
#define CONFIG_BYTES	96
#define HEAD		MSAMP_MIG_RECORD_HEAD
#define STREAM_MAX	(3 * MSAMP_MIG_PAD_RECORD + MSAMP_MIG_HEAD_MAX + MSAMP_MIG_TAIL_MAX)

/* Records of the stream without padding, in their order. */
enum { CARD, CONFIG, MSIX, PORT_0, PORT_1, WIRE_0, WIRE_0_REST, WIRE_1, END, NR_RECORDS };

static const u8 header_and_card[] = {
	'M', 'S', 'A', 'M', 'P', 'M', 'I', 'G', 2, 0, 0, 0, 0, 0, 0, 0,
	1, 0, 1, 0, 12, 0, 0, 0,
	0x48, 0x43, 0x53, 0x32, 0x10, 0x02, 0x00, 0x07, 2, 0, 0, 0,
};

static const u8 padding[] = {
	2, 0, 1, 0, 16, 0, 0, 0,
	(u8)PADDING, PADDING >> 8, 0, 0, 0, 0, 0, 0,
	0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
};

static const u8 msix[] = {
	5, 0, 1, 0, 28, 0, 0, 0,
	0x81, 0x02, 0x82, 0,
	0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05, 0x0c, 0x0b, 0x0a, 0x09,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80,
};

/* Three characters wait, a framing error and a break among them; to the host. */
static const u8 port_0[] = {
	6, 0, 1, 0, 22, 0, 0, 0,
	0, 0x05, 0x81, 0x1b, 0x0b, 0x5a, 0xb9, 0x0a, 0xb0, 0x03, 0x34, 0x12, 3, 0, 1, 0,
	'a', 'b', 'c', 0x08, 0x00, 0x10,
};

/* The receiver is full and holds RTS down, two characters wait for CTS; to a peer. */
static const u8 port_1[] = {
	6, 0, 1, 0, 70, 0, 0, 0,
	1, 0x0a, 0xc1, 0x03, 0x22, 0xff, 0x40, 0x00, 0x40, 0x04, 0x01, 0x00, 16, 2, 2, 0,
	0x04, 0x03, 0x02, 0x01,
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	'y', 'z',
};

/* What is behind its end nobody writes to. */
struct stream {
	u8 buf[STREAM_MAX];
	size_t len;
	/* where each record begins */
	size_t start[NR_RECORDS + 1];
};

FIXTURE(format)
{
	struct msamp_mig_state state;
	struct msamp_mig_decoder dec;
	struct stream want, got;
};

static void make_ports(struct msamp_mig_state *state)
{
	struct msamp_uart *u = state->uart;

	u[0] = (struct msamp_uart){ .ier = 0x05, .fcr = 0x81, .lcr = 0x1b, .mcr = 0x0b,
		.scr = 0x5a, .msr = 0xb9, .lsr_error = 0x0a, .line_in = 0xb0, .thri = true,
		.rx_timeout = true, .divisor = 0x1234, .rx = { .head = 14, .len = 3, .errors = 2,
			.data = { [14] = 'a', [15] = 'b', [0] = 'c' },
			.error = { [14] = 0x08, [0] = 0x10 } } };
	u[1] = (struct msamp_uart){ .ier = 0x0a, .fcr = 0xc1, .lcr = 0x03, .mcr = 0x22,
		.scr = 0xff, .msr = 0x40, .line_in = 0x40, .auto_rts_off = true, .divisor = 1,
		.rx = { .len = 16, .data = { 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K',
			'L', 'M', 'N', 'O', 'P' } },
		.tx = { .head = 15, .len = 2, .data = { [15] = 'y', [0] = 'z' } } };
	state->backend[0].line = MSAMP_MIG_LINE_HOST;
	state->backend[1] = (struct msamp_mig_backend){ .line = MSAMP_MIG_LINE_PEER,
		.peer_port = 0x01020304,
		.peer = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
}

static u16 on_wire(unsigned int port, unsigned int i)
{
	return (u8)(port + 3 * i) | (i % 3 ? 0 : UART_LSR_PE << 8);
}

static void make_state(struct msamp_mig_state *state)
{
	memset(state, 0, sizeof(*state));
	memcpy(state->config, mig_fresh.space, sizeof(state->config));
	state->config[PCI_COMMAND] = PCI_COMMAND_IO;
	state->msix[1][0] = 0x01020304;
	state->msix[1][1] = 0x05060708;
	state->msix[1][2] = 0x090a0b0c;
	state->msix[7][2] = 0x80000000;
	state->masked = 0x81;
	state->pending = 0x02;
	make_ports(state);
	state->wires = &mig_wires_out;
	state->wire_len[0] = WIRE_LEN;
	state->wire_len[1] = 1;
	/* this card has no such port, whatever is in its place */
	state->wire_len[2] = 1;
	for (unsigned int port = 0; port < 2; port++)
		for (unsigned int i = 0; i < WIRE_LEN; i++)
			state->wires->c[port][i] = on_wire(port, i);
}

static void add(struct stream *s, const void *from, size_t n)
{
	memcpy(s->buf + s->len, from, n);
	s->len += n;
}

static void add_le(struct stream *s, u64 val, unsigned int bytes)
{
	for (; bytes; bytes--, val >>= 8)
		s->buf[s->len++] = val;
}

static void add_head(struct stream *s, u16 type, u32 size)
{
	add_le(s, type, 2);
	add_le(s, 1, 2);
	add_le(s, size, 4);
}

static void add_wire(struct stream *s, unsigned int port, unsigned int at, unsigned int nr)
{
	add_head(s, 7, 4 + 2 * nr);
	add_le(s, port, 1);
	add_le(s, nr, 1);
	add_le(s, at, 2);
	for (unsigned int i = 0; i < nr; i++)
		add_le(s, on_wire(port, at + i), 2);
}

static void add_tail(struct stream *s, const struct msamp_mig_state *state, u32 pads)
{
	s->start[CONFIG] = s->len;
	add_head(s, 4, CONFIG_BYTES);
	add(s, state->config, CONFIG_BYTES);
	s->start[MSIX] = s->len;
	add(s, msix, sizeof(msix));
	s->start[PORT_0] = s->len;
	add(s, port_0, sizeof(port_0));
	s->start[PORT_1] = s->len;
	add(s, port_1, sizeof(port_1));
	s->start[WIRE_0] = s->len;
	add_wire(s, 0, 0, 126);
	s->start[WIRE_0_REST] = s->len;
	add_wire(s, 0, 126, 1);
	s->start[WIRE_1] = s->len;
	add_wire(s, 1, 0, 1);
	s->start[END] = s->len;
	add_head(s, 255, 8);
	add_le(s, 8 + pads + !!pads, 4);
	add_le(s, pads, 4);
	s->start[NR_RECORDS] = s->len;
}

/* A word of padding by its place, for one seed and one number of a record. */
static u64 pad_word(u64 seed, u32 record, u64 n)
{
	u64 x = (seed + ((u64)record << 32) + n) * 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
	return x ^ (x >> 29);
}

static void add_pad(struct stream *s, u32 record, u64 offset, u64 len)
{
	add_head(s, 3, 16 + len);
	add_le(s, offset, 8);
	add_le(s, record, 4);
	add_le(s, 0, 4);
	for (u64 i = offset; i < offset + len; i++)
		s->buf[s->len++] = pad_word(SEED, record, i / 8) >> i % 8 * 8;
}

FIXTURE_SETUP(format)
{
	make_state(&self->state);
	memset(&self->want, 0xcc, sizeof(self->want));
	memset(&self->got, 0xcc, sizeof(self->got));
	self->want.len = 0;
	self->want.start[CARD] = MSAMP_MIG_HEADER_SIZE;
	add(&self->want, header_and_card, sizeof(header_and_card));
	add_tail(&self->want, &self->state, 0);
}

FIXTURE_TEARDOWN(format)
{
}

#define same() memcmp(self->want.buf, self->got.buf, sizeof(self->want.buf))

TEST_F(format, without_padding)
{
	self->got.len = mig_make(self->got.buf, &self->state);
	EXPECT_EQ(self->want.len, self->got.len);
	EXPECT_EQ(0, same());
}

TEST_F(format, with_padding)
{
	struct msamp_mig_padding p = { .size = PADDING, .seed = SEED };
	struct stream *want = &self->want, *got = &self->got;

	want->len = 0;
	add(want, header_and_card, sizeof(header_and_card));
	add(want, padding, sizeof(padding));
	got->len = msamp_mig_encode_head(got->buf, &mig_card, &p);
	EXPECT_EQ(want->len, got->len);

	add_pad(want, 0, 0, MSAMP_MIG_PAD_DATA);
	EXPECT_EQ(0, p.covered);
	got->len += msamp_mig_encode_pad(got->buf + got->len, &p, 0);
	EXPECT_EQ(want->len, got->len);
	EXPECT_EQ(MSAMP_MIG_PAD_DATA, p.covered);
	/* the first part again: it covers nothing new */
	add_pad(want, 1, 0, MSAMP_MIG_PAD_DATA);
	got->len += msamp_mig_encode_pad(got->buf + got->len, &p, 0);
	EXPECT_EQ(want->len, got->len);
	EXPECT_EQ(MSAMP_MIG_PAD_DATA, p.covered);
	add_pad(want, 2, MSAMP_MIG_PAD_DATA, 5);
	got->len += msamp_mig_encode_pad(got->buf + got->len, &p, MSAMP_MIG_PAD_DATA);
	EXPECT_EQ(want->len, got->len);
	EXPECT_EQ(PADDING, p.covered);
	EXPECT_EQ(3, p.records);

	add_tail(want, &self->state, 3);
	got->len += msamp_mig_encode_tail(got->buf + got->len, &mig_card, &p, &self->state);
	EXPECT_EQ(want->len, got->len);
	EXPECT_EQ(0, same());

	mig_read_anew(&self->dec);
	EXPECT_EQ(0, msamp_mig_decode(&self->dec, want->buf, want->len));
	EXPECT_EQ(0, msamp_mig_decode_end(&self->dec));
	EXPECT_EQ(3, self->dec.padding.records);
	EXPECT_EQ(PADDING, self->dec.padding.covered);
	EXPECT_EQ(want->len, self->dec.at);
}

/* Any part of a record's padding, from any byte on, is what all of it would have been there. */
TEST_F(format, padding_by_the_piece)
{
	struct msamp_mig_padding p = { .size = PADDING, .seed = SEED };
	u8 buf[64];

	for (u64 at = 0; at < 24; at++) {
		for (size_t len = 0; len < 40; len++) {
			memset(buf, 0xcc, sizeof(buf));
			msamp_mig_pad_fill(buf + 8, len, &p, 77, at);
			for (size_t i = at; i < at + len; i++)
				EXPECT_EQ((u8)(pad_word(SEED, 77, i / 8) >> i % 8 * 8),
					  buf[8 + i - at]);
			for (size_t i = 0; i < 8; i++)
				EXPECT_EQ(0xcc, buf[i]);
			for (size_t i = 8 + len; i < sizeof(buf); i++)
				EXPECT_EQ(0xcc, buf[i]);
		}
	}
}

static int decode(struct msamp_mig_decoder *dec, const struct stream *s)
{
	int ret;

	mig_read_anew(dec);
	ret = msamp_mig_decode(dec, s->buf, s->len);
	return ret ? ret : msamp_mig_decode_end(dec);
}

TEST_F(format, is_read)
{
	mig_normalise(&self->state.uart[0]);
	mig_normalise(&self->state.uart[1]);
	EXPECT_EQ(0, decode(&self->dec, &self->want));
	EXPECT_TRUE(mig_same_state(&self->state, &self->dec.state));
	EXPECT_EQ(NULL, self->dec.why);
	EXPECT_EQ(self->want.len, self->dec.at);
}

/* Each record in memory of its own, behind which there is nothing to read. */
TEST_F(format, is_read_record_by_record)
{
	struct stream *s = &self->want;

	mig_normalise(&self->state.uart[0]);
	mig_normalise(&self->state.uart[1]);
	mig_read_anew(&self->dec);
	EXPECT_EQ(0, msamp_mig_decode(&self->dec, s->buf, MSAMP_MIG_HEADER_SIZE));
	for (unsigned int i = 0; i < NR_RECORDS; i++) {
		size_t size = s->start[i + 1] - s->start[i] - HEAD;
		u8 *head = malloc(HEAD), *payload = malloc(size);

		ASSERT_TRUE(head && payload);
		memcpy(head, s->buf + s->start[i], HEAD);
		memcpy(payload, s->buf + s->start[i] + HEAD, size);
		EXPECT_EQ(0, msamp_mig_decode(&self->dec, head, HEAD));
		EXPECT_EQ(0, msamp_mig_decode(&self->dec, payload, size));
		free(head);
		free(payload);
	}
	EXPECT_EQ(0, msamp_mig_decode_end(&self->dec));
	EXPECT_TRUE(mig_same_state(&self->state, &self->dec.state));
}

/* Any word that is not 0 sets a vector up, and any bit of it. */
TEST_F(format, a_word_sets_a_vector_up)
{
	for (unsigned int bit = 0; bit < 3 * 32; bit += 5) {
		u32 vector[MSAMP_MIG_VECTOR_WORDS] = { [0] = 0 };

		vector[bit / 32] = 1U << bit % 32;
		memset(self->state.msix, 0, sizeof(self->state.msix));
		memcpy(self->state.msix[4], vector, sizeof(vector));
		self->got.len = mig_make(self->got.buf, &self->state);
		EXPECT_EQ(0x10, self->got.buf[self->want.start[MSIX] + HEAD + 2]);
		EXPECT_EQ(4 + 12, self->got.buf[self->want.start[MSIX] + 4]);
		EXPECT_EQ(0, decode(&self->dec, &self->got));
		EXPECT_EQ(0, memcmp(self->state.msix, self->dec.state.msix,
				    sizeof(self->state.msix)));
	}
}

/* What is in the way of a state, a byte each: where it is, what it becomes, and the answer. */
static const struct refusal {
	unsigned int record;
	int at;		/* from the payload's begin on */
	u8 becomes;
	const char *why;
} refusals[] = {
	{ CARD, 0, 0x49, "another kind of card" },
	{ CARD, 1, 0x44, "another kind of card" },
	{ CARD, 2, 0x52, "another kind of card" },
	{ CARD, 3, 0x33, "another kind of card" },
	{ CARD, 4, 0x11, "another kind of card" },
	{ CARD, 5, 0x03, "another kind of card" },
	{ CARD, 6, 0x01, "another kind of card" },
	{ CARD, 7, 0x06, "another kind of card" },
	{ CARD, 8, 3, "another kind of card" },
	{ CARD, 9, 1, "the card's reserved bits are set" },
	{ CARD, 10, 1, "the card's reserved bits are set" },
	{ CARD, 11, 1, "the card's reserved bits are set" },
	{ CARD, -4, 13, "a record of the wrong size" },
	{ CARD, -4, 11, "a record of the wrong size" },
	{ CARD, -8, 4, "a record is missing, repeated or misplaced" },
	{ CARD, -8, 0xee, "no such record" },
	{ CONFIG, -6, 0, "a known record is not mandatory" },
	{ CONFIG, -6, 3, "a record's reserved flags are set" },
	{ CONFIG, -5, 1, "a record's reserved flags are set" },
	{ CONFIG, -8, 5, "a record is missing, repeated or misplaced" },
	{ CONFIG, -7, 1, "no such record" },
	{ CONFIG, -3, 1, "a record of the wrong size" },
	{ CONFIG, 0, 0, "configuration space has bits that are hard-wired" },
	{ CONFIG, 95, 1, "configuration space has bits that are hard-wired" },
	{ MSIX, 2, 0x86, "vectors are missing, or too many" },
	{ MSIX, 2, 0x80, "vectors are missing, or too many" },
	{ MSIX, 3, 1, "the vectors' reserved bits are set" },
	{ MSIX, 27, 0, "a vector that is not set up" },
	{ MSIX, -3, 1, "a record of the wrong size" },
	{ MSIX, -4, 3, "a record of the wrong size" },
	{ PORT_0, 0, 1, "another port's turn" },
	{ PORT_1, 0, 0, "another port's turn" },
	{ PORT_0, 1, 0x15, "IER has bits that do not exist" },
	{ PORT_0, 2, 0x91, "FCR has bits that are not kept" },
	{ PORT_0, 2, 0x83, "FCR has bits that are not kept" },
	{ PORT_0, 2, 0x80, "FCR has bits that are not kept" },
	{ PORT_0, 4, 0x4b, "MCR has bits that do not exist" },
	{ PORT_0, 4, 0x8b, "MCR has bits that do not exist" },
	{ PORT_0, 6, 0xa9, "MSR does not show the modem lines" },
	{ PORT_0, 7, 0x2a, "LSR has errors that do not exist" },
	{ PORT_0, 7, 0x0b, "LSR has errors that do not exist" },
	{ PORT_0, 7, 0x02, "LSR does not show the oldest character's error" },
	{ PORT_0, 8, 0xb1, "modem lines that do not exist" },
	{ PORT_0, 8, 0xa0, "MSR does not show the modem lines" },
	{ PORT_0, 9, 0x07, "RTS held down for no reason" },
	{ PORT_0, 9, 0x0b, "a port's reserved bits are set" },
	{ PORT_0, 15, 1, "a port's reserved bits are set" },
	{ PORT_0, 12, 4, "a port of the wrong size" },
	{ PORT_0, 13, 1, "a port of the wrong size" },
	{ PORT_0, 14, 2, "a port of the wrong size" },
	{ PORT_0, 14, 3, "no such kind of line" },
	{ PORT_0, 19, 0x28, "no such error of a character" },
	{ PORT_0, 21, 0x02, "no such error of a character" },
	{ PORT_1, 2, 0, "a FIFO holds more than fits" },
	{ PORT_1, 4, 0x02, "RTS held down for no reason" },
	{ PORT_1, 9, 0x05, "transmitter empty is pending while it is not empty" },
	{ PORT_1, 9, 0x00, "RTS not held down though the receiver is full" },
	{ PORT_1, 14, 0, "a port of the wrong size" },
	{ WIRE_0, 0, 2, "a wire to a port that does not exist" },
	{ WIRE_0, 1, 127, "a piece of a wire of the wrong size" },
	{ WIRE_0, 1, 0, "a piece of a wire of the wrong size" },
	{ WIRE_0, 1, 125, "a piece of a wire of the wrong size" },
	{ WIRE_0, 2, 1, "a piece of a wire is missing, repeated or misplaced" },
	{ WIRE_0, 3, 1, "a piece of a wire is missing, repeated or misplaced" },
	{ WIRE_0, 5, 0x24, "no such error of a character" },
	{ WIRE_0, 7, 0x02, "no such error of a character" },
	{ WIRE_0_REST, 0, 1, "a piece of a wire is missing, repeated or misplaced" },
	{ WIRE_0_REST, 2, 125, "a piece of a wire is missing, repeated or misplaced" },
	{ WIRE_1, 0, 0, "a piece of a wire is missing, repeated or misplaced" },
	{ END, 0, 7, "a record is missing or repeated" },
	{ END, 0, 9, "a record is missing or repeated" },
	{ END, 4, 1, "a record is missing or repeated" },
	{ END, -8, 254, "no such record" },
	{ END, -4, 9, "a record of the wrong size" },
};

TEST_F(format, each_refusal_has_its_reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		u8 *at = self->want.buf + self->want.start[r->record] + HEAD + r->at, before = *at;

		*at = r->becomes;
		EXPECT_EQ(-EINVAL, decode(&self->dec, &self->want));
		EXPECT_STREQ(r->why, self->dec.why ? self->dec.why : "") {
			TH_LOG("record %u, byte %d becomes %02x", r->record, r->at, r->becomes);
		}
		*at = before;
	}
	EXPECT_EQ(0, decode(&self->dec, &self->want));
}

/* The header's bytes: the magic, then the versions, of which the minor one may be any. */
TEST_F(format, header_has_its_reasons)
{
	for (unsigned int at = 0; at < MSAMP_MIG_HEADER_SIZE; at++) {
		const char *why = at < 8 ? "not a stream of ours" :
				  at < 10 ? "another major version" :
				  at < 12 ? "" : "the header's reserved bits are set";
		int err = at < 8 || at >= 12 ? -EINVAL : at < 10 ? -EPROTONOSUPPORT : 0;

		self->want.buf[at] ^= 1;
		EXPECT_EQ(err, decode(&self->dec, &self->want));
		EXPECT_STREQ(why, self->dec.why ? self->dec.why : "");
		self->want.buf[at] ^= 1;
	}
}

/* A record that nobody knows, which a writer of that minor version may send; END counts it. */
TEST_F(format, any_newer_minor_version)
{
	struct stream *s = &self->want;

	for (unsigned int minor = 0; minor < 0x10000; minor += minor < 2 ? 1 : 0xfe) {
		s->len = s->start[END];
		add_head(s, 0xfe, 0);
		s->buf[s->len - 6] = 0;
		add_head(s, 255, 8);
		add_le(s, 9, 4);
		add_le(s, 0, 4);
		s->buf[10] = minor;
		s->buf[11] = minor >> 8;
		EXPECT_EQ(minor ? 0 : -EINVAL, decode(&self->dec, s));
		s->buf[s->start[END] + 2] = 1;
		EXPECT_EQ(minor ? -EOPNOTSUPP : -EINVAL, decode(&self->dec, s));
		EXPECT_STREQ(minor ? "a mandatory record of a newer version" : "no such record",
			     self->dec.why);
	}
}

/* One port more than the card has, by its right number. */
TEST_F(format, a_port_too_many)
{
	struct stream *s = &self->want;

	s->len = s->start[WIRE_0];
	add(s, port_0, sizeof(port_0));
	s->buf[s->start[WIRE_0] + HEAD] = 2;
	EXPECT_EQ(-EINVAL, decode(&self->dec, s));
	EXPECT_STREQ("a record is missing, repeated or misplaced", self->dec.why);
}

/* What has been accepted is told to the byte. */
TEST_F(format, where_it_ends)
{
	struct stream *s = &self->want;

	s->len += 3;
	EXPECT_EQ(-EINVAL, decode(&self->dec, s));
	EXPECT_STREQ("something follows the end", self->dec.why);
	EXPECT_EQ(s->len - 3, self->dec.at);
}

/* A piece of a wire by itself: as long as it says, and it says that it is one. */
TEST_F(format, pieces_of_a_wire)
{
	u8 buf[4 + 2 * 128 + 2];
	const char *why;

	self->state.wires = &mig_wires_in;
	for (unsigned int nr = 0; nr <= 128; nr++) {
		memset(buf, 0, sizeof(buf));
		buf[1] = nr;
		memset(self->state.wire_len, 0, sizeof(self->state.wire_len));
		why = msamp_mig_get_wire((void *)buf, 4 + 2 * nr, &mig_card, &self->state);
		EXPECT_STREQ(nr && nr <= 126 ? "" : "a piece of a wire of the wrong size",
			     why ? why : "");
		EXPECT_EQ(why ? 0 : nr, self->state.wire_len[0]);
	}
	for (unsigned int nr = 1; nr <= 126; nr++) {
		memset(buf, 0xcc, sizeof(buf));
		msamp_mig_put_wire((void *)buf, 1, 0, nr, &self->state);
		EXPECT_EQ(0xcc, buf[4 + 2 * nr]);
		EXPECT_NE(0xcc, buf[4 + 2 * nr - 1]);
	}
}

/* The largest card that there can be. */
TEST_F(format, four_ports)
{
	struct msamp_mig_card card = mig_card;
	struct msamp_mig_padding none = { 0 };
	struct stream *s = &self->got;

	card.nr_ports = MSAMP_MIG_NR_PORTS;
	for (unsigned int i = 2; i < MSAMP_MIG_NR_PORTS; i++) {
		msamp_uart_reset(&self->state.uart[i]);
		self->state.wire_len[i] = i;
	}
	s->len = msamp_mig_encode_head(s->buf, &card, &none);
	s->len += msamp_mig_encode_tail(s->buf + s->len, &card, &none, &self->state);
	memset(&self->dec, 0xa5, sizeof(self->dec));
	msamp_mig_decode_init(&self->dec, &card, &mig_wires_in);
	EXPECT_EQ(0, msamp_mig_decode(&self->dec, s->buf, s->len));
	EXPECT_EQ(0, msamp_mig_decode_end(&self->dec));
	EXPECT_EQ(4, self->dec.ports);
	EXPECT_EQ(3, self->dec.state.wire_len[3]);
}

/* Padding is compared by the piece: up to the damaged one all has been accepted. */
TEST_F(format, where_padding_is_damaged)
{
	struct msamp_mig_padding p = { .size = PADDING, .seed = SEED };
	struct stream *s = &self->want;
	size_t data;

	s->len = msamp_mig_encode_head(s->buf, &mig_card, &p);
	data = s->len + HEAD + MSAMP_MIG_PAD_HEAD;
	add_pad(s, 0, 0, MSAMP_MIG_PAD_DATA);
	s->buf[data + 1000] ^= 1;
	mig_read_anew(&self->dec);
	EXPECT_EQ(-EINVAL, msamp_mig_decode(&self->dec, s->buf, s->len));
	EXPECT_STREQ("padding has been damaged", self->dec.why);
	EXPECT_EQ(data + 1000 / 256 * 256, self->dec.at);
}

/* Padding has come up to the end of its second part of four when this piece comes. */
static const struct {
	u64 offset;
	u32 record;
	u64 len;
	const char *why;
} pads[] = {
	{ 2ULL * MSAMP_MIG_PAD_DATA, 2, MSAMP_MIG_PAD_DATA, NULL },
	{ 0, 2, MSAMP_MIG_PAD_DATA, NULL },
	{ 1ULL * MSAMP_MIG_PAD_DATA, 2, MSAMP_MIG_PAD_DATA, NULL },
	{ 3ULL * MSAMP_MIG_PAD_DATA, 2, 5, "padding at the wrong place" },
	{ 2ULL * MSAMP_MIG_PAD_DATA + 1, 2, MSAMP_MIG_PAD_DATA, "padding at the wrong place" },
	{ 1, 2, MSAMP_MIG_PAD_DATA, "padding at the wrong place" },
	{ 3ULL * MSAMP_MIG_PAD_DATA + 5, 2, 0, "padding at the wrong place" },
	{ 4ULL * MSAMP_MIG_PAD_DATA, 2, 0, "padding at the wrong place" },
	{ 1ULL << 32, 2, MSAMP_MIG_PAD_DATA, "padding at the wrong place" },
	{ 2ULL * MSAMP_MIG_PAD_DATA, 1, MSAMP_MIG_PAD_DATA,
	  "padding is missing, repeated or misplaced" },
	{ 2ULL * MSAMP_MIG_PAD_DATA, 3, MSAMP_MIG_PAD_DATA,
	  "padding is missing, repeated or misplaced" },
	{ 2ULL * MSAMP_MIG_PAD_DATA, 2, MSAMP_MIG_PAD_DATA - 1, "padding of the wrong length" },
	{ 2ULL * MSAMP_MIG_PAD_DATA, 2, MSAMP_MIG_PAD_DATA + 1, "padding of the wrong length" },
};

TEST_F(format, where_padding_may_come)
{
	struct msamp_mig_padding p = { .size = 3 * MSAMP_MIG_PAD_DATA + 5, .seed = SEED };
	struct stream *s = &self->want;

	for (size_t i = 0; i < ARRAY_SIZE(pads); i++) {
		bool whole = pads[i].offset == 3 * MSAMP_MIG_PAD_DATA + 5;
		u32 before = 2;
		const char *why;

		mig_read_anew(&self->dec);
		s->len = msamp_mig_encode_head(s->buf, &mig_card, &p);
		add_pad(s, 0, 0, MSAMP_MIG_PAD_DATA);
		EXPECT_EQ(0, msamp_mig_decode(&self->dec, s->buf, s->len));
		s->len = 0;
		add_pad(s, 1, MSAMP_MIG_PAD_DATA, MSAMP_MIG_PAD_DATA);
		EXPECT_EQ(0, msamp_mig_decode(&self->dec, s->buf, s->len));
		/* for nothing at its very end all of it has come */
		for (; whole && before < 4; before++) {
			u64 at = before * (u64)MSAMP_MIG_PAD_DATA;

			s->len = 0;
			add_pad(s, before, at, before == 2 ? MSAMP_MIG_PAD_DATA : 5);
			EXPECT_EQ(0, msamp_mig_decode(&self->dec, s->buf, s->len));
		}
		s->len = 0;
		add_pad(s, pads[i].record + before - 2, pads[i].offset, pads[i].len);
		EXPECT_EQ(pads[i].why ? -EINVAL : 0, msamp_mig_decode(&self->dec, s->buf, s->len));
		why = self->dec.why;
		EXPECT_STREQ(pads[i].why ? pads[i].why : "", why ? why : "") {
			TH_LOG("pad %zu", i);
		}
	}
}

/* The same for states in which other registers are set: what must follow from each other. */
static const struct {
	u8 ier, fcr, mcr, msr, lsr, lines, flags, rx, tx;
	const char *why;
} relations[] = {
	{ .why = NULL },
	{ .fcr = 1, .flags = 2, .rx = 1, .why = NULL },
	{ .fcr = 1, .flags = 2, .why = "a character timeout without characters in a FIFO" },
	{ .flags = 2, .rx = 1, .why = "a character timeout without characters in a FIFO" },
	{ .flags = 1, .why = NULL },
	{ .flags = 1, .tx = 1, .why = "transmitter empty is pending while it is not empty" },
	{ .mcr = 0x20, .flags = 4, .rx = 1, .why = NULL },
	{ .mcr = 0x20, .flags = 4, .why = "RTS held down for no reason" },
	{ .mcr = 0x00, .flags = 4, .rx = 1, .why = "RTS held down for no reason" },
	{ .mcr = 0x20, .rx = 1, .why = "RTS not held down though the receiver is full" },
	{ .mcr = 0x20, .fcr = 1, .rx = 1, .why = NULL },
	{ .mcr = 0x20, .fcr = 1, .flags = 4, .rx = 16, .why = NULL },
	{ .mcr = 0x20, .fcr = 1, .rx = 16, .why = "RTS not held down though the receiver is full" },
	{ .mcr = 0x00, .fcr = 1, .rx = 16, .tx = 16, .why = NULL },
	{ .fcr = 1, .rx = 17, .why = "a FIFO holds more than fits" },
	{ .fcr = 1, .tx = 17, .why = "a FIFO holds more than fits" },
	{ .rx = 2, .why = "a FIFO holds more than fits" },
	{ .tx = 2, .why = "a FIFO holds more than fits" },
	{ .tx = 1, .why = NULL },
	{ .mcr = 0x10, .tx = 1, .why = "loop mode has left a character in the transmitter" },
	{ .mcr = 0x10, .rx = 1, .why = NULL },
	/* held back by flow control, whose RTS comes back as CTS */
	{ .mcr = 0x30, .tx = 1, .why = NULL },
	{ .mcr = 0x32, .msr = 0x10, .tx = 1,
	  .why = "loop mode has left a character in the transmitter" },
	{ .mcr = 0x32, .msr = 0x10, .why = NULL },
	{ .mcr = 0x32, .flags = 4, .rx = 1, .tx = 1, .why = NULL },
	{ .mcr = 0x12, .msr = 0x10, .lines = 0x80, .why = NULL },
	{ .mcr = 0x12, .msr = 0x80, .lines = 0x80, .why = "MSR does not show the modem lines" },
	{ .mcr = 0x02, .msr = 0x8f, .lines = 0x80, .why = NULL },
	{ .ier = 0x0f, .fcr = 0xc1, .mcr = 0x1f, .msr = 0xff, .lsr = 0x1e, .why = NULL },
	{ .lsr = 0x01, .why = "LSR has errors that do not exist" },
};

TEST_F(format, what_follows_from_each_other)
{
	for (size_t i = 0; i < ARRAY_SIZE(relations); i++) {
		const __typeof__(relations[0]) *r = &relations[i];
		u8 port[16 + 2 * 17 + 17] = {
			0, r->ier, r->fcr, 3, r->mcr, 0, r->msr, r->lsr, r->lines, r->flags,
			1, 0, r->rx, r->tx,
		};
		const struct msamp_uart *u = &self->state.uart[0];
		const char *why;

		memset(&self->state, 0xa5, sizeof(self->state));
		why = msamp_mig_get_port((void *)port, 16 + 2 * r->rx + r->tx, 0, &self->state);
		EXPECT_STREQ(r->why ? r->why : "", why ? why : "") {
			TH_LOG("relation %zu", i);
		}
		if (r->why)
			continue;
		EXPECT_EQ(r->ier, u->ier);
		EXPECT_EQ(r->fcr, u->fcr);
		EXPECT_EQ(3, u->lcr);
		EXPECT_EQ(r->mcr, u->mcr);
		EXPECT_EQ(r->msr, u->msr);
		EXPECT_EQ(r->lsr, u->lsr_error);
		EXPECT_EQ(r->lines, u->line_in);
	}
}

TEST_HARNESS_MAIN
