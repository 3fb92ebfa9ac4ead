// SPDX-License-Identifier: GPL-2.0-only
/*
 * A state on its way from one device to another: all that a guest can see arrives, nothing moves
 * while a device is stopped, and a stream that has been tampered with is refused or does no harm.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/serial_reg.h>

#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"
#include "lib/mig.h"
#include "lib/uart.h"

#define STATE(_name) VFIO_DEVICE_STATE_##_name
#define TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER
#define ROUNDS 30

FIXTURE_VARIANT_ADD(dev, group_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_2) { DEV_VARIANT(CDEV, 2) };

/* The device that a state is moved to; the fixture's own is where it comes from. */
struct target {
	char uuid[UUID_SIZE];
	struct vfio_dev vfio;
	int fd;
};

static int __target_open(struct target *t, const char *type, enum vfio_via via)
{
	int ret;

	uuid_random(t->uuid);
	ret = __mdev_create(type, t->uuid);
	if (!ret)
		ret = __vfio_open(&t->vfio, t->uuid, via);
	t->fd = t->vfio.fd;
	return ret;
}

static int __target_close(struct target *t)
{
	vfio_close(&t->vfio);
	return __mdev_remove(t->uuid);
}

/* The core says that a device comes and goes. */
#define target_open(_t) do {						\
	self->allow = KMSG_SPLAT;					\
	ASSERT_EQ(0, __target_open(_t, variant->type, variant->via));	\
} while (0)
#define target_close(_t) EXPECT_EQ(0, __target_close(_t))

/* From one to the other, and both run again. */
static int __move(int from, int to)
{
	char state[MIG_STATE_MAX];
	ssize_t len = mig_save(from, state, sizeof(state));
	int ret;

	if (len <= 0)
		return -EIO;
	ret = mig_load(to, state, len);
	if (!ret)
		ret = __mig_set(from, STATE(RUNNING), NULL);
	if (!ret)
		ret = __mig_set(to, STATE(RUNNING), NULL);
	return ret;
}

#define move(_from, _to) ASSERT_EQ(0, __move(_from, _to))

static unsigned int seed = 1;

static unsigned int any(unsigned int n)
{
	return rand_r(&seed) % n;
}

/* Anything that a guest may do to a port. */
static int stir(int fd, unsigned int port)
{
	int ret = 0;
	__u8 val;

	for (int i = any(80); i && ret >= 0; i--) {
		val = any(256);
		ret = any(3) ? region_write(fd, port, any(8), &val, 1) :
			       region_read(fd, port, any(8), &val, 1);
	}
	return ret < 0 ? ret : 0;
}

TEST_F(dev, random_states_arrive)
{
	char before[MIG_STATE_MAX], after[MIG_STATE_MAX];
	struct target to;
	ssize_t len;

	target_open(&to);
	for (int i = 0; i < ROUNDS; i++) {
		for (unsigned int port = 0; port < variant->ports; port++)
			ASSERT_EQ(0, stir(self->fd, port));
		for (unsigned int off = 4; off < CFG_SIZE; off += 4)
			cfg_write(self->fd, off, 4, any(1U << 31));
		len = mig_save(self->fd, before, sizeof(before));
		ASSERT_LT(0, len);
		/* what the other one did before must leave no trace */
		ASSERT_EQ(0, stir(to.fd, 0));
		ASSERT_EQ(0, mig_load(to.fd, before, len));
		ASSERT_EQ(len, mig_save(to.fd, after, sizeof(after)));
		ASSERT_EQ(0, memcmp(before, after, len));
		mig_set(self->fd, STATE(RUNNING));
		mig_set(to.fd, STATE(RUNNING));
	}
	target_close(&to);
}

/* Not only what the stream says: what a driver reads. */
TEST_F(dev, a_driver_sees_no_difference)
{
	__u8 in[16] = "sixteen letters", out[16];
	unsigned int port = variant->ports - 1;
	struct target to;
	__u32 val;

	target_open(&to);
	uart_setup(self->fd, port, 0x1234, UART_LCR_WLEN8,
		   UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14);
	uart_out(self->fd, port, UART_SCR, 0xa5);
	uart_send(self->fd, port, in, 16);
	uart_send(self->fd, port, in, 1);	/* one too many */
	cfg_write(self->fd, PCI_INTERRUPT_LINE, 1, 0x0b);
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	cfg_write(self->fd, PCI_BASE_ADDRESS_0, 4, 0xc000);
	val = 0xfee00000;
	ASSERT_EQ(4, region_write(self->fd, 5, 16, &val, 4));
	move(self->fd, to.fd);
	EXPECT_EQ(0xa5, uart_in(to.fd, port, UART_SCR));
	EXPECT_EQ(UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2, uart_in(to.fd, port, UART_MCR));
	EXPECT_EQ(UART_LSR_OE | UART_LSR_DR | LSR_IDLE, uart_in(to.fd, port, UART_LSR));
	ASSERT_EQ(16, __uart_drain(to.fd, port, out, 16));
	EXPECT_EQ(0, memcmp(in, out, 16));
	EXPECT_EQ(0, uart_in(to.fd, port, UART_LSR) & UART_LSR_DR);
	uart_out(to.fd, port, UART_LCR, UART_LCR_WLEN8 | UART_LCR_DLAB);
	EXPECT_EQ(0x34, uart_in(to.fd, port, UART_DLL));
	EXPECT_EQ(0x12, uart_in(to.fd, port, UART_DLM));
	EXPECT_EQ(0x0b, cfg_read(to.fd, PCI_INTERRUPT_LINE, 1));
	EXPECT_EQ(PCI_COMMAND_IO | PCI_COMMAND_MASTER, cfg_read(to.fd, PCI_COMMAND, 2));
	EXPECT_EQ(0xc001, cfg_read(to.fd, PCI_BASE_ADDRESS_0, 4));
	val = 0;
	ASSERT_EQ(4, region_read(to.fd, 5, 16, &val, 4));
	EXPECT_EQ(0xfee00000, val);
	target_close(&to);
}

