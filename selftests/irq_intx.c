// SPDX-License-Identifier: GPL-2.0-only
/* INTx: a level that is signalled once, masks itself, and is looked at again when unmasked. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"
#include "lib/uart_port.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define INTX	VFIO_PCI_INTX_IRQ_INDEX
#define MASK	VFIO_IRQ_SET_ACTION_MASK
#define UNMASK	VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER

#define mask() ASSERT_EQ(0, irq_set_none(self->fd, INTX, MASK, 0, 1))
#define unmask() ASSERT_EQ(0, irq_set_none(self->fd, INTX, UNMASK, 0, 1))
#define enable(_efd) ASSERT_EQ(0, irq_set_fd(self->fd, INTX, TRIGGER, _efd))
#define disable() ASSERT_EQ(0, irq_set_none(self->fd, INTX, TRIGGER, 0, 0))

#define new_evt() ({		\
	int __efd = evt_new();	\
	ASSERT_LE(0, __efd);	\
	__efd; })

/* A port whose pin rises when a byte is there to be read, and falls when it has been read. */
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

#define status_intx() ((cfg_read(self->fd, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT) != 0)

TEST_F(dev, quiet_until_a_port_asks)
{
	int efd = new_evt();

	enable(efd);
	EXPECT_SILENCE(efd);
	prepare();
	EXPECT_SILENCE(efd);
	EXPECT_FALSE(status_intx());
}

TEST_F(dev, level_signals_once)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	/* masked by having been signalled: neither time nor more causes bring another one */
	raise_pin();
	out(UART_IER, UART_IER_RDI | UART_IER_THRI | UART_IER_MSI);
	EXPECT_SILENCE(efd);
}

TEST_F(dev, unmask_signals_a_level_that_is_still_there)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	raise_pin();
	for (int i = 0; i < 5; i++) {
		EXPECT_SIGNALS(1, efd);
		EXPECT_SILENCE(efd);
		unmask();
	}
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, unmask_is_silent_when_the_level_has_gone)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	lower_pin();
	unmask();
	EXPECT_SILENCE(efd);
	/* and the next rise is told again */
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

/* Each of many interrupts comes exactly once. */
TEST_F(dev, none_lost_none_doubled)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	for (int i = 0; i < 2000; i++) {
		raise_pin();
		ASSERT_EQ(1, evt_wait(efd, EVT_SOON_MS));
		lower_pin();
		unmask();
		ASSERT_EQ(0, evt_wait(efd, 0));
	}
}

TEST_F(dev, fall_and_rise_while_masked_is_one_signal)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	lower_pin();
	raise_pin();
	EXPECT_SILENCE(efd);
	unmask();
	EXPECT_SIGNALS(1, efd);
	EXPECT_SILENCE(efd);
}

TEST_F(dev, mask_holds_back)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	mask();
	mask();
	raise_pin();
	EXPECT_SILENCE(efd);
	/* the device's own registers do not care */
	EXPECT_TRUE(status_intx());
	EXPECT_EQ(UART_IIR_RDI, in(UART_IIR) & IIR_CAUSE);
	unmask();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, mask_by_bool)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	ASSERT_EQ(0, irq_set_bool(self->fd, INTX, MASK, 1));
	raise_pin();
	EXPECT_SILENCE(efd);
	ASSERT_EQ(0, irq_set_bool(self->fd, INTX, UNMASK, 0));
	EXPECT_SILENCE(efd);
	ASSERT_EQ(0, irq_set_bool(self->fd, INTX, UNMASK, 1));
	EXPECT_SIGNALS(1, efd);
	lower_pin();
	unmask();
	ASSERT_EQ(0, irq_set_bool(self->fd, INTX, MASK, 0));
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

/* QEMU with KVM and crosvm hand the end of interrupt over by eventfd. */
TEST_F(dev, unmask_by_eventfd)
{
	int efd = new_evt(), resample = new_evt(), ret;

	enable(efd);
	ret = irq_set_fd(self->fd, INTX, UNMASK, resample);
	if (ret == -ENOTTY)
		SKIP(return, "this module takes no unmask eventfd: needs a newer one");
	ASSERT_EQ(0, ret);
	prepare();
	raise_pin();
	for (int i = 0; i < 20; i++) {
		EXPECT_SIGNALS(1, efd);
		ASSERT_EQ(0, evt_signal(resample));
	}
	EXPECT_SIGNALS(1, efd);
	lower_pin();
	ASSERT_EQ(0, evt_signal(resample));
	EXPECT_SILENCE(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	/* taken back, it is an eventfd like any other */
	ASSERT_EQ(0, irq_set_fd(self->fd, INTX, UNMASK, -1));
	ASSERT_EQ(0, evt_signal(resample));
	EXPECT_SILENCE(efd);
}

TEST_F(dev, command_register_disables)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_INTX_DISABLE);
	raise_pin();
	EXPECT_SILENCE(efd);
	/* the status bit tells of the cause, not of what leaves the card */
	EXPECT_TRUE(status_intx());
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_IO);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, disabled_and_masked_both_have_to_end)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	mask();
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	raise_pin();
	unmask();
	EXPECT_SILENCE(efd);
	mask();
	cfg_write(self->fd, PCI_COMMAND, 2, 0);
	EXPECT_SILENCE(efd);
	unmask();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, status_bit_follows_the_level)
{
	/* without any eventfd: a guest with interrupts off polls this bit */
	prepare();
	EXPECT_FALSE(status_intx());
	raise_pin();
	EXPECT_TRUE(status_intx());
	out(UART_IER, 0);
	EXPECT_FALSE(status_intx());
	out(UART_IER, UART_IER_RDI);
	EXPECT_TRUE(status_intx());
	lower_pin();
	EXPECT_FALSE(status_intx());
	/* read-only all the same */
	cfg_write(self->fd, PCI_STATUS, 2, PCI_STATUS_INTERRUPT);
	EXPECT_FALSE(status_intx());
}

