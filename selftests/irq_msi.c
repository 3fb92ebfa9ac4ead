// SPDX-License-Identifier: GPL-2.0-only
/* MSI and MSI-X: a port whose pin rises sends one message, if the card is bus master. */
#include <poll.h>

#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"
#include "lib/uart_port.h"

#define MSI	VFIO_PCI_MSI_IRQ_INDEX
#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX

FIXTURE_VARIANT_ADD(dev, msi_mtty_1) { DEV_VARIANT(GROUP, 1), .irq = MSI };
FIXTURE_VARIANT_ADD(dev, msi_mtty_2) { DEV_VARIANT(GROUP, 2), .irq = MSI };
FIXTURE_VARIANT_ADD(dev, msi_mtty_4) { DEV_VARIANT(GROUP, 4), .irq = MSI };
FIXTURE_VARIANT_ADD(dev, msix_mtty_1) { DEV_VARIANT(GROUP, 1), .irq = MSIX };
FIXTURE_VARIANT_ADD(dev, msix_mtty_2) { DEV_VARIANT(GROUP, 2), .irq = MSIX };
FIXTURE_VARIANT_ADD(dev, msix_mtty_4) { DEV_VARIANT(GROUP, 4), .irq = MSIX };
FIXTURE_VARIANT_ADD(dev, msix_mtty_2_cdev) { DEV_VARIANT(CDEV, 2), .irq = MSIX };

#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER
#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK

#define MAX_VECTORS 32

/* How many vectors there are, at most as many as a test has room for. */
static unsigned int count_vectors(int fd, __u32 index)
{
	struct vfio_irq_info info;

	if (__vfio_irq_info(fd, index, &info))
		return 0;
	return info.count < MAX_VECTORS ? info.count : MAX_VECTORS;
}

#define vectors() ({							\
	unsigned int __n = count_vectors(self->fd, variant->irq);	\
	ASSERT_LT(0, __n);						\
	__n; })

#define new_evt() ({		\
	int __efd = evt_new();	\
	ASSERT_LE(0, __efd);	\
	__efd; })

#define set_range(_start, _n, _efd)	\
	ASSERT_EQ(0, irq_set_fds(self->fd, variant->irq, _start, _n, _efd))
#define enable_one(_efd) ASSERT_EQ(0, irq_set_fd(self->fd, variant->irq, TRIGGER, _efd))
#define disable() ASSERT_EQ(0, irq_set_none(self->fd, variant->irq, TRIGGER, 0, 0))
#define master(_on) cfg_write(self->fd, PCI_COMMAND, 2, (_on) ? PCI_COMMAND_MASTER : 0)

#define prepare_port(_port) do {						\
	unsigned int __port = (_port);						\
										\
	uart_setup(self->fd, __port, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);	\
	uart_out(self->fd, __port, UART_IER, UART_IER_RDI);			\
} while (0)
#define raise_port(_port) uart_out(self->fd, _port, UART_TX, 'x')
#define lower_port(_port) EXPECT_EQ('x', uart_in(self->fd, _port, UART_RX))

#define prepare() prepare_port(PORT)
#define raise_pin() raise_port(PORT)
#define lower_pin() lower_port(PORT)

