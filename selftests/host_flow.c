// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flow control at a tty of the host: XON/XOFF, priority characters, and RTS. The test plays the
 * guest's driver and, where it says so, its terminal, which heeds and sends STOP and START.
 *
 * MDEV_SAMPLE_BYTES says how much the stream carries each way (1 MiB).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "kselftest_harness.h"
#include "lib/backend.h"
#include "lib/complaint.h"
#include "lib/crowd.h"
#include "lib/expect.h"
#include "lib/kmsg.h"
#include "lib/ldisc.h"
#include "lib/stream.h"
#include "lib/uart.h"
#include "lib/vfio.h"

#define PORT 1
#define START 0x11
#define STOP 0x13
#define SOON_US 5000000
#define SLOW 120
/* More than what may pass before a sender that heeds STOP or CTS stops: n_tty's buffer and more. */
#define PLENTY 65536

FIXTURE(flow)
{
	char uuid[UUID_SIZE];
	struct vfio_dev dev;
	int fd;
	int tty;
	int kmsg;
};

FIXTURE_SETUP(flow)
{
	mdev_reap();
	self->kmsg = kmsg_open();
	ASSERT_LE(0, self->kmsg);
	uuid_random(self->uuid);
	mdev_create("mtty-2", self->uuid);
	ASSERT_EQ(0, port_set(self->uuid, PORT, "backend", "host"));
	self->tty = __tty_open(self->uuid, PORT, O_NONBLOCK);
	ASSERT_LE(0, self->tty);
	vfio_open(&self->dev, self->uuid, VIA_GROUP);
	self->fd = self->dev.fd;
	uart_setup(self->fd, PORT, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
}

FIXTURE_TEARDOWN(flow)
{
	if (self->tty >= 0) {
		tcflow(self->tty, TCOON);
		tcflush(self->tty, TCIOFLUSH);
		close(self->tty);
	}
	vfio_close(&self->dev);
	EXPECT_EQ(0, __mdev_remove(self->uuid));
	expect_no_complaint(self->kmsg);
	close(self->kmsg);
}

#define in(_reg) uart_in(self->fd, PORT, _reg)
#define out(_reg, _val) uart_out(self->fd, PORT, _reg, _val)
#define stats() port_stats(self->uuid, PORT)
#define expect_cts(_want) \
	EXPECT_EQ(0, __uart_wait(self->fd, PORT, UART_MSR, UART_MSR_CTS, _want, SOON_US))
/* The next character at the card, which may take a moment. */
#define expect_char(_want) do {							\
	ASSERT_EQ(0, __uart_wait(self->fd, PORT, UART_LSR, UART_LSR_DR, UART_LSR_DR, SOON_US)); \
	EXPECT_EQ(_want, in(UART_RX));						\
} while (0)
#define expect_silence() EXPECT_EQ(0, in(UART_LSR) & UART_LSR_DR)

static int set_iflag(int tty, tcflag_t on, tcflag_t off)
{
	struct termios t;

	if (tcgetattr(tty, &t))
		return -errno;
	t.c_iflag = (t.c_iflag & ~off) | on;
	return tcsetattr(tty, TCSANOW, &t) ? -errno : 0;
}

/* Software flow control alone, towards the tty. */
#define soft_flow() do {						\
	ASSERT_EQ(0, tty_set(self->tty, 0, CRTSCTS));			\
	ASSERT_EQ(0, set_iflag(self->tty, IXOFF, 0));			\
} while (0)

/* As a driver: waits for the FIFO and sends, unless CTS is down and it is to heed that. */
static int put(int fd, __u8 c, bool cts)
{
	__u8 val;
	int ret;

	if (cts) {
		ret = region_read(fd, PORT, UART_MSR, &val, 1);
		if (ret != 1 || !(val & UART_MSR_CTS))
			return ret == 1 ? -EAGAIN : -EIO;
	}
	ret = __uart_wait(fd, PORT, UART_LSR, UART_LSR_THRE, UART_LSR_THRE, SOON_US);
	if (ret)
		return ret;
	return region_write(fd, PORT, UART_TX, &c, 1) == 1 ? 0 : -EIO;
}

