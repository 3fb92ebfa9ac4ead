// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI configuration space as data: one table of what every card has in common, and the few fields
 * that its identity decides. A bit is either hard-wired or plain storage; what a change means is
 * the caller's business.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "hw/pci_config.h"

/* Command bits that a driver finds writable on a conventional card without special cycles. */
#define COMMAND_WRITABLE	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
				 PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)

/* Where the capabilities lie, behind the header and before MSAMP_PCI_CONFIG_USED. */
#define CAP_MSI		0x40
#define CAP_MSIX	0x50

/**
 * struct msamp_pci_field - one field of the header
 * @offset: where it starts
 * @width: its bytes
 * @init: value at reset
 * @writable: the bits that a driver may change
 */
struct msamp_pci_field {
	u8 offset;
	u8 width;
	u32 init;
	u32 writable;
};

static const struct msamp_pci_field msamp_pci_common[] = {
	{ PCI_COMMAND,		2, 0,			 COMMAND_WRITABLE },
	{ PCI_STATUS,		2, PCI_STATUS_DEVSEL_MEDIUM, 0 },
	{ PCI_CACHE_LINE_SIZE,	1, 0,			 0xff },
	{ PCI_LATENCY_TIMER,	1, 0,			 0xff },
	{ PCI_HEADER_TYPE,	1, PCI_HEADER_TYPE_NORMAL, 0 },
	{ PCI_INTERRUPT_LINE,	1, 0,			 0xff },
	{ PCI_INTERRUPT_PIN,	1, 1 /* INTA# */,	 0 },
};

static void msamp_pci_config_put(u8 *space, unsigned int offset, unsigned int width, u32 val)
{
	unsigned int i;

	for (i = 0; i < width; i++)
		space[offset + i] = val >> (8 * i);
}

static void msamp_pci_config_set_field(struct msamp_pci_config *config, unsigned int offset,
				       unsigned int width, u32 init, u32 writable)
{
	msamp_pci_config_put(config->space, offset, width, init);
	msamp_pci_config_put(config->writable, offset, width, writable);
}

/* The address bits below a BAR's size are hard-wired to 0: that is how a driver learns the size. */
static void msamp_pci_config_init_bar(struct msamp_pci_config *config, unsigned int i,
				      const struct msamp_pci_ident *ident)
{
	u32 fixed = (ident->bar_type[i] & PCI_BASE_ADDRESS_SPACE_IO) ?
		    ~PCI_BASE_ADDRESS_IO_MASK : ~PCI_BASE_ADDRESS_MEM_MASK;

	if (!ident->bar[i])
		return;
	msamp_pci_config_set_field(config, PCI_BASE_ADDRESS_0 + 4 * i, 4, ident->bar_type[i],
				   ~(ident->bar[i] - 1) & ~fixed);
}

