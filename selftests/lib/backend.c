// SPDX-License-Identifier: GPL-2.0-only
#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "uart.h"

#define PATHS_FILE "/sys/kernel/debug/mdev_sample/paths"

/**
 * backend_missing() - why the path table's counters cannot be read here
 *
 * Return: NULL if they can, else what to do about it.
 */
const char *backend_missing(void)
{
	if (access(PATHS_FILE, R_OK))
		return "no " PATHS_FILE ": mount -t debugfs none /sys/kernel/debug";
	return NULL;
}

static void port_path(char *buf, size_t size, const char *uuid, unsigned int port, const char *attr)
{
	char name[64];

	snprintf(name, sizeof(name), "port%u/%s", port, attr);
	mdev_path(buf, size, uuid, name);
}

/**
 * port_set() - write an attribute of a port
 * @uuid: the mdev
 * @port: the port
 * @attr: the attribute
 * @text: what to write
 *
 * Return: 0 or -errno.
 */
int port_set(const char *uuid, unsigned int port, const char *attr, const char *text)
{
	char path[PATH_MAX];
	ssize_t ret;

	port_path(path, sizeof(path), uuid, port, attr);
	ret = sysfs_write(path, text, strlen(text));
	if (ret < 0)
		return ret;
	return (size_t)ret == strlen(text) ? 0 : -EIO;
}

/* As port_set(): a backend that is a peer. A negative port is left out of the text. */
int port_set_peer(const char *uuid, unsigned int port, const char *peer, int peer_port)
{
	char text[BACKEND_SIZE];

	if (peer_port < 0)
		snprintf(text, sizeof(text), "peer %s", peer);
	else
		snprintf(text, sizeof(text), "peer %s:%d", peer, peer_port);
	return port_set(uuid, port, "backend", text);
}

/* What a backend shows for a peer. The string is good until the next call but one. */
const char *peer_text(const char *uuid, unsigned int port)
{
	static char text[2][BACKEND_SIZE];
	static int next;

	next = !next;
	snprintf(text[next], sizeof(text[next]), "peer %s:%u", uuid, port);
	return text[next];
}

/* What partner shows for it. Good until the next call but one, of peer_text() too. */
const char *partner_text(const char *uuid, unsigned int port)
{
	return peer_text(uuid, port) + strlen("peer ");
}

/* What an attribute of a port says, or what went wrong. Good until the next call but one. */
const char *port_get(const char *uuid, unsigned int port, const char *attr)
{
	static char text[2][256];
	static int next;
	char path[PATH_MAX];
	ssize_t ret;

	next = !next;
	port_path(path, sizeof(path), uuid, port, attr);
	ret = sysfs_read(path, text[next], sizeof(text[next]));
	return ret < 0 ? strerror(-ret) : text[next];
}

int __port_stats(const char *uuid, unsigned int port, struct port_stats *stats)
{
	int n = sscanf(port_get(uuid, port, "stats"),
		       "tx %llu rx %llu overruns %llu breaks %llu dropped %llu interrupts %llu",
		       &stats->tx, &stats->rx, &stats->overruns, &stats->breaks, &stats->dropped,
		       &stats->interrupts);

	return n == 6 ? 0 : -EBADMSG;
}

int __path_stats(struct path_stats *stats)
{
	FILE *file = fopen(PATHS_FILE, "re");
	int n;

	if (!file)
		return -errno;
	n = fscanf(file, "paths %llu hits %llu misses %llu collected %llu", &stats->paths,
		   &stats->hits, &stats->misses, &stats->collected);
	fclose(file);
	return n == 4 ? 0 : -EBADMSG;
}

/**
 * __tty_open() - open the tty of the host that a port leads to
 * @uuid: the mdev
 * @port: the port
 * @flags: for open(), besides O_RDWR
 *
 * Return: a descriptor, or -errno.
 */
int __tty_open(const char *uuid, unsigned int port, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", port_get(uuid, port, "tty"));
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

/**
 * tty_set() - turn control flags of a tty on and off
 * @fd: the tty
 * @on: flags of c_cflag to turn on
 * @off: flags to turn off
 *
 * Return: 0 or -errno.
 */
int tty_set(int fd, unsigned int on, unsigned int off)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return -errno;
	t.c_cflag = (t.c_cflag & ~off) | on;
	return tcsetattr(fd, TCSANOW, &t) ? -errno : 0;
}

/**
 * tty_set_speed() - set a tty's rate, both ways
 * @fd: the tty
 * @speed: B9600 and the like; a glibc of 2025 or later has these as plain numbers, not as flags
 *
 * Return: 0 or -errno.
 */
int tty_set_speed(int fd, speed_t speed)
{
	struct termios t;

	if (tcgetattr(fd, &t) || cfsetspeed(&t, speed))
		return -errno;
	return tcsetattr(fd, TCSANOW, &t) ? -errno : 0;
}

/**
 * tty_lines() - wait until a tty's modem lines are as wanted
 * @fd: the tty
 * @mask: which lines, TIOCM_*
 * @want: their state
 * @us: longest wait
 *
 * Return: 0, -ETIMEDOUT, or -errno.
 */
int tty_lines(int fd, int mask, int want, long us)
{
	__u64 end = now_us() + us;
	bool late;
	int lines;

	do {
		late = now_us() >= end;
		if (ioctl(fd, TIOCMGET, &lines))
			return -errno;
		if ((lines & mask) == want)
			return 0;
		usleep(100);
	} while (!late);
	return -ETIMEDOUT;
}

/**
 * tty_read() - wait until a tty has handed out so much
 * @fd: the tty
 * @buf: where it goes
 * @n: how much
 * @ms: longest wait between two parts of it
 *
 * Return: @n, less after a hangup, -ETIMEDOUT, or -errno.
 */
ssize_t tty_read(int fd, void *buf, size_t n, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t done = 0;

	while (done < n) {
		ssize_t ret;

		if (poll(&p, 1, ms) != 1)
			return -ETIMEDOUT;
		ret = read(fd, (char *)buf + done, n - done);
		if (ret <= 0)
			return ret < 0 ? -errno : (ssize_t)done;
		done += ret;
	}
	return done;
}