static int get(int fd)
{
	__u8 lsr, c;

	if (region_read(fd, PORT, UART_LSR, &lsr, 1) != 1)
		return -EIO;
	if (!(lsr & UART_LSR_DR))
		return -EAGAIN;
	return region_read(fd, PORT, UART_RX, &c, 1) == 1 ? c : -EIO;
}

/* Sends until STOP arrives; how many, or -errno. */
static int send_until_stop(int fd, int max)
{
	int ret;

	for (int i = 0; i < max; i++) {
		ret = get(fd);
		if (ret == STOP)
			return i;
		ret = put(fd, 'a' + i % 26, false);
		if (ret)
			return ret;
	}
	return -ERANGE;
}

static int read_some(int tty, void *buf, size_t size, int ms)
{
	struct pollfd p = { .fd = tty, .events = POLLIN };

	if (poll(&p, 1, ms) != 1)
		return -ETIMEDOUT;
	return read(tty, buf, size);
}

/* Reads what was sent by send_until_stop(); how much of it was right. */
static int read_sent(int tty, int n)
{
	char buf[256];
	int done = 0;

	while (done < n) {
		int ret = read_some(tty, buf, sizeof(buf), 5000);

		if (ret <= 0)
			return done;
		for (int i = 0; i < ret; i++, done++)
			if (buf[i] != 'a' + done % 26)
				return done;
	}
	return done;
}

/* The last character that arrives; what waits for the reader may stop the sender once more. */
static int last_char(int fd, __u8 want)
{
	__u64 end = now_us() + SOON_US;
	int c, last = -ENOENT;

	while (last != want && now_us() < end)
		while ((c = get(fd)) >= 0)
			last = c;
	usleep(100000);
	while ((c = get(fd)) >= 0)
		last = c;
	return last;
}

TEST_F_TIMEOUT(flow, nobody_reads, SLOW)
{
	int n;

	soft_flow();
	for (int round = 0; round < 3; round++) {
		n = send_until_stop(self->fd, PLENTY);
		ASSERT_LT(0, n);
		TH_LOG("stopped after %d", n);
		EXPECT_EQ(n, read_sent(self->tty, n));
		EXPECT_EQ(START, last_char(self->fd, START));
	}
	EXPECT_EQ(0, stats().overruns);
}

/* One that goes on though it has been stopped is stopped again, before something is lost. */
TEST_F_TIMEOUT(flow, stopped_twice, SLOW)
{
	int n, more;

	soft_flow();
	n = send_until_stop(self->fd, PLENTY);
	ASSERT_LT(0, n);
	more = 26 - n % 26;
	for (int i = 0; i < more; i++)
		ASSERT_EQ(0, put(self->fd, 'a' + (n + i) % 26, false));
	n += more;
	more = send_until_stop(self->fd, PLENTY);
	ASSERT_LT(0, more);
	EXPECT_EQ(0, stats().overruns);
	EXPECT_EQ(n + more, read_sent(self->tty, n + more));
	EXPECT_EQ(START, last_char(self->fd, START));
}

TEST_F_TIMEOUT(flow, own_characters, SLOW)
{
	struct termios t;
	int n = 0;

	soft_flow();
	ASSERT_EQ(0, tcgetattr(self->tty, &t));
	t.c_cc[VSTOP] = 'S';
	t.c_cc[VSTART] = 'Q';
	ASSERT_EQ(0, tcsetattr(self->tty, TCSANOW, &t));
	while (!(in(UART_LSR) & UART_LSR_DR) && n < PLENTY)
		ASSERT_EQ(0, put(self->fd, 'a' + n++ % 26, false));
	expect_char('S');
	EXPECT_EQ(n, read_sent(self->tty, n));
	EXPECT_EQ('Q', last_char(self->fd, 'Q'));
}

/* The way to stop the other end changes while it is stopped. */
TEST_F_TIMEOUT(flow, settings_change, SLOW)
{
	int n;

	soft_flow();
	n = send_until_stop(self->fd, PLENTY);
	ASSERT_LT(0, n);
	ASSERT_EQ(0, set_iflag(self->tty, 0, IXOFF));
	expect_char(START);
	ASSERT_EQ(0, set_iflag(self->tty, IXOFF, 0));
	expect_char(STOP);
	EXPECT_EQ(n, read_sent(self->tty, n));
	EXPECT_EQ(START, last_char(self->fd, START));
}

