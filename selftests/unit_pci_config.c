// SPDX-License-Identifier: GPL-2.0-only
/* Configuration space without a device around it: any identity, any access. */
#include "hw/pci_config.h"

#include "kselftest_harness.h"

#define IO PCI_BASE_ADDRESS_SPACE_IO
#define SIZE MSAMP_PCI_CONFIG_SIZE

static const struct msamp_pci_ident card = {
	.vendor = 0x1234,
	.device = 0x5678,
	.class = 0x070002,
	.revision = 0x9a,
	.bar = { 8, 0, 4096, 0, 0, 16 },
	.bar_type = { IO, 0, PCI_BASE_ADDRESS_MEM_PREFETCH, 0, 0, IO },
};

/* Memory on both sides that nobody may touch. */
struct guarded {
	__u8 before[64];
	struct msamp_pci_config config;
	__u8 after[64];
};

FIXTURE(config)
{
	struct guarded g;
};

FIXTURE_SETUP(config)
{
	memset(&self->g, 0xee, sizeof(self->g));
	msamp_pci_config_init(&self->g.config, &card);
}

FIXTURE_TEARDOWN(config)
{
	for (size_t i = 0; i < sizeof(self->g.before); i++)
		EXPECT_EQ(0xee, self->g.before[i]);
	for (size_t i = 0; i < sizeof(self->g.after); i++)
		EXPECT_EQ(0xee, self->g.after[i]);
}

#define get(_off, _width) msamp_pci_config_read(&self->g.config, _off, _width)
#define put(_off, _width, _val) msamp_pci_config_write(&self->g.config, _off, _width, _val)

TEST_F(config, identity)
{
	EXPECT_EQ(0x56781234, get(PCI_VENDOR_ID, 4));
	EXPECT_EQ(0x0700029a, get(PCI_CLASS_REVISION, 4));
	EXPECT_EQ(0x1234, get(PCI_SUBSYSTEM_VENDOR_ID, 2));
	EXPECT_EQ(0x5678, get(PCI_SUBSYSTEM_ID, 2));
	EXPECT_EQ(1, get(PCI_INTERRUPT_PIN, 1));
	EXPECT_EQ(0, get(PCI_COMMAND, 2));
	EXPECT_EQ(0, msamp_pci_config_command(&self->g.config));
}

TEST_F(config, little_endian_whatever_the_width)
{
	EXPECT_EQ(0x34, get(0, 1));
	EXPECT_EQ(0x12, get(1, 1));
	EXPECT_EQ(0x5678, get(2, 2));
	EXPECT_EQ(0x78, get(2, 1));
}

TEST_F(config, identity_is_constant)
{
	put(PCI_VENDOR_ID, 4, 0);
	put(PCI_CLASS_REVISION, 4, 0);
	put(PCI_SUBSYSTEM_VENDOR_ID, 4, ~0U);
	EXPECT_EQ(0x56781234, get(PCI_VENDOR_ID, 4));
	EXPECT_EQ(0x0700029a, get(PCI_CLASS_REVISION, 4));
	EXPECT_EQ(0x56781234, get(PCI_SUBSYSTEM_VENDOR_ID, 4));
}

