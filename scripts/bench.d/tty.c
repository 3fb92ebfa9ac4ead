// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams between a device and a tty of the host, each served by a process of its own: the guest's
 * driver by interrupts, the tty as cat would. Flow control is on at both ends.
 */
#include <fcntl.h>
#include <linux/serial_reg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "beside.h"
#include "device.h"
#include "driver.h"
#include "probe.h"
#include "stream.h"

#define BURST	16
#define CHUNK	1024

/**
 * struct tty - a stream between a device and a tty, as the two processes share it
 * @dev: the device
 * @fd: the tty
 * @drv: the guest
 * @resting: nobody may begin yet
 * @over: the receiver is through, or has given up
 */
struct tty {
	struct dev dev;
	int fd;
	struct driver drv;
	atomic_bool resting;
	atomic_bool over;
};

static int tty_open(const char *uuid)
{
	char name[32], path[64];
	struct termios tio;
	int fd;

	attr_read(uuid, "port0/tty", name, sizeof(name));
	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_SETFL, 0) || tcgetattr(fd, &tio))
		die(path);
	cfmakeraw(&tio);
	tio.c_cflag |= CRTSCTS | CLOCAL;
	/* a read that finds nothing for so long, in tenths of a second, ends: that is a stall */
	tio.c_cc[VMIN] = 0;
	tio.c_cc[VTIME] = STALL_MS / 100;
	if (tcsetattr(fd, TCSANOW, &tio))
		die(path);
	return fd;
}

static void tty_guest_sends(void *arg)
{
	struct tty *tty = arg;

	while (tty->resting)
		continue;
	driver_start(&tty->drv);
	while (!tty->over && tty->drv.sent < STREAM_SIZE) {
		if (dev_wait_intx(tty->drv.dev, STALL_MS))
			driver_interrupt(&tty->drv);
	}
}

static const char *tty_read(struct tty *tty, size_t *done)
{
	ssize_t n;

	while (*done < STREAM_SIZE) {
		n = read(tty->fd, tty->drv.in + *done, STREAM_SIZE - *done);
		if (n <= 0)
			return "no data comes";
		*done += n;
	}
	return memcmp(tty->drv.in, pattern, STREAM_SIZE) ? "wrong data comes" : NULL;
}

static void tty_host_sends(void *arg)
{
	struct tty *tty = arg;
	size_t done = 0;
	ssize_t n;

	while (tty->resting)
		continue;
	while (!tty->over && done < STREAM_SIZE) {
		n = write(tty->fd, pattern + done,
			  STREAM_SIZE - done < CHUNK ? STREAM_SIZE - done : CHUNK);
		if (n <= 0)
			break;
		done += n;
	}
}

static const char *tty_guest_receives(struct tty *tty, size_t *done)
{
	const char *trouble = NULL;

	driver_start(&tty->drv);
	while (!trouble && tty->drv.received < STREAM_SIZE) {
		if (dev_wait_intx(tty->drv.dev, STALL_MS))
			driver_interrupt(&tty->drv);
		else
			trouble = "no interrupt comes";
	}
	*done = tty->drv.received;
	if (!trouble && memcmp(tty->drv.in, pattern, STREAM_SIZE))
		trouble = "wrong data comes";
	return trouble;
}

static void measure_way(struct tty *tty, bool to_host)
{
	const char *metric = to_host ? "tty-read" : "tty-write";
	const char *trouble;
	struct dev *dev = &tty->dev;
	size_t done = 0;
	uint64_t start;
	pid_t sender;

	dev_start_port(dev, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8, UART_MCR_AFE);
	dev_forget_intx(dev);
	tty->drv = (struct driver){
		.dev = dev, .burst = BURST, .to_send = to_host ? STREAM_SIZE : 0,
	};
	tty->over = false;
	tty->resting = true;
	sender = beside_start(to_host ? tty_guest_sends : tty_host_sends, tty);
	start = now_ns();
	tty->resting = false;
	trouble = to_host ? tty_read(tty, &done) : tty_guest_receives(tty, &done);
	stream_report(metric, now_ns() - start, trouble, done);
	tty->over = true;
	/* a writer that waits for room is woken by it */
	if (trouble)
		tcflush(tty->fd, TCOFLUSH);
	beside_end(sender);
	dev_put(dev, UART_IER, 0);
}

/* Does nothing where ports lead nowhere. */
void measure_tty(const char *type, const char *uuid, unsigned int times)
{
	struct tty *tty = beside_share(sizeof(*tty));

	create(type, uuid, NULL);
	if (attr_exists(uuid, "port0/backend")) {
		attr_write(uuid, "port0/backend", "host");
		dev_open(&tty->dev, uuid);
		tty->fd = tty_open(uuid);
		while (times--) {
			measure_way(tty, true);
			measure_way(tty, false);
		}
		close(tty->fd);
		dev_close(&tty->dev);
	}
	discard(uuid, NULL);
}
