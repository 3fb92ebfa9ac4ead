// SPDX-License-Identifier: GPL-2.0-only
/*
 * A null modem between two ports of one mdev, made by a driver of its UARTs: what arrives at one
 * port is sent out of the other, and modem lines and breaks cross too. With both backends "host",
 * programs on the two ttys of the host are then connected through every register of the card.
 *
 * It works as an interrupt handler does: it runs when INTx is signalled, serves both ports until
 * neither has a cause, and unmasks. A lost interrupt stops the traffic for good.
 *
 * Usage: wire UUID PORT PORT. It prints a line when the cable is plugged in, and runs until it is
 * killed.
 */
#include <linux/serial_reg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irq.h"
#include "uart.h"
#include "vfio.h"

#define RING_SIZE	4096

/* One port, and the characters that wait to leave by it. */
struct end {
	int fd;
	unsigned int port;
	__u8 ier;
	__u8 mcr;
	__u8 msr;
	__u8 ring[RING_SIZE];
	unsigned int head;	/* both count on for ever */
	unsigned int tail;
	bool brk;		/* a break is to be sent ... */
	unsigned int brk_at;	/* ... when tail has come so far */
};

static void give_up(const char *what, int error)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(-error));
	exit(1);
}

static __u8 get(struct end *end, unsigned int reg)
{
	__u8 val = 0;
	ssize_t ret = region_read(end->fd, end->port, reg, &val, 1);

	if (ret != 1)
		give_up("read", ret);
	return val;
}

static void put(struct end *end, unsigned int reg, __u8 val)
{
	ssize_t ret = region_write(end->fd, end->port, reg, &val, 1);

	if (ret != 1)
		give_up("write", ret);
}

static unsigned int used(const struct end *end)
{
	return end->head - end->tail;
}

/* Read one character. A break arrives as a NUL with LSR.BI. */
static void receive(struct end *end, struct end *other, __u8 lsr)
{
	__u8 c = get(end, UART_RX);

	if (lsr & UART_LSR_BI) {
		other->brk = true;
		other->brk_at = other->head;
	} else {
		other->ring[other->head++ % RING_SIZE] = c;
	}
}

/*
 * The break bit as a pulse: the card sends one break for each time that the bit is set. There is no
 * interrupt for an empty shift register, which takes a character's time at most.
 */
static void send_break(struct end *end)
{
	__u8 lcr = get(end, UART_LCR);

	while (!(get(end, UART_LSR) & UART_LSR_TEMT))
		;
	put(end, UART_LCR, lcr | UART_LCR_SBC);
	put(end, UART_LCR, lcr);
	end->brk = false;
}

static bool wants_to_send(const struct end *end)
{
	return (end->msr & UART_MSR_CTS) && (used(end) || end->brk);
}

/* Fill the transmitter, which is empty. */
static void transmit(struct end *end)
{
	for (int i = 0; i < UART_FIFO_SIZE && used(end); i++) {
		if (end->brk && end->brk_at == end->tail)
			break;
		put(end, UART_TX, end->ring[end->tail++ % RING_SIZE]);
	}
	if (end->brk && end->brk_at == end->tail)
		send_break(end);
}

/* DTR arrives as DSR and leaves as DTR at the other port, RTS likewise. */
static void cross_lines(struct end *end, struct end *other)
{
	__u8 mcr = UART_MCR_OUT2;

	end->msr = get(end, UART_MSR);
	if (end->msr & UART_MSR_DSR)
		mcr |= UART_MCR_DTR;
	if (end->msr & UART_MSR_CTS)
		mcr |= UART_MCR_RTS;
	if (mcr != other->mcr)
		put(other, UART_MCR, mcr);
	other->mcr = mcr;
}

/* Ask for no interrupt that could not be served: it would not go away. */
static void enable_interrupts(struct end *end, const struct end *other)
{
	__u8 ier = UART_IER_RLSI | UART_IER_MSI;

	if (used(other) < RING_SIZE)
		ier |= UART_IER_RDI;
	if (wants_to_send(end))
		ier |= UART_IER_THRI;
	if (ier != end->ier)
		put(end, UART_IER, ier);
	end->ier = ier;
}

/* Returns whether the port had a cause. */
static bool serve(struct end *end, struct end *other)
{
	__u8 lsr;

	enable_interrupts(end, other);
	if (get(end, UART_IIR) & UART_IIR_NO_INT)
		return false;
	for (lsr = get(end, UART_LSR); (lsr & UART_LSR_DR) && used(other) < RING_SIZE;
	     lsr = get(end, UART_LSR))
		receive(end, other, lsr);
	cross_lines(end, other);
	if ((lsr & UART_LSR_THRE) && wants_to_send(end))
		transmit(end);
	return true;
}

static void plug_in(struct end *end, int fd, const char *port)
{
	int ret;

	*end = (struct end){ .fd = fd, .port = strtoul(port, NULL, 0) };
	ret = __uart_setup(fd, end->port, 1, UART_LCR_WLEN8,
			   UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8);
	if (ret)
		give_up("setup", ret);
}

static int connect_interrupt(int fd)
{
	int efd = evt_new();
	int ret = irq_set_fd(fd, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, efd);

	if (ret)
		give_up("interrupt", ret);
	return efd;
}

static void run(struct end *a, struct end *b, int efd)
{
	bool busy;
	int ret;

	for (;;) {
		do {
			busy = serve(a, b);
			busy |= serve(b, a);
		} while (busy);
		ret = irq_set_none(a->fd, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK,
				   0, 1);
		if (!ret)
			ret = evt_wait(efd, -1);
		if (ret < 0)
			give_up("interrupt", ret);
	}
}

int main(int argc, char **argv)
{
	struct vfio_dev vfio;
	struct end a, b;
	int ret;
	int efd;

	if (argc != 4) {
		fprintf(stderr, "Usage: wire UUID PORT PORT\n");
		return 2;
	}
	ret = __vfio_open(&vfio, argv[1], VIA_GROUP);
	if (ret)
		give_up(argv[1], ret);
	plug_in(&a, vfio.fd, argv[2]);
	plug_in(&b, vfio.fd, argv[3]);
	efd = connect_interrupt(vfio.fd);
	cross_lines(&a, &b);
	cross_lines(&b, &a);
	puts("plugged in");
	fflush(stdout);
	run(&a, &b, efd);
}
