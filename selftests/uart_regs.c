// SPDX-License-Identifier: GPL-2.0-only
/* A port's registers: which bits are storage, what the rest reads as, and how a driver opens it. */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/uart_port.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, group_mtty_4) { DEV_VARIANT(GROUP, 4) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

TEST_F(dev, every_register_at_reset)
{
	for (unsigned int port = 0; port < variant->ports; port++) {
		EXPECT_EQ(0, uart_in(self->fd, port, UART_IER));
		EXPECT_EQ(UART_IIR_NO_INT, uart_in(self->fd, port, UART_IIR));
		EXPECT_EQ(0, uart_in(self->fd, port, UART_LCR));
		EXPECT_EQ(0, uart_in(self->fd, port, UART_MCR));
		EXPECT_EQ(LSR_IDLE, uart_in(self->fd, port, UART_LSR));
		/* DTR and RTS are off, and with them what the plug makes of them */
		EXPECT_EQ(0, uart_in(self->fd, port, UART_MSR));
		EXPECT_EQ(0, uart_in(self->fd, port, UART_SCR));
	}
}

TEST_F(dev, scratch_is_storage)
{
	for (int val = 255; val >= 0; val--) {
		out(UART_SCR, val);
		EXPECT_EQ(val, in(UART_SCR));
	}
}

TEST_F(dev, line_control_is_storage)
{
	for (int val = 255; val >= 0; val--) {
		out(UART_LCR, val);
		EXPECT_EQ(val, in(UART_LCR));
	}
}

TEST_F(dev, interrupt_enable_has_four_bits)
{
	for (int val = 255; val >= 0; val--) {
		out(UART_IER, val);
		EXPECT_EQ(val & 0x0f, in(UART_IER));
	}
}

TEST_F(dev, modem_control_has_six_bits)
{
	/* the sixth is auto flow control, which a 16550A has not but this card does */
	for (int val = 255; val >= 0; val--) {
		out(UART_MCR, val);
		EXPECT_EQ(val & 0x3f, in(UART_MCR));
	}
}

TEST_F(dev, divisor_is_plain)
{
	static const __u16 divisor[] = { 0xffff, 0, 0x5aa5, 0xa55a, 1, 0x0100, 12, 2304 };

	out(UART_LCR, UART_LCR_DLAB);
	for (size_t i = 0; i < ARRAY_SIZE(divisor); i++) {
		out(UART_DLL, divisor[i] & 0xff);
		out(UART_DLM, divisor[i] >> 8);
		EXPECT_EQ(divisor[i] & 0xff, in(UART_DLL));
		EXPECT_EQ(divisor[i] >> 8, in(UART_DLM));
	}
	for (int val = 255; val >= 0; val--) {
		out(UART_DLL, val);
		EXPECT_EQ(val, in(UART_DLL));
		EXPECT_EQ(2304 >> 8, in(UART_DLM));
	}
}

TEST_F(dev, divisor_hides_data_and_interrupt_enable)
{
	setup_8n1();
	out(UART_IER, UART_IER_MSI);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_DLAB);
	out(UART_DLL, 0x34);
	out(UART_DLM, 0x12);
	out(UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(UART_IER_MSI, in(UART_IER));
	EXPECT_FALSE(in(UART_LSR) & UART_LSR_DR);
	out(UART_IER, 0);
	out(UART_LCR, UART_LCR_DLAB);
	EXPECT_EQ(0x34, in(UART_DLL));
	EXPECT_EQ(0x12, in(UART_DLM));
	/* the other six are where they were */
	out(UART_SCR, 0x42);
	EXPECT_EQ(0x42, in(UART_SCR));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

TEST_F(dev, status_registers_cannot_be_written)
{
	setup_8n1();
	for (int val = 255; val >= 0; val--) {
		out(UART_LSR, val);
		EXPECT_EQ(LSR_IDLE, in(UART_LSR));
		out(UART_MSR, val);
		EXPECT_EQ(PLUG_DTR | PLUG_RTS, in(UART_MSR));
	}
}

TEST_F(dev, identification_tells_of_fifos_while_they_are_on)
{
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR));
	out(UART_FCR, UART_FCR_ENABLE_FIFO);
	EXPECT_EQ(UART_IIR_NO_INT | IIR_FIFO, in(UART_IIR));
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_14);
	EXPECT_EQ(UART_IIR_NO_INT | IIR_FIFO, in(UART_IIR));
	/* trigger bits alone do not turn them on */
	out(UART_FCR, UART_FCR_TRIGGER_14);
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR));
}

TEST_F(dev, wide_reads_see_consecutive_registers)
{
	__u8 regs[8], want[8] = {
		0, UART_IER_RLSI, UART_IIR_NO_INT | IIR_FIFO, UART_LCR_WLEN8,
		UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2, LSR_IDLE, PLUG_DTR | PLUG_RTS, 0xc3,
	};

	setup_8n1();
	out(UART_IER, UART_IER_RLSI);
	out(UART_SCR, 0xc3);
	EXPECT_EQ(8, region_read(self->fd, PORT, 0, regs, 8));
	/* what an empty receiver holds is nobody's business */
	EXPECT_EQ(0, memcmp(regs + 1, want + 1, 7));
	EXPECT_EQ(4, region_read(self->fd, PORT, 4, regs, 4));
	EXPECT_EQ(0, memcmp(regs, want + 4, 4));
	EXPECT_EQ(2, region_read(self->fd, PORT, 2, regs, 2));
	EXPECT_EQ(0, memcmp(regs, want + 2, 2));
	EXPECT_EQ(3, region_read(self->fd, PORT, 3, regs, 3));
	EXPECT_EQ(0, memcmp(regs, want + 3, 3));
}

