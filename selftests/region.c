// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes of the device fd: where regions begin and end, and what lies outside. */
#include <limits.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/memory.h"
#include "lib/uart.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX

TEST_F(dev, first_and_last_byte)
{
	__u8 byte;

	for (unsigned int index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		unsigned int size = self->size[index];

		if (!size)
			continue;
		EXPECT_EQ(1, region_read(self->fd, index, 0, &byte, 1));
		EXPECT_EQ(1, region_read(self->fd, index, size - 1, &byte, 1));
		EXPECT_EQ(1, region_write(self->fd, index, size - 1, &byte, 1));
		EXPECT_ERRNO(EINVAL, region_read(self->fd, index, size, &byte, 1));
		EXPECT_ERRNO(EINVAL, region_write(self->fd, index, size, &byte, 1));
	}
}

/* Offsets that a 32-bit, a 40-bit or a signed variable would fold back into the region. */
TEST_F(dev, far_past_the_end)
{
	static const __u64 far[] = {
		BAR_SIZE, CFG_SIZE, CFG_SIZE + 1, 4095, 4096, 4097, 65536, 1ULL << 31, 1ULL << 32,
		(1ULL << 32) + 4, 1ULL << 39, (1ULL << 39) + 1, (1ULL << 40) - 16,
		(1ULL << 40) - 4, (1ULL << 40) - 1,
	};
	__u8 buf[16];

	for (unsigned int index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
			if (far[i] < self->size[index])
				continue;
			memset(buf, 0x5a, sizeof(buf));
			EXPECT_ERRNO(EINVAL, region_read(self->fd, index, far[i], buf, 1));
			EXPECT_ERRNO(EINVAL, region_read(self->fd, index, far[i], buf, 16));
			EXPECT_EQ(0x5a, buf[0]);
			EXPECT_ERRNO(EINVAL, region_write(self->fd, index, far[i], buf, 1));
			EXPECT_ERRNO(EINVAL, region_write(self->fd, index, far[i], buf, 16));
		}
	}
}

TEST_F(dev, regions_that_are_not_there)
{
	static const unsigned int offset[] = { 0, 1, 4, 7, 255 };
	__u8 buf[8] = { 0 };

	for (unsigned int index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		if (self->size[index])
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(offset); i++) {
			EXPECT_ERRNO(EINVAL, region_read(self->fd, index, offset[i], buf, 1));
			EXPECT_ERRNO(EINVAL, region_read(self->fd, index, offset[i], buf, 8));
			EXPECT_ERRNO(EINVAL, region_write(self->fd, index, offset[i], buf, 8));
		}
	}
}

TEST_F(dev, indices_that_are_not_there)
{
	/* the last one holds the largest offset that there is */
	static const __u32 index[] = {
		VFIO_PCI_NUM_REGIONS, 10, 15, 16, 127, 128, 255, 256, 0x10000, 0x100007,
		(1 << 22) - 1, 1 << 22, (1 << 22) + CONFIG, (1 << 23) - 1,
	};
	__u8 buf[8] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(index); i++) {
		EXPECT_ERRNO(EINVAL, region_read(self->fd, index[i], 0, buf, 1));
		EXPECT_ERRNO(EINVAL, region_read(self->fd, index[i], 4, buf, 4));
		EXPECT_ERRNO(EINVAL, region_write(self->fd, index[i], 0, buf, 1));
		EXPECT_ERRNO(EINVAL, region_read(self->fd, index[i], (1ULL << 40) - 1, buf, 1));
		EXPECT_ERRNO(EINVAL, region_write(self->fd, index[i], (1ULL << 40) - 1, buf, 1));
	}
}

TEST_F(dev, negative_offsets)
{
	static const off_t offset[] = { -1, -4, -(1LL << 40), LONG_MIN, LONG_MIN + 7 };
	__u8 buf[4] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(offset); i++) {
		EXPECT_EQ(-1, pread(self->fd, buf, 4, offset[i]));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, pwrite(self->fd, buf, 4, offset[i]));
		EXPECT_EQ(EINVAL, errno);
	}
}

