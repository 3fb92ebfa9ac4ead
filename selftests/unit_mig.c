// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration stream without a device around it: what is written is what is read, and a stream
 * that has been tampered with is refused, or leads to a state that a card can be in.
 *
 * UNIT_SEED in the environment chooses the random states, UNIT_ROUNDS how many of them.
 */
#include "unit_stream.h"

#include "kselftest_harness.h"

#define STREAM_MAX	(MSAMP_MIG_HEAD_MAX + MSAMP_MIG_TAIL_MAX)
#define HEADER		MSAMP_MIG_HEADER_SIZE
#define RECORDS_MAX	40
/* How far before a stream's end the number of records is. */
#define END_COUNT	8

static u64 env_or(const char *name, u64 val)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : val;
}

/* Feeds the stream in pieces of random sizes, or all at once. */
static int feed(struct msamp_mig_decoder *dec, const u8 *buf, size_t len, struct random *r)
{
	int ret = 0;
	size_t n;

	for (; !ret && len; buf += n, len -= n) {
		n = r ? next(r, 20) : len;
		n = n < len ? n : len;
		ret = msamp_mig_decode(dec, buf, n);
	}
	return ret;
}

static int decode(struct msamp_mig_decoder *dec, const u8 *buf, size_t len)
{
	int ret;

	mig_read_anew(dec);
	ret = feed(dec, buf, len, NULL);
	return ret ? ret : msamp_mig_decode_end(dec);
}

/* A state that has been accepted must survive the card being used, and travel again. */
static const char *wrong_state(const struct msamp_mig_state *state, const u8 *buf, size_t len)
{
	struct random r = { 1 };
	u8 again[STREAM_MAX];

	if (mig_make(again, state) != len || memcmp(again + HEADER, buf + HEADER, len - HEADER))
		return "what was read is not what was written";
	for (unsigned int port = 0; port < mig_card.nr_ports; port++) {
		struct msamp_uart u = state->uart[port];

		if (state->backend[port].line >= MSAMP_MIG_NR_LINES)
			return "a line that leads nowhere";
		for (int i = 0; i < 100; i++) {
			const char *wrong = check(&u);

			if (wrong)
				return wrong;
			step(&u, &r);
		}
	}
	return NULL;
}

FIXTURE(mig)
{
	struct random r;
	struct msamp_mig_state state;
	u8 buf[STREAM_MAX];
	size_t len;
	/* where each record begins, and the end */
	size_t start[RECORDS_MAX + 1];
	unsigned int records;
	struct msamp_mig_decoder dec;
};

static unsigned int find_records(const u8 *buf, size_t len, size_t *start)
{
	unsigned int n = 0;

	for (size_t at = HEADER; at < len && n < RECORDS_MAX;) {
		start[n++] = at;
		at += MSAMP_MIG_RECORD_HEAD + (buf[at + 4] | buf[at + 5] << 8);
	}
	start[n] = len;
	return n;
}

FIXTURE_SETUP(mig)
{
	self->r.state = env_or("UNIT_SEED", 1);
	mig_random_state(&self->state, &self->r);
	/* three records and one */
	mig_random_wire(&self->state, 0, 2 * MSAMP_MIG_WIRE_PIECE + 5, &self->r);
	mig_random_wire(&self->state, 1, 1, &self->r);
	self->len = mig_make(self->buf, &self->state);
	self->records = find_records(self->buf, self->len, self->start);
	ASSERT_EQ(0, decode(&self->dec, self->buf, self->len));
}

FIXTURE_TEARDOWN(mig)
{
}

TEST_F(mig, random_states_survive)
{
	for (u64 i = env_or("UNIT_ROUNDS", 20000); i; i--) {
		mig_random_state(&self->state, &self->r);
		self->len = mig_make(self->buf, &self->state);
		mig_read_anew(&self->dec);
		ASSERT_EQ(0, feed(&self->dec, self->buf, self->len, &self->r)) {
			TH_LOG("%s", self->dec.why);
		}
		ASSERT_EQ(0, msamp_mig_decode_end(&self->dec));
		ASSERT_TRUE(mig_same_state(&self->state, &self->dec.state));
		ASSERT_EQ(self->len, self->dec.at);
	}
}

