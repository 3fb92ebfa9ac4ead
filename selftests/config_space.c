// SPDX-License-Identifier: GPL-2.0-only
/* PCI configuration space: what it holds at reset, and what a driver can change. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX

#define COMMAND_WRITABLE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
			  PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)

/* A field as it is at reset, and which of its bits a driver can change. */
struct field {
	__u8 off, width;
	__u32 init, writable;
};

/* What all cards have in common; a byte of the header that is in no table is 0 and stays so. */
static const struct field common[] = {
	{ PCI_VENDOR_ID, 2, 0x4348, 0 },
	{ PCI_COMMAND, 2, 0, COMMAND_WRITABLE },
	{ PCI_STATUS, 2, PCI_STATUS_DEVSEL_MEDIUM, 0 },
	{ PCI_REVISION_ID, 1, 0x10, 0 },
	{ PCI_CACHE_LINE_SIZE, 1, 0, 0xff },
	{ PCI_LATENCY_TIMER, 1, 0, 0xff },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, 0x4348, 0 },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff },
	{ PCI_INTERRUPT_PIN, 1, 1, 0 },
};

/* Linux's serial driver takes the first two by their class, the third by its ids. */
static const struct field ident_16550[] = {
	{ PCI_DEVICE_ID, 2, 0x3253, 0 },
	{ PCI_CLASS_PROG, 1, 0x02, 0 },
	{ PCI_CLASS_DEVICE, 2, 0x0700, 0 },
	{ PCI_SUBSYSTEM_ID, 2, 0x3253, 0 },
};

static const struct field ident_multiport[] = {
	{ PCI_DEVICE_ID, 2, 0x3453, 0 },
	{ PCI_CLASS_PROG, 1, 0x00, 0 },
	{ PCI_CLASS_DEVICE, 2, 0x0702, 0 },
	{ PCI_SUBSYSTEM_ID, 2, 0x3453, 0 },
};

/* The whole space as it ought to be. */
struct space {
	__u8 now[CFG_SIZE];
	__u8 init[CFG_SIZE];
	__u8 writable[CFG_SIZE];
};

static void put_field(struct space *s, unsigned int base, const struct field *f)
{
	for (unsigned int i = 0; i < f->width; i++) {
		s->init[base + f->off + i] = f->init >> 8 * i;
		s->writable[base + f->off + i] = f->writable >> 8 * i;
	}
}

static void put_fields(struct space *s, unsigned int base, const struct field *f, size_t n)
{
	while (n--)
		put_field(s, base, f++);
}

static void put_bar(struct space *s, unsigned int n, unsigned int size, __u32 type)
{
	const struct field bar = { PCI_BASE_ADDRESS_0 + 4 * n, 4, type, -size };

	put_field(s, 0, &bar);
}

static unsigned int log2_of(unsigned int n)
{
	unsigned int log = 0;

	while (n >> (log + 1))
		log++;
	return log;
}