/* What another user has stopped goes on with the next one, and with it alone. */
TEST_F_TIMEOUT(flow, next_user, SLOW)
{
	char c;
	int n;

	soft_flow();
	ASSERT_EQ(0, tty_set(self->tty, 0, HUPCL));
	n = send_until_stop(self->fd, PLENTY);
	ASSERT_LT(0, n);
	expect_cts(0);
	close(self->tty);
	/* without HUPCL the lines stay as the last user has set them */
	expect_cts(UART_MSR_CTS);
	expect_silence();
	self->tty = __tty_open(self->uuid, PORT, O_NONBLOCK);
	ASSERT_LE(0, self->tty);
	expect_char(START);
	/* what nobody has read is not for this one */
	EXPECT_ERRNO(ETIMEDOUT, read_some(self->tty, &c, 1, 200));
	ASSERT_EQ(0, put(self->fd, 'x', false));
	ASSERT_EQ(1, read_some(self->tty, &c, 1, 5000));
	EXPECT_EQ('x', c);
}

/* Nor is what was there when the tty was hung up. */
TEST_F_TIMEOUT(flow, next_user_after_hangup, SLOW)
{
	__u64 end = now_us() + SOON_US;
	char c;
	int n, old;

	soft_flow();
	ASSERT_EQ(0, tty_set(self->tty, HUPCL, CLOCAL));
	n = send_until_stop(self->fd, PLENTY);
	ASSERT_LT(0, n);
	for (int i = 0; i < 4000; i++)
		ASSERT_EQ(0, put(self->fd, 'o', false));
	ASSERT_EQ(0, tcflow(self->tty, TCOOFF));
	out(UART_MCR, UART_MCR_RTS);
	while (!ioctl(self->tty, TIOCMGET, &n) && now_us() < end)
		usleep(1000);
	EXPECT_EQ(0, read_some(self->tty, &c, 1, 5000));
	/* it stays open, so that the tty layer keeps it */
	old = self->tty;
	out(UART_MCR, UART_MCR_RTS | UART_MCR_DTR);
	self->tty = __tty_open(self->uuid, PORT, O_NONBLOCK);
	ASSERT_LE(0, self->tty);
	expect_char(START);
	EXPECT_ERRNO(ETIMEDOUT, read_some(self->tty, &c, 1, 200));
	ASSERT_EQ(0, tcflow(self->tty, TCOON));
	ASSERT_EQ(1, write(self->tty, "y", 1));
	expect_char('y');
	close(old);
}

/* A priority character passes what has been written, whatever holds that back. */
TEST_F_TIMEOUT(flow, priority, SLOW)
{
	char buf[256] = "";

	out(UART_MCR, UART_MCR_DTR);
	while (write(self->tty, buf, sizeof(buf)) > 0)
		continue;
	EXPECT_EQ(EAGAIN, errno);
	expect_silence();
	ASSERT_EQ(0, tcflow(self->tty, TCIOFF));
	expect_char(STOP);
	expect_silence();
	/* the writer is stopped too */
	ASSERT_EQ(0, tcflow(self->tty, TCOOFF));
	out(UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
	ASSERT_EQ(0, tcflow(self->tty, TCION));
	expect_char(START);
	expect_silence();
	/* it does not pass a break, and is not lost in it */
	ASSERT_EQ(0, tcflush(self->tty, TCOFLUSH));
	ASSERT_EQ(0, tcflow(self->tty, TCOON));
	ASSERT_EQ(0, ioctl(self->tty, TIOCSBRK));
	expect_char(0);
	ASSERT_EQ(0, tcflow(self->tty, TCIOFF));
	expect_silence();
	ASSERT_EQ(0, ioctl(self->tty, TIOCCBRK));
	expect_char(STOP);
}

/* The tty's own output is stopped and started by what arrives, with IXON alone. */
TEST_F_TIMEOUT(flow, ixon, SLOW)
{
	__u8 c;

	ASSERT_EQ(0, set_iflag(self->tty, IXON, 0));
	ASSERT_EQ(0, put(self->fd, STOP, false));
	ASSERT_EQ(0, put(self->fd, 'x', false));
	ASSERT_EQ(1, read_some(self->tty, &c, 1, 5000));
	EXPECT_EQ('x', c);
	ASSERT_EQ(1, write(self->tty, "y", 1));
	usleep(100000);
	expect_silence();
	ASSERT_EQ(0, put(self->fd, START, false));
	expect_char('y');
	ASSERT_EQ(0, set_iflag(self->tty, 0, IXON));
	ASSERT_EQ(0, put(self->fd, STOP, false));
	ASSERT_EQ(1, read_some(self->tty, &c, 1, 5000));
	EXPECT_EQ(STOP, c);
}

/* A reader that goes over to another line discipline leaves nothing stopped. */
TEST_F_TIMEOUT(flow, another_line_discipline, SLOW)
{
	soft_flow();
	ASSERT_LT(0, send_until_stop(self->fd, PLENTY));
	expect_cts(0);
	if (ldisc_attach(&ldiscs[LDISC_NULL], self->tty))
		SKIP(return, "this kernel has no line discipline n_null");
	expect_char(START);
	expect_cts(UART_MSR_CTS);
}

/*
 * The kernel's worker that hands over what has arrived does not get to run, as no processor is
 * left: the sender is stopped all the same.
 */
static void *hog(void *arg)
{
	bool *stop = arg;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED))
		continue;
	return NULL;
}

