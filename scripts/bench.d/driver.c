// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux's 8250 driver does with a port, access by access.
 */
#include <linux/serial_reg.h>

#include "device.h"
#include "driver.h"

uint8_t pattern[STREAM_SIZE];

void pattern_init(void)
{
	size_t i;

	for (i = 0; i < STREAM_SIZE; i++)
		pattern[i] = i * 7 + (i >> 8);
}

/* Most characters that one interrupt takes from the port. */
#define RX_LIMIT	256

static uint8_t driver_receive(struct driver *drv, uint8_t lsr)
{
	unsigned int limit = RX_LIMIT;

	do {
		uint8_t c = guest_in(drv->dev, UART_RX);

		if (drv->received < STREAM_SIZE)
			drv->in[drv->received++] = c;
		lsr = guest_in(drv->dev, UART_LSR);
	} while (--limit && (lsr & (UART_LSR_DR | UART_LSR_BI)));
	return lsr;
}

static void driver_send(struct driver *drv)
{
	unsigned int i;

	for (i = 0; i < drv->burst && drv->sent < drv->to_send; i++)
		guest_out(drv->dev, UART_TX, pattern[drv->sent++]);
	if (drv->sent == drv->to_send) {
		drv->ier &= ~UART_IER_THRI;
		guest_out(drv->dev, UART_IER, drv->ier);
	}
}

/* The user of the guest's tty begins to write, if there is something to send. */
void driver_start(struct driver *drv)
{
	drv->ier = UART_IER_RLSI | UART_IER_RDI;
	if (drv->to_send)
		drv->ier |= UART_IER_THRI;
	guest_out(drv->dev, UART_IER, drv->ier);
}

/* One interrupt. Returns false if it was none of the port's. */
bool driver_interrupt(struct driver *drv)
{
	uint8_t iir = guest_in(drv->dev, UART_IIR), lsr;

	if (iir & UART_IIR_NO_INT)
		return false;
	lsr = guest_in(drv->dev, UART_LSR);
	if (lsr & (UART_LSR_DR | UART_LSR_BI))
		lsr = driver_receive(drv, lsr);
	guest_in(drv->dev, UART_MSR);
	if ((lsr & UART_LSR_THRE) && (drv->ier & UART_IER_THRI))
		driver_send(drv);
	return true;
}
