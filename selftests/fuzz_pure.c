// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pure files under a coverage-guided fuzzer: any sequence of register accesses and line events,
 * any writes to configuration space. What must hold after each step is checked; the sanitizers
 * watch the rest.
 *
 *	make -C selftests fuzz_pure CLANG=clang
 *	selftests/fuzz_pure -max_total_time=60
 */
#include <linux/serial_reg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hw/pci_config.h"
#include "hw/uart.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define must(_cond) do {							\
	if (!(_cond)) {								\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #_cond);	\
		abort();							\
	}									\
} while (0)

static const struct msamp_pci_ident ident = {
	.vendor = 0x4348,
	.device = 0x3253,
	.class = 0x070002,
	.bar = { 8, 8, [5] = 4096 },
	.bar_type = { PCI_BASE_ADDRESS_SPACE_IO, PCI_BASE_ADDRESS_SPACE_IO },
	.msi_vectors = 4,
	.msix_vectors = 8,
	.msix_table = 5,
	.msix_pba = 2048 | 5,
};

static void check_uart(const struct msamp_uart *uart)
{
	must(uart->rx.len <= MSAMP_UART_FIFO_SIZE && uart->tx.len <= MSAMP_UART_FIFO_SIZE);
	must(uart->rx.head < MSAMP_UART_FIFO_SIZE && uart->tx.head < MSAMP_UART_FIFO_SIZE);
	must(uart->rx.errors <= uart->rx.len && !uart->tx.errors);
	must(!(uart->ier & 0xf0) && !(uart->mcr & 0xc0));
	/* without FIFOs there is one holding register each way */
	must((uart->fcr & UART_FCR_ENABLE_FIFO) || (uart->rx.len <= 1 && uart->tx.len <= 1));
	/* no enabled cause, no interrupt */
	must(uart->ier || !msamp_uart_irq(uart));
	/* in loop mode nothing leaves */
	must(!(uart->mcr & UART_MCR_LOOP) || (!msamp_uart_modem_out(uart) &&
					      !msamp_uart_break_out(uart)));
	must(msamp_uart_char_ns(uart) >= 7 * 8681);
}

static void step_uart(struct msamp_uart *uart, u8 op, u8 arg)
{
	u8 c;

	switch (op & 0x1f) {
	case 0 ... 7:
		msamp_uart_read(uart, op & 7);
		break;
	case 8 ... 15:
		msamp_uart_write(uart, op & 7, arg);
		break;
	case 16 ... 19:
		msamp_uart_receive(uart, arg, op >> 4);
		break;
	case 20 ... 23:
		msamp_uart_transmit(uart, &c);
		break;
	case 24 ... 26:
		msamp_uart_set_lines(uart, arg);
		break;
	case 27 ... 30:
		msamp_uart_timeout(uart);
		break;
	default:
		msamp_uart_reset(uart);
		break;
	}
}

static void step_config(struct msamp_pci_config *config, const u8 *data)
{
	unsigned int width = 1U << data[0] % 3;
	unsigned int offset = data[1] & ~(width - 1);
	struct msamp_pci_config before = *config;
	u32 val = data[2] * 0x01010101U;

	msamp_pci_config_write(config, offset, width, val);
	for (unsigned int i = 0; i < MSAMP_PCI_CONFIG_SIZE; i++) {
		u8 changed = before.space[i] ^ config->space[i];

		must(!(changed & ~config->writable[i]));
		must(!changed || (i >= offset && i < offset + width));
	}
	must(msamp_pci_config_read(config, PCI_VENDOR_ID, 2) == ident.vendor);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct msamp_pci_config config;
	struct msamp_uart uart = { };

	msamp_uart_reset(&uart);
	msamp_pci_config_init(&config, &ident);
	for (; size >= 3; data += 3, size -= 3) {
		step_uart(&uart, data[0], data[1]);
		check_uart(&uart);
		step_config(&config, data);
	}
	return 0;
}
