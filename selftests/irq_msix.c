// SPDX-License-Identifier: GPL-2.0-only
/* The MSI-X table and pending bits in their memory BAR, and the masks that only MSI-X has. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/irq.h"
#include "lib/uart_port.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX
#define TRIGGER	VFIO_IRQ_SET_ACTION_TRIGGER
#define MAX_PORTS 4

/* Where config space says that things are. */
struct msix {
	int cap;
	unsigned int vectors;
	unsigned int bar;
	unsigned int table;
	unsigned int pba;
};

static int find_msix(struct msix *m, int fd)
{
	__u32 flags, table, pba;

	m->cap = __cfg_find_cap(fd, PCI_CAP_ID_MSIX);
	if (m->cap <= 0)
		return -ENOENT;
	if (__cfg_read(fd, m->cap + PCI_MSIX_FLAGS, 2, &flags) ||
	    __cfg_read(fd, m->cap + PCI_MSIX_TABLE, 4, &table) ||
	    __cfg_read(fd, m->cap + PCI_MSIX_PBA, 4, &pba))
		return -EIO;
	m->vectors = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
	m->bar = table & PCI_MSIX_TABLE_BIR;
	m->table = table & PCI_MSIX_TABLE_OFFSET;
	m->pba = pba & PCI_MSIX_PBA_OFFSET;
	return 1;
}

#define find() ASSERT_EQ(1, find_msix(&m, self->fd))

#define read32(_off) ({								\
	__u32 __v = 0;								\
	ASSERT_EQ(4, region_read(self->fd, m.bar, _off, &__v, 4));		\
	__v; })
#define write32(_off, _val) do {						\
	__u32 __v = (_val);							\
	ASSERT_EQ(4, region_write(self->fd, m.bar, _off, &__v, 4));		\
} while (0)

#define entry(_n, _reg) (m.table + (_n) * PCI_MSIX_ENTRY_SIZE + (_reg))
#define set_mask(_n, _on) \
	write32(entry(_n, PCI_MSIX_ENTRY_VECTOR_CTRL), (_on) ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0)

/* One vector for the port, unmasked, and the card bus master. */
#define enable(_efd) do {							\
	ASSERT_EQ(0, irq_set_fd(self->fd, MSIX, TRIGGER, _efd));		\
	set_mask(0, false);							\
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);	\
	setup_8n1();								\
	out(UART_IER, UART_IER_RDI);						\
} while (0)
#define raise_pin() out(UART_TX, 'x')
#define lower_pin() EXPECT_EQ('x', in(UART_RX))

TEST_F(dev, table_entries_are_storage)
{
	struct msix m;

	find();
	for (unsigned int i = 0; i < m.vectors; i++) {
		write32(entry(i, PCI_MSIX_ENTRY_LOWER_ADDR), 0xfee00000 + 4 * i);
		write32(entry(i, PCI_MSIX_ENTRY_UPPER_ADDR), 0x11110000 + i);
		write32(entry(i, PCI_MSIX_ENTRY_DATA), 0x4020 + i);
	}
	for (unsigned int i = 0; i < m.vectors; i++) {
		EXPECT_EQ(0xfee00000 + 4 * i, read32(entry(i, PCI_MSIX_ENTRY_LOWER_ADDR)));
		EXPECT_EQ(0x11110000 + i, read32(entry(i, PCI_MSIX_ENTRY_UPPER_ADDR)));
		EXPECT_EQ(0x4020 + i, read32(entry(i, PCI_MSIX_ENTRY_DATA)));
	}
	vfio_reset(self->fd);
	for (unsigned int i = 0; i < m.vectors; i++)
		EXPECT_EQ(0, read32(entry(i, PCI_MSIX_ENTRY_LOWER_ADDR)));
}

TEST_F(dev, table_takes_any_width)
{
	static const __u8 bytes[] = { 0x78, 0x56, 0x34, 0x12 };
	struct msix m;
	__u16 half;

	find();
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(1, region_write(self->fd, m.bar, entry(1, PCI_MSIX_ENTRY_DATA) + i,
					  &bytes[i], 1));
	EXPECT_EQ(0x12345678, read32(entry(1, PCI_MSIX_ENTRY_DATA)));
	ASSERT_EQ(2, region_read(self->fd, m.bar, entry(1, PCI_MSIX_ENTRY_DATA) + 2, &half, 2));
	EXPECT_EQ(0x1234, half);
	half = 0xabcd;
	ASSERT_EQ(2, region_write(self->fd, m.bar, entry(1, PCI_MSIX_ENTRY_DATA) + 2, &half, 2));
	EXPECT_EQ(0xabcd5678, read32(entry(1, PCI_MSIX_ENTRY_DATA)));
}

