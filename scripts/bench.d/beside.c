// SPDX-License-Identifier: GPL-2.0-only
/*
 * A second process that works at the same time as this one. No thread: user-mode Linux lets one
 * thread of a process at a time out of its kernel, so that who looks all the time keeps the other
 * from looking at all.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beside.h"
#include "probe.h"

/* Zeroed memory that both processes see, for as long as they run. */
void *beside_share(size_t size)
{
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		die("shared memory");
	return shared;
}

/* Both processes have the devices' file descriptors. */
pid_t beside_start(void (*work)(void *shared), void *shared)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	work(shared);
	_exit(0);
}

void beside_end(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (status)
		give_up("the second process failed");
}
