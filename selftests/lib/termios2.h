/* SPDX-License-Identifier: GPL-2.0-only */
/* A tty's rates as the kernel has them: any number, one for each direction. */
#ifndef SELFTEST_TERMIOS2_H
#define SELFTEST_TERMIOS2_H

int tty_set_rates(int fd, unsigned int in, unsigned int out);
int tty_get_rates(int fd, unsigned int *in, unsigned int *out);

#endif /* SELFTEST_TERMIOS2_H */
