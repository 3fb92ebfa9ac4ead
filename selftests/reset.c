// SPDX-License-Identifier: GPL-2.0-only
/* Reset, and a close followed by the next user's open: nothing of the past is left. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/uart_port.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define MAX_PORTS 4

struct snapshot {
	__u8 config[CFG_SIZE];
	__u8 regs[MAX_PORTS][BAR_SIZE];
	__u8 divisor[MAX_PORTS][2];
};

static int take(struct snapshot *s, int fd, unsigned int ports)
{
	memset(s, 0, sizeof(*s));
	if (region_read(fd, CONFIG, 0, s->config, CFG_SIZE) != CFG_SIZE)
		return -EIO;
	for (unsigned int port = 0; port < ports; port++) {
		__u8 lcr = UART_LCR_DLAB;

		if (region_read(fd, port, 0, s->regs[port], BAR_SIZE) != BAR_SIZE ||
		    region_write(fd, port, UART_LCR, &lcr, 1) != 1 ||
		    region_read(fd, port, 0, s->divisor[port], 2) != 2)
			return -EIO;
		lcr = s->regs[port][UART_LCR];
		if (region_write(fd, port, UART_LCR, &lcr, 1) != 1)
			return -EIO;
	}
	return 0;
}

/* Leaves no register as it was, with causes pending, data waiting and errors unread. */
#define make_a_mess() do {									\
	static const __u8 bytes[] = "twenty bytes, in all";					\
												\
	for (unsigned int __off = 0; __off < CFG_SIZE; __off++)					\
		cfg_write(self->fd, __off, 1, 0xff);						\
	for (unsigned int __port = 0; __port < variant->ports; __port++) {			\
		uart_setup(self->fd, __port, 0x1234, UART_LCR_WLEN7 | UART_LCR_STOP,		\
			   UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14);				\
		uart_out(self->fd, __port, UART_IER, 0x0f);					\
		uart_out(self->fd, __port, UART_SCR, 0x5a);					\
		uart_send(self->fd, __port, bytes, sizeof(bytes));				\
		uart_out(self->fd, __port, UART_MCR, UART_MCR_RTS | UART_MCR_AFE);		\
		uart_out(self->fd, __port, UART_LCR, UART_LCR_WLEN7 | UART_LCR_SBC);		\
	}											\
} while (0)

TEST_F(dev, the_mess_is_one)
{
	struct snapshot before, after;

	ASSERT_EQ(0, take(&before, self->fd, variant->ports));
	make_a_mess();
	ASSERT_EQ(0, take(&after, self->fd, variant->ports));
	EXPECT_NE(0, memcmp(before.config, after.config, CFG_SIZE));
	for (unsigned int port = 0; port < variant->ports; port++) {
		for (unsigned int reg = UART_IER; reg < BAR_SIZE; reg++) {
			EXPECT_NE(before.regs[port][reg], after.regs[port][reg]) {
				TH_LOG("register %u of port %u", reg, port);
			}
		}
	}
}

#define expect_as_new() do {								\
	struct snapshot __now;								\
											\
	ASSERT_EQ(0, take(&__now, self->fd, variant->ports));				\
	EXPECT_EQ(0, memcmp(fresh.config, __now.config, CFG_SIZE));			\
	EXPECT_EQ(0, memcmp(fresh.regs, __now.regs, sizeof(fresh.regs)));		\
	EXPECT_EQ(0, memcmp(fresh.divisor, __now.divisor, sizeof(fresh.divisor)));	\
} while (0)

TEST_F(dev, reset_makes_new)
{
	struct snapshot fresh;

	ASSERT_EQ(0, take(&fresh, self->fd, variant->ports));
	for (int i = 0; i < 3; i++) {
		make_a_mess();
		vfio_reset(self->fd);
		expect_as_new();
	}
}

TEST_F(dev, next_user_finds_it_new)
{
	struct snapshot fresh;

	ASSERT_EQ(0, take(&fresh, self->fd, variant->ports));
	for (int i = 0; i < 3; i++) {
		make_a_mess();
		vfio_close(&self->vfio);
		vfio_open(&self->vfio, self->uuid, variant->via);
		self->fd = self->vfio.fd;
		expect_as_new();
	}
}

/* A reset is not an end: the port works as before it. */
TEST_F(dev, port_works_after_reset)
{
	__u8 got[UART_FIFO_SIZE];

	make_a_mess();
	vfio_reset(self->fd);
	setup_8n1();
	send("hello", 5);
	EXPECT_EQ(5, drain(got, sizeof(got)));
	EXPECT_EQ(0, memcmp("hello", got, 5));
}

TEST_F(dev, reset_again_and_again)
{
	for (int i = 0; i < 1000; i++) {
		out(UART_FCR, UART_FCR_ENABLE_FIFO);
		out(UART_TX, i);
		ASSERT_EQ(0, __vfio_reset(self->fd));
		ASSERT_EQ(LSR_IDLE, in(UART_LSR));
	}
}

TEST_HARNESS_MAIN