/* Appends a capability to the list; the bytes behind its head are still to be set. */
static void msamp_pci_config_add_cap(struct msamp_pci_config *config, unsigned int offset, u8 id)
{
	u8 *link = &config->space[PCI_CAPABILITY_LIST];

	while (*link)
		link = &config->space[*link + PCI_CAP_LIST_NEXT];
	*link = offset;
	config->space[offset + PCI_CAP_LIST_ID] = id;
	config->space[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
}

static u16 msamp_pci_config_log2(u16 n)
{
	u16 log = 0;

	while (n >> (log + 1))
		log++;
	return log;
}

static void msamp_pci_config_init_msi(struct msamp_pci_config *config, u16 vectors)
{
	if (!vectors)
		return;
	msamp_pci_config_add_cap(config, CAP_MSI, PCI_CAP_ID_MSI);
	msamp_pci_config_set_field(config, CAP_MSI + PCI_MSI_FLAGS, 2,
				   PCI_MSI_FLAGS_64BIT | msamp_pci_config_log2(vectors) << 1,
				   PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	msamp_pci_config_set_field(config, CAP_MSI + PCI_MSI_ADDRESS_LO, 4, 0, ~3U);
	msamp_pci_config_set_field(config, CAP_MSI + PCI_MSI_ADDRESS_HI, 4, 0, ~0U);
	msamp_pci_config_set_field(config, CAP_MSI + PCI_MSI_DATA_64, 2, 0, 0xffff);
}

static void msamp_pci_config_init_msix(struct msamp_pci_config *config,
				       const struct msamp_pci_ident *ident)
{
	if (!ident->msix_vectors)
		return;
	msamp_pci_config_add_cap(config, CAP_MSIX, PCI_CAP_ID_MSIX);
	msamp_pci_config_set_field(config, CAP_MSIX + PCI_MSIX_FLAGS, 2, ident->msix_vectors - 1,
				   PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	msamp_pci_config_set_field(config, CAP_MSIX + PCI_MSIX_TABLE, 4, ident->msix_table, 0);
	msamp_pci_config_set_field(config, CAP_MSIX + PCI_MSIX_PBA, 4, ident->msix_pba, 0);
}

/**
 * msamp_pci_config_init() - configuration space as after power-on
 * @config: the space, overwritten
 * @ident: the card's identity
 *
 * Context: Any; the owner serialises.
 */
void msamp_pci_config_init(struct msamp_pci_config *config, const struct msamp_pci_ident *ident)
{
	unsigned int i;

	memset(config, 0, sizeof(*config));
	for (i = 0; i < ARRAY_SIZE(msamp_pci_common); i++)
		msamp_pci_config_set_field(config, msamp_pci_common[i].offset,
					   msamp_pci_common[i].width, msamp_pci_common[i].init,
					   msamp_pci_common[i].writable);

	msamp_pci_config_set_field(config, PCI_VENDOR_ID, 2, ident->vendor, 0);
	msamp_pci_config_set_field(config, PCI_DEVICE_ID, 2, ident->device, 0);
	msamp_pci_config_set_field(config, PCI_SUBSYSTEM_VENDOR_ID, 2, ident->vendor, 0);
	msamp_pci_config_set_field(config, PCI_SUBSYSTEM_ID, 2, ident->device, 0);
	msamp_pci_config_set_field(config, PCI_CLASS_REVISION, 4,
				   ident->class << 8 | ident->revision, 0);
	for (i = 0; i < PCI_STD_NUM_BARS; i++)
		msamp_pci_config_init_bar(config, i, ident);
	msamp_pci_config_init_msi(config, ident->msi_vectors);
	msamp_pci_config_init_msix(config, ident);
}

/**
 * msamp_pci_config_read() - the bus reads configuration space
 * @config: the space
 * @offset: first byte
 * @width: 1, 2 or 4 bytes, inside the space
 *
 * Context: Any; the owner serialises.
 * Return: the value.
 */
u32 msamp_pci_config_read(const struct msamp_pci_config *config, unsigned int offset,
			  unsigned int width)
{
	u32 val = 0;
	unsigned int i;

	for (i = 0; i < width; i++)
		val |= (u32)config->space[offset + i] << (8 * i);
	return val;
}

/**
 * msamp_pci_config_write() - the bus writes configuration space
 * @config: the space
 * @offset: first byte
 * @width: 1, 2 or 4 bytes, inside the space
 * @val: the value; bits that are not writable stay as they are
 *
 * Context: Any; the owner serialises.
 */
void msamp_pci_config_write(struct msamp_pci_config *config, unsigned int offset,
			    unsigned int width, u32 val)
{
	unsigned int i;

	for (i = 0; i < width; i++) {
		u8 mask = config->writable[offset + i];
		u8 byte = val >> (8 * i);

		config->space[offset + i] = (config->space[offset + i] & ~mask) | (byte & mask);
	}
}

/**
 * msamp_pci_config_show_intx() - let the status register tell whether INTx is pending
 * @space: the space's bytes
 * @pending: the line's level, before the INTx disable bit
 *
 * Context: Any; the owner serialises.
 */
void msamp_pci_config_show_intx(u8 *space, bool pending)
{
	if (pending)
		space[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
	else
		space[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
}

/**
 * msamp_pci_config_msix_masked() - function mask bit of the MSI-X capability
 * @config: the space
 *
 * Context: Any; the owner serialises.
 * Return: true if a driver has masked all vectors at once.
 */
bool msamp_pci_config_msix_masked(const struct msamp_pci_config *config)
{
	return msamp_pci_config_read(config, CAP_MSIX + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_MASKALL;
}