/* Four characters: the device has to be stopped before they are over. */
#define TIMEOUT_US 50000
#define TIMEOUT_DIVISOR (TIMEOUT_US / 4 / 10 * 115200 / 1000000)

/* A character timeout that is due while the device is stopped strikes when it runs again. */
TEST_F(dev, time_stands_still_while_stopped)
{
	__u64 start, stopped;
	int tries = 0;

	/* a machine that slept before the device was stopped shows nothing */
	do {
		ASSERT_GT(100, tries++);
		mig_set(self->fd, STATE(RUNNING));
		uart_setup(self->fd, 0, TIMEOUT_DIVISOR, UART_LCR_WLEN8,
			   UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14);
		uart_out(self->fd, 0, UART_IER, UART_IER_RDI);
		start = now_us();
		uart_send(self->fd, 0, "x", 1);
		mig_set(self->fd, STATE(STOP));
		stopped = now_us();
	} while (stopped - start >= TIMEOUT_US);
	usleep(5 * TIMEOUT_US);
	EXPECT_EQ(UART_IIR_NO_INT, uart_in(self->fd, 0, UART_IIR) & IIR_CAUSE);
	mig_set(self->fd, STATE(RUNNING));
	uart_wait(self->fd, 0, UART_IIR, IIR_CAUSE, UART_IIR_RX_TIMEOUT);
}

