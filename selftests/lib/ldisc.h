/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's line disciplines: attached to a tty, and made to transmit in the contexts of their
 * own.
 *
 * Functions return 0 or a descriptor, or -errno.
 */
#ifndef SELFTEST_LDISC_H
#define SELFTEST_LDISC_H

#include <stdbool.h>

/*
 * What a line discipline has besides the tty while it is attached: an interface, a channel.
 * Zero-filled when it has nothing.
 */
struct ldisc_user {
	int chan;
	int unit;
	int packet;
	int ifindex;
};

/**
 * struct ldisc - a line discipline
 * @name: what it is called
 * @number: for TIOCSETD
 * @module: the module that has it; NULL if it is always there
 * @first: the first character that it transmits after start(), or -1 if it transmits nothing
 * @start: makes it transmit; may be NULL
 * @send: makes it transmit once more; may be NULL
 */
struct ldisc {
	const char *name;
	int number;
	const char *module;
	int first;
	int (*start)(int tty, struct ldisc_user *user);
	int (*send)(int tty, struct ldisc_user *user);
};

enum {
	LDISC_TTY, LDISC_GSM, LDISC_HDLC, LDISC_SLIP, LDISC_PPP, LDISC_SYNC_PPP, LDISC_SLCAN,
	LDISC_CAN327, LDISC_PPS, LDISC_HCI, LDISC_MCTP, LDISC_NCI, LDISC_MOUSE, LDISC_NULL,
	LDISC_COUNT
};

extern const struct ldisc ldiscs[LDISC_COUNT];

int ldisc_attach(const struct ldisc *ldisc, int tty);
int ldisc_start(const struct ldisc *ldisc, int tty, struct ldisc_user *user);
int ldisc_send(const struct ldisc *ldisc, int tty, struct ldisc_user *user);
void ldisc_stop(struct ldisc_user *user);
int ldisc_detach(int tty);

#endif /* SELFTEST_LDISC_H */
