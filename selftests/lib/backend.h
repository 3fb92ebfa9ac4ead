/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where ports lead: a port's attributes, ttys of the host, and the path table's counters.
 *
 * Functions return a count or 0, or -errno; none ends the test. The macro of the same name without
 * underscores, where there is one, does.
 */
#ifndef SELFTEST_BACKEND_H
#define SELFTEST_BACKEND_H

#include <linux/types.h>
#include <termios.h>

#include "sysfs.h"

#define BACKEND_SIZE 64

/* What stats shows, in its order. */
struct port_stats {
	unsigned long long tx, rx, overruns, breaks, dropped, interrupts;
};

struct path_stats {
	unsigned long long paths, hits, misses, collected;
};

const char *backend_missing(void);
int port_set(const char *uuid, unsigned int port, const char *attr, const char *text);
int port_set_peer(const char *uuid, unsigned int port, const char *peer, int peer_port);
const char *port_get(const char *uuid, unsigned int port, const char *attr);
int __port_stats(const char *uuid, unsigned int port, struct port_stats *stats);
int __path_stats(struct path_stats *stats);
const char *peer_text(const char *uuid, unsigned int port);
const char *partner_text(const char *uuid, unsigned int port);

int __tty_open(const char *uuid, unsigned int port, int flags);
int tty_set(int fd, unsigned int on, unsigned int off);
int tty_set_speed(int fd, speed_t speed);
int tty_lines(int fd, int mask, int want, long us);
ssize_t tty_read(int fd, void *buf, size_t n, int ms);

#define port_stats(_uuid, _port) ({					\
	struct port_stats __s;						\
	ASSERT_EQ(0, __port_stats(_uuid, _port, &__s));			\
	__s; })
#define path_stats() ({							\
	struct path_stats __s;						\
	ASSERT_EQ(0, __path_stats(&__s));				\
	__s; })
#define tty_open(_uuid, _port) ({					\
	int __fd = __tty_open(_uuid, _port, 0);			\
	ASSERT_LE(0, __fd);						\
	__fd; })

#endif /* SELFTEST_BACKEND_H */
