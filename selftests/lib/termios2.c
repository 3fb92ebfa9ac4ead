// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own header of these names, which cannot be included beside <termios.h>. */
#include <asm/termbits.h>

#include "termios2.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <sys/ioctl.h>

/**
 * tty_set_rates() - set a tty's two rates
 * @fd: the tty
 * @in: the receiver's
 * @out: the transmitter's
 *
 * Return: 0 or -errno.
 */
int tty_set_rates(int fd, unsigned int in, unsigned int out)
{
	struct termios2 t;

	if (ioctl(fd, TCGETS2, &t))
		return -errno;
	t.c_cflag &= ~(CBAUD | CBAUD << IBSHIFT);
	t.c_cflag |= BOTHER | BOTHER << IBSHIFT;
	t.c_ispeed = in;
	t.c_ospeed = out;
	return ioctl(fd, TCSETS2, &t) ? -errno : 0;
}

/* As tty_set_rates(): what they are. */
int tty_get_rates(int fd, unsigned int *in, unsigned int *out)
{
	struct termios2 t;

	if (ioctl(fd, TCGETS2, &t))
		return -errno;
	*in = t.c_ispeed;
	*out = t.c_ospeed;
	return 0;
}
