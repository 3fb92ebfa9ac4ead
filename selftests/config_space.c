// SPDX-License-Identifier: GPL-2.0-only
/* PCI configuration space: what it holds at reset, and what a driver can change. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX

/* Capabilities live from here on, and their registers are tested where they are used. */
#define CAPS_START PCI_STD_HEADER_SIZEOF

/* What both cards hold at reset; every byte of the header that is not listed is 0. */
static const struct {
	__u8 off, val;
} header[] = {
	{ PCI_VENDOR_ID, 0x48 }, { PCI_VENDOR_ID + 1, 0x43 },
	{ PCI_DEVICE_ID, 0x53 }, { PCI_DEVICE_ID + 1, 0x32 },
	{ PCI_STATUS + 1, PCI_STATUS_DEVSEL_MEDIUM >> 8 },
	{ PCI_REVISION_ID, 0x10 },
	{ PCI_CLASS_PROG, 0x02 }, { PCI_CLASS_DEVICE + 1, 0x07 },
	{ PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_SPACE_IO },
	{ PCI_SUBSYSTEM_VENDOR_ID, 0x48 }, { PCI_SUBSYSTEM_VENDOR_ID + 1, 0x43 },
	{ PCI_SUBSYSTEM_ID, 0x53 }, { PCI_SUBSYSTEM_ID + 1, 0x32 },
	{ PCI_INTERRUPT_PIN, 1 },
};

#define COMMAND_WRITABLE (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
			  PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)

static const struct {
	__u8 off, mask;
} writable[] = {
	{ PCI_COMMAND, COMMAND_WRITABLE & 0xff },
	{ PCI_COMMAND + 1, COMMAND_WRITABLE >> 8 },
	{ PCI_CACHE_LINE_SIZE, 0xff },
	{ PCI_LATENCY_TIMER, 0xff },
	{ PCI_BASE_ADDRESS_0, 0xff & ~(BAR_SIZE - 1) },
	{ PCI_BASE_ADDRESS_0 + 1, 0xff },
	{ PCI_BASE_ADDRESS_0 + 2, 0xff },
	{ PCI_BASE_ADDRESS_0 + 3, 0xff },
	{ PCI_INTERRUPT_LINE, 0xff },
};

static void header_at_reset(__u8 *space, unsigned int ports)
{
	memset(space, 0, CFG_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(header); i++)
		space[header[i].off] = header[i].val;
	if (ports > 1)
		space[PCI_BASE_ADDRESS_1] = space[PCI_BASE_ADDRESS_0];
}

static void header_mask(__u8 *mask, unsigned int ports)
{
	memset(mask, 0, CFG_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(writable); i++)
		mask[writable[i].off] = writable[i].mask;
	if (ports > 1)
		memcpy(mask + PCI_BASE_ADDRESS_1, mask + PCI_BASE_ADDRESS_0, 4);
}

/* A capability list, if there is one, is told in two places that the tables do not have. */
static void take_caps_from(const __u8 *space, __u8 *table)
{
	table[PCI_STATUS] |= space[PCI_STATUS] & PCI_STATUS_CAP_LIST;
	if (table[PCI_STATUS] & PCI_STATUS_CAP_LIST) {
		table[PCI_CAPABILITY_LIST] = space[PCI_CAPABILITY_LIST];
		memcpy(table + CAPS_START, space + CAPS_START, CFG_SIZE - CAPS_START);
	}
}

TEST_F(dev, every_byte_at_reset)
{
	__u8 want[CFG_SIZE], got[CFG_SIZE];

	header_at_reset(want, variant->ports);
	ASSERT_EQ(CFG_SIZE, region_read(self->fd, CONFIG, 0, got, CFG_SIZE));
	take_caps_from(got, want);
	for (int i = 0; i < CFG_SIZE; i++) {
		EXPECT_EQ(want[i], got[i]) {
			TH_LOG("offset 0x%02x", i);
		}
	}
}

/* Writes @val to every byte of the header; tells the first one that comes out wrong, or -1. */
static int first_wrong_after(int fd, unsigned int ports, __u8 val)
{
	__u8 init[CFG_SIZE], mask[CFG_SIZE];
	__u32 got;

	header_mask(mask, ports);
	if (region_read(fd, CONFIG, 0, init, CFG_SIZE) != CFG_SIZE)
		return CFG_SIZE;
	for (unsigned int i = 0; i < CAPS_START; i++) {
		if (__cfg_write(fd, i, 1, val) || __cfg_read(fd, i, 1, &got))
			return i;
		if (got != ((init[i] & ~mask[i]) | (val & mask[i])))
			return i;
	}
	return -1;
}