static void put_msi(struct space *s, const __u8 *now, unsigned int vectors)
{
	const struct field fields[] = {
		{ PCI_CAP_LIST_ID, 1, PCI_CAP_ID_MSI, 0 },
		{ PCI_CAP_LIST_NEXT, 1, now[PCI_CAP_LIST_NEXT], 0 },
		{ PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | log2_of(vectors) << 1,
		  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
		{ PCI_MSI_ADDRESS_LO, 4, 0, ~3U },
		{ PCI_MSI_ADDRESS_HI, 4, 0, ~0U },
		{ PCI_MSI_DATA_64, 2, 0, 0xffff },
	};

	put_fields(s, now - s->now, fields, ARRAY_SIZE(fields));
}

static void put_msix(struct space *s, const __u8 *now, unsigned int vectors,
		     const unsigned int *size)
{
	__u32 table, pba;

	memcpy(&table, now + PCI_MSIX_TABLE, sizeof(table));
	memcpy(&pba, now + PCI_MSIX_PBA, sizeof(pba));

	const struct field fields[] = {
		{ PCI_CAP_LIST_ID, 1, PCI_CAP_ID_MSIX, 0 },
		{ PCI_CAP_LIST_NEXT, 1, now[PCI_CAP_LIST_NEXT], 0 },
		{ PCI_MSIX_FLAGS, 2, vectors - 1, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL },
		{ PCI_MSIX_TABLE, 4, table, 0 },
		{ PCI_MSIX_PBA, 4, pba, 0 },
	};
	unsigned int bar = table & PCI_MSIX_TABLE_BIR;

	put_fields(s, now - s->now, fields, ARRAY_SIZE(fields));
	put_bar(s, bar, size[bar], PCI_BASE_ADDRESS_SPACE_MEMORY);
}

/*
 * Where the capabilities are, and where the MSI-X table is, is the card's choice: that is taken as
 * it is, and looked at by capabilities_are_consistent and msix_table_fits_its_bar.
 */
static int put_caps(struct space *s, int fd, const unsigned int *size)
{
	int msi = __cfg_find_cap(fd, PCI_CAP_ID_MSI);
	int msix = __cfg_find_cap(fd, PCI_CAP_ID_MSIX);
	struct vfio_irq_info info;

	if (msi < 0 || msix < 0 || region_read(fd, CONFIG, 0, s->now, CFG_SIZE) != CFG_SIZE)
		return -EIO;
	s->init[PCI_CAPABILITY_LIST] = s->now[PCI_CAPABILITY_LIST];
	if (msi || msix)
		s->init[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	if (msi && !__vfio_irq_info(fd, VFIO_PCI_MSI_IRQ_INDEX, &info))
		put_msi(s, s->now + msi, info.count);
	if (msix && !__vfio_irq_info(fd, VFIO_PCI_MSIX_IRQ_INDEX, &info))
		put_msix(s, s->now + msix, info.count, size);
	return 0;
}

static int make_space(struct space *s, int fd, const unsigned int *size, unsigned int ports)
{
	memset(s, 0, sizeof(*s));
	put_fields(s, 0, common, ARRAY_SIZE(common));
	if (ports > 2)
		put_fields(s, 0, ident_multiport, ARRAY_SIZE(ident_multiport));
	else
		put_fields(s, 0, ident_16550, ARRAY_SIZE(ident_16550));
	for (unsigned int i = 0; i < ports; i++)
		put_bar(s, i, BAR_SIZE, PCI_BASE_ADDRESS_SPACE_IO);
	return put_caps(s, fd, size);
}

#define make() ASSERT_EQ(0, make_space(&want, self->fd, self->size, variant->ports))

TEST_F(dev, every_byte_at_reset)
{
	struct space want;

	make();
	for (int i = 0; i < CFG_SIZE; i++) {
		EXPECT_EQ(want.init[i], want.now[i]) {
			TH_LOG("offset 0x%02x", i);
		}
	}
}

/* Writes @val to every byte, one by one; tells the first that comes out wrong, or -1. */
static int first_wrong_after(int fd, const struct space *want, __u8 val)
{
	for (unsigned int i = 0; i < CFG_SIZE; i++) {
		__u32 before, after;

		if (__cfg_read(fd, i, 1, &before) || __cfg_write(fd, i, 1, val) ||
		    __cfg_read(fd, i, 1, &after))
			return i;
		if (after != ((before & ~want->writable[i]) | (val & want->writable[i])))
			return i;
	}
	return -1;
}

TEST_F(dev, all_ones)
{
	struct space want;

	make();
	EXPECT_EQ(-1, first_wrong_after(self->fd, &want, 0xff));
}

TEST_F(dev, all_zeros)
{
	struct space want;

	make();
	EXPECT_EQ(-1, first_wrong_after(self->fd, &want, 0xff));
	EXPECT_EQ(-1, first_wrong_after(self->fd, &want, 0));
}

TEST_F(dev, walking_ones)
{
	struct space want;

	make();
	for (__u32 bit = 1; bit < 0x100; bit <<= 1)
		EXPECT_EQ(-1, first_wrong_after(self->fd, &want, bit));
}

TEST_F(dev, walking_zeros)
{
	struct space want;

	make();
	for (__u32 bit = 1; bit < 0x100; bit <<= 1)
		EXPECT_EQ(-1, first_wrong_after(self->fd, &want, ~bit));
}

/* Whatever the width and alignment of a write, the masks decide byte by byte. */
TEST_F(dev, random_writes_obey_the_masks)
{
	__u8 got[CFG_SIZE], bytes[8];
	struct space want;
	__u32 seed = 4711;

	make();
	for (int i = 0; i < 3000; i++) {
		unsigned int len, off;

		seed = seed * 1103515245 + 12345;
		len = 1 + (seed >> 24) % sizeof(bytes);
		off = (seed >> 8) % (CFG_SIZE - len + 1);
		for (unsigned int j = 0; j < len; j++) {
			__u8 mask = want.writable[off + j];

			bytes[j] = (seed >> 11) * (j + 3);
			want.now[off + j] = (want.now[off + j] & ~mask) | (bytes[j] & mask);
		}
		ASSERT_EQ(len, region_write(self->fd, CONFIG, off, bytes, len));
		ASSERT_EQ(CFG_SIZE, region_read(self->fd, CONFIG, 0, got, CFG_SIZE));
		ASSERT_EQ(0, memcmp(want.now, got, CFG_SIZE)) {
			TH_LOG("step %d: %u bytes at 0x%02x", i, len, off);
		}
	}
}

/* As every operating system does it: write ones, see which bits stick. */
TEST_F(dev, bars_tell_their_size)
{
	for (unsigned int i = 0; i < PCI_STD_NUM_BARS; i++) {
		unsigned int off = PCI_BASE_ADDRESS_0 + 4 * i;
		__u32 fixed = i < variant->ports ? 0x3 : 0xf;
		__u32 type = i < variant->ports ? PCI_BASE_ADDRESS_SPACE_IO : 0;
		__u32 ones;

		cfg_write(self->fd, off, 4, ~0U);
		ones = cfg_read(self->fd, off, 4);
		EXPECT_EQ(type, ones & fixed);
		EXPECT_EQ(self->size[i], -(ones & ~fixed));
	}
}

TEST_F(dev, bars_keep_addresses)
{
	for (unsigned int i = 0; i < variant->ports; i++) {
		unsigned int off = PCI_BASE_ADDRESS_0 + 4 * i;

		cfg_write(self->fd, off, 4, 0xc008);
		EXPECT_EQ(0xc009, cfg_read(self->fd, off, 4));
		/* an address below the size cannot be told apart */
		cfg_write(self->fd, off, 4, 0x12345677);
		EXPECT_EQ(0x12345671, cfg_read(self->fd, off, 4));
		cfg_write(self->fd, off + 2, 2, 0);
		EXPECT_EQ(0x5671, cfg_read(self->fd, off, 4));
		cfg_write(self->fd, off + 1, 1, 0xab);
		EXPECT_EQ(0xab71, cfg_read(self->fd, off, 4));
		cfg_write(self->fd, off, 4, 0);
		EXPECT_EQ(1, cfg_read(self->fd, off, 4));
	}
}

TEST_F(dev, bars_are_independent)
{
	if (variant->ports < 2)
		SKIP(return, ONE_PORT);
	cfg_write(self->fd, PCI_BASE_ADDRESS_0, 4, 0x1000);
	cfg_write(self->fd, PCI_BASE_ADDRESS_1, 4, 0x2000);
	EXPECT_EQ(0x1001, cfg_read(self->fd, PCI_BASE_ADDRESS_0, 4));
	EXPECT_EQ(0x2001, cfg_read(self->fd, PCI_BASE_ADDRESS_1, 4));
}

TEST_F(dev, no_expansion_rom)
{
	cfg_write(self->fd, PCI_ROM_ADDRESS, 4, ~0U);
	EXPECT_EQ(0, cfg_read(self->fd, PCI_ROM_ADDRESS, 4));
}

TEST_F(dev, capabilities_are_consistent)
{
	bool listed = cfg_read(self->fd, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST;
	__u32 pos = cfg_read(self->fd, PCI_CAPABILITY_LIST, 1);
	bool seen[CFG_SIZE] = { false };

	if (!listed) {
		EXPECT_EQ(0, pos);
		return;
	}
	EXPECT_NE(0, pos);
	while (pos) {
		ASSERT_LE(PCI_STD_HEADER_SIZEOF, pos);
		ASSERT_EQ(0, pos % 4);
		ASSERT_FALSE(seen[pos]);
		seen[pos] = true;
		EXPECT_NE(0, cfg_read(self->fd, pos + PCI_CAP_LIST_ID, 1));
		pos = cfg_read(self->fd, pos + PCI_CAP_LIST_NEXT, 1);
	}
}

TEST_F(dev, msix_table_fits_its_bar)
{
	int cap = __cfg_find_cap(self->fd, PCI_CAP_ID_MSIX);
	__u32 table, pba, vectors;

	if (!cap)
		SKIP(return, "no MSI-X capability: needs a module with MSI-X");
	ASSERT_LT(0, cap);
	vectors = (cfg_read(self->fd, cap + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE) + 1;
	table = cfg_read(self->fd, cap + PCI_MSIX_TABLE, 4);
	pba = cfg_read(self->fd, cap + PCI_MSIX_PBA, 4);
	ASSERT_GT(PCI_STD_NUM_BARS, table & PCI_MSIX_TABLE_BIR);
	/* one BAR for both, as nothing else is in it */
	EXPECT_EQ(table & PCI_MSIX_TABLE_BIR, pba & PCI_MSIX_PBA_BIR);
	EXPECT_LE((table & PCI_MSIX_TABLE_OFFSET) + vectors * PCI_MSIX_ENTRY_SIZE,
		  self->size[table & PCI_MSIX_TABLE_BIR]);
	EXPECT_LE((pba & PCI_MSIX_PBA_OFFSET) + 8, self->size[pba & PCI_MSIX_PBA_BIR]);
	EXPECT_TRUE((table & PCI_MSIX_TABLE_OFFSET) + vectors * PCI_MSIX_ENTRY_SIZE <=
		    (pba & PCI_MSIX_PBA_OFFSET) ||
		    (pba & PCI_MSIX_PBA_OFFSET) + 8 <= (table & PCI_MSIX_TABLE_OFFSET));
}

TEST_HARNESS_MAIN
