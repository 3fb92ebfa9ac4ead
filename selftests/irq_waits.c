// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that cannot be delivered at once. For each kind of interrupt, every set of things that
 * hold it back is applied; a port's pin rises; then they end, each one in turn as the last. While
 * one is left there is no signal, then there is exactly one, and none if the pin has fallen.
 */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"
#include "lib/mig.h"
#include "lib/uart_port.h"

#define INTX	VFIO_PCI_INTX_IRQ_INDEX
#define MSI	VFIO_PCI_MSI_IRQ_INDEX
#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER

FIXTURE_VARIANT_ADD(dev, intx_mtty_1) { DEV_VARIANT(GROUP, 1), .irq = INTX };
FIXTURE_VARIANT_ADD(dev, msi_mtty_1) { DEV_VARIANT(GROUP, 1), .irq = MSI };
FIXTURE_VARIANT_ADD(dev, msi_mtty_4) { DEV_VARIANT(GROUP, 4), .irq = MSI };
FIXTURE_VARIANT_ADD(dev, msix_mtty_1) { DEV_VARIANT(GROUP, 1), .irq = MSIX };
FIXTURE_VARIANT_ADD(dev, msix_mtty_4) { DEV_VARIANT(GROUP, 4), .irq = MSIX };
FIXTURE_VARIANT_ADD(dev, msix_mtty_2_cdev) { DEV_VARIANT(CDEV, 2), .irq = MSIX };

/* The card's own layout: suite irq_msix checks that configuration space shows it. */
#define MSIX_BAR	5
#define MSIX_PBA	2048

/* What can hold an interrupt back. */
enum hold {
	HOLD_STOPPED,	/* the device is in STOP, as in the middle of a migration */
	HOLD_DISABLED,	/* INTx: the disable bit of the command register */
	HOLD_MASKED,	/* INTx: ACTION_MASK */
	HOLD_NO_EVENTFD, /* messages: the vector's eventfd is -1 */
	HOLD_NO_MASTER,	/* messages: the card is not bus master */
	HOLD_VECTOR,	/* MSI-X: the mask bit of the vector's table entry */
	HOLD_FUNCTION,	/* MSI-X: the function mask */
	NR_HOLDS
};

static unsigned int holds_of(unsigned int irq)
{
	unsigned int messages = 1U << HOLD_STOPPED | 1U << HOLD_NO_EVENTFD | 1U << HOLD_NO_MASTER;

	if (irq == INTX)
		return 1U << HOLD_STOPPED | 1U << HOLD_DISABLED | 1U << HOLD_MASKED;
	if (irq == MSI)
		return messages;
	return messages | 1U << HOLD_VECTOR | 1U << HOLD_FUNCTION;
}

/* What holds an interrupt back, a bit for each, and which of them ends last. */
struct wait_case {
	unsigned int set;
	enum hold last;
};

/* All cases there are of a kind of interrupt, from { 0, 0 } on. */
static bool next_case(unsigned int irq, struct wait_case *c)
{
	do {
		if (!c->set || ++c->last == NR_HOLDS) {
			c->set++;
			c->last = 0;
		}
		if (c->set >> NR_HOLDS)
			return false;
	} while (c->set & ~holds_of(irq) || !(c->set & 1U << c->last));
	return true;
}

struct target {
	int fd;
	unsigned int irq;
	int efd;
	int msix_cap;
	unsigned int command;
};

static int set_command(struct target *t, unsigned int bit, bool on)
{
	__u16 val;

	t->command = on ? t->command | bit : t->command & ~bit;
	val = t->command;
	return region_write(t->fd, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, &val, 2) == 2 ? 0 :
	       -EIO;
}

static int set_function_mask(struct target *t, bool on)
{
	__u16 val = PCI_MSIX_FLAGS_ENABLE | (on ? PCI_MSIX_FLAGS_MASKALL : 0);

	return region_write(t->fd, VFIO_PCI_CONFIG_REGION_INDEX, t->msix_cap + PCI_MSIX_FLAGS,
			    &val, 2) == 2 ? 0 : -EIO;
}

static int set_vector_mask(struct target *t, bool on)
{
	__u32 val = on ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;

	return region_write(t->fd, MSIX_BAR, PCI_MSIX_ENTRY_VECTOR_CTRL, &val, 4) == 4 ? 0 : -EIO;
}

static int set_one(struct target *t, enum hold what, bool on)
{
	switch (what) {
	case HOLD_STOPPED:
		return __mig_set(t->fd, on ? VFIO_DEVICE_STATE_STOP : VFIO_DEVICE_STATE_RUNNING,
				 NULL);
	case HOLD_DISABLED:
		return set_command(t, PCI_COMMAND_INTX_DISABLE, on);
	case HOLD_MASKED:
		return irq_set_none(t->fd, INTX, on ? VFIO_IRQ_SET_ACTION_MASK :
				    VFIO_IRQ_SET_ACTION_UNMASK, 0, 1);
	case HOLD_NO_EVENTFD:
		return irq_set_fd(t->fd, t->irq, TRIGGER, on ? -1 : t->efd);
	case HOLD_NO_MASTER:
		return set_command(t, PCI_COMMAND_MASTER, !on);
	case HOLD_VECTOR:
		return set_vector_mask(t, on);
	case HOLD_FUNCTION:
		return set_function_mask(t, on);
	default:
		return -EINVAL;
	}
}

static int set_holds(struct target *t, unsigned int set, bool on)
{
	int ret = 0;

	for (unsigned int i = 0; i < NR_HOLDS && !ret; i++)
		if (set & 1U << i)
			ret = set_one(t, i, on);
	return ret;
}