/* Reads of 1 to 16 bytes at @off; the first width that gives the wrong bytes or count, or 0. */
static unsigned int wrong_width(int fd, unsigned int index, unsigned int off, const __u8 *want,
				unsigned int left)
{
	__u8 buf[17];

	for (unsigned int width = 1; width <= 16; width++) {
		unsigned int most = width < left ? width : left;

		memset(buf, 0x5a, sizeof(buf));
		if (region_read(fd, index, off, buf, width) != most ||
		    memcmp(buf, want, most) || buf[most] != 0x5a)
			return width;
	}
	return 0;
}

/* Every width at every offset reads the same bytes, and never more of them than there are. */
TEST_F(dev, every_width_at_every_offset)
{
	__u8 want[MSIX_BAR_SIZE];

	for (unsigned int index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		unsigned int size = self->size[index];

		if (!size)
			continue;
		/* the first look at a port clears what it has to report */
		for (int look = 0; look < 2; look++)
			for (unsigned int off = 0; off < size; off++)
				ASSERT_EQ(1, region_read(self->fd, index, off, &want[off], 1));
		for (unsigned int off = 0; off < size; off++) {
			EXPECT_EQ(0, wrong_width(self->fd, index, off, want + off, size - off)) {
				TH_LOG("at %u of region %u", off, index);
			}
		}
	}
}

TEST_F(dev, long_reads_stop_at_the_end)
{
	const size_t huge = 1UL << 30;
	__u8 *buf = mmap(NULL, huge, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)buf);
	for (unsigned int index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		unsigned int size = self->size[index];

		if (!size)
			continue;
		EXPECT_EQ(size, region_read(self->fd, index, 0, buf, size + 1));
		EXPECT_EQ(size, region_read(self->fd, index, 0, buf, 2 * size));
		EXPECT_EQ(size, region_read(self->fd, index, 0, buf, huge));
		EXPECT_EQ(1, region_read(self->fd, index, size - 1, buf, huge));
	}
	munmap(buf, huge);
}

TEST_F(dev, long_writes_stop_at_the_end)
{
	__u8 zero[MSIX_BAR_SIZE + 16] = { 0 };

	for (unsigned int index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		unsigned int size = self->size[index];

		if (!size)
			continue;
		EXPECT_EQ(size, region_write(self->fd, index, 0, zero, size + 16));
		EXPECT_EQ(2, region_write(self->fd, index, size - 2, zero, 4));
		EXPECT_EQ(1, region_write(self->fd, index, size - 1, zero, 16));
	}
}

/* A write that runs past BAR 0 must not reach BAR 1. */
TEST_F(dev, write_does_not_run_into_the_next_region)
{
	__u8 scratch[16];

	if (variant->ports < 2)
		SKIP(return, ONE_PORT);
	uart_out(self->fd, 1, UART_SCR, 0x77);
	memset(scratch, 0, sizeof(scratch));
	EXPECT_EQ(1, region_write(self->fd, 0, UART_SCR, scratch, sizeof(scratch)));
	EXPECT_EQ(0x77, uart_in(self->fd, 1, UART_SCR));
}

TEST_F(dev, zero_length)
{
	__u8 byte = 0x5a;

	for (unsigned int index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		unsigned int size = self->size[index];

		if (!size)
			continue;
		EXPECT_EQ(0, region_read(self->fd, index, 0, &byte, 0));
		EXPECT_EQ(0, region_write(self->fd, index, size - 1, &byte, 0));
	}
	EXPECT_EQ(0x5a, byte);
}

TEST_F(dev, bad_pointers)
{
	char *end = page_end();

	ASSERT_NE(NULL, end);
	for (unsigned int index = 0; index < VFIO_PCI_NUM_REGIONS; index++) {
		unsigned int size = self->size[index];

		if (!size)
			continue;
		for (unsigned int len = 1; len <= size; len *= 2) {
			EXPECT_ERRNO(EFAULT, region_read(self->fd, index, 0, end, len));
			EXPECT_ERRNO(EFAULT, region_write(self->fd, index, 0, end, len));
			EXPECT_ERRNO(EFAULT, region_read(self->fd, index, 0, NULL, len));
			EXPECT_ERRNO(EFAULT, region_write(self->fd, index, 0, NULL, len));
		}
		EXPECT_ERRNO(EFAULT, region_read(self->fd, index, 0, page_read_only(0), 4));
	}
}

