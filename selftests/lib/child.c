// SPDX-License-Identifier: GPL-2.0-only
#include "child.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/**
 * child_start() - call a function in a new process
 * @child: the process
 * @fn: the function; returns 0 or a positive errno
 * @arg: its argument
 *
 * The child has copies of all fds but those that VFIO handed out: they would keep the device open.
 * SIGINT ends it, even if the tests run in the background, where a shell has it ignored.
 *
 * Return: 0 or -errno.
 */
int child_start(struct child *child, int (*fn)(void *arg), void *arg)
{
	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (!child->pid) {
		signal(SIGINT, SIG_DFL);
		for (int fd = 3; fd < 256; fd++)
			close(fd);
		_exit(fn(arg));
	}
	return 0;
}

/**
 * child_wait() - wait for the function to return
 * @child: the process
 * @ms: longest wait
 *
 * Return: what the function said, as 0 or -errno; -ETIMEDOUT while it runs; -EINTR if killed.
 */
int child_wait(struct child *child, int ms)
{
	int status;

	for (; ms >= 0; ms -= 5) {
		if (waitpid(child->pid, &status, WNOHANG) == child->pid)
			return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
		usleep(5000);
	}
	return -ETIMEDOUT;
}