static int write_number(const char *path, const char *text)
{
	ssize_t ret = sysfs_write(path, text, strlen(text));

	return ret < 0 ? ret : 0;
}

/* Threads of real-time priority on each processor but this one's; how many. */
static int start_hogs(pthread_t *threads, int max, bool *stop)
{
	struct sched_param param = { .sched_priority = 1 };
	int nproc = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;
	int n = 0;

	for (int cpu = 0; cpu < nproc && n < max; cpu++) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (!cpu) {
			sched_setaffinity(0, sizeof(set), &set);
			continue;
		}
		if (pthread_create(&threads[n], NULL, hog, stop))
			break;
		pthread_setaffinity_np(threads[n], sizeof(set), &set);
		pthread_setschedparam(threads[n++], SCHED_FIFO, &param);
	}
	return sched_setscheduler(0, SCHED_FIFO, &param) ? -errno : n;
}

#define RT_RUNTIME "/proc/sys/kernel/sched_rt_runtime_us"

TEST_F_TIMEOUT(flow, late_worker, SLOW)
{
	const int want = 1 << 17;
	pthread_t threads[16];
	struct sched_param usual = {};
	bool stop = false;
	double end;
	int hogs, n = 0;

	ASSERT_EQ(0, tty_set(self->tty, 0, CRTSCTS));
	if (write_number(RT_RUNTIME, "-1"))
		SKIP(return, "no " RT_RUNTIME);
	hogs = start_hogs(threads, ARRAY_SIZE(threads), &stop);
	end = seconds_now() + 15;
	while (hogs >= 0 && n < want && seconds_now() < end && !put(self->fd, 'a' + n % 26, true))
		n++;
	stop = true;
	sched_setscheduler(0, SCHED_OTHER, &usual);
	for (int i = 0; i < hogs; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, write_number(RT_RUNTIME, "950000"));
	ASSERT_LE(0, hogs);
	TH_LOG("stopped after %d", n);
	EXPECT_EQ(n, read_sent(self->tty, n));
	EXPECT_EQ(0, stats().overruns);
	/* and it goes on when there is room again, though no line discipline has asked for it */
	expect_cts(UART_MSR_CTS);
}

/* A stream each way. Each reader now and then stops for a second. */
struct way {
	int fd;
	size_t n;
	const __u8 *tx;
	__u8 *rx;
	size_t sent, received;
	unsigned int pauses;
	unsigned int seed;
	int ret;
};

/* Neither STOP nor START, and nothing else that n_tty would act on. */
static void *soft_bytes(size_t n)
{
	__u8 *buf = random_bytes(n);

	for (size_t i = 0; i < n; i++)
		buf[i] = 0x20 + buf[i] % 0x5f;
	return buf;
}

/* About four times in a stream. */
static bool pause_now(struct way *way)
{
	return way->pauses < 4 && rand_r(&way->seed) % (way->n / 64 / 4 + 1) == 0;
}

static void *host_reader(void *arg)
{
	struct way *way = arg;

	while (way->received < way->n) {
		int ret = read_some(way->fd, way->rx + way->received, way->n - way->received > 64 ?
				    64 : way->n - way->received, 60000);

		if (ret <= 0) {
			way->ret = ret;
			break;
		}
		way->received += ret;
		if (pause_now(way)) {
			way->pauses++;
			sleep(1);
		}
	}
	return NULL;
}

