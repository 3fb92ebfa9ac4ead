/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backends: the settings that say where a port's line leads. backend.c has the contract.
 */
#ifndef MSAMP_BACKEND_H
#define MSAMP_BACKEND_H

#include <linux/list.h>

#include "port/cable.h"

struct device;

/* Seconds for which a line waits for an other end that is stopped. */
#define MSAMP_STALL_DEFAULT	10
#define MSAMP_STALL_MAX		86400

/**
 * struct msamp_backend - a port's settings; protected by the lock of all settings
 * @kind: where its line leads by its own wish
 * @peer: the port that it names, if that is a peer
 * @claim: place among the claims, if it names a peer
 * @setting: place among the settings that are no loopback
 * @host: the tty, if it leads to one
 * @pace: the line keeps the pace that the divisor sets
 * @stay: carrier at the tty stays up when the device closes
 * @stall: seconds for which the line waits for an other end that is stopped; 0 for ever
 * @open: the device is open: nothing may be changed
 */
struct msamp_backend {
	enum msamp_backend_kind kind;
	struct msamp_key peer;
	struct hlist_node claim;
	struct hlist_node setting;
	struct msamp_host *host;
	bool pace;
	bool stay;
	unsigned int stall;
	bool open;
};

/**
 * struct msamp_port_stats - what has passed through a port since its device was created
 * @tx: characters that left the transmitter
 * @rx: characters that the receiver stored
 * @overruns: characters lost because a receiver, the port's or its tty's, was full
 * @breaks: breaks received
 * @dropped: characters sent, from either side, into an unplugged cable or to an end that has been
 *	stopped for too long
 * @interrupts: how often the interrupt pin has risen
 */
struct msamp_port_stats {
	u64 tx;
	u64 rx;
	u64 overruns;
	u64 breaks;
	u64 dropped;
	u64 interrupts;
};

void msamp_backends_init(struct msamp_path_table *paths);

void msamp_backend_init(struct msamp_port *port, const guid_t *uuid);
void msamp_backends_remove(struct msamp_port *ports, unsigned int nr);
int msamp_backend_open(struct msamp_port *port);
void msamp_backend_close(struct msamp_port *port);

int msamp_backend_set(struct msamp_port *port, struct device *dev, const char *text);
ssize_t msamp_backend_show(struct msamp_port *port, char *buf);
ssize_t msamp_backend_show_partner(struct msamp_port *port, char *buf);
ssize_t msamp_backend_show_tty(struct msamp_port *port, char *buf);
int msamp_backend_set_pace(struct msamp_port *port, bool pace);
int msamp_backend_set_hangup(struct msamp_port *port, bool hangup);
int msamp_backend_set_stall(struct msamp_port *port, unsigned int stall);
void msamp_backend_stats(struct msamp_port *port, struct msamp_port_stats *stats);

#endif /* MSAMP_BACKEND_H */