/* PCI: every vector is masked after a reset, and the mask is the only bit of its word. */
TEST_F(dev, vectors_start_masked)
{
	struct msix m;

	find();
	for (unsigned int i = 0; i < m.vectors; i++) {
		unsigned int control = entry(i, PCI_MSIX_ENTRY_VECTOR_CTRL);

		EXPECT_EQ(PCI_MSIX_ENTRY_CTRL_MASKBIT, read32(control));
		write32(control, 0xfffffffe);
		EXPECT_EQ(0, read32(control));
		write32(control, 0xffffffff);
		EXPECT_EQ(PCI_MSIX_ENTRY_CTRL_MASKBIT, read32(control));
	}
}

TEST_F(dev, nothing_else_in_the_bar_can_be_written)
{
	unsigned int end;
	struct msix m;

	find();
	end = m.table + m.vectors * PCI_MSIX_ENTRY_SIZE;
	for (unsigned int off = 0; off < self->size[m.bar]; off += 4) {
		if (off >= m.table && off < end)
			continue;
		write32(off, 0xffffffff);
		EXPECT_EQ(0, read32(off)) {
			TH_LOG("offset %u", off);
		}
	}
}

TEST_F(dev, masked_vector_waits)
{
	int efd = evt_new();
	struct msix m;

	find();
	enable(efd);
	set_mask(0, true);
	raise_pin();
	EXPECT_SILENCE(efd);
	EXPECT_EQ(1, read32(m.pba));
	set_mask(0, false);
	EXPECT_SIGNALS(1, efd);
	EXPECT_EQ(0, read32(m.pba));
	/* sent once, whatever is done to the mask afterwards */
	set_mask(0, true);
	set_mask(0, false);
	EXPECT_SILENCE(efd);
}

/* However often the pin rises while its vector is masked, what waits is one message. */
TEST_F(dev, many_while_masked_are_one)
{
	int efd = evt_new();
	struct msix m;

	find();
	enable(efd);
	set_mask(0, true);
	for (int i = 0; i < 5; i++) {
		raise_pin();
		lower_pin();
	}
	raise_pin();
	EXPECT_EQ(1, read32(m.pba));
	set_mask(0, false);
	EXPECT_SIGNALS(1, efd);
	EXPECT_SILENCE(efd);
}

/* PCI Express Base Specification, 6.1.4.5: a pending bit goes when what it stands for has gone. */
TEST_F(dev, pending_ends_with_its_cause)
{
	int efd = evt_new();
	struct msix m;

	find();
	enable(efd);
	set_mask(0, true);
	for (int i = 0; i < 3; i++) {
		raise_pin();
		EXPECT_EQ(1, read32(m.pba));
		lower_pin();
		EXPECT_EQ(0, read32(m.pba));
	}
	set_mask(0, false);
	EXPECT_SILENCE(efd);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

#define prepare_port(_port) do {						\
	unsigned int __port = (_port);						\
										\
	uart_setup(self->fd, __port, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);	\
	uart_out(self->fd, __port, UART_IER, UART_IER_RDI);			\
} while (0)
#define raise_port(_port) uart_out(self->fd, _port, UART_TX, 'x')
#define lower_port(_port) EXPECT_EQ('x', uart_in(self->fd, _port, UART_RX))

/* A vector that two ports share is pending until neither of them needs it. */
TEST_F(dev, pending_is_shared)
{
	int efd = evt_new();
	struct msix m;

	if (variant->ports < 2)
		SKIP(return, ONE_PORT);
	find();
	enable(efd);
	prepare_port(0);
	prepare_port(1);
	set_mask(0, true);
	for (unsigned int first = 0; first < 2; first++) {
		raise_port(0);
		raise_port(1);
		EXPECT_EQ(1, read32(m.pba));
		lower_port(first);
		EXPECT_EQ(1, read32(m.pba));
		lower_port(!first);
		EXPECT_EQ(0, read32(m.pba));
	}
	raise_port(0);
	raise_port(1);
	lower_port(0);
	set_mask(0, false);
	EXPECT_SIGNALS(1, efd);
	EXPECT_SILENCE(efd);
}