static int start(struct target *t, int fd, unsigned int irq)
{
	*t = (struct target){ .fd = fd, .irq = irq, .efd = evt_new() };
	t->msix_cap = __cfg_find_cap(fd, PCI_CAP_ID_MSIX);
	if (t->efd < 0 || t->msix_cap <= 0)
		return -ENOENT;
	return irq_set_fd(fd, irq, TRIGGER, t->efd) ?: set_command(t, PCI_COMMAND_MASTER, true);
}

/* An empty transmitter asks as soon as it may, whether the port runs or not. */
#define raise_pin() out(UART_IER, UART_IER_THRI)
#define lower_pin() out(UART_IER, 0)

/* INTx masks itself when it is signalled; what is left of a case ends with it. */
#define end_case(_t) do {							\
	lower_pin();								\
	if (variant->irq == INTX)						\
		ASSERT_EQ(0, irq_set_none(self->fd, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 0, 1)); \
	EXPECT_EQ(0, evt_wait((_t)->efd, 0));					\
} while (0)

/* Of these signals nothing is delivered later than it was caused: none is waited for. */
static int signals(const struct target *t, bool wanted)
{
	return evt_wait(t->efd, wanted ? EVT_SOON_MS : 0);
}

#define expect(_n, _when) do {							\
	int __n = (_n);								\
										\
	EXPECT_EQ(__n, signals(&t, __n)) {					\
		TH_LOG("holds %x, of which %u ends last: %s", c.set, c.last, _when);	\
	}									\
} while (0)

TEST_F(dev, comes_once_when_the_last_hold_ends)
{
	struct wait_case c = {};
	struct target t;

	ASSERT_EQ(0, start(&t, self->fd, variant->irq));
	setup_8n1();
	while (next_case(variant->irq, &c)) {
		ASSERT_EQ(0, set_holds(&t, c.set, true));
		raise_pin();
		expect(0, "while all hold");
		ASSERT_EQ(0, set_holds(&t, c.set & ~(1U << c.last), false));
		expect(0, "while one holds");
		ASSERT_EQ(0, set_one(&t, c.last, false));
		expect(1, "at the end");
		end_case(&t);
	}
}

TEST_F(dev, does_not_come_when_its_cause_has_gone)
{
	struct wait_case c = {};
	struct target t;

	ASSERT_EQ(0, start(&t, self->fd, variant->irq));
	setup_8n1();
	while (next_case(variant->irq, &c)) {
		ASSERT_EQ(0, set_holds(&t, c.set, true));
		for (int i = 0; i < 3; i++) {
			raise_pin();
			lower_pin();
		}
		ASSERT_EQ(0, set_holds(&t, c.set & ~(1U << c.last), false));
		raise_pin();
		lower_pin();
		ASSERT_EQ(0, set_one(&t, c.last, false));
		expect(0, "at the end");
		/* and the next one comes as ever */
		raise_pin();
		expect(1, "afterwards");
		end_case(&t);
	}
}

/* A second rise before the message of the first one has been sent is the same message. */
TEST_F(dev, many_rises_are_one)
{
	struct wait_case c = {};
	struct target t;

	ASSERT_EQ(0, start(&t, self->fd, variant->irq));
	setup_8n1();
	while (next_case(variant->irq, &c)) {
		ASSERT_EQ(0, set_holds(&t, c.set, true));
		for (int i = 0; i < 3; i++) {
			lower_pin();
			raise_pin();
		}
		ASSERT_EQ(0, set_holds(&t, c.set, false));
		expect(1, "at the end");
		end_case(&t);
	}
}

/* The pending bit is there as long as a message waits: a driver may poll it instead. */
TEST_F(dev, pending_bit_follows)
{
	struct wait_case c = {};
	struct target t;
	__u32 bits;

	if (variant->irq != MSIX)
		SKIP(return, "only MSI-X has pending bits");
	ASSERT_EQ(0, start(&t, self->fd, variant->irq));
	setup_8n1();
	while (next_case(variant->irq, &c)) {
		ASSERT_EQ(0, set_holds(&t, c.set, true));
		for (int i = 0; i < 2; i++) {
			raise_pin();
			ASSERT_EQ(4, region_read(self->fd, MSIX_BAR, MSIX_PBA, &bits, 4));
			EXPECT_EQ(1, bits);
			lower_pin();
			ASSERT_EQ(4, region_read(self->fd, MSIX_BAR, MSIX_PBA, &bits, 4));
			EXPECT_EQ(0, bits);
		}
		raise_pin();
		ASSERT_EQ(0, set_holds(&t, c.set, false));
		ASSERT_EQ(4, region_read(self->fd, MSIX_BAR, MSIX_PBA, &bits, 4));
		EXPECT_EQ(0, bits);
		expect(1, "at the end");
		end_case(&t);
	}
}

/* A message that waits does not outlive the reset of the device, nor does what held it back. */
TEST_F(dev, reset_ends_both)
{
	struct wait_case c = {};
	struct target t;

	ASSERT_EQ(0, start(&t, self->fd, variant->irq));
	while (next_case(variant->irq, &c)) {
		/* the user's own: suites irq_intx and irq_eventfd */
		if (c.set & (1U << HOLD_MASKED | 1U << HOLD_NO_EVENTFD))
			continue;
		setup_8n1();
		ASSERT_EQ(0, set_command(&t, PCI_COMMAND_MASTER, true));
		ASSERT_EQ(0, set_holds(&t, c.set, true));
		raise_pin();
		vfio_reset(self->fd);
		t.command = 0;
		ASSERT_EQ(0, set_command(&t, PCI_COMMAND_MASTER, true));
		expect(0, "after the reset");
		setup_8n1();
		raise_pin();
		expect(1, "afterwards");
		end_case(&t);
	}
}

TEST_HARNESS_MAIN