/* Where memory ends in the middle, what came before it counts. */
TEST_F(dev, partly_bad_pointers)
{
	char *end = page_end();
	__u8 id[4];

	ASSERT_NE(NULL, end);
	ASSERT_EQ(4, region_read(self->fd, CONFIG, 0, id, 4));
	for (int good = 4; good <= 64; good += 4) {
		memset(end - good, 0, good);
		EXPECT_EQ(good, region_read(self->fd, CONFIG, 0, end - good, CFG_SIZE));
		EXPECT_EQ(0, memcmp(end - good, id, 4));
	}

	end[-1] = 0x99;
	EXPECT_EQ(1, region_write(self->fd, CONFIG, PCI_INTERRUPT_LINE, end - 1, 1));
	end[-1] = 0x55;
	EXPECT_EQ(1, region_write(self->fd, CONFIG, PCI_CACHE_LINE_SIZE - 1, end - 1, 2));
	EXPECT_EQ(0, cfg_read(self->fd, PCI_CACHE_LINE_SIZE, 1));
	EXPECT_EQ(0x99, cfg_read(self->fd, PCI_INTERRUPT_LINE, 1));
	/* a byte that could not be fetched is not written either */
	EXPECT_ERRNO(EFAULT, region_write(self->fd, CONFIG, PCI_INTERRUPT_LINE, end, 1));
	EXPECT_EQ(0x99, cfg_read(self->fd, PCI_INTERRUPT_LINE, 1));
}

/* Only the registers that an access covers change. */
TEST_F(dev, unaligned_writes_hit_their_bytes)
{
	__u8 bytes[3] = { 0x11, 0x22, 0x33 };

	/* latency timer and cache line size are storage, the bytes around them are not */
	EXPECT_EQ(3, region_write(self->fd, CONFIG, PCI_CACHE_LINE_SIZE - 1, bytes, 3));
	EXPECT_EQ(0x22, cfg_read(self->fd, PCI_CACHE_LINE_SIZE, 1));
	EXPECT_EQ(0x33, cfg_read(self->fd, PCI_LATENCY_TIMER, 1));
	EXPECT_EQ(0, cfg_read(self->fd, PCI_HEADER_TYPE, 1));
	EXPECT_EQ(3, region_write(self->fd, CONFIG, PCI_LATENCY_TIMER, bytes, 3));
	EXPECT_EQ(0x22, cfg_read(self->fd, PCI_CACHE_LINE_SIZE, 1));
	EXPECT_EQ(0x11, cfg_read(self->fd, PCI_LATENCY_TIMER, 1));
}

static __u64 next_random(__u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 20;
}

/* Nonsense from a user who does not look at what comes back; the same nonsense every time. */
TEST_F(dev, random_accesses)
{
	__u8 buf[64] = { 0 };
	__u64 seed = 1;

	for (int i = 0; i < 20000; i++) {
		__u64 r = next_random(&seed);
		__u32 index = r % 12;
		__u64 off = next_random(&seed) % (r & 16 ? 16 : r & 32 ? 300 : 1ULL << 40);
		size_t len = next_random(&seed) % sizeof(buf);
		unsigned int size = index < VFIO_PCI_NUM_REGIONS ? self->size[index] : 0;
		ssize_t want = off >= size ? -EINVAL : len < size - off ? len : size - off;

		if (!len)
			want = 0;
		memset(buf, r, sizeof(buf));
		ASSERT_EQ(want, r & 64 ? region_read(self->fd, index, off, buf, len) :
					 region_write(self->fd, index, off, buf, len)) {
			TH_LOG("step %d: region %u, offset %llu, %zu bytes", i, index, off, len);
		}
	}
}

TEST_HARNESS_MAIN
