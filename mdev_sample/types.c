// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of card. A new one is a new entry.
 *
 * Names, ids, class and ports of the first two are those of the kernel's mtty sample, on which
 * scripts and tools rely. Linux's 8250_pci takes 4348:3253 by its class code (0700, programming
 * interface 02) and finds a port in each consecutive I/O BAR of exactly eight bytes. The third is a
 * WCH CH353 with four ports, which 8250_pci knows by its ids; its class is a multiport controller's
 * (0702).
 */
#include "types.h"
#include "uart.h"

#define MSAMP_VENDOR_WCH	0x4348
#define MSAMP_DEVICE_CH352_2S	0x3253
#define MSAMP_DEVICE_CH353_4S	0x3453
#define MSAMP_CLASS_16550	0x070002
#define MSAMP_CLASS_MULTIPORT	0x070200

#define MSAMP_REVISION		0x10
#define MSAMP_IO		PCI_BASE_ADDRESS_SPACE_IO
#define MSAMP_IO_SIZE		MSAMP_UART_REGS

const struct msamp_kind msamp_kinds[MSAMP_NR_KINDS] = {
	{
		.name = "1",
		.pretty_name = "Single port serial",
		.description = "virtual PCI serial card, 1 port 16550A",
		.nr_ports = 1,
		.ident = {
			.vendor = MSAMP_VENDOR_WCH,
			.device = MSAMP_DEVICE_CH352_2S,
			.class = MSAMP_CLASS_16550,
			.revision = MSAMP_REVISION,
			.bar = { MSAMP_IO_SIZE },
			.bar_type = { MSAMP_IO },
		},
	}, {
		.name = "2",
		.pretty_name = "Dual port serial",
		.description = "virtual PCI serial card, 2 ports 16550A",
		.nr_ports = 2,
		.ident = {
			.vendor = MSAMP_VENDOR_WCH,
			.device = MSAMP_DEVICE_CH352_2S,
			.class = MSAMP_CLASS_16550,
			.revision = MSAMP_REVISION,
			.bar = { MSAMP_IO_SIZE, MSAMP_IO_SIZE },
			.bar_type = { MSAMP_IO, MSAMP_IO },
		},
	}, {
		.name = "4",
		.pretty_name = "Quad port serial",
		.description = "virtual PCI serial card, 4 ports 16550A",
		.nr_ports = 4,
		.ident = {
			.vendor = MSAMP_VENDOR_WCH,
			.device = MSAMP_DEVICE_CH353_4S,
			.class = MSAMP_CLASS_MULTIPORT,
			.revision = MSAMP_REVISION,
			.bar = { MSAMP_IO_SIZE, MSAMP_IO_SIZE, MSAMP_IO_SIZE, MSAMP_IO_SIZE },
			.bar_type = { MSAMP_IO, MSAMP_IO, MSAMP_IO, MSAMP_IO },
		},
	},
};
