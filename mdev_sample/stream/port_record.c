// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration stream's PORT and WIRE records (encode.c has their layout), and which states a
 * port can be in.
 */
#include "hw/uart.h"
#include "stream/priv.h"

#define LSR_CHAR_ERRORS	(UART_LSR_PE | UART_LSR_FE | UART_LSR_BI)
#define MSR_LINES	0xf0

/* Bits of byte 9. */
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
	return PORT_HEAD + (line == MSAMP_MIG_LINE_PEER ? PEER_SIZE : 0) + 2 * rx_len + tx_len;
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

	return msamp_mig_lists(state->backend[index].line, uart->rx.len, uart->tx.len);
}

/**
 * msamp_mig_put_port() - write a PORT record's payload
 * @buf: msamp_mig_port_size() bytes
 * @index: the port's number
 * @state: the card's state
 *
 * Context: Any.
 */
void msamp_mig_put_port(u8 *buf, unsigned int index, const struct msamp_mig_state *state)
{
	const struct msamp_mig_backend *backend = &state->backend[index];
	const struct msamp_uart *uart = &state->uart[index];
	u8 *p = buf;

	p = msamp_mig_put(p, index, 1);
	p = msamp_mig_put(p, uart->ier, 1);
	p = msamp_mig_put(p, uart->fcr, 1);
	p = msamp_mig_put(p, uart->lcr, 1);
	p = msamp_mig_put(p, uart->mcr, 1);
	p = msamp_mig_put(p, uart->scr, 1);
	p = msamp_mig_put(p, uart->msr, 1);
	p = msamp_mig_put(p, uart->lsr_error, 1);
	p = msamp_mig_put(p, uart->line_in, 1);
	p = msamp_mig_put(p, (uart->thri ? FLAG_THRI : 0) | (uart->rx_timeout ? FLAG_TIMEOUT : 0) |
			     (uart->auto_rts_off ? FLAG_RTS_OFF : 0), 1);
	p = msamp_mig_put(p, uart->divisor, 2);
	p = msamp_mig_put(p, uart->rx.len, 1);
	p = msamp_mig_put(p, uart->tx.len, 1);
	p = msamp_mig_put(p, backend->line, 2);
	if (backend->line == MSAMP_MIG_LINE_PEER) {
		p = msamp_mig_put(p, backend->peer_port, 4);
		memcpy(p, backend->peer, sizeof(backend->peer));
		p += sizeof(backend->peer);
	}
	p = msamp_mig_put_list(p, &uart->rx, uart->rx.data);
	p = msamp_mig_put_list(p, &uart->rx, uart->rx.error);
	msamp_mig_put_list(p, &uart->tx, uart->tx.data);
}

/* Where the line leads; with that it is known how long the record must be. */
static const char *msamp_mig_get_line(const u8 *buf, size_t size, struct msamp_mig_backend *backend)
{
	if (buf[14] >= MSAMP_MIG_NR_LINES)
		return "no such kind of line";
	if (size != msamp_mig_lists(buf[14], buf[12], buf[13]))
		return "a port of the wrong size";
	memset(backend, 0, sizeof(*backend));
	backend->line = buf[14];
	if (backend->line == MSAMP_MIG_LINE_PEER) {
		backend->peer_port = msamp_mig_get(buf + PORT_HEAD, 4);
		memcpy(backend->peer, buf + PORT_HEAD + 4, sizeof(backend->peer));
	}
	return NULL;
}

static const char *msamp_mig_get_fifos(const u8 *buf, size_t size, struct msamp_uart *uart)
{
	unsigned int depth = msamp_uart_depth(uart);
	struct msamp_uart_fifo *rx = &uart->rx;
	struct msamp_uart_fifo *tx = &uart->tx;
	const u8 *end = buf + size;
	unsigned int i;

	rx->len = buf[12];
	tx->len = buf[13];
	if (rx->len > depth || tx->len > depth)
		return "a FIFO holds more than fits";
	memcpy(rx->data, end - tx->len - 2 * rx->len, rx->len);
	memcpy(rx->error, end - tx->len - rx->len, rx->len);
	memcpy(tx->data, end - tx->len, tx->len);
	for (i = 0; i < rx->len; i++) {
		if (rx->error[i] & ~LSR_CHAR_ERRORS)
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
	if (uart->lsr_error & ~(UART_LSR_OE | LSR_CHAR_ERRORS))
		return "LSR has errors that do not exist";
	if (uart->line_in & ~MSR_LINES)
		return "modem lines that do not exist";
	if (msamp_uart_fifo_on(uart) ?
	    uart->fcr & ~(UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_MASK) : uart->fcr)
		return "FCR has bits that are not kept";
	return NULL;
}

/* What follows from each other, in a UART that nobody is just touching. */
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

	if ((uart->msr & MSR_LINES) != msamp_uart_lines_seen(uart))
		return "MSR does not show the modem lines";
	if ((uart->mcr & UART_MCR_LOOP) && uart->tx.len && !(afe && !(uart->msr & UART_MSR_CTS)))
		return "loop mode has left a character in the transmitter";
	return NULL;
}