/* With nothing on their wires, as between two bytes of a driver that waits for each. */
TEST_F(mig, two_ports_fit_in_a_kibibyte)
{
	mig_random_wire(&self->state, 0, 0, &self->r);
	mig_random_wire(&self->state, 1, 0, &self->r);
	self->len = mig_make(self->buf, &self->state);
	EXPECT_LE(self->len, 1024);
	TH_LOG("%zu bytes", self->len);
}

TEST_F(mig, full_wires_fit)
{
	for (unsigned int len = MSAMP_MIG_WIRE_MAX - 200; len <= MSAMP_MIG_WIRE_MAX; len++) {
		mig_random_wire(&self->state, 0, len, &self->r);
		mig_random_wire(&self->state, 1, len, &self->r);
		self->len = mig_make(self->buf, &self->state);
		ASSERT_LE(self->len, STREAM_MAX);
		ASSERT_EQ(0, decode(&self->dec, self->buf, self->len));
		ASSERT_TRUE(mig_same_state(&self->state, &self->dec.state));
	}
}

TEST_F(mig, characters_where_there_is_no_wire)
{
	msamp_mig_decode_init(&self->dec, &mig_card, NULL);
	EXPECT_EQ(-EINVAL, feed(&self->dec, self->buf, self->len, NULL));
	EXPECT_STREQ("characters on the wire of a port that has none", self->dec.why);
	mig_random_wire(&self->state, 0, 0, &self->r);
	mig_random_wire(&self->state, 1, 0, &self->r);
	self->len = mig_make(self->buf, &self->state);
	msamp_mig_decode_init(&self->dec, &mig_card, NULL);
	EXPECT_EQ(0, feed(&self->dec, self->buf, self->len, NULL));
	EXPECT_EQ(0, msamp_mig_decode_end(&self->dec));
}

/* One character more than a wire holds, by a last record that is as long as it may be. */
TEST_F(mig, more_than_a_wire_holds)
{
	u8 to[2 * STREAM_MAX];
	size_t last, len;

	mig_random_wire(&self->state, 0, MSAMP_MIG_WIRE_MAX, &self->r);
	mig_random_wire(&self->state, 1, 0, &self->r);
	self->len = mig_make(self->buf, &self->state);
	self->records = find_records(self->buf, self->len, self->start);
	/* the wire's last record, in front of END, grows by a character */
	last = self->start[self->records - 2];
	len = self->start[self->records - 1];
	memcpy(to, self->buf, len);
	to[last + 4] += 2;
	to[last + MSAMP_MIG_RECORD_HEAD + 1]++;
	memset(to + len, 0, 2);
	memcpy(to + len + 2, self->buf + len, self->len - len);
	EXPECT_EQ(-EINVAL, decode(&self->dec, to, self->len + 2));
	EXPECT_STREQ("a wire holds more than fits", self->dec.why);
}

TEST_F(mig, cut_at_every_byte)
{
	for (size_t len = 0; len < self->len; len++) {
		mig_read_anew(&self->dec);
		EXPECT_EQ(0, feed(&self->dec, self->buf, len, NULL));
		EXPECT_EQ(-EINVAL, msamp_mig_decode_end(&self->dec));
		EXPECT_NE(NULL, self->dec.why);
	}
}

/* Too short a record, with nothing behind it that could be read in its place. */
TEST_F(mig, short_records)
{
	for (unsigned int i = 0; i < self->records; i++) {
		size_t begin = self->start[i] + MSAMP_MIG_RECORD_HEAD;
		size_t size = self->start[i + 1] - begin;

		for (size_t n = 0; n < size; n++) {
			u8 *to = malloc(begin + n);

			ASSERT_NE(NULL, to);
			memcpy(to, self->buf, begin + n);
			to[self->start[i] + 4] = n;
			EXPECT_EQ(-EINVAL, decode(&self->dec, to, begin + n));
			free(to);
		}
	}
}

