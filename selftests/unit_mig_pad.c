// SPDX-License-Identifier: GPL-2.0-only
/*
 * Padding of the migration stream: all of it must arrive, undamaged and in order.
 */
#include "unit_stream.h"

#include "kselftest_harness.h"

#define DATA MSAMP_MIG_PAD_DATA
#define PARTS_MAX 12

/* A stream with padding, in parts: head, PAD records, tail. */
struct parts {
	struct msamp_mig_padding padding;
	unsigned int nr;
	size_t len[PARTS_MAX];
	u8 buf[PARTS_MAX][MSAMP_MIG_PAD_RECORD];
};

FIXTURE(pad)
{
	struct msamp_mig_state state;
	struct parts parts;
	struct msamp_mig_decoder dec;
};

static void make_head(struct parts *p, u64 size)
{
	memset(p, 0, sizeof(*p));
	p->padding.size = size;
	p->padding.seed = 0x0123456789abcdefULL;
	p->len[p->nr++] = msamp_mig_encode_head(p->buf[0], &mig_card, &p->padding);
}

static void make_pad(struct parts *p, u64 offset)
{
	p->len[p->nr] = msamp_mig_encode_pad(p->buf[p->nr], &p->padding, offset);
	p->nr++;
}

static void make_tail(struct parts *p, const struct msamp_mig_state *state)
{
	p->len[p->nr] = msamp_mig_encode_tail(p->buf[p->nr], &mig_card, &p->padding, state);
	p->nr++;
}

/* Four parts, two of them changed and sent again, one of these twice. */
static void make_all(struct parts *p, u64 size, const struct msamp_mig_state *state)
{
	make_head(p, size);
	while (p->padding.covered < size)
		make_pad(p, p->padding.covered);
	make_pad(p, DATA);
	make_pad(p, 3 * DATA);
	make_pad(p, DATA);
	make_tail(p, state);
}

FIXTURE_SETUP(pad)
{
	struct random r = { 5 };

	mig_random_state(&self->state, &r);
	make_all(&self->parts, 3 * DATA + 100, &self->state);
}

FIXTURE_TEARDOWN(pad)
{
}

static int decode_order(struct msamp_mig_decoder *dec, const struct parts *p,
			const unsigned int *order, unsigned int n, size_t piece)
{
	int ret = 0;

	mig_read_anew(dec);
	for (unsigned int i = 0; !ret && i < n; i++) {
		const u8 *buf = p->buf[order[i]];
		size_t left = p->len[order[i]];
		size_t n;

		for (; !ret && left; buf += n, left -= n) {
			n = piece < left ? piece : left;
			ret = msamp_mig_decode(dec, buf, n);
		}
	}
	return ret ? ret : msamp_mig_decode_end(dec);
}

static int decode_all(struct msamp_mig_decoder *dec, const struct parts *p, size_t piece)
{
	static const unsigned int order[PARTS_MAX] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };

	return decode_order(dec, p, order, p->nr, piece);
}

TEST_F(pad, arrives_in_pieces_of_any_size)
{
	static const size_t pieces[] = { 1, 7, 8, 255, 256, 257, 16384, 1 << 20 };

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		EXPECT_EQ(0, decode_all(&self->dec, &self->parts, pieces[i])) {
			TH_LOG("pieces of %zu: %s", pieces[i], self->dec.why);
		}
		EXPECT_TRUE(mig_same_state(&self->state, &self->dec.state));
	}
}

TEST_F(pad, any_size)
{
	for (u64 size = 1; size < 3 * DATA; size += size < 40 ? 1 : DATA / 3) {
		u64 bytes = 0;

		make_head(&self->parts, size);
		while (self->parts.padding.covered < size) {
			make_pad(&self->parts, self->parts.padding.covered);
			bytes += self->parts.len[self->parts.nr - 1];
		}
		make_tail(&self->parts, &self->state);
		EXPECT_EQ(bytes, msamp_mig_pad_bytes(size));
		EXPECT_EQ(0, decode_all(&self->dec, &self->parts, 999));
	}
}

TEST_F(pad, no_byte_may_change)
{
	for (unsigned int part = 0; part < self->parts.nr - 1; part++) {
		for (size_t at = 0; at < self->parts.len[part]; at += at < 64 ? 1 : 61) {
			/* a newer minor version is welcome, and another seed is noticed later */
			if (!part && (at == 10 || at == 11))
				continue;
			self->parts.buf[part][at] ^= 1 + at % 255;
			EXPECT_GT(0, decode_all(&self->dec, &self->parts, 1 << 20)) {
				TH_LOG("part %u, byte %zu", part, at);
			}
			self->parts.buf[part][at] ^= 1 + at % 255;
		}
	}
	EXPECT_EQ(0, decode_all(&self->dec, &self->parts, 1 << 20));
}

TEST_F(pad, parts_swapped_missing_or_repeated)
{
	unsigned int nr = self->parts.nr;

	for (unsigned int i = 0; i < nr; i++) {
		for (unsigned int j = 0; j < nr; j++) {
			unsigned int order[PARTS_MAX + 1], n = 0;

			for (unsigned int k = 0; k < nr; k++)
				order[k] = k == i ? j : k == j ? i : k;
			EXPECT_EQ(i == j ? 0 : -EINVAL,
				  decode_order(&self->dec, &self->parts, order, nr, 1 << 20));
			for (unsigned int k = 0; k < nr; k++) {
				if (k == j)
					order[n++] = i;
				order[n++] = k;
			}
			EXPECT_EQ(-EINVAL,
				  decode_order(&self->dec, &self->parts, order, n, 1 << 20));
			n = 0;
			for (unsigned int k = 0; k < nr; k++)
				if (k != i)
					order[n++] = k;
			EXPECT_EQ(-EINVAL,
				  decode_order(&self->dec, &self->parts, order, n, 1 << 20));
		}
	}
}

TEST_F(pad, too_large)
{
	make_head(&self->parts, MSAMP_MIG_PADDING_MAX);
	mig_read_anew(&self->dec);
	EXPECT_EQ(0, msamp_mig_decode(&self->dec, self->parts.buf[0], self->parts.len[0]));
	make_head(&self->parts, MSAMP_MIG_PADDING_MAX + 1);
	mig_read_anew(&self->dec);
	EXPECT_EQ(-EINVAL, msamp_mig_decode(&self->dec, self->parts.buf[0], self->parts.len[0]));
}

TEST_HARNESS_MAIN
