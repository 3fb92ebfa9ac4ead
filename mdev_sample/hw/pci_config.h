/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space of a card: what it says at reset and which bits a driver may change.
 */
#ifndef MSAMP_PCI_CONFIG_H
#define MSAMP_PCI_CONFIG_H

#include <linux/pci_regs.h>
#include <linux/types.h>

/*
 * Conventional PCI. Any other size makes QEMU take the device for one with extended space, and
 * guests then read past the end.
 */
#define MSAMP_PCI_CONFIG_SIZE	PCI_CFG_SPACE_SIZE

/* The header and what follows it; from there on all is 0, and nothing can be written. */
#define MSAMP_PCI_CONFIG_USED	0x60

/**
 * struct msamp_pci_ident - what makes one kind of card differ from another
 * @vendor: vendor id, used as subsystem vendor id too
 * @device: device id, used as subsystem id too
 * @class: class code: base class, subclass, programming interface
 * @revision: revision id
 * @bar: size in bytes of each BAR, a power of two of at least 4; 0 where there is none
 * @bar_type: PCI_BASE_ADDRESS_* bits of each BAR
 * @msi_vectors: a power of two, at most 32; 0 for none
 * @msix_vectors: at most 2048; 0 for none
 * @msix_table: BAR number and offset of the table, as the capability encodes them
 * @msix_pba: the same for the pending bits
 */
struct msamp_pci_ident {
	u16 vendor;
	u16 device;
	u32 class;
	u8 revision;
	u32 bar[PCI_STD_NUM_BARS];
	u8 bar_type[PCI_STD_NUM_BARS];
	u16 msi_vectors;
	u16 msix_vectors;
	u32 msix_table;
	u32 msix_pba;
};

/**
 * struct msamp_pci_config - one card's configuration space
 * @space: the bytes as a driver reads them, little-endian
 * @writable: set bits of @space that a driver may change
 */
struct msamp_pci_config {
	u8 space[MSAMP_PCI_CONFIG_SIZE];
	u8 writable[MSAMP_PCI_CONFIG_SIZE];
};

void msamp_pci_config_init(struct msamp_pci_config *config, const struct msamp_pci_ident *ident);
u32 msamp_pci_config_read(const struct msamp_pci_config *config, unsigned int offset,
			  unsigned int width);
void msamp_pci_config_write(struct msamp_pci_config *config, unsigned int offset,
			    unsigned int width, u32 val);
void msamp_pci_config_show_intx(u8 *space, bool pending);

static inline u16 msamp_pci_config_command(const struct msamp_pci_config *config)
{
	return config->space[PCI_COMMAND] | config->space[PCI_COMMAND + 1] << 8;
}

bool msamp_pci_config_msix_masked(const struct msamp_pci_config *config);

#endif /* MSAMP_PCI_CONFIG_H */
