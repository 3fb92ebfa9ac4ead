// SPDX-License-Identifier: GPL-2.0-only
/* INTx: a level that is signalled once, masks itself, and is looked at again when unmasked. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/intx.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

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

/*
 * The mask that INTx has set itself stands for an interrupt that a reset has ended; the one that
 * the user has asked for is a part of the set-up, like the eventfd, and stays.
 */
TEST_F(dev, reset_leaves_the_users_set_up)
{
	int efd = new_evt();

	enable(efd);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	vfio_reset(self->fd);
	prepare();
	raise_pin();
	EXPECT_SIGNALS(1, efd);
	mask();
	vfio_reset(self->fd);
	prepare();
	raise_pin();
	EXPECT_SILENCE(efd);
	unmask();
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
