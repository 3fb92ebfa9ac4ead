// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration stream's PORT and WIRE records (encode.c has their layout), and which states a
 * port can be in.
 */
#include "hw/uart.h"
#include "stream/priv.h"

/* Bits of msamp_mig_raw_port.flags. */
#define FLAG_THRI	BIT(0)
#define FLAG_TIMEOUT	BIT(1)
#define FLAG_RTS_OFF	BIT(2)

static u8 *msamp_mig_put_list(u8 *p, const struct msamp_uart_fifo *fifo, const u8 *list)
{
	unsigned int i;

	for (i = 0; i < fifo->len; i++)
		*p++ = list[(fifo->head + i) % MSAMP_UART_FIFO_SIZE];
	return p;
}

static size_t msamp_mig_lists(unsigned int line, unsigned int rx_len, unsigned int tx_len)
{
	return (line == MSAMP_MIG_LINE_PEER ? sizeof(struct msamp_mig_raw_peer) : 0) + 2 * rx_len +
	       tx_len;
}

/**
 * msamp_mig_port_size() - how long a PORT record's payload is
 * @state: the card's state
 * @index: the port's number
 *
 * Context: Any.
 * Return: bytes.
 */
size_t msamp_mig_port_size(const struct msamp_mig_state *state, unsigned int index)
{
	const struct msamp_uart *uart = &state->uart[index];

	return sizeof(struct msamp_mig_raw_port) +
	       msamp_mig_lists(state->backend[index].line, uart->rx.len, uart->tx.len);
}

/**
 * msamp_mig_put_port() - write a PORT record's payload
 * @raw: msamp_mig_port_size() bytes
 * @index: the port's number
 * @state: the card's state
 *
 * Context: Any.
 */
void msamp_mig_put_port(struct msamp_mig_raw_port *raw, unsigned int index,
			const struct msamp_mig_state *state)
{
	const struct msamp_mig_backend *backend = &state->backend[index];
	const struct msamp_uart *uart = &state->uart[index];
	struct msamp_mig_raw_peer *peer = (void *)raw->lists;
	u8 *p = raw->lists;

	*raw = (struct msamp_mig_raw_port){
		.port = index,
		.ier = uart->ier,
		.fcr = uart->fcr,
		.lcr = uart->lcr,
		.mcr = uart->mcr,
		.scr = uart->scr,
		.msr = uart->msr,
		.lsr_error = uart->lsr_error,
		.line_in = uart->line_in,
		.flags = (uart->thri ? FLAG_THRI : 0) | (uart->rx_timeout ? FLAG_TIMEOUT : 0) |
			 (uart->auto_rts_off ? FLAG_RTS_OFF : 0),
		.divisor = cpu_to_le16(uart->divisor),
		.rx_len = uart->rx.len,
		.tx_len = uart->tx.len,
		.line = backend->line,
	};
	if (backend->line == MSAMP_MIG_LINE_PEER) {
		peer->port = cpu_to_le32(backend->peer_port);
		memcpy(peer->uuid, backend->peer, sizeof(peer->uuid));
		p += sizeof(*peer);
	}
	p = msamp_mig_put_list(p, &uart->rx, uart->rx.data);
	p = msamp_mig_put_list(p, &uart->rx, uart->rx.error);
	msamp_mig_put_list(p, &uart->tx, uart->tx.data);
}

/* Where the line leads; with that it is known how long the record must be. */
static const char *msamp_mig_get_line(const struct msamp_mig_raw_port *raw, size_t size,
				      struct msamp_mig_backend *backend)
{
	const struct msamp_mig_raw_peer *peer = (const void *)raw->lists;

	if (raw->line >= MSAMP_MIG_NR_LINES)
		return "no such kind of line";
	if (size != sizeof(*raw) + msamp_mig_lists(raw->line, raw->rx_len, raw->tx_len))
		return "a port of the wrong size";
	memset(backend, 0, sizeof(*backend));
	backend->line = raw->line;
	if (backend->line == MSAMP_MIG_LINE_PEER) {
		backend->peer_port = le32_to_cpu(peer->port);
		memcpy(backend->peer, peer->uuid, sizeof(backend->peer));
	}
	return NULL;
}

static const char *msamp_mig_get_fifos(const struct msamp_mig_raw_port *raw, size_t size,
				       struct msamp_uart *uart)
{
	unsigned int depth = msamp_uart_depth(uart);
	struct msamp_uart_fifo *rx = &uart->rx;
	struct msamp_uart_fifo *tx = &uart->tx;
	const u8 *end = (const u8 *)raw + size;
	unsigned int i;

	rx->len = raw->rx_len;
	tx->len = raw->tx_len;
	if (rx->len > depth || tx->len > depth)
		return "a FIFO holds more than fits";
	memcpy(rx->data, end - tx->len - 2 * rx->len, rx->len);
	memcpy(rx->error, end - tx->len - rx->len, rx->len);
	memcpy(tx->data, end - tx->len, tx->len);
	for (i = 0; i < rx->len; i++) {
		if (rx->error[i] & ~MSAMP_UART_CHAR_ERRORS)
			return "no such error of a character";
		rx->errors += !!rx->error[i];
	}
	/* the oldest one's errors show in LSR from the moment on that it is the oldest */
	if (rx->error[0] & ~uart->lsr_error)
		return "LSR does not show the oldest character's error";
	return NULL;
}

