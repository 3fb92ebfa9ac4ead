// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modem lines. The loopback plug wires RTS to CTS and DTR to DSR and DCD; RI is not connected.
 * Loop mode, inside the chip, wires OUT1 to RI and OUT2 to DCD instead.
 */
#include "kselftest_harness.h"
#include "lib/dev_fixture.h"
#include "lib/uart_port.h"

FIXTURE_VARIANT_ADD(dev, group_mtty_1) { DEV_VARIANT(GROUP, 1) };
FIXTURE_VARIANT_ADD(dev, group_mtty_2) { DEV_VARIANT(GROUP, 2) };
FIXTURE_VARIANT_ADD(dev, cdev_mtty_2) { DEV_VARIANT(CDEV, 2) };

static __u8 plug_lines(__u8 mcr)
{
	return (mcr & UART_MCR_DTR ? PLUG_DTR : 0) | (mcr & UART_MCR_RTS ? PLUG_RTS : 0);
}

static __u8 loop_lines(__u8 mcr)
{
	return (mcr & UART_MCR_DTR ? UART_MSR_DSR : 0) | (mcr & UART_MCR_RTS ? UART_MSR_CTS : 0) |
	       (mcr & UART_MCR_OUT1 ? UART_MSR_RI : 0) | (mcr & UART_MCR_OUT2 ? UART_MSR_DCD : 0);
}

/* What the low nibble reports of a change; RI only when it ends. */
static __u8 deltas(__u8 before, __u8 after)
{
	__u8 changed = before ^ after;

	return (changed & UART_MSR_CTS ? UART_MSR_DCTS : 0) |
	       (changed & UART_MSR_DSR ? UART_MSR_DDSR : 0) |
	       (changed & before & UART_MSR_RI ? UART_MSR_TERI : 0) |
	       (changed & UART_MSR_DCD ? UART_MSR_DDCD : 0);
}

TEST_F(dev, plug_feeds_lines_back)
{
	/* from each state to each other one */
	for (__u8 from = 0; from < 16; from++) {
		for (__u8 to = 0; to < 16; to++) {
			out(UART_MCR, from);
			in(UART_MSR);
			out(UART_MCR, to);
			EXPECT_EQ(plug_lines(to) | deltas(plug_lines(from), plug_lines(to)),
				  in(UART_MSR)) {
				TH_LOG("MCR 0x%02x, then 0x%02x", from, to);
			}
			EXPECT_EQ(plug_lines(to), in(UART_MSR));
		}
	}
}

TEST_F(dev, loop_mode_feeds_outputs_back)
{
	for (__u8 from = 0; from < 16; from++) {
		for (__u8 to = 0; to < 16; to++) {
			out(UART_MCR, UART_MCR_LOOP | from);
			in(UART_MSR);
			out(UART_MCR, UART_MCR_LOOP | to);
			EXPECT_EQ(loop_lines(to) | deltas(loop_lines(from), loop_lines(to)),
				  in(UART_MSR)) {
				TH_LOG("MCR 0x%02x, then 0x%02x, in loop mode", from, to);
			}
			EXPECT_EQ(loop_lines(to), in(UART_MSR));
		}
	}
}

TEST_F(dev, leaving_loop_mode_shows_the_plug_again)
{
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_RTS | UART_MCR_OUT1 | UART_MCR_OUT2);
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_RI | UART_MSR_DCD, in(UART_MSR) & MSR_LINES);
	out(UART_MCR, UART_MCR_RTS | UART_MCR_OUT1 | UART_MCR_OUT2);
	/* CTS may have dropped for a moment: loop mode had RTS off outside */
	EXPECT_EQ(UART_MSR_CTS | UART_MSR_TERI | UART_MSR_DDCD, in(UART_MSR) & ~UART_MSR_DCTS);
}

TEST_F(dev, deltas_add_up_until_they_are_read)
{
	in(UART_MSR);
	out(UART_MCR, UART_MCR_RTS);
	out(UART_MCR, UART_MCR_RTS | UART_MCR_DTR);
	out(UART_MCR, UART_MCR_DTR);
	out(UART_MCR, 0);
	/* back where they were, but not unseen */
	EXPECT_EQ(UART_MSR_DCTS | UART_MSR_DDSR | UART_MSR_DDCD, in(UART_MSR));
	EXPECT_EQ(0, in(UART_MSR));
}

TEST_F(dev, writing_the_same_is_no_change)
{
	out(UART_MCR, UART_MCR_RTS | UART_MCR_DTR);
	in(UART_MSR);
	for (int i = 0; i < 5; i++)
		out(UART_MCR, UART_MCR_RTS | UART_MCR_DTR);
	EXPECT_EQ(0, in(UART_MSR) & MSR_DELTAS);
}

TEST_F(dev, nothing_but_modem_control_moves_the_lines)
{
	setup_8n1();
	EXPECT_EQ(PLUG_DTR | PLUG_RTS, in(UART_MSR));
	send("data", 4);
	out(UART_LCR, UART_LCR_WLEN8 | UART_LCR_SBC);
	out(UART_LCR, UART_LCR_WLEN8);
	out(UART_FCR, 0);
	out(UART_IER, 0x0f);
	EXPECT_EQ(PLUG_DTR | PLUG_RTS, in(UART_MSR));
}

TEST_F(dev, change_raises_the_modem_status_interrupt)
{
	setup_8n1();
	in(UART_MSR);
	out(UART_IER, UART_IER_MSI);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	out(UART_MCR, UART_MCR_OUT2);
	EXPECT_EQ(UART_IIR_MSI, cause());
	/* reading the cause is not enough */
	EXPECT_EQ(UART_IIR_MSI, cause());
	in(UART_MSR);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, old_change_is_reported_when_enabled)
{
	setup_8n1();
	in(UART_MSR);
	out(UART_MCR, UART_MCR_OUT2);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	out(UART_IER, UART_IER_MSI);
	EXPECT_EQ(UART_IIR_MSI, cause());
	out(UART_IER, 0);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
}

TEST_F(dev, start_of_a_ring_is_not_reported)
{
	setup_8n1();
	out(UART_MCR, UART_MCR_LOOP);
	in(UART_MSR);
	out(UART_IER, UART_IER_MSI);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT1);
	EXPECT_EQ(UART_IIR_NO_INT, cause());
	out(UART_MCR, UART_MCR_LOOP);
	EXPECT_EQ(UART_IIR_MSI, cause());
	EXPECT_EQ(UART_MSR_TERI, in(UART_MSR));
}

TEST_HARNESS_MAIN