/* Whether a vector is set up is said in one way only. */
TEST_F(mig, a_vector_of_zeros)
{
	u8 *payload = self->buf + self->start[2] + MSAMP_MIG_RECORD_HEAD;

	memset(self->state.msix, 0, sizeof(self->state.msix));
	self->state.msix[3][2] = 1;
	self->len = mig_make(self->buf, &self->state);
	ASSERT_EQ(1 << 3, payload[2]);
	EXPECT_EQ(0, decode(&self->dec, self->buf, self->len));
	ASSERT_EQ(1, payload[4 + 8]);
	payload[4 + 8] = 0;
	EXPECT_EQ(-EINVAL, decode(&self->dec, self->buf, self->len));
	EXPECT_STREQ("a vector that is not set up", self->dec.why);
}

TEST_F(mig, something_behind_the_end)
{
	self->buf[self->len] = 0;
	EXPECT_EQ(-EINVAL, decode(&self->dec, self->buf, self->len + 1));
}

/* An error stays, whatever comes behind it. */
TEST_F(mig, errors_are_final)
{
	self->buf[0]++;
	EXPECT_EQ(-EINVAL, decode(&self->dec, self->buf, self->len));
	self->buf[0]--;
	EXPECT_EQ(-EINVAL, msamp_mig_decode(&self->dec, self->buf, self->len));
	EXPECT_EQ(-EINVAL, msamp_mig_decode_end(&self->dec));
}

/* What a driver cannot write cannot come by a stream either. */
TEST_F(mig, hard_wired_configuration_space)
{
	u8 *config = self->buf + self->start[1] + MSAMP_MIG_RECORD_HEAD;

	for (size_t bit = 0; bit < 8 * MSAMP_PCI_CONFIG_USED; bit++) {
		u8 mask = 1 << bit % 8;
		int want = mig_card.fresh->writable[bit / 8] & mask ? 0 : -EINVAL;

		config[bit / 8] ^= mask;
		ASSERT_EQ(want, decode(&self->dec, self->buf, self->len)) {
			TH_LOG("byte %zu, %02x", bit / 8, mask);
		}
		config[bit / 8] ^= mask;
	}
}

/* Some states for a start, since no single one has every bit at work. */
TEST_F_TIMEOUT(mig, every_byte_changed, 120)
{
	u64 rounds = env_or("UNIT_ROUNDS", 20000) / 5000;
	unsigned int accepted = 0, refused = 0;

	for (; rounds; rounds--) {
		mig_random_state(&self->state, &self->r);
		self->len = mig_make(self->buf, &self->state);
		for (size_t at = 0; at < self->len; at++) {
			for (unsigned int diff = 1; diff < 256; diff++) {
				const char *wrong = NULL;

				self->buf[at] ^= diff;
				if (decode(&self->dec, self->buf, self->len)) {
					refused++;
				} else {
					wrong = wrong_state(&self->dec.state, self->buf, self->len);
					accepted++;
				}
				ASSERT_EQ(NULL, wrong) {
					TH_LOG("byte %zu, %02x: %s", at, self->buf[at], wrong);
				}
				self->buf[at] ^= diff;
			}
		}
	}
	TH_LOG("%u accepted, %u refused", accepted, refused);
	EXPECT_LT(0, accepted);
	EXPECT_LT(0, refused);
}

static size_t add(u8 *to, size_t len, const u8 *from, size_t n)
{
	memcpy(to + len, from, n);
	return len + n;
}

/* Header and records in the order that is asked for. */
static size_t assemble(u8 *to, const u8 *buf, const size_t *start, const unsigned int *order,
		       unsigned int n)
{
	size_t len = add(to, 0, buf, HEADER);

	for (unsigned int i = 0; i < n; i++)
		len = add(to, len, buf + start[order[i]], start[order[i] + 1] - start[order[i]]);
	return len;
}

TEST_F(mig, records_swapped)
{
	unsigned int order[RECORDS_MAX];
	u8 to[STREAM_MAX];
	size_t len;

	for (unsigned int i = 0; i < self->records; i++) {
		for (unsigned int j = 0; j < self->records; j++) {
			for (unsigned int k = 0; k < self->records; k++)
				order[k] = k == i ? j : k == j ? i : k;
			len = assemble(to, self->buf, self->start, order, self->records);
			EXPECT_EQ(i == j ? 0 : -EINVAL, decode(&self->dec, to, len));
		}
	}
}