TEST_F(config, command_follows_its_register)
{
	put(PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	EXPECT_EQ(PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE,
		  msamp_pci_config_command(&self->g.config));
	put(PCI_COMMAND + 1, 1, 0);
	EXPECT_EQ(PCI_COMMAND_MASTER, msamp_pci_config_command(&self->g.config));
}

TEST_F(config, bars)
{
	for (unsigned int i = 0; i < PCI_STD_NUM_BARS; i++)
		put(PCI_BASE_ADDRESS_0 + 4 * i, 4, ~0U);
	EXPECT_EQ(0xfffffff9, get(PCI_BASE_ADDRESS_0, 4));
	EXPECT_EQ(0, get(PCI_BASE_ADDRESS_1, 4));
	EXPECT_EQ(0xfffff008, get(PCI_BASE_ADDRESS_2, 4));
	EXPECT_EQ(0, get(PCI_BASE_ADDRESS_3, 4));
	EXPECT_EQ(0, get(PCI_BASE_ADDRESS_4, 4));
	EXPECT_EQ(0xfffffff1, get(PCI_BASE_ADDRESS_5, 4));
}

/* Every size that a BAR can have, in both spaces, is what sizing it finds. */
TEST_F(config, every_bar_size)
{
	struct msamp_pci_ident ident = card;

	for (unsigned int i = 0; i < PCI_STD_NUM_BARS; i++) {
		for (int shift = 4; shift < 32; shift++) {
			for (int type = 0; type <= IO; type++) {
				__u32 fixed = type ? 0x3 : 0xf;

				ident.bar[i] = 1U << shift;
				ident.bar_type[i] = type;
				msamp_pci_config_init(&self->g.config, &ident);
				EXPECT_EQ(type, get(PCI_BASE_ADDRESS_0 + 4 * i, 4));
				put(PCI_BASE_ADDRESS_0 + 4 * i, 4, ~0U);
				EXPECT_EQ(1U << shift,
					  -(get(PCI_BASE_ADDRESS_0 + 4 * i, 4) & ~fixed));
				EXPECT_EQ(type, get(PCI_BASE_ADDRESS_0 + 4 * i, 4) & fixed);
			}
		}
	}
}

TEST_F(config, interrupt_status)
{
	__u32 before = get(PCI_COMMAND, 4);

	msamp_pci_config_show_intx(self->g.config.space, true);
	EXPECT_EQ(before | (__u32)PCI_STATUS_INTERRUPT << 16, get(PCI_COMMAND, 4));
	msamp_pci_config_show_intx(self->g.config.space, true);
	put(PCI_STATUS, 2, 0);
	EXPECT_EQ(before | (__u32)PCI_STATUS_INTERRUPT << 16, get(PCI_COMMAND, 4));
	msamp_pci_config_show_intx(self->g.config.space, false);
	put(PCI_STATUS, 2, 0xffff);
	EXPECT_EQ(before, get(PCI_COMMAND, 4));
}

TEST_F(config, last_bytes)
{
	for (unsigned int width = 1; width <= 4; width *= 2) {
		put(SIZE - width, width, ~0U);
		EXPECT_EQ(0, get(SIZE - width, width));
	}
}

/* A stream brings no more than that. */
TEST_F(config, nothing_behind_what_is_used)
{
	struct msamp_pci_ident ident = card;

	ident.msi_vectors = 32;
	ident.msix_vectors = 2048;
	ident.msix_table = ~0U;
	ident.msix_pba = ~0U;
	msamp_pci_config_init(&self->g.config, &ident);
	for (unsigned int i = MSAMP_PCI_CONFIG_USED; i < SIZE; i++) {
		EXPECT_EQ(0, self->g.config.space[i]);
		EXPECT_EQ(0, self->g.config.writable[i]);
	}
}

TEST_F(config, init_leaves_nothing_of_before)
{
	struct msamp_pci_config fresh = self->g.config;

	memset(&self->g.config, 0xff, sizeof(self->g.config));
	msamp_pci_config_init(&self->g.config, &card);
	EXPECT_EQ(0, memcmp(&fresh, &self->g.config, sizeof(fresh)));
}

/* No bit is both hard-wired to its value and a driver's to change. */
TEST_F(config, random_accesses_obey_the_masks)
{
	static const unsigned int widths[] = { 1, 2, 4 };
	__u8 model[SIZE];
	__u64 r = 42;

	memcpy(model, self->g.config.space, SIZE);
	for (int i = 0; i < 300000; i++) {
		unsigned int width, off;
		__u32 val, want = 0;

		r = r * 6364136223846793005ULL + 1442695040888963407ULL;
		width = widths[(r >> 60) % ARRAY_SIZE(widths)];
		off = (r >> 40) % (SIZE / width) * width;
		val = r >> 11;
		for (unsigned int j = 0; j < width; j++) {
			__u8 mask = self->g.config.writable[off + j];

			if (i & 1)
				model[off + j] = (model[off + j] & ~mask) | (val >> 8 * j & mask);
			want |= (__u32)model[off + j] << 8 * j;
		}
		if (i & 1)
			put(off, width, val);
		ASSERT_EQ(want, get(off, width));
		ASSERT_EQ(0, memcmp(model, self->g.config.space, SIZE));
	}
}

/*
 * All of the space of a card with both kinds of message interrupts, word by word: what it reads
 * after power-on, and what remains of ones in each place. Words that are not here stay 0.
 */
static const struct msamp_pci_ident full = {
	.vendor = 0x1234,
	.device = 0x5678,
	.class = 0x070002,
	.revision = 0x9a,
	.bar = { 8, 0, 4096, 0, 0, 16 },
	.bar_type = { IO, 0, PCI_BASE_ADDRESS_MEM_PREFETCH, 0, 0, IO },
	.msi_vectors = 8,
	.msix_vectors = 6,
	.msix_table = 0x34000402,
	.msix_pba = 0x12000802,
};

static const struct {
	__u8 offset;
	__u32 value, ones;
} words[] = {
	{ 0x00, 0x56781234, 0x56781234 },	/* device, vendor */
	{ 0x04, 0x02100000, 0x02100547 },	/* capabilities, medium DEVSEL; command */
	{ 0x08, 0x0700029a, 0x0700029a },	/* class, revision */
	{ 0x0c, 0x00000000, 0x0000ffff },	/* header type, latency timer, cache line size */
	{ 0x10, 0x00000001, 0xfffffff9 },	/* I/O of 8 bytes */
	{ 0x18, 0x00000008, 0xfffff008 },	/* prefetchable memory of 4096 */
	{ 0x24, 0x00000001, 0xfffffff1 },	/* I/O of 16 */
	{ 0x2c, 0x56781234, 0x56781234 },	/* subsystem */
	{ 0x34, 0x00000040, 0x00000040 },	/* the first capability */
	{ 0x3c, 0x00000100, 0x000001ff },	/* pin A; line */
	{ 0x40, 0x00865005, 0x00f75005 },	/* MSI: 64 bits, 8 vectors; the next one */
	{ 0x44, 0x00000000, 0xfffffffc },	/* address */
	{ 0x48, 0x00000000, 0xffffffff },
	{ 0x4c, 0x00000000, 0x0000ffff },	/* data */
	{ 0x50, 0x00050011, 0xc0050011 },	/* MSI-X: 6 vectors; the last one */
	{ 0x54, 0x34000402, 0x34000402 },	/* table */
	{ 0x58, 0x12000802, 0x12000802 },	/* pending bits */
};

static __u32 word_at(unsigned int offset, bool ones)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].offset == offset)
			return ones ? words[i].ones : words[i].value;
	return 0;
}