TEST_F(dev, all_ones)
{
	EXPECT_EQ(-1, first_wrong_after(self->fd, variant->ports, 0xff));
}

TEST_F(dev, all_zeros)
{
	EXPECT_EQ(-1, first_wrong_after(self->fd, variant->ports, 0xff));
	EXPECT_EQ(-1, first_wrong_after(self->fd, variant->ports, 0));
}

TEST_F(dev, walking_ones)
{
	for (__u32 bit = 1; bit < 0x100; bit <<= 1)
		EXPECT_EQ(-1, first_wrong_after(self->fd, variant->ports, bit));
}

TEST_F(dev, walking_zeros)
{
	for (__u32 bit = 1; bit < 0x100; bit <<= 1)
		EXPECT_EQ(-1, first_wrong_after(self->fd, variant->ports, ~bit));
}

TEST_F(dev, bytes_behind_the_header_are_constant)
{
	__u8 before[CFG_SIZE], after[CFG_SIZE], ones[CFG_SIZE];

	if (cfg_read(self->fd, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST)
		SKIP(return, "this card has capabilities: see capabilities_are_consistent");
	memset(ones, 0xff, sizeof(ones));
	ASSERT_EQ(CFG_SIZE, region_read(self->fd, CONFIG, 0, before, CFG_SIZE));
	EXPECT_EQ(CFG_SIZE - CAPS_START,
		  region_write(self->fd, CONFIG, CAPS_START, ones, CFG_SIZE - CAPS_START));
	ASSERT_EQ(CFG_SIZE, region_read(self->fd, CONFIG, 0, after, CFG_SIZE));
	EXPECT_EQ(0, memcmp(before, after, CFG_SIZE));
}

/* Whatever the width and alignment of a write, the masks decide byte by byte. */
TEST_F(dev, random_writes_obey_the_masks)
{
	__u8 model[CFG_SIZE], mask[CFG_SIZE], got[CFG_SIZE], bytes[8];
	__u32 seed = 4711;

	header_mask(mask, variant->ports);
	ASSERT_EQ(CFG_SIZE, region_read(self->fd, CONFIG, 0, model, CFG_SIZE));
	for (int i = 0; i < 3000; i++) {
		unsigned int len, off;

		seed = seed * 1103515245 + 12345;
		len = 1 + (seed >> 24) % sizeof(bytes);
		off = (seed >> 8) % (CAPS_START - len + 1);
		for (unsigned int j = 0; j < len; j++) {
			__u8 m = mask[off + j];

			bytes[j] = (seed >> 11) * (j + 3);
			model[off + j] = (model[off + j] & ~m) | (bytes[j] & m);
		}
		ASSERT_EQ(len, region_write(self->fd, CONFIG, off, bytes, len));
		ASSERT_EQ(CFG_SIZE, region_read(self->fd, CONFIG, 0, got, CFG_SIZE));
		ASSERT_EQ(0, memcmp(model, got, CFG_SIZE)) {
			TH_LOG("step %d: %u bytes at 0x%02x", i, len, off);
		}
	}
}

TEST_F(dev, bars_tell_their_size)
{
	for (unsigned int i = 0; i < PCI_STD_NUM_BARS; i++) {
		unsigned int off = PCI_BASE_ADDRESS_0 + 4 * i;
		__u32 ones;

		cfg_write(self->fd, off, 4, ~0U);
		ones = cfg_read(self->fd, off, 4);
		if (i >= variant->ports) {
			EXPECT_EQ(0, ones);
			continue;
		}
		EXPECT_EQ(PCI_BASE_ADDRESS_SPACE_IO, ones & (__u32)~PCI_BASE_ADDRESS_IO_MASK);
		EXPECT_EQ(BAR_SIZE, -(ones & (__u32)PCI_BASE_ADDRESS_IO_MASK));
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

/* The class that makes Linux's 8250_pci take the card. */
TEST_F(dev, class_is_16550_serial)
{
	EXPECT_EQ(0x070002, cfg_read(self->fd, PCI_CLASS_REVISION, 4) >> 8);
	EXPECT_EQ(PCI_HEADER_TYPE_NORMAL, cfg_read(self->fd, PCI_HEADER_TYPE, 1));
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
		ASSERT_LE(CAPS_START, pos);
		ASSERT_EQ(0, pos % 4);
		ASSERT_FALSE(seen[pos]);
		seen[pos] = true;
		EXPECT_NE(0, cfg_read(self->fd, pos + PCI_CAP_LIST_ID, 1));
		pos = cfg_read(self->fd, pos + PCI_CAP_LIST_NEXT, 1);
	}
}

TEST_HARNESS_MAIN