TEST_F(mig, records_missing)
{
	unsigned int order[RECORDS_MAX];
	u8 to[STREAM_MAX];
	size_t len;

	for (unsigned int i = 0; i < self->records; i++) {
		unsigned int n = 0;

		for (unsigned int k = 0; k < self->records; k++)
			if (k != i)
				order[n++] = k;
		len = assemble(to, self->buf, self->start, order, n);
		EXPECT_EQ(-EINVAL, decode(&self->dec, to, len));
		/* nor if END says so; but there may be less on a wire */
		to[len - END_COUNT]--;
		if (self->buf[self->start[i]] != MSAMP_MIG_WIRE)
			EXPECT_EQ(-EINVAL, decode(&self->dec, to, len));
	}
}

TEST_F(mig, records_repeated)
{
	unsigned int order[RECORDS_MAX + 1];
	u8 to[2 * STREAM_MAX];
	size_t len;

	/* the copy of record i comes in front of record j, or at the very end */
	for (unsigned int i = 0; i < self->records; i++) {
		for (unsigned int j = 0; j <= self->records; j++) {
			unsigned int n = 0;

			for (unsigned int k = 0; k <= self->records; k++) {
				if (k == j)
					order[n++] = i;
				if (k < self->records)
					order[n++] = k;
			}
			len = assemble(to, self->buf, self->start, order, n);
			EXPECT_EQ(-EINVAL, decode(&self->dec, to, len));
			/* nor if END says so */
			to[len - END_COUNT]++;
			EXPECT_EQ(-EINVAL, decode(&self->dec, to, len));
		}
	}
}

TEST_F(mig, another_kind_of_card)
{
	struct msamp_mig_card card = mig_card;
	struct msamp_pci_ident ident = mig_ident;

	card.nr_ports = 1;
	msamp_mig_decode_init(&self->dec, &card, &mig_wires_in);
	EXPECT_EQ(-EINVAL, feed(&self->dec, self->buf, self->len, NULL));
	card.nr_ports = 2;
	card.ident = &ident;
	ident.device++;
	msamp_mig_decode_init(&self->dec, &card, &mig_wires_in);
	EXPECT_EQ(-EINVAL, feed(&self->dec, self->buf, self->len, NULL));
}

TEST_F(mig, other_major_versions)
{
	for (int diff = 1; diff < 256; diff++) {
		self->buf[8] ^= diff;
		EXPECT_EQ(-EPROTONOSUPPORT, decode(&self->dec, self->buf, self->len));
		self->buf[8] ^= diff;
	}
}

/* A record of a type that nobody knows, in front of record @before; END counts it. */
static size_t with_unknown(u8 *to, const u8 *buf, const size_t *start, unsigned int records,
			   unsigned int before, u8 flags, size_t size)
{
	u8 record[MSAMP_MIG_RECORD_HEAD + 64] = { 0xee, 0, flags, 0, size };
	size_t len;

	memset(record + MSAMP_MIG_RECORD_HEAD, 0xee, size);
	len = add(to, 0, buf, start[before]);
	len = add(to, len, record, MSAMP_MIG_RECORD_HEAD + size);
	len = add(to, len, buf + start[before], start[records] - start[before]);
	to[len - END_COUNT]++;
	return len;
}

TEST_F(mig, newer_minor_version)
{
	u8 to[2 * STREAM_MAX];
	size_t len;

	for (unsigned int before = 0; before < self->records; before++) {
		for (size_t size = 0; size < 64; size++) {
			len = with_unknown(to, self->buf, self->start, self->records, before, 0,
					   size);
			EXPECT_EQ(-EINVAL, decode(&self->dec, to, len));
			to[10] = MSAMP_MIG_MINOR + 1;
			EXPECT_EQ(before ? 0 : -EINVAL, decode(&self->dec, to, len));
			if (before)
				EXPECT_TRUE(mig_same_state(&self->state, &self->dec.state));
			len = with_unknown(to, self->buf, self->start, self->records, before,
					   MSAMP_MIG_MANDATORY, size);
			to[10] = MSAMP_MIG_MINOR + 1;
			EXPECT_EQ(before ? -EOPNOTSUPP : -EINVAL, decode(&self->dec, to, len));
		}
	}
	/* nothing but a newer version */
	self->buf[10] = MSAMP_MIG_MINOR + 1;
	EXPECT_EQ(0, decode(&self->dec, self->buf, self->len));
}

TEST_HARNESS_MAIN
