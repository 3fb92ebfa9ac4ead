/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Migration streams for tests of the pure files: random states of a card, and whole streams.
 */
#ifndef SELFTEST_UNIT_STREAM_H
#define SELFTEST_UNIT_STREAM_H

#include "stream/stream.h"
#include "unit_random.h"

static const struct msamp_pci_ident mig_ident = {
	.vendor = 0x4348,
	.device = 0x3253,
	.class = 0x070002,
	.revision = 0x10,
	.bar = { 8, 8, [5] = 4096 },
	.bar_type = { PCI_BASE_ADDRESS_SPACE_IO, PCI_BASE_ADDRESS_SPACE_IO },
	.msi_vectors = 4,
	.msix_vectors = 8,
	.msix_table = 5,
	.msix_pba = 2048 | 5,
};

static struct msamp_pci_config mig_fresh;

static const struct msamp_mig_card mig_card = {
	.ident = &mig_ident,
	.fresh = &mig_fresh,
	.nr_ports = 2,
};

__attribute__((constructor)) static void mig_power_on(void)
{
	msamp_pci_config_init(&mig_fresh, &mig_ident);
}

/* What is on the wires of a state that is made, and of one that is read. */
static struct msamp_mig_wires mig_wires_out, mig_wires_in;

/* Whatever was in its memory before. */
static inline void mig_read_anew(struct msamp_mig_decoder *dec)
{
	memset(dec, 0xa5, sizeof(*dec));
	msamp_mig_decode_init(dec, &mig_card, &mig_wires_in);
}

static inline bool mig_same_port(const struct msamp_mig_state *a, const struct msamp_mig_state *b,
				 unsigned int i)
{
	const struct msamp_mig_backend *x = &a->backend[i], *y = &b->backend[i];

	return !memcmp(&a->uart[i], &b->uart[i], sizeof(a->uart[i])) &&
	       x->line == y->line && x->peer_port == y->peer_port &&
	       !memcmp(x->peer, y->peer, sizeof(x->peer)) && a->wire_len[i] == b->wire_len[i] &&
	       !memcmp(a->wires->c[i], b->wires->c[i], a->wire_len[i] * sizeof(**a->wires->c));
}

static inline bool mig_same_state(const struct msamp_mig_state *a, const struct msamp_mig_state *b)
{
	for (unsigned int i = 0; i < mig_card.nr_ports; i++)
		if (!mig_same_port(a, b, i))
			return false;
	return !memcmp(a->config, b->config, sizeof(a->config)) &&
	       !memcmp(a->msix, b->msix, sizeof(a->msix)) &&
	       a->masked == b->masked && a->pending == b->pending;
}

/* What cannot be seen does not travel, and a FIFO arrives with its first character in front. */
static inline void mig_normalise(struct msamp_uart *u)
{
	struct msamp_uart from = *u;

	memset(&u->rx, 0, sizeof(u->rx));
	memset(&u->tx, 0, sizeof(u->tx));
	memset(&u->stats, 0, sizeof(u->stats));
	for (unsigned int i = 0; i < from.rx.len; i++) {
		unsigned int at = (from.rx.head + i) % MSAMP_UART_FIFO_SIZE;

		u->rx.data[i] = from.rx.data[at];
		u->rx.error[i] = from.rx.error[at];
		u->rx.errors += !!from.rx.error[at];
	}
	for (unsigned int i = 0; i < from.tx.len; i++)
		u->tx.data[i] = from.tx.data[(from.tx.head + i) % MSAMP_UART_FIFO_SIZE];
	u->rx.len = from.rx.len;
	u->tx.len = from.tx.len;
	u->changed = false;
	u->modem_changed = false;
	u->rx_activity = 0;
}

static inline void mig_random_uart(struct msamp_uart *u, struct random *r, unsigned int steps)
{
	memset(u, 0, sizeof(*u));
	msamp_uart_reset(u);
	while (steps--)
		step(u, r);
	mig_normalise(u);
}

static inline void mig_random_wire(struct msamp_mig_state *state, unsigned int port,
				   unsigned int len, struct random *r)
{
	for (unsigned int i = 0; i < len; i++)
		state->wires->c[port][i] = next(r, 256) | (next(r, 10) ? 0 : UART_LSR_BI << 8);
	state->wire_len[port] = len;
}

static inline void mig_random_state(struct msamp_mig_state *state, struct random *r)
{
	struct msamp_pci_config config;

	memset(state, 0, sizeof(*state));
	state->wires = &mig_wires_out;
	msamp_pci_config_init(&config, &mig_ident);
	for (int i = 0; i < 50; i++)
		msamp_pci_config_write(&config, next(r, MSAMP_PCI_CONFIG_SIZE), 1, next(r, 256));
	memcpy(state->config, config.space, sizeof(state->config));
	for (int i = 0; i < MSAMP_MIG_NR_VECTORS; i++)
		for (int j = 0; j < MSAMP_MIG_VECTOR_WORDS && next(r, 2); j++)
			state->msix[i][j] = next(r, 1U << 31) * 2U + next(r, 2);
	state->masked = next(r, 256);
	state->pending = next(r, 256);
	for (unsigned int i = 0; i < mig_card.nr_ports; i++) {
		mig_random_uart(&state->uart[i], r, next(r, 100));
		state->backend[i].line = next(r, MSAMP_MIG_NR_LINES);
		if (state->backend[i].line != MSAMP_MIG_LINE_PEER)
			continue;
		state->backend[i].peer_port = next(r, 5);
		for (unsigned int j = 0; j < sizeof(state->backend[i].peer); j++)
			state->backend[i].peer[j] = next(r, 256);
	}
	for (unsigned int i = 0; i < mig_card.nr_ports; i++)
		mig_random_wire(state, i, next(r, 4) ? 0 : next(r, 300), r);
}

/* A stream without padding; @buf has room for MSAMP_MIG_HEAD_MAX + MSAMP_MIG_TAIL_MAX. */
static inline size_t mig_make(u8 *buf, const struct msamp_mig_state *state)
{
	struct msamp_mig_padding none = { 0 };
	size_t len = msamp_mig_encode_head(buf, &mig_card, &none);

	return len + msamp_mig_encode_tail(buf + len, &mig_card, &none, state);
}

#endif /* SELFTEST_UNIT_STREAM_H */