TEST_F(config, every_word)
{
	msamp_pci_config_init(&self->g.config, &full);
	for (unsigned int offset = 0; offset < SIZE; offset += 4) {
		__u32 value = word_at(offset, false), ones = word_at(offset, true);

		EXPECT_EQ(value, get(offset, 4)) {
			TH_LOG("at %02x", offset);
		}
		put(offset, 4, ~0U);
		EXPECT_EQ(ones, get(offset, 4)) {
			TH_LOG("at %02x", offset);
		}
		put(offset, 4, 0);
		EXPECT_EQ(value & ~(value ^ ones), get(offset, 4) & ~(value ^ ones));
		EXPECT_EQ(0, get(offset, 4) & (value ^ ones));
	}
}

/* How many vectors it says it has, as a power of two; none, and there is no capability. */
TEST_F(config, msi_vectors)
{
	struct msamp_pci_ident ident = full;

	for (unsigned int log = 0; log <= 5; log++) {
		ident.msi_vectors = 1 << log;
		msamp_pci_config_init(&self->g.config, &ident);
		EXPECT_EQ(PCI_MSI_FLAGS_64BIT | log << 1, get(0x42, 2));
		put(0x42, 2, 0xffff);
		EXPECT_EQ(PCI_MSI_FLAGS_64BIT | log << 1 | PCI_MSI_FLAGS_ENABLE |
			  PCI_MSI_FLAGS_QSIZE, get(0x42, 2));
	}
	ident.msi_vectors = 0;
	msamp_pci_config_init(&self->g.config, &ident);
	EXPECT_EQ(0x50, get(PCI_CAPABILITY_LIST, 1));
	EXPECT_EQ(0, get(0x40, 4));
	ident.msix_vectors = 0;
	msamp_pci_config_init(&self->g.config, &ident);
	EXPECT_EQ(0, get(PCI_CAPABILITY_LIST, 1));
	EXPECT_EQ(PCI_STATUS_DEVSEL_MEDIUM, get(PCI_STATUS, 2));
	EXPECT_EQ(0, get(0x50, 4));
	ident.msi_vectors = 1;
	msamp_pci_config_init(&self->g.config, &ident);
	EXPECT_EQ(PCI_CAP_ID_MSI, get(0x40, 2));
}

TEST_F(config, mask_of_all_vectors)
{
	msamp_pci_config_init(&self->g.config, &full);
	EXPECT_FALSE(msamp_pci_config_msix_masked(&self->g.config));
	put(0x52, 2, PCI_MSIX_FLAGS_ENABLE);
	EXPECT_FALSE(msamp_pci_config_msix_masked(&self->g.config));
	put(0x52, 2, PCI_MSIX_FLAGS_MASKALL);
	EXPECT_TRUE(msamp_pci_config_msix_masked(&self->g.config));
	EXPECT_EQ(PCI_MSIX_FLAGS_MASKALL | 5, get(0x52, 2));
	put(0x53, 1, 0);
	EXPECT_FALSE(msamp_pci_config_msix_masked(&self->g.config));
}

TEST_HARNESS_MAIN