TEST_F(dev, the_line_stands_still_while_stopped)
{
	uart_setup(self->fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	mig_set(self->fd, STATE(STOP));
	uart_send(self->fd, 0, "x", 1);
	EXPECT_EQ(0, uart_in(self->fd, 0, UART_LSR) & (UART_LSR_DR | UART_LSR_THRE));
	mig_set(self->fd, STATE(RUNNING));
	EXPECT_EQ(UART_LSR_DR | LSR_IDLE, uart_in(self->fd, 0, UART_LSR));
	EXPECT_EQ('x', uart_in(self->fd, 0, UART_RX));
}

/* Nothing reaches the user from a device that is stopped; it comes when the device runs again. */
TEST_F(dev, no_interrupt_while_stopped)
{
	int efd = evt_new();

	ASSERT_LE(0, efd);
	uart_setup(self->fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	ASSERT_EQ(0, irq_set_fd(self->fd, VFIO_PCI_INTX_IRQ_INDEX, TRIGGER, efd));
	mig_set(self->fd, STATE(STOP));
	uart_out(self->fd, 0, UART_IER, UART_IER_THRI);
	EXPECT_SILENCE(efd);
	mig_set(self->fd, STATE(RUNNING_P2P));
	EXPECT_SIGNALS(1, efd);
	close(efd);
}

/* A level that is high moves along, and so does the reason for it. */
TEST_F(dev, pending_intx_moves)
{
	int efd = evt_new();
	struct target to;

	target_open(&to);
	ASSERT_EQ(0, irq_set_fd(to.fd, VFIO_PCI_INTX_IRQ_INDEX, TRIGGER, efd));
	uart_setup(self->fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	uart_out(self->fd, 0, UART_IER, UART_IER_RDI);
	uart_send(self->fd, 0, "x", 1);
	move(self->fd, to.fd);
	EXPECT_SIGNALS(1, efd);
	EXPECT_EQ(UART_IIR_RDI, uart_in(to.fd, 0, UART_IIR) & IIR_CAUSE);
	EXPECT_LT(0, cfg_read(to.fd, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	target_close(&to);
	close(efd);
}

/* A vector that is masked and pending still is, whether its eventfd is set before or after. */
TEST_F(dev, pending_msix_moves)
{
	__u32 masked = PCI_MSIX_ENTRY_CTRL_MASKBIT, val;
	int efd = evt_new();
	struct target to;

	for (int after = 0; after < 2; after++) {
		target_open(&to);
		vfio_reset(self->fd);
		irq_set_none(self->fd, VFIO_PCI_MSIX_IRQ_INDEX, TRIGGER, 0, 0);
		ASSERT_EQ(0, irq_set_fds(self->fd, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, &efd));
		cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
		ASSERT_EQ(4, region_write(self->fd, 5, PCI_MSIX_ENTRY_VECTOR_CTRL, &masked, 4));
		uart_setup(self->fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
		uart_out(self->fd, 0, UART_IER, UART_IER_RDI);
		uart_send(self->fd, 0, "x", 1);
		if (!after)
			ASSERT_EQ(0, irq_set_fds(to.fd, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, &efd));
		move(self->fd, to.fd);
		if (after)
			ASSERT_EQ(0, irq_set_fds(to.fd, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, &efd));
		EXPECT_SILENCE(efd);
		ASSERT_EQ(4, region_read(to.fd, 5, 2048, &val, 4));
		EXPECT_EQ(1, val);
		ASSERT_EQ(4, region_read(to.fd, 5, PCI_MSIX_ENTRY_VECTOR_CTRL, &val, 4));
		EXPECT_EQ(masked, val);
		val = 0;
		ASSERT_EQ(4, region_write(to.fd, 5, PCI_MSIX_ENTRY_VECTOR_CTRL, &val, 4));
		EXPECT_SIGNALS(1, efd);
		target_close(&to);
	}
	close(efd);
}

TEST_F(dev, cut_at_every_byte)
{
	char state[MIG_STATE_MAX];
	ssize_t len;

	ASSERT_EQ(0, stir(self->fd, 0));
	len = mig_save(self->fd, state, sizeof(state));
	ASSERT_LT(0, len);
	for (ssize_t cut = 0; cut < len; cut++) {
		ASSERT_EQ(-EINVAL, mig_load(self->fd, state, cut));
		ASSERT_EQ(STATE(ERROR), mig_get(self->fd));
		vfio_reset(self->fd);
	}
	EXPECT_EQ(0, mig_load(self->fd, state, len));
}

/* Refused, or a state that the device can be in: it can be driven, and sent again. */
TEST_F(dev, bytes_changed)
{
	char state[MIG_STATE_MAX], again[MIG_STATE_MAX];
	unsigned int taken = 0, refused = 0;
	ssize_t len, len_again;
	int ret;

	ASSERT_EQ(0, stir(self->fd, 0));
	len = mig_save(self->fd, state, sizeof(state));
	ASSERT_LT(0, len);
	for (ssize_t at = 0; at < len; at++) {
		char was = state[at];

		state[at] ^= 1 << any(8);
		ret = mig_load(self->fd, state, len);
		state[at] = was;
		if (ret) {
			refused++;
			vfio_reset(self->fd);
			continue;
		}
		taken++;
		mig_set(self->fd, STATE(RUNNING));
		ASSERT_EQ(0, stir(self->fd, 0));
		len_again = mig_save(self->fd, again, sizeof(again));
		ASSERT_LT(0, len_again);
		ASSERT_EQ(0, mig_load(self->fd, again, len_again));
	}
	EXPECT_LT(0, taken);
	EXPECT_LT(0, refused);
}

/* Neither a card with another number of ports nor what the other kind can hold fits. */
TEST_F(dev, another_type_is_refused)
{
	char other[UUID_SIZE], state[MIG_STATE_MAX];
	struct vfio_dev vfio;
	ssize_t len;

	self->allow = KMSG_SPLAT;
	uuid_random(other);
	mdev_create(variant->ports == 2 ? "mtty-1" : "mtty-2", other);
	vfio_open(&vfio, other, variant->via);
	len = mig_save(vfio.fd, state, sizeof(state));
	ASSERT_LT(0, len);
	EXPECT_ERRNO(EINVAL, mig_load(self->fd, state, len));
	vfio_close(&vfio);
	EXPECT_EQ(0, __mdev_remove(other));
}

/* A line of another kind cannot take its place. */
TEST_F(dev, another_backend_is_refused)
{
	char state[MIG_STATE_MAX], path[PATH_MAX];
	struct target to;
	ssize_t len;
	int fd;

	target_open(&to);
	len = mig_save(self->fd, state, sizeof(state));
	ASSERT_LT(0, len);
	vfio_close(&to.vfio);
	mdev_path(path, sizeof(path), to.uuid, "port0/backend");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(4, write(fd, "host", 4));
	close(fd);
	vfio_open(&to.vfio, to.uuid, variant->via);
	to.fd = to.vfio.fd;
	EXPECT_ERRNO(EINVAL, mig_load(to.fd, state, len));
	EXPECT_EQ(STATE(ERROR), mig_get(to.fd));
	vfio_reset(to.fd);
	/* and the other way */
	len = mig_save(to.fd, state, sizeof(state));
	ASSERT_LT(0, len);
	EXPECT_ERRNO(EINVAL, mig_load(self->fd, state, len));
	EXPECT_EQ(0, mig_load(to.fd, state, len));
	target_close(&to);
}

TEST_HARNESS_MAIN