/* QEMU turns MSI-X on without any eventfd, and adds vectors as the guest sets them up. */
TEST_F(dev, vectors_come_one_by_one)
{
	int efd[MAX_PORTS];
	struct msix m;

	find();
	ASSERT_EQ(0, irq_set_fd(self->fd, MSIX, TRIGGER, -1));
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	for (unsigned int port = 0; port < variant->ports; port++) {
		efd[port] = evt_new();
		prepare_port(port);
		raise_port(port);
	}
	EXPECT_EQ(1, read32(m.pba));
	for (unsigned int port = 0; port < variant->ports; port++) {
		ASSERT_EQ(0, irq_set_fds(self->fd, MSIX, port, 1, &efd[port]));
		EXPECT_EQ(0, read32(m.pba));
		EXPECT_SIGNALS(1, efd[port]);
	}
	/* each has a vector to itself now */
	for (unsigned int port = 0; port < variant->ports; port++) {
		evt_wait(efd[port], 0);
		lower_port(port);
		raise_port(port);
		EXPECT_SIGNALS(1, efd[port]);
	}
}

/* A mask bit is the driver's: it lasts until the driver clears it, whatever the user sets up. */
TEST_F(dev, mask_bit_lasts)
{
	int efd = evt_new();
	struct msix m;

	find();
	enable(efd);
	set_mask(0, true);
	ASSERT_EQ(0, irq_set_fd(self->fd, MSIX, TRIGGER, -1));
	ASSERT_EQ(0, irq_set_fd(self->fd, MSIX, TRIGGER, efd));
	EXPECT_EQ(PCI_MSIX_ENTRY_CTRL_MASKBIT, read32(entry(0, PCI_MSIX_ENTRY_VECTOR_CTRL)));
	ASSERT_EQ(0, irq_set_none(self->fd, MSIX, TRIGGER, 0, 0));
	ASSERT_EQ(0, irq_set_fd(self->fd, MSIX, TRIGGER, efd));
	EXPECT_EQ(PCI_MSIX_ENTRY_CTRL_MASKBIT, read32(entry(0, PCI_MSIX_ENTRY_VECTOR_CTRL)));
	raise_pin();
	EXPECT_SILENCE(efd);
	set_mask(0, false);
	EXPECT_SIGNALS(1, efd);
}

/* Nor does INTx, whose mask is another one, change the table. */
TEST_F(dev, table_is_storage_under_intx)
{
	int efd = evt_new();
	struct msix m;

	find();
	ASSERT_EQ(0, irq_set_fd(self->fd, VFIO_PCI_INTX_IRQ_INDEX, TRIGGER, efd));
	EXPECT_EQ(PCI_MSIX_ENTRY_CTRL_MASKBIT, read32(entry(0, PCI_MSIX_ENTRY_VECTOR_CTRL)));
	set_mask(0, false);
	EXPECT_EQ(0, read32(entry(0, PCI_MSIX_ENTRY_VECTOR_CTRL)));
	set_mask(0, true);
	setup_8n1();
	out(UART_IER, UART_IER_RDI);
	raise_pin();
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, function_mask_holds_all_back)
{
	int efd = evt_new();
	struct msix m;

	find();
	enable(efd);
	cfg_write(self->fd, m.cap + PCI_MSIX_FLAGS, 2,
		  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	raise_pin();
	EXPECT_SILENCE(efd);
	EXPECT_EQ(1, read32(m.pba));
	cfg_write(self->fd, m.cap + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	EXPECT_SIGNALS(1, efd);
	EXPECT_EQ(0, read32(m.pba));
}

TEST_F(dev, both_masks_have_to_end)
{
	int efd = evt_new();
	struct msix m;

	find();
	enable(efd);
	set_mask(0, true);
	cfg_write(self->fd, m.cap + PCI_MSIX_FLAGS, 2,
		  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	raise_pin();
	set_mask(0, false);
	EXPECT_SILENCE(efd);
	set_mask(0, true);
	cfg_write(self->fd, m.cap + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	EXPECT_SILENCE(efd);
	EXPECT_EQ(1, read32(m.pba));
	set_mask(0, false);
	EXPECT_SIGNALS(1, efd);
}

TEST_F(dev, reset_forgets_what_waits)
{
	int efd = evt_new();
	struct msix m;

	find();
	enable(efd);
	set_mask(0, true);
	raise_pin();
	EXPECT_EQ(1, read32(m.pba));
	vfio_reset(self->fd);
	EXPECT_EQ(0, read32(m.pba));
	set_mask(0, false);
	cfg_write(self->fd, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	EXPECT_SILENCE(efd);
}

TEST_HARNESS_MAIN
