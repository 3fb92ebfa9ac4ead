// SPDX-License-Identifier: GPL-2.0-only
/*
 * The models of serial card. A new one is a new entry.
 *
 * Names, ids, class and ports of the first two are those of the kernel's mtty sample, on which
 * scripts and tools rely. Linux's 8250_pci takes 4348:3253 by its class code (0700, programming
 * interface 02) and finds a port in each consecutive I/O BAR of exactly eight bytes. The third is a
 * WCH CH353 with four ports, which 8250_pci knows by its ids; its class is a multiport controller's
 * (0702).
 */
#include <linux/cache.h>
#include <linux/init.h>

#include "hw/uart.h"
#include "serial/priv.h"
#include "serial/serial.h"

#define MSAMP_VENDOR_WCH	0x4348
#define MSAMP_DEVICE_CH352_2S	0x3253
#define MSAMP_DEVICE_CH353_4S	0x3453
#define MSAMP_CLASS_16550	0x070002
#define MSAMP_CLASS_MULTIPORT	0x070200

#define MSAMP_REVISION		0x10

/*
 * One I/O BAR of eight bytes a port, from BAR 0 on. The serial drivers use INTx, but every
 * card has messages too, with the MSI-X table in a memory BAR behind all I/O BARs: that is where
 * 8250_pci's guess allows one.
 */
#define MSAMP_BARS(ports) \
	{ [0 ... (ports) - 1] = MSAMP_UART_REGS, [MSAMP_MSIX_BAR] = MSAMP_MSIX_BAR_SIZE }
#define MSAMP_BAR_TYPES(ports) \
	{ [0 ... (ports) - 1] = PCI_BASE_ADDRESS_SPACE_IO }
#define MSAMP_MESSAGES \
	.msi_vectors = MSAMP_MSI_VECTORS, \
	.msix_vectors = MSAMP_MSIX_VECTORS, \
	.msix_table = MSAMP_MSIX_BAR | MSAMP_MSIX_TABLE, \
	.msix_pba = MSAMP_MSIX_BAR | MSAMP_MSIX_PBA

struct msamp_model msamp_serial_models[MSAMP_NR_SERIAL_MODELS] __ro_after_init = {
	{
		.name = "1",
		.pretty_name = "Single port serial",
		.description = "virtual PCI serial card, 1 port 16550A",
		.units = 1,
		.nr_ports = 1,
		.ops = &msamp_serial_ops,
		.ident = {
			.vendor = MSAMP_VENDOR_WCH,
			.device = MSAMP_DEVICE_CH352_2S,
			.class = MSAMP_CLASS_16550,
			.revision = MSAMP_REVISION,
			.bar = MSAMP_BARS(1),
			.bar_type = MSAMP_BAR_TYPES(1),
			MSAMP_MESSAGES,
		},
	}, {
		.name = "2",
		.pretty_name = "Dual port serial",
		.description = "virtual PCI serial card, 2 ports 16550A",
		.units = 2,
		.nr_ports = 2,
		.ops = &msamp_serial_ops,
		.ident = {
			.vendor = MSAMP_VENDOR_WCH,
			.device = MSAMP_DEVICE_CH352_2S,
			.class = MSAMP_CLASS_16550,
			.revision = MSAMP_REVISION,
			.bar = MSAMP_BARS(2),
			.bar_type = MSAMP_BAR_TYPES(2),
			MSAMP_MESSAGES,
		},
	}, {
		.name = "4",
		.pretty_name = "Quad port serial",
		.description = "virtual PCI serial card, 4 ports 16550A",
		.units = 4,
		.nr_ports = 4,
		.ops = &msamp_serial_ops,
		.ident = {
			.vendor = MSAMP_VENDOR_WCH,
			.device = MSAMP_DEVICE_CH353_4S,
			.class = MSAMP_CLASS_MULTIPORT,
			.revision = MSAMP_REVISION,
			.bar = MSAMP_BARS(4),
			.bar_type = MSAMP_BAR_TYPES(4),
			MSAMP_MESSAGES,
		},
	},
};

/**
 * msamp_serial_models_init() - complete the table
 *
 * Context: Module load, before anything uses the table.
 */
void __init msamp_serial_models_init(void)
{
	unsigned int i;

	for (i = 0; i < MSAMP_NR_SERIAL_MODELS; i++)
		msamp_pci_config_init(&msamp_serial_models[i].fresh, &msamp_serial_models[i].ident);
}
