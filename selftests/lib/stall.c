// SPDX-License-Identifier: GPL-2.0-only
#include "stall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

/**
 * stall_missing() - why an access to memory cannot be made to wait here
 *
 * Return: NULL if it can, else what to do about it.
 */
const char *stall_missing(void)
{
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (uffd < 0)
		return "no userfaultfd for faults of the kernel: needs CONFIG_USERFAULTFD and root";
	close(uffd);
	return NULL;
}

/**
 * stall_begin() - map a page whose first access, read or write, by anyone, waits
 * @stall: receives the page
 *
 * Return: 0 or -errno.
 */
int stall_begin(struct stall *stall)
{
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	int ret;

	stall->page = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stall->page == MAP_FAILED)
		return -errno;
	/* only then can it be polled */
	stall->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	reg.range.start = (unsigned long)stall->page;
	reg.range.len = getpagesize();
	if (stall->uffd >= 0 && !ioctl(stall->uffd, UFFDIO_API, &api) &&
	    !ioctl(stall->uffd, UFFDIO_REGISTER, &reg))
		return 0;
	ret = -errno;
	stall_end(stall);
	return ret;
}

/**
 * stall_wait() - wait until an access waits
 * @stall: the page
 * @ms: longest wait
 *
 * Return: 0, -ETIMEDOUT, or -errno.
 */
int stall_wait(const struct stall *stall, int ms)
{
	struct pollfd p = { .fd = stall->uffd, .events = POLLIN };
	int ret = poll(&p, 1, ms);

	if (ret < 0)
		return -errno;
	return p.revents & POLLIN ? 0 : -ETIMEDOUT;
}

/* The page is there from now on, full of zeros. */
void stall_release(const struct stall *stall)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (unsigned long)stall->page, .len = getpagesize() },
	};

	ioctl(stall->uffd, UFFDIO_ZEROPAGE, &zero);
}

void stall_end(struct stall *stall)
{
	if (stall->uffd >= 0)
		close(stall->uffd);
	munmap(stall->page, getpagesize());
}

struct stall_tell {
	struct stall stall;
	int fd;
};

/* A byte for the parent when the access waits. */
static void *stall_tell(void *arg)
{
	struct stall_tell *t = arg;

	if (!stall_wait(&t->stall, STALL_SOON_MS) && write(t->fd, "x", 1) != 1)
		_exit(1);
	return NULL;
}

static void stall_child(ssize_t (*fn)(void *page, void *arg), void *arg, int fd)
{
	struct stall_tell t = { .fd = fd };
	pthread_t thread;

	if (!stall_begin(&t.stall) && !pthread_create(&thread, NULL, stall_tell, &t))
		fn(t.stall.page, arg);
	_exit(0);
}

/**
 * stall_fork() - have a new process wait for a page for ever
 * @fn: accesses the page
 * @arg: its other argument
 *
 * Return: the process, which waits; -ENODATA if it has not, or -errno.
 */
pid_t stall_fork(ssize_t (*fn)(void *page, void *arg), void *arg)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe(fds))
		return -errno;
	pid = fork();
	if (!pid)
		stall_child(fn, arg, fds[1]);
	close(fds[1]);
	if (pid < 0)
		pid = -errno;
	else if (read(fds[0], &c, 1) != 1)
		pid = -ENODATA;
	close(fds[0]);
	return pid;
}

/* What child_wait() says of a process that is killed: -EINTR if that ends it. */
int killed_soon(pid_t pid)
{
	struct child child = { .pid = pid };

	kill(pid, SIGKILL);
	return child_wait(&child, STALL_SOON_MS);
}

static void *call_main(void *arg)
{
	struct call *call = arg;

	call->ret = call->fn(call->arg);
	return NULL;
}

int call_begin(struct call *call, ssize_t (*fn)(void *arg), void *arg)
{
	call->fn = fn;
	call->arg = arg;
	return -pthread_create(&call->thread, NULL, call_main, call);
}

/**
 * call_end() - wait for a call to return
 * @call: the call
 * @ms: longest wait
 *
 * Return: what it returned; -ETIMEDOUT while it has not.
 */
ssize_t call_end(struct call *call, int ms)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += ms / 1000;
	if (pthread_timedjoin_np(call->thread, NULL, &end))
		return -ETIMEDOUT;
	return call->ret;
}