TEST_F(dev, wide_writes_hit_consecutive_registers)
{
	static const __u8 divisor[2] = { 0x0c, 0x03 };
	static const __u8 upper[4] = { UART_MCR_OUT1, 0xff, 0xff, 0x99 };
	static const __u8 lower[4] = { 'q', UART_IER_MSI, UART_FCR_ENABLE_FIFO, UART_LCR_WLEN7 };

	out(UART_LCR, UART_LCR_DLAB);
	EXPECT_EQ(2, region_write(self->fd, PORT, UART_DLL, divisor, 2));
	EXPECT_EQ(divisor[0], in(UART_DLL));
	EXPECT_EQ(divisor[1], in(UART_DLM));
	out(UART_LCR, UART_LCR_WLEN8);
	EXPECT_EQ(4, region_write(self->fd, PORT, 4, upper, 4));
	EXPECT_EQ(UART_MCR_OUT1, in(UART_MCR));
	EXPECT_EQ(0x99, in(UART_SCR));
	EXPECT_EQ(4, region_write(self->fd, PORT, 0, lower, 4));
	EXPECT_EQ(UART_IER_MSI, in(UART_IER));
	EXPECT_EQ(IIR_FIFO, in(UART_IIR) & IIR_FIFO);
	EXPECT_EQ(UART_LCR_WLEN7, in(UART_LCR));
}

/* A wide read of the receiver takes one byte, not as many as it is wide. */
TEST_F(dev, wide_reads_take_one_byte_from_the_fifo)
{
	__u8 regs[4];

	setup_8n1();
	send("abc", 3);
	EXPECT_EQ(4, region_read(self->fd, PORT, 0, regs, 4));
	EXPECT_EQ('a', regs[0]);
	EXPECT_EQ(2, region_read(self->fd, PORT, 0, regs, 2));
	EXPECT_EQ('b', regs[0]);
	EXPECT_EQ('c', in(UART_RX));
	EXPECT_FALSE(in(UART_LSR) & UART_LSR_DR);
}

TEST_F(dev, ports_are_independent)
{
	if (variant->ports < 2)
		SKIP(return, ONE_PORT);
	uart_setup(self->fd, 0, 1, UART_LCR_WLEN8, UART_FCR_ENABLE_FIFO);
	uart_setup(self->fd, 1, 0x0203, UART_LCR_WLEN7, 0);
	uart_out(self->fd, 0, UART_SCR, 0x11);
	uart_out(self->fd, 1, UART_SCR, 0x22);
	uart_out(self->fd, 0, UART_IER, UART_IER_RDI);
	uart_out(self->fd, 1, UART_MCR, 0);
	uart_out(self->fd, 0, UART_TX, 'p');
	EXPECT_EQ(0x11, uart_in(self->fd, 0, UART_SCR));
	EXPECT_EQ(0x22, uart_in(self->fd, 1, UART_SCR));
	EXPECT_EQ(0, uart_in(self->fd, 1, UART_IER));
	EXPECT_EQ(UART_LCR_WLEN8, uart_in(self->fd, 0, UART_LCR));
	EXPECT_EQ(UART_LCR_WLEN7, uart_in(self->fd, 1, UART_LCR));
	EXPECT_EQ(0, uart_in(self->fd, 1, UART_IIR) & IIR_FIFO);
	EXPECT_EQ(PLUG_DTR | PLUG_RTS, uart_in(self->fd, 0, UART_MSR));
	EXPECT_EQ(0, uart_in(self->fd, 1, UART_MSR) & MSR_LINES);
	EXPECT_FALSE(uart_in(self->fd, 1, UART_LSR) & UART_LSR_DR);
	EXPECT_EQ('p', uart_in(self->fd, 0, UART_RX));
}

/*
 * What Linux's serial core does to a port that it is told is a 16550A. Each step that it draws a
 * conclusion from is checked.
 */
TEST_F(dev, linux_driver_opens_the_port)
{
	out(UART_FCR, UART_FCR_ENABLE_FIFO);
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT);
	out(UART_FCR, 0);
	/* all ones would mean that there is no port */
	EXPECT_NE(0xff, in(UART_LSR));
	in(UART_RX);
	in(UART_IIR);
	in(UART_MSR);

	/* does the transmitter's interrupt come back each time it is enabled? */
	EXPECT_TRUE(in(UART_LSR) & UART_LSR_THRE);
	out(UART_IER, UART_IER_THRI);
	EXPECT_EQ(UART_IIR_THRI, in(UART_IIR));
	EXPECT_EQ(UART_IIR_NO_INT, in(UART_IIR));
	out(UART_IER, 0);
	out(UART_IER, UART_IER_THRI);
	EXPECT_EQ(UART_IIR_THRI, in(UART_IIR));
	out(UART_IER, 0);

	out(UART_LCR, UART_LCR_WLEN8);
	out(UART_MCR, UART_MCR_OUT2);
	out(UART_IER, UART_IER_THRI);
	EXPECT_TRUE(in(UART_LSR) & UART_LSR_TEMT);
	/* "none" here would be taken for a chip that forgets the interrupt */
	EXPECT_FALSE(in(UART_IIR) & UART_IIR_NO_INT);
	out(UART_IER, 0);

	out(UART_IER, UART_IER_RLSI | UART_IER_RDI);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_DLAB);
	out(UART_DLL, 12);
	out(UART_DLM, 0);
	out(UART_LCR, UART_LCR_WLEN8);
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8);
	out(UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
	EXPECT_EQ(UART_IIR_NO_INT | IIR_FIFO, in(UART_IIR));
	EXPECT_EQ(LSR_IDLE, in(UART_LSR));
}

TEST_HARNESS_MAIN
