// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream on its way out, while its padding keeps changing: what is told to be left is what comes,
 * and a reader takes all of it.
 */
#include "stream/stream.h"
#include "unit_stream.h"

#include "kselftest_harness.h"

FIXTURE(out)
{
	struct random r;
	struct msamp_mig_state state;
	struct msamp_mig_out out;
	struct msamp_mig_decoder dec;
	u64 len;
	u8 buf[MSAMP_MIG_PAD_RECORD + MSAMP_MIG_TAIL_MAX];
};

FIXTURE_SETUP(out)
{
	self->r.state = 7;
	mig_random_state(&self->state, &self->r);
}

FIXTURE_TEARDOWN(out)
{
}

/* Reads what is there, up to @max bytes, and gives it to the reader; returns how much. */
static u64 pass(struct _test_data_out *self, u64 max)
{
	struct msamp_mig_out *out = &self->out;
	u64 done = 0;

	while (done < max && msamp_mig_out_more(out)) {
		u32 n = out->fill - out->pos;

		n = n < max - done ? n : max - done;
		if (msamp_mig_decode(&self->dec, out->piece + out->pos, n))
			return ~0ULL;
		out->pos += n;
		done += n;
	}
	self->len += done;
	return done;
}

static void begin(struct _test_data_out *self, u64 padding)
{
	self->len = 0;
	msamp_mig_out_init(&self->out, &mig_card, self->buf, padding, 99);
	mig_read_anew(&self->dec);
}

TEST_F(out, at_once)
{
	for (u64 padding = 0; padding < 100000; padding += 9999) {
		u64 left;

		begin(self, padding);
		EXPECT_LT(0, msamp_mig_out_initial(&self->out));
		msamp_mig_out_stop(&self->out, &self->state);
		left = msamp_mig_out_left(&self->out);
		EXPECT_EQ(left, pass(self, ~0ULL));
		EXPECT_EQ(0, msamp_mig_out_left(&self->out));
		EXPECT_FALSE(msamp_mig_out_more(&self->out));
		EXPECT_EQ(0, msamp_mig_decode_end(&self->dec));
		EXPECT_TRUE(mig_same_state(&self->state, &self->dec.state));
	}
}

TEST_F(out, a_card_that_runs_has_an_end_for_now)
{
	u64 initial;

	begin(self, 50000);
	initial = msamp_mig_out_initial(&self->out);
	EXPECT_EQ(0, msamp_mig_out_changed(&self->out));
	EXPECT_EQ(initial, pass(self, ~0ULL));
	EXPECT_EQ(0, msamp_mig_out_initial(&self->out));
	EXPECT_FALSE(msamp_mig_out_more(&self->out));
	/* only the tail is left, as long as it can be */
	EXPECT_EQ(MSAMP_MIG_TAIL_SIZE(2), msamp_mig_out_left(&self->out));
	msamp_mig_out_change(&self->out, 1);
	EXPECT_LT(0, msamp_mig_out_changed(&self->out));
	EXPECT_TRUE(msamp_mig_out_more(&self->out));
	/* no more can change than there is */
	msamp_mig_out_change(&self->out, ~0ULL);
	EXPECT_GE(5 * MSAMP_MIG_PAD_RECORD, msamp_mig_out_changed(&self->out));
}

TEST_F(out, changes_at_any_moment)
{
	for (int i = 0; i < 300; i++) {
		begin(self, next(&self->r, 6 * MSAMP_MIG_PAD_DATA));
		for (int j = 0; j < 30; j++) {
			if (next(&self->r, 2))
				msamp_mig_out_change(&self->out, next(&self->r, 3));
			ASSERT_NE(~0ULL, pass(self, next(&self->r, 9000)));
		}
		msamp_mig_out_stop(&self->out, &self->state);
		/* nothing changes any more */
		msamp_mig_out_change(&self->out, 5);
		ASSERT_NE(~0ULL, pass(self, ~0ULL));
		ASSERT_EQ(0, msamp_mig_decode_end(&self->dec)) {
			TH_LOG("round %d: %s", i, self->dec.why);
		}
		ASSERT_EQ(self->len, self->dec.at);
		ASSERT_TRUE(mig_same_state(&self->state, &self->dec.state));
	}
}