TEST_F(dev, rise_sends_one_message)
{
	int efd = new_evt();

	enable_one(efd);
	master(true);
	prepare();
	EXPECT_SILENCE(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	/* the pin is high already: no second message, and none when it falls */
	raise_pin();
	EXPECT_SILENCE(efd);
	lower_pin();
	lower_pin();
	EXPECT_SILENCE(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, none_lost_none_doubled)
{
	int efd = new_evt();

	enable_one(efd);
	master(true);
	prepare();
	for (int i = 0; i < 2000; i++) {
		raise_pin();
		ASSERT_EQ(1, evt_wait(efd, EVT_SOON_MS));
		lower_pin();
		ASSERT_EQ(0, evt_wait(efd, 0));
	}
}

TEST_F(dev, no_message_without_bus_master)
{
	int efd = new_evt();

	enable_one(efd);
	prepare();
	raise_pin();
	EXPECT_SILENCE(efd);
	lower_pin();
	master(true);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	lower_pin();
	master(false);
	raise_pin();
	EXPECT_SILENCE(efd);
}

/* The pin's rise was before anybody listened; without a message now it would never be heard. */
TEST_F(dev, pin_that_is_high_already_sends_when_enabled)
{
	int efd = new_evt();

	master(true);
	prepare();
	raise_pin();
	enable_one(efd);
	EXPECT_SIGNALS(1, efd);
	EXPECT_SILENCE(efd);
}

TEST_F(dev, intx_disable_is_no_matter)
{
	int efd = new_evt();

	enable_one(efd);
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

/* Which of the vectors a port uses is the card's choice, but it is always the same one. */
static int signalled_vector(const int *efd, unsigned int n)
{
	struct pollfd pfd[MAX_VECTORS];
	int found = -1;

	for (unsigned int i = 0; i < n; i++)
		pfd[i] = (struct pollfd){ .fd = efd[i], .events = POLLIN };
	poll(pfd, n, EVT_NEVER_MS);
	for (unsigned int i = 0; i < n; i++)
		if (evt_wait(efd[i], 0) == 1)
			found = found == -1 ? (int)i : -2;
	return found;
}

TEST_F(dev, ports_are_spread_over_the_vectors)
{
	unsigned int n = vectors(), used = 0;
	int efd[MAX_VECTORS];

	for (unsigned int i = 0; i < n; i++)
		efd[i] = new_evt();
	set_range(0, n, efd);
	master(true);
	for (unsigned int port = 0; port < variant->ports; port++) {
		int vector;

		prepare_port(port);
		raise_port(port);
		vector = signalled_vector(efd, n);
		ASSERT_LE(0, vector);
		EXPECT_EQ(0, used & 1U << vector);
		used |= 1U << vector;
		lower_port(port);
		raise_port(port);
		EXPECT_EQ(vector, signalled_vector(efd, n));
		lower_port(port);
	}
}

TEST_F(dev, fewer_vectors_are_shared)
{
	int efd = new_evt();

	enable_one(efd);
	master(true);
	for (unsigned int port = 0; port < variant->ports; port++) {
		prepare_port(port);
		raise_port(port);
		EXPECT_SIGNALS(1, efd);
	}
}

TEST_F(dev, one_vector_can_be_taken_back)
{
	unsigned int n = vectors();
	int efd[MAX_VECTORS], none = -1;

	for (unsigned int i = 0; i < n; i++)
		efd[i] = new_evt();
	set_range(0, n, efd);
	master(true);
	for (unsigned int i = 0; i < n; i++)
		set_range(i, 1, &none);
	prepare();
	raise_pin();
	EXPECT_EQ(-1, signalled_vector(efd, n));
	lower_pin();
	set_range(0, n, efd);
	raise_pin();
	EXPECT_LE(0, signalled_vector(efd, n));
}

TEST_F(dev, range_outside_is_refused)
{
	unsigned int n = vectors();
	int efd[MAX_VECTORS];

	for (unsigned int i = 0; i < n; i++)
		efd[i] = new_evt();
	EXPECT_ERRNO(EINVAL, irq_set_fds(self->fd, variant->irq, 1, n, efd));
	EXPECT_ERRNO(EINVAL, irq_set_fds(self->fd, variant->irq, n, 1, efd));
	set_range(n - 1, 1, efd);
	ASSERT_EQ(0, irq_set_none(self->fd, variant->irq, TRIGGER, n - 1, 1));
	EXPECT_SIGNALS(1, efd[0]);
}

/*
 * <linux/vfio.h>: with NORESIZE what is on has to be turned off before more vectors are; without it
 * they can be added.
 */
TEST_F(dev, grows_as_its_flag_says)
{
	int efd[2] = { new_evt(), new_evt() };
	struct vfio_irq_info info;
	bool fixed;

	vfio_irq_info(self->fd, variant->irq, &info);
	fixed = info.flags & VFIO_IRQ_INFO_NORESIZE;
	EXPECT_EQ(variant->irq == MSI, fixed);
	enable_one(efd[0]);
	EXPECT_EQ(fixed ? -EINVAL : 0, irq_set_fds(self->fd, variant->irq, 1, 1, &efd[1]));
	EXPECT_EQ(fixed ? -EINVAL : 0, irq_set_fds(self->fd, variant->irq, 0, 2, efd));
	/* a refusal has changed nothing */
	ASSERT_EQ(0, irq_set_none(self->fd, variant->irq, TRIGGER, 0, 2));
	EXPECT_SIGNALS(1, efd[0]);
	EXPECT_EQ(!fixed, evt_wait(efd[1], 0));
	set_range(0, 1, efd);
	disable();
	set_range(0, 2, efd);
	set_range(1, 1, efd);
	set_range(0, 1, efd);
}

/* One bad descriptor among good ones: nothing of the request is carried out. */
TEST_F(dev, all_eventfds_or_none)
{
	unsigned int n = vectors();
	int old[MAX_VECTORS], new[MAX_VECTORS];

	ASSERT_LT(1, n);
	for (unsigned int i = 0; i < n; i++) {
		old[i] = new_evt();
		new[i] = new_evt();
	}
	set_range(0, n, old);
	new[n - 1] = 0x7fffffff;
	EXPECT_ERRNO(EBADF, irq_set_fds(self->fd, variant->irq, 0, n, new));
	ASSERT_EQ(0, irq_set_none(self->fd, variant->irq, TRIGGER, 0, n));
	for (unsigned int i = 0; i < n; i++)
		EXPECT_SIGNALS(1, old[i]);
	EXPECT_EQ(0, evt_wait(new[0], 0));
}

TEST_F(dev, kinds_exclude_each_other)
{
	static const __u32 kinds[] = { VFIO_PCI_INTX_IRQ_INDEX, MSI, MSIX };
	int efd = new_evt(), other = new_evt();

	enable_one(efd);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i] == variant->irq)
			continue;
		EXPECT_ERRNO(EINVAL, irq_set_fd(self->fd, kinds[i], TRIGGER, other));
		EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, kinds[i], TRIGGER, 0, 1));
	}
	master(true);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	EXPECT_EQ(0, evt_wait(other, 0));
	disable();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		EXPECT_EQ(0, irq_set_fd(self->fd, kinds[i], TRIGGER, other));
		EXPECT_EQ(0, irq_set_none(self->fd, kinds[i], TRIGGER, 0, 0));
	}
}