/**
 * msamp_mig_get_port() - read a PORT record's payload
 * @buf: the payload
 * @size: its bytes, at least PORT_HEAD
 * @index: the number that the port must have
 * @state: receives the registers, where what is not visible is zeroed, and where the line leads
 *
 * Context: Any.
 * Return: NULL; or what is wrong, and then @state is not to be used.
 */
const char *msamp_mig_get_port(const u8 *buf, size_t size, unsigned int index,
			       struct msamp_mig_state *state)
{
	struct msamp_uart *uart = &state->uart[index];
	const char *why;

	if (buf[0] != index)
		return "another port's turn";
	if (buf[9] & ~(FLAG_THRI | FLAG_TIMEOUT | FLAG_RTS_OFF) || buf[15])
		return "a port's reserved bits are set";
	why = msamp_mig_get_line(buf, size, &state->backend[index]);
	if (why)
		return why;
	memset(uart, 0, sizeof(*uart));
	uart->ier = buf[1];
	uart->fcr = buf[2];
	uart->lcr = buf[3];
	uart->mcr = buf[4];
	uart->scr = buf[5];
	uart->msr = buf[6];
	uart->lsr_error = buf[7];
	uart->line_in = buf[8];
	uart->thri = buf[9] & FLAG_THRI;
	uart->rx_timeout = buf[9] & FLAG_TIMEOUT;
	uart->auto_rts_off = buf[9] & FLAG_RTS_OFF;
	uart->divisor = msamp_mig_get(buf + 10, 2);

	why = msamp_mig_check_registers(uart);
	if (!why)
		why = msamp_mig_get_fifos(buf, size, uart);
	if (!why)
		why = msamp_mig_check_relations(uart);
	return why;
}

/**
 * msamp_mig_put_wire() - write a WIRE record's payload
 * @buf: WIRE_HEAD + 2 * @nr bytes
 * @index: the port's number
 * @at: how many of its wire's characters come before these
 * @nr: how many these are, 1 to MSAMP_MIG_WIRE_PIECE
 * @state: the card's state
 *
 * Context: Any.
 */
void msamp_mig_put_wire(u8 *buf, unsigned int index, unsigned int at, unsigned int nr,
			const struct msamp_mig_state *state)
{
	unsigned int i;
	u8 *p = buf;

	p = msamp_mig_put(p, index, 1);
	p = msamp_mig_put(p, nr, 1);
	p = msamp_mig_put(p, at, 2);
	for (i = 0; i < nr; i++)
		p = msamp_mig_put(p, state->wires->c[index][at + i], 2);
}

/**
 * msamp_mig_get_wire() - read a WIRE record's payload
 * @buf: the payload
 * @size: its bytes
 * @card: the card
 * @state: receives the characters, behind those that have come before
 *
 * Every record of a wire but the last one is full, so that one wire has one form.
 *
 * Context: Any.
 * Return: NULL; or what is wrong.
 */
const char *msamp_mig_get_wire(const u8 *buf, size_t size, const struct msamp_mig_card *card,
			       struct msamp_mig_state *state)
{
	unsigned int port = buf[0], nr = buf[1], at = msamp_mig_get(buf + 2, 2);
	unsigned int i;
	u16 c;

	if (port >= card->nr_ports)
		return "a wire to a port that does not exist";
	port = array_index_nospec(port, card->nr_ports);
	if (!state->wires)
		return "characters on the wire of a port that has none";
	if (!nr || nr > MSAMP_MIG_WIRE_PIECE || size != WIRE_HEAD + 2 * nr)
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
		c = msamp_mig_get(buf + WIRE_HEAD + 2 * i, 2);
		if ((c >> 8) & ~LSR_CHAR_ERRORS)
			return "no such error of a character";
		state->wires->c[port][at + i] = c;
	}
	state->wire_len[port] += nr;
	return NULL;
}
