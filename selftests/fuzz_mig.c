// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration stream's reader under a coverage-guided fuzzer: any bytes, in pieces of any size,
 * or a good stream with some bytes changed. What is accepted must be a state that a card can be in.
 *
 *	make -C selftests fuzz_mig CLANG=clang
 *	selftests/fuzz_mig -max_total_time=60
 */
#include <stdio.h>
#include <stdlib.h>

#include "unit_stream.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define must(_cond) do {							\
	if (!(_cond)) {								\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #_cond);	\
		abort();							\
	}									\
} while (0)

#define STREAM_MAX (MSAMP_MIG_HEAD_MAX + MSAMP_MIG_TAIL_MAX)

static void use(const struct msamp_mig_state *state)
{
	struct msamp_mig_decoder dec;
	struct random r = { 1 };
	u8 buf[STREAM_MAX];
	size_t len = mig_make(buf, state);

	/* not where what is on its wires comes from */
	msamp_mig_decode_init(&dec, &mig_card, &mig_wires_out);
	must(!msamp_mig_decode(&dec, buf, len) && !msamp_mig_decode_end(&dec));
	must(mig_same_state(&dec.state, state));
	for (unsigned int i = 0; i < mig_card.nr_ports; i++) {
		struct msamp_uart u = state->uart[i];

		for (int j = 0; j < 50; j++) {
			must(!check(&u));
			step(&u, &r);
		}
	}
}

static void run(const u8 *data, size_t size, size_t piece)
{
	struct msamp_mig_decoder dec;
	int ret = 0;
	size_t n;

	mig_read_anew(&dec);
	for (; !ret && size; data += n, size -= n) {
		n = piece < size ? piece : size;
		ret = msamp_mig_decode(&dec, data, n);
	}
	ret = msamp_mig_decode_end(&dec);
	must(!ret == !dec.why);
	if (!ret)
		use(&dec.state);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct msamp_mig_state state;
	struct random r;
	u8 buf[STREAM_MAX];
	size_t piece, len;

	if (size < 2)
		return 0;
	piece = 1 + data[0] % 64;
	r.state = data[1];
	data += 2;
	size -= 2;
	if (!r.state) {
		run(data, size, piece);
		return 0;
	}
	mig_random_state(&state, &r);
	len = mig_make(buf, &state);
	for (; size >= 3; data += 3, size -= 3)
		buf[(data[0] | data[1] << 8) % len] ^= data[2];
	run(buf, len, piece);
	return 0;
}