/* Some of the padding changes in some time; neither a long time nor a high rate is too much. */
TEST_F(out, ages)
{
	static const u64 extremes[] = {
		0, 1, 2, 999999999, 1000000000, 1ULL << 32, 1ULL << 34, 1ULL << 40, 1ULL << 62,
		(1ULL << 63) - 1, 1ULL << 63, ~0ULL - 1, ~0ULL,
	};
	const u64 part_bytes = 5ULL * MSAMP_MIG_PAD_RECORD, second = 1000000000;
	const u64 hours = 3600 * second;

	for (size_t i = 0; i < ARRAY_SIZE(extremes); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(extremes); j++) {
			u64 ns = extremes[i], rate = extremes[j], changed;
			/* in a wider number, what it should come to */
			__uint128_t want = (__uint128_t)ns * rate / second / MSAMP_MIG_PAD_DATA;

			begin(self, 5 * MSAMP_MIG_PAD_DATA);
			ASSERT_NE(~0ULL, pass(self, ~0ULL));
			EXPECT_GE(ns, msamp_mig_out_age(&self->out, ns, rate));
			changed = msamp_mig_out_changed(&self->out);
			if (want > 5 && rate <= 1ULL << 34)
				want = 5;
			if (rate <= 1ULL << 34) {
				EXPECT_EQ((u64)want * MSAMP_MIG_PAD_RECORD, changed) {
					TH_LOG("%llu ns, %llu bytes/s", ns, rate);
				}
			}
			EXPECT_GE(part_bytes, changed);
		}
	}
	/* as it was when the device had been running for a day */
	begin(self, 5 * MSAMP_MIG_PAD_DATA);
	ASSERT_NE(~0ULL, pass(self, ~0ULL));
	msamp_mig_out_age(&self->out, 24 * hours, (1ULL << 63) - 1);
	EXPECT_EQ(part_bytes, msamp_mig_out_changed(&self->out));
}

/* Nothing is lost of the time that has passed, however often it is looked at. */
TEST_F(out, ages_in_steps)
{
	const u64 rate = 1000000, step = 1234567;
	u64 aged_at = 0, now, parts = 0;

	begin(self, MSAMP_MIG_PADDING_MAX);
	/* as if all of it had been sent */
	self->out.padding.covered = MSAMP_MIG_PADDING_MAX;
	for (now = 0; now < 60000000000ULL; now += step) {
		aged_at += msamp_mig_out_age(&self->out, now - aged_at, rate);
		EXPECT_GT(msamp_mig_pad_ns(rate), now - aged_at);
	}
	parts = self->out.dirty;
	EXPECT_EQ(60 * rate / MSAMP_MIG_PAD_DATA, parts);
}

#define PIECE	MSAMP_MIG_PAD_RECORD
#define DATA	MSAMP_MIG_PAD_DATA

TEST_F(out, parts_of_padding)
{
	static const u64 sizes[] = { 0, 1, DATA - 1, DATA, DATA + 1, 2 * DATA, 2 * DATA + 1 };
	static const u32 parts[] = { 0, 1, 1, 1, 2, 2, 3 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(self, sizes[i]);
		EXPECT_EQ(parts[i], self->out.parts);
		EXPECT_EQ(sizes[i], self->out.padding.size);
		EXPECT_NE(~0ULL, pass(self, ~0ULL));
		EXPECT_EQ(sizes[i], self->dec.padding.size);
		EXPECT_EQ(sizes[i] ? 99 : 0, self->dec.padding.seed);
		EXPECT_EQ(parts[i], self->dec.padding.records);
	}
}

TEST_F(out, room_for_pieces)
{
	struct msamp_mig_card card = mig_card;

	for (card.nr_ports = 1; card.nr_ports <= MSAMP_MIG_NR_PORTS; card.nr_ports++) {
		size_t tail = MSAMP_MIG_TAIL_SIZE(card.nr_ports);
		size_t wires = card.nr_ports * MSAMP_MIG_WIRE_SIZE;

		EXPECT_EQ(MSAMP_MIG_HEAD_MAX + tail, msamp_mig_out_room(&card, false, 0));
		EXPECT_EQ(MSAMP_MIG_HEAD_MAX + tail + wires, msamp_mig_out_room(&card, true, 0));
		EXPECT_EQ(PIECE + tail, msamp_mig_out_room(&card, false, 1));
		EXPECT_EQ(PIECE + tail + wires, msamp_mig_out_room(&card, true, 1 << 20));
	}
}

/* Head and state of a card without padding are one piece, if the card stops before all is read. */
TEST_F(out, one_piece_without_padding)
{
	begin(self, 0);
	EXPECT_EQ(36, self->out.fill);
	EXPECT_EQ(36, msamp_mig_out_initial(&self->out));
	EXPECT_EQ(0, msamp_mig_out_changed(&self->out));
	EXPECT_EQ(10, pass(self, 10));
	EXPECT_EQ(26, msamp_mig_out_initial(&self->out));
	EXPECT_EQ(26 + MSAMP_MIG_TAIL_SIZE(2), msamp_mig_out_left(&self->out));
	msamp_mig_out_stop(&self->out, &self->state);
	EXPECT_EQ(0, self->out.tail_len);
	EXPECT_EQ(self->out.fill - 10, pass(self, ~0ULL));
	EXPECT_EQ(0, msamp_mig_decode_end(&self->dec));
	EXPECT_FALSE(msamp_mig_out_more(&self->out));
	/* after all of the head has been read they are two */
	begin(self, 0);
	EXPECT_EQ(36, pass(self, ~0ULL));
	EXPECT_FALSE(msamp_mig_out_more(&self->out));
	EXPECT_EQ(0, msamp_mig_out_initial(&self->out));
	EXPECT_EQ(MSAMP_MIG_TAIL_SIZE(2), msamp_mig_out_left(&self->out));
	msamp_mig_out_stop(&self->out, &self->state);
	EXPECT_LT(0, msamp_mig_out_left(&self->out));
	EXPECT_EQ(msamp_mig_out_left(&self->out), pass(self, ~0ULL));
	EXPECT_EQ(0, msamp_mig_decode_end(&self->dec));
}