static const char *msamp_mig_check_registers(const struct msamp_uart *uart)
{
	if (uart->ier & ~MSAMP_UART_IER_BITS)
		return "IER has bits that do not exist";
	if (uart->mcr & ~MSAMP_UART_MCR_BITS)
		return "MCR has bits that do not exist";
	if (uart->lsr_error & ~(UART_LSR_OE | MSAMP_UART_CHAR_ERRORS))
		return "LSR has errors that do not exist";
	if (uart->line_in & ~MSAMP_UART_MSR_LINES)
		return "modem lines that do not exist";
	if (msamp_uart_fifo_on(uart) ?
	    uart->fcr & ~(UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_MASK) : uart->fcr)
		return "FCR has bits that are not kept";
	return NULL;
}

/* What follows from each other, in a UART that is at rest. */
static const char *msamp_mig_check_relations(const struct msamp_uart *uart)
{
	bool afe = uart->mcr & UART_MCR_AFE;

	if (uart->thri && uart->tx.len)
		return "transmitter empty is pending while it is not empty";
	if (uart->rx_timeout && !(uart->rx.len && msamp_uart_fifo_on(uart)))
		return "a character timeout without characters in a FIFO";
	if (uart->auto_rts_off && !(afe && uart->rx.len))
		return "RTS held down for no reason";
	if (afe && uart->rx.len == msamp_uart_depth(uart) && !uart->auto_rts_off)
		return "RTS not held down though the receiver is full";

	if ((uart->msr & MSAMP_UART_MSR_LINES) != msamp_uart_lines_seen(uart))
		return "MSR does not show the modem lines";
	if ((uart->mcr & UART_MCR_LOOP) && uart->tx.len && !(afe && !(uart->msr & UART_MSR_CTS)))
		return "loop mode has left a character in the transmitter";
	return NULL;
}

/**
 * msamp_mig_get_port() - read a PORT record's payload
 * @raw: the payload
 * @size: its bytes, at least those of @raw
 * @index: the number that the port must have
 * @state: receives the registers, where what is not visible is zeroed, and where the line leads
 *
 * Context: Any.
 * Return: NULL; or what is wrong, and then @state is not to be used.
 */
const char *msamp_mig_get_port(const struct msamp_mig_raw_port *raw, size_t size,
			       unsigned int index, struct msamp_mig_state *state)
{
	struct msamp_uart *uart = &state->uart[index];
	const char *why;

	if (raw->port != index)
		return "another port's turn";
	if (raw->flags & ~(FLAG_THRI | FLAG_TIMEOUT | FLAG_RTS_OFF) || raw->reserved)
		return "a port's reserved bits are set";
	why = msamp_mig_get_line(raw, size, &state->backend[index]);
	if (why)
		return why;
	*uart = (struct msamp_uart){
		.ier = raw->ier,
		.fcr = raw->fcr,
		.lcr = raw->lcr,
		.mcr = raw->mcr,
		.scr = raw->scr,
		.msr = raw->msr,
		.lsr_error = raw->lsr_error,
		.line_in = raw->line_in,
		.thri = raw->flags & FLAG_THRI,
		.rx_timeout = raw->flags & FLAG_TIMEOUT,
		.auto_rts_off = raw->flags & FLAG_RTS_OFF,
		.divisor = le16_to_cpu(raw->divisor),
	};

	why = msamp_mig_check_registers(uart);
	if (!why)
		why = msamp_mig_get_fifos(raw, size, uart);
	if (!why)
		why = msamp_mig_check_relations(uart);
	return why;
}

/**
 * msamp_mig_put_wire() - write a WIRE record's payload
 * @raw: the payload
 * @index: the port's number
 * @at: how many of its wire's characters come before these
 * @nr: how many these are, 1 to MSAMP_MIG_WIRE_PIECE
 * @state: the card's state
 *
 * Context: Any.
 */
void msamp_mig_put_wire(struct msamp_mig_raw_wire *raw, unsigned int index, unsigned int at,
			unsigned int nr, const struct msamp_mig_state *state)
{
	unsigned int i;

	raw->port = index;
	raw->nr = nr;
	raw->at = cpu_to_le16(at);
	for (i = 0; i < nr; i++)
		raw->c[i] = cpu_to_le16(state->wires->c[index][at + i]);
}

/**
 * msamp_mig_get_wire() - read a WIRE record's payload
 * @raw: the payload
 * @size: its bytes
 * @card: the card
 * @state: receives the characters, behind those that have come before
 *
 * Every record of a wire but the last one is full, so that one wire has one form.
 *
 * Context: Any.
 * Return: NULL; or what is wrong.
 */
const char *msamp_mig_get_wire(const struct msamp_mig_raw_wire *raw, size_t size,
			       const struct msamp_mig_card *card, struct msamp_mig_state *state)
{
	unsigned int port = raw->port, nr = raw->nr, at = le16_to_cpu(raw->at);
	unsigned int i;
	u16 c;

	if (port >= card->nr_ports)
		return "a wire to a port that does not exist";
	port = array_index_nospec(port, card->nr_ports);
	if (!state->wires)
		return "characters on the wire of a port that has none";
	if (!nr || nr > MSAMP_MIG_WIRE_PIECE || size != sizeof(*raw) + nr * sizeof(raw->c[0]))
		return "a piece of a wire of the wrong size";
	if (at != state->wire_len[port] || at % MSAMP_MIG_WIRE_PIECE)
		return "a piece of a wire is missing, repeated or misplaced";
	if (at + nr > MSAMP_MIG_WIRE_MAX)
		return "a wire holds more than fits";
	at = array_index_nospec(at, MSAMP_MIG_WIRE_MAX);
	for (i = port + 1; i < card->nr_ports; i++)
		if (state->wire_len[i])
			return "another wire's turn";
	for (i = 0; i < nr; i++) {
		c = le16_to_cpu(raw->c[i]);
		if ((c >> 8) & ~MSAMP_UART_CHAR_ERRORS)
			return "no such error of a character";
		state->wires->c[port][at + i] = c;
	}
	state->wire_len[port] += nr;
	return NULL;
}