TEST_F(dev, level_is_told_to_an_eventfd_that_comes_late)
{
	int efd = new_evt();

	prepare();
	out(UART_IER, UART_IER_RDI | UART_IER_THRI);
	raise_pin();
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, trigger_loops_back)
{
	int efd = new_evt();

	enable(efd);
	ASSERT_EQ(0, irq_set_none(self->fd, INTX, TRIGGER, 0, 1));
	EXPECT_SIGNALS(1, efd);
	ASSERT_EQ(0, irq_set_bool(self->fd, INTX, TRIGGER, 1));
	EXPECT_SIGNALS(1, efd);
	ASSERT_EQ(0, irq_set_bool(self->fd, INTX, TRIGGER, 0));
	EXPECT_SILENCE(efd);
	/* no port asked for it, so nothing is left of it */
	unmask();
	EXPECT_SILENCE(efd);
	EXPECT_FALSE(status_intx());
}

TEST_F(dev, minus_one_takes_the_eventfd_away)
{
	int efd = new_evt();

	enable(efd);
	enable(-1);
	prepare();
	raise_pin();
	EXPECT_SILENCE(efd);
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, none_with_count_0_disables)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	disable();
	raise_pin();
	EXPECT_SILENCE(efd);
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, TRIGGER, 0, 1));
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, MASK, 0, 1));
	EXPECT_ERRNO(EINVAL, irq_set_none(self->fd, INTX, UNMASK, 0, 1));
	disable();
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

/* Disabling ends the mask too: whoever enables anew does not know of it. */
TEST_F(dev, enabling_anew_starts_unmasked)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	mask();
	disable();
	enable(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	disable();
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, eventfd_can_be_exchanged)
{
	int old = new_evt(), new = new_evt();

	enable(old);
	prepare();
	enable(new);
	raise_pin();
	EXPECT_SIGNALS(1, new);
	EXPECT_SILENCE(old);
}

/* The device holds its own reference: closing the user's fd is nothing to it. */
TEST_F(dev, closed_eventfd_does_no_harm)
{
	int efd = new_evt();

	enable(efd);
	close(efd);
	prepare();
	raise_pin();
	unmask();
	lower_pin();
	unmask();
	disable();
	efd = new_evt();
	enable(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, full_eventfd_does_no_harm)
{
	__u64 most = ~0ULL - 1, n;
	int efd = new_evt();

	enable(efd);
	ASSERT_EQ(sizeof(most), write(efd, &most, sizeof(most)));
	prepare();
	raise_pin();
	lower_pin();
	ASSERT_EQ(sizeof(n), read(efd, &n, sizeof(n)));
	unmask();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, reset_ends_all)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	raise_pin();
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	vfio_reset(self->fd);
	EXPECT_SILENCE(efd);
	EXPECT_FALSE(status_intx());
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR));
	/* neither the mask nor the disable bit is left */
	enable(efd);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, close_ends_all)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	mask();
	vfio_close(&self->vfio);
	EXPECT_SILENCE(efd);
	vfio_open(&self->vfio, self->uuid, variant->via);
	self->fd = self->vfio.fd;
	/* the next user starts with nothing: no cause, no eventfd, no mask */
	EXPECT_FALSE(status_intx());
	prepare();
	raise_pin();
	EXPECT_SILENCE(efd);
	enable(efd);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, ports_share_the_line)
{
	int efd = new_evt();

	if (variant->ports < 2)
		SKIP(return, ONE_PORT);
	enable(efd);
	prepare_port(0);
	prepare_port(1);
	raise_port(0);
	raise_port(1);
	EXPECT_SIGNALS(1, efd);
	lower_port(0);
	unmask();
	EXPECT_SIGNALS(1, efd);
	EXPECT_TRUE(status_intx());
	lower_port(1);
	EXPECT_FALSE(status_intx());
	unmask();
	EXPECT_SILENCE(efd);
	raise_port(0);
	EXPECT_SIGNALS(1, efd);
}

TEST_HARNESS_MAIN