/* Which part of the padding the piece that is there brings. */
static u64 part(struct _test_data_out *self)
{
	u64 offset = 0;

	for (int i = 7; i >= 0; i--)
		offset = offset << 8 | self->out.piece[MSAMP_MIG_RECORD_HEAD + i];
	return offset / DATA;
}

/* What is left is told to the byte while pieces come and change; changes go round by parts. */
TEST_F(out, what_is_left)
{
	struct msamp_mig_out *out = &self->out;
	const u64 head = 60, rest = MSAMP_MIG_RECORD_HEAD + MSAMP_MIG_PAD_HEAD + 7;

	begin(self, 2 * DATA + 7);
	EXPECT_EQ(3, out->parts);
	EXPECT_EQ(head + 2 * PIECE + rest, msamp_mig_out_initial(out));
	EXPECT_EQ(head, pass(self, head));
	EXPECT_EQ(2 * PIECE + rest, msamp_mig_out_initial(out));
	EXPECT_EQ(1000, pass(self, 1000));
	EXPECT_EQ(2 * PIECE + rest - 1000, msamp_mig_out_initial(out));
	EXPECT_EQ(0, msamp_mig_out_changed(out));
	msamp_mig_out_change(out, 2);
	EXPECT_EQ(2 * PIECE, msamp_mig_out_changed(out));
	EXPECT_EQ(4 * PIECE + rest - 1000 + MSAMP_MIG_TAIL_SIZE(2), msamp_mig_out_left(out));
	EXPECT_EQ(2 * PIECE + rest - 1000, pass(self, 2 * PIECE + rest - 1000));
	EXPECT_EQ(0, msamp_mig_out_initial(out));
	EXPECT_EQ(2 * PIECE, msamp_mig_out_changed(out));

	/* a piece that is being read again has to be read to its end */
	EXPECT_EQ(100, pass(self, 100));
	EXPECT_EQ(0, part(self));
	EXPECT_EQ(0, msamp_mig_out_initial(out));
	EXPECT_EQ(2 * PIECE - 100, msamp_mig_out_changed(out));
	EXPECT_EQ(1, out->dirty);
	/* one more has changed, and then all, but not more than there are */
	msamp_mig_out_change(out, 1);
	EXPECT_EQ(2, out->dirty);
	msamp_mig_out_change(out, 1);
	EXPECT_EQ(3, out->dirty);
	msamp_mig_out_change(out, 1);
	EXPECT_EQ(3, out->dirty);
	EXPECT_EQ(PIECE - 100, pass(self, PIECE - 100));
	for (u64 i = 1; i <= 3; i++) {
		ASSERT_TRUE(msamp_mig_out_more(out));
		EXPECT_EQ(i % 3, part(self));
		EXPECT_EQ(out->fill, pass(self, out->fill));
	}
	EXPECT_EQ(0, msamp_mig_out_changed(out));
	EXPECT_FALSE(msamp_mig_out_more(out));

	msamp_mig_out_change(out, 1);
	msamp_mig_out_stop(out, &self->state);
	EXPECT_EQ(PIECE + out->tail_len, msamp_mig_out_left(out));
	EXPECT_NE(~0ULL, pass(self, ~0ULL));
	EXPECT_EQ(0, msamp_mig_decode_end(&self->dec));
	EXPECT_EQ(0, msamp_mig_out_left(out));
}

TEST_F(out, time_of_a_part)
{
	const u64 second = 1000000000;

	EXPECT_EQ(DATA * second, msamp_mig_pad_ns(1));
	EXPECT_EQ(second, msamp_mig_pad_ns(DATA));
	EXPECT_EQ(second / 2, msamp_mig_pad_ns(2 * DATA));
	EXPECT_EQ(1, msamp_mig_pad_ns(DATA * second));
	EXPECT_EQ(1, msamp_mig_pad_ns(DATA * second + 1));
	EXPECT_EQ(1, msamp_mig_pad_ns(~0ULL));

	begin(self, 9 * DATA);
	ASSERT_NE(~0ULL, pass(self, ~0ULL));
	EXPECT_EQ(12345, msamp_mig_out_age(&self->out, 12345, 0));
	EXPECT_EQ(0, self->out.dirty);
	EXPECT_EQ(0, msamp_mig_out_age(&self->out, second - 1, DATA));
	EXPECT_EQ(0, self->out.dirty);
	EXPECT_EQ(second, msamp_mig_out_age(&self->out, second, DATA));
	EXPECT_EQ(1, self->out.dirty);
	EXPECT_EQ(3 * second, msamp_mig_out_age(&self->out, 4 * second - 1, DATA));
	EXPECT_EQ(4, self->out.dirty);
}

TEST_HARNESS_MAIN