static void *host_writer(void *arg)
{
	struct way *way = arg;

	while (way->sent < way->n) {
		struct pollfd p = { .fd = way->fd, .events = POLLOUT };
		ssize_t ret;

		if (poll(&p, 1, 60000) != 1)
			break;
		ret = write(way->fd, way->tx + way->sent, way->n - way->sent);
		if (ret < 0 && errno != EAGAIN)
			break;
		way->sent += ret < 0 ? 0 : ret;
	}
	return NULL;
}

/*
 * The guest: its driver puts what arrives into a buffer, from which its reader takes it; it sends
 * STOP when that fills, and START when it is empty. It heeds both at once.
 */
struct guest {
	struct way *way;
	size_t taken;
	double resume;
	bool stopped;	/* by the tty */
	bool stops;	/* the tty */
	double progress;
};

static int guest_receive(struct guest *guest)
{
	struct way *way = guest->way;
	int c;

	for (int i = 0; i < 64; i++) {
		c = get(way->fd);
		if (c == -EAGAIN)
			return 0;
		if (c < 0)
			return c;
		guest->progress = seconds_now();
		if (c == STOP || c == START)
			guest->stopped = c == STOP;
		else if (way->received < way->n)
			way->rx[way->received++] = c;
		else
			return -EOVERFLOW;
	}
	return 0;
}

static int guest_read(struct guest *guest)
{
	struct way *way = guest->way;
	size_t waits;
	bool stops = guest->stops;

	if (seconds_now() >= guest->resume && guest->taken < way->received) {
		guest->taken += way->received - guest->taken > 64 ?
				64 : way->received - guest->taken;
		if (pause_now(way)) {
			way->pauses++;
			guest->resume = seconds_now() + 1;
		}
	}
	waits = way->received - guest->taken;
	if (waits > 2048)
		stops = true;
	else if (!waits)
		stops = false;
	if (stops == guest->stops)
		return 0;
	guest->stops = stops;
	return put(way->fd, stops ? STOP : START, false);
}

static int guest_send(struct guest *guest)
{
	struct way *way = guest->way;

	if (guest->stopped || way->sent == way->n)
		return 0;
	guest->progress = seconds_now();
	return put(way->fd, way->tx[way->sent++], false);
}

static int guest_run(struct way *way)
{
	struct guest guest = { .way = way, .progress = seconds_now() };
	int ret = 0;

	while (!ret && (way->sent < way->n || guest.taken < way->n)) {
		ret = guest_receive(&guest);
		ret = ret ?: guest_read(&guest);
		for (int i = 0; !ret && i < UART_FIFO_SIZE; i++)
			ret = guest_send(&guest);
		if (seconds_now() - guest.progress > 60)
			ret = -ETIMEDOUT;
	}
	return ret;
}

TEST_F_TIMEOUT(flow, stream, LONG_SECONDS)
{
	size_t n = effort("MDEV_SAMPLE_BYTES", 1 << 20);
	struct way guest = { .fd = self->fd, .n = n, .seed = 1, .tx = soft_bytes(n) };
	struct way host = { .fd = self->tty, .n = n, .seed = 2, .tx = soft_bytes(n) };
	double start = seconds_now();
	pthread_t reader, writer;

	guest.rx = calloc(n, 1);
	host.rx = calloc(n, 1);
	soft_flow();
	ASSERT_EQ(0, set_iflag(self->tty, IXON, 0));
	ASSERT_EQ(0, pthread_create(&reader, NULL, host_reader, &host));
	ASSERT_EQ(0, pthread_create(&writer, NULL, host_writer, &host));
	EXPECT_EQ(0, guest_run(&guest));
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	EXPECT_EQ(n, guest.received);
	EXPECT_EQ(n, host.received);
	EXPECT_EQ(0, memcmp(guest.tx, host.rx, n));
	EXPECT_EQ(0, memcmp(host.tx, guest.rx, n));
	EXPECT_EQ(0, stats().overruns);
	EXPECT_EQ(0, stats().dropped);
	TH_LOG("%zu bytes each way in %.1f s, %u and %u pauses", n, seconds_now() - start,
	       guest.pauses, host.pauses);
}

TEST_HARNESS_MAIN