/* The request eventfd is apart from all kinds. */
TEST_F(dev, request_goes_with_messages)
{
	int efd = new_evt(), req = new_evt();

	enable_one(efd);
	ASSERT_EQ(0, irq_set_fd(self->fd, VFIO_PCI_REQ_IRQ_INDEX, TRIGGER, req));
	disable();
	ASSERT_EQ(0, irq_set_none(self->fd, VFIO_PCI_REQ_IRQ_INDEX, TRIGGER, 0, 1));
	EXPECT_SIGNALS(1, req);
}

TEST_F(dev, masking_is_not_for_messages)
{
	int efd = new_evt();

	enable_one(efd);
	EXPECT_GT(0, irq_set_none(self->fd, variant->irq, MASK, 0, 1));
	EXPECT_GT(0, irq_set_none(self->fd, variant->irq, UNMASK, 0, 1));
	EXPECT_GT(0, irq_set_fd(self->fd, variant->irq, UNMASK, efd));
}

TEST_F(dev, reset_ends_all)
{
	int efd = new_evt();

	enable_one(efd);
	master(true);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	vfio_reset(self->fd);
	EXPECT_SILENCE(efd);
	/* bus mastering is off after a reset, like all of the command register */
	prepare();
	raise_pin();
	EXPECT_SILENCE(efd);
	lower_pin();
	disable();
	enable_one(efd);
	master(true);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, close_ends_all)
{
	int efd = new_evt();

	enable_one(efd);
	vfio_close(&self->vfio);
	vfio_open(&self->vfio, self->uuid, variant->via);
	self->fd = self->vfio.fd;
	master(true);
	prepare();
	raise_pin();
	EXPECT_SILENCE(efd);
	/* nor is the kind on any more */
	EXPECT_EQ(0, irq_set_fd(self->fd, VFIO_PCI_INTX_IRQ_INDEX, TRIGGER, efd));
	EXPECT_SIGNALS(1, efd);
}

TEST_HARNESS_MAIN
