// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes of the device's file descriptor.
 *
 * The file offset holds the region's index from bit 40 on, as in the kernel's mtty sample. A byte
 * of a register, which is what drivers read and write, takes a short way; for all else one loop
 * serves all regions: it checks the bounds, cuts the access into naturally aligned pieces of 4, 2
 * and 1 bytes and copies; handlers see only pieces that lie inside their region.
 */
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "core/trace.h"
#include "vfio/priv.h"

#define MSAMP_REGION_SHIFT	40
#define MSAMP_REGION_MASK	((1ULL << MSAMP_REGION_SHIFT) - 1)

/*
 * The memory BAR with the MSI-X table and pending bits (PCI Local Bus Specification 3.0, 6.8.2).
 * Addresses and data are storage only: SET_IRQS says where a message goes. The mask bits are real.
 */
#define CONTROL_WORD	(PCI_MSIX_ENTRY_VECTOR_CTRL / 4)

/* An access is never wider than the 32-bit word that it lies in. */
static u32 msamp_msix_shift(u32 offset)
{
	return 8 * (offset % 4);
}

static u32 msamp_msix_table_word(const struct msamp_msix *msix, struct msamp_irq *irq, u32 index)
{
	u32 n = array_index_nospec(index / MSAMP_MSIX_ENTRY_WORDS, MSAMP_MSIX_VECTORS);
	u32 word = index % MSAMP_MSIX_ENTRY_WORDS;

	if (word != CONTROL_WORD)
		return msix->word[n][word];
	return irq->masked & BIT(n) ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;
}

static u32 msamp_msix_word(const struct msamp_msix *msix, struct msamp_irq *irq, u32 offset)
{
	if (offset < MSAMP_MSIX_TABLE + MSAMP_MSIX_VECTORS * PCI_MSIX_ENTRY_SIZE)
		return msamp_msix_table_word(msix, irq, offset / 4);
	return offset / 4 == MSAMP_MSIX_PBA / 4 ? msamp_irq_pending_vectors(irq) : 0;
}

/**
 * msamp_msix_reset() - as after power-on
 * @msix: the table
 *
 * Context: Process, under the device's lock.
 */
void msamp_msix_reset(struct msamp_msix *msix)
{
	memset(msix, 0, sizeof(*msix));
}

/* What lies beyond the bytes that are asked for is dropped by the caller. */
static u32 msamp_msix_read(const struct msamp_msix *msix, struct msamp_irq *irq, u32 offset)
{
	return msamp_msix_word(msix, irq, offset) >> msamp_msix_shift(offset);
}

/* The pending bits and what lies beyond the table cannot be written. */
static void msamp_msix_write(struct msamp_msix *msix, struct msamp_irq *irq, u32 offset, u32 width,
			     u32 val)
{
	u32 mask = (width == 4 ? ~0U : (1U << (8 * width)) - 1) << msamp_msix_shift(offset);
	u32 index = offset / 4;
	u32 n = index / MSAMP_MSIX_ENTRY_WORDS;
	u32 word;

	if (n >= MSAMP_MSIX_VECTORS)
		return;
	n = array_index_nospec(n, MSAMP_MSIX_VECTORS);
	word = msamp_msix_table_word(msix, irq, index) & ~mask;
	word |= (val << msamp_msix_shift(offset)) & mask;
	if (index % MSAMP_MSIX_ENTRY_WORDS == CONTROL_WORD)
		msamp_irq_set_vector_masked(irq, n, word & PCI_MSIX_ENTRY_CTRL_MASKBIT);
	else
		msix->word[n][index % MSAMP_MSIX_ENTRY_WORDS] = word;
}

/**
 * struct msamp_piece - one access as the handlers get it
 * @index: the region
 * @offset: first byte, inside the region
 * @width: 1, 2 or 4 bytes; @offset is a multiple of it
 */
struct msamp_piece {
	unsigned int index;
	u32 offset;
	u32 width;
};

static u32 msamp_region_read_config(struct msamp_device *msamp, const struct msamp_piece *piece)
{
	u32 val;

	mutex_lock(&msamp->lock);
	msamp_pci_config_show_intx(msamp->config.space, msamp_irq_pending(&msamp->irq));
	val = msamp_pci_config_read(&msamp->config, piece->offset, piece->width);
	mutex_unlock(&msamp->lock);
	return val;
}

/**
 * msamp_region_follow_config() - let the device follow what configuration space says now
 * @msamp: the device
 *
 * Context: Process, under the device's lock.
 */
void msamp_region_follow_config(struct msamp_device *msamp)
{
	u16 command = msamp_pci_config_command(&msamp->config);
	struct msamp_irq_control control = {
		.intx_disabled = command & PCI_COMMAND_INTX_DISABLE,
		.master = command & PCI_COMMAND_MASTER,
		.all_masked = msamp_pci_config_msix_masked(&msamp->config),
	};

	lockdep_assert_held(&msamp->lock);
	msamp_irq_set_control(&msamp->irq, &control);
}

static void msamp_region_write_config(struct msamp_device *msamp, const struct msamp_piece *piece,
				      u32 val)
{
	mutex_lock(&msamp->lock);
	msamp_pci_config_write(&msamp->config, piece->offset, piece->width, val);
	msamp_region_follow_config(msamp);
	mutex_unlock(&msamp->lock);
}

static u32 msamp_region_read_msix(struct msamp_device *msamp, const struct msamp_piece *piece)
{
	u32 val;

	mutex_lock(&msamp->lock);
	val = msamp_msix_read(&msamp->msix, &msamp->irq, piece->offset);
	mutex_unlock(&msamp->lock);
	return val;
}

static void msamp_region_write_msix(struct msamp_device *msamp, const struct msamp_piece *piece,
				    u32 val)
{
	mutex_lock(&msamp->lock);
	msamp_msix_write(&msamp->msix, &msamp->irq, piece->offset, piece->width, val);
	mutex_unlock(&msamp->lock);
}

static u32 msamp_region_read_piece(struct msamp_device *msamp, const struct msamp_piece *piece)
{
	if (piece->index == VFIO_PCI_CONFIG_REGION_INDEX)
		return msamp_region_read_config(msamp, piece);
	if (piece->index == MSAMP_MSIX_BAR)
		return msamp_region_read_msix(msamp, piece);
	return msamp->model->ops->read(msamp, piece->index, piece->offset, piece->width);
}

static void msamp_region_write_piece(struct msamp_device *msamp, const struct msamp_piece *piece,
				     u32 val)
{
	if (piece->index == VFIO_PCI_CONFIG_REGION_INDEX)
		msamp_region_write_config(msamp, piece, val);
	else if (piece->index == MSAMP_MSIX_BAR)
		msamp_region_write_msix(msamp, piece, val);
	else
		msamp->model->ops->write(msamp, piece->index, piece->offset, piece->width, val);
}

/* A byte in a BAR of the model's own. */
static bool msamp_region_is_register(const struct msamp_device *msamp, u64 pos, size_t count)
{
	unsigned int index = pos >> MSAMP_REGION_SHIFT;

	return count == 1 && index < MSAMP_MSIX_BAR &&
	       (pos & MSAMP_REGION_MASK) <
	       msamp->model->ident.bar[array_index_nospec(index, MSAMP_MSIX_BAR)];
}

static ssize_t msamp_region_read_register(struct msamp_device *msamp, char __user *buf,
					  loff_t *ppos)
{
	unsigned int index = (u64)*ppos >> MSAMP_REGION_SHIFT;
	unsigned int reg = *ppos & MSAMP_REGION_MASK;
	u8 val = msamp->model->ops->read(msamp, index, reg, 1);

	trace_msamp_access(&msamp->uuid, false, index, reg, 1, val);
	if (put_user(val, (u8 __user *)buf))
		return -EFAULT;
	++*ppos;
	return 1;
}

static ssize_t msamp_region_write_register(struct msamp_device *msamp, const char __user *buf,
					   loff_t *ppos)
{
	unsigned int index = (u64)*ppos >> MSAMP_REGION_SHIFT;
	unsigned int reg = *ppos & MSAMP_REGION_MASK;
	u8 val;

	if (get_user(val, (const u8 __user *)buf))
		return -EFAULT;
	trace_msamp_access(&msamp->uuid, true, index, reg, 1, val);
	msamp->model->ops->write(msamp, index, reg, 1, val);
	++*ppos;
	return 1;
}

static u32 msamp_region_size(const struct msamp_device *msamp, unsigned int index)
{
	if (index < PCI_STD_NUM_BARS)
		return msamp->model->ident.bar[array_index_nospec(index, PCI_STD_NUM_BARS)];
	return index == VFIO_PCI_CONFIG_REGION_INDEX ? MSAMP_PCI_CONFIG_SIZE : 0;
}

/* Finds the region and cuts @count at its end. */
static ssize_t msamp_region_locate(const struct msamp_device *msamp, loff_t pos, size_t count,
				   struct msamp_piece *piece)
{
	unsigned int index = (u64)pos >> MSAMP_REGION_SHIFT;
	u64 offset = pos & MSAMP_REGION_MASK;
	u32 size = msamp_region_size(msamp, index);

	if (offset >= size)
		return -EINVAL;
	piece->index = index;
	piece->offset = array_index_nospec((u32)offset, size);
	return min_t(size_t, count, size - offset);
}

static u32 msamp_region_width(u32 offset, size_t left)
{
	if (left >= 4 && !(offset % 4))
		return 4;
	return left >= 2 && !(offset % 2) ? 2 : 1;
}

static int msamp_region_to_user(char __user *buf, u32 val, u32 width)
{
	__le32 le = cpu_to_le32(val);

	return copy_to_user(buf, &le, width) ? -EFAULT : 0;
}

static int msamp_region_from_user(u32 *val, const char __user *buf, u32 width)
{
	__le32 le = 0;

	if (copy_from_user(&le, buf, width))
		return -EFAULT;
	*val = le32_to_cpu(le);
	return 0;
}

/* Not inlined, or its stack frame would burden the short way. */
static noinline ssize_t msamp_region_read_pieces(struct msamp_device *msamp, char __user *buf,
						 size_t count, loff_t *ppos)
{
	struct msamp_piece piece;
	ssize_t len, done;
	u32 val;

	len = msamp_region_locate(msamp, *ppos, count, &piece);
	for (done = 0; done < len; done += piece.width, piece.offset += piece.width) {
		piece.width = msamp_region_width(piece.offset, len - done);
		val = msamp_region_read_piece(msamp, &piece);
		trace_msamp_access(&msamp->uuid, false, piece.index, piece.offset, piece.width,
				   val);
		if (msamp_region_to_user(buf + done, val, piece.width)) {
			len = done ? done : -EFAULT;
			break;
		}
	}
	if (len > 0)
		*ppos += len;
	return len;
}

/**
 * msamp_region_read() - read op of the device's file descriptor
 * @vdev: the device
 * @buf: where to
 * @count: how many bytes
 * @ppos: region and offset; moved by what was read
 *
 * Context: Process, may sleep.
 * Return: bytes read, fewer than @count at the region's end or where @buf ends; 0 if @count is 0;
 * -EINVAL outside of every region, -EFAULT for a bad @buf.
 */
ssize_t msamp_region_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct msamp_device *msamp = to_msamp_device(vdev);

	msamp_device_may_fault(msamp);
	if (msamp_region_is_register(msamp, *ppos, count))
		return msamp_region_read_register(msamp, buf, ppos);
	return count ? msamp_region_read_pieces(msamp, buf, count, ppos) : 0;
}

static noinline ssize_t msamp_region_write_pieces(struct msamp_device *msamp,
						  const char __user *buf, size_t count,
						  loff_t *ppos)
{
	struct msamp_piece piece;
	ssize_t len, done;
	u32 val;

	len = msamp_region_locate(msamp, *ppos, count, &piece);
	for (done = 0; done < len; done += piece.width, piece.offset += piece.width) {
		piece.width = msamp_region_width(piece.offset, len - done);
		if (msamp_region_from_user(&val, buf + done, piece.width)) {
			len = done ? done : -EFAULT;
			break;
		}
		trace_msamp_access(&msamp->uuid, true, piece.index, piece.offset, piece.width,
				   val);
		msamp_region_write_piece(msamp, &piece, val);
	}
	if (len > 0)
		*ppos += len;
	return len;
}

/**
 * msamp_region_write() - write op of the device's file descriptor
 * @vdev: the device
 * @buf: where from
 * @count: how many bytes
 * @ppos: region and offset; moved by what was written
 *
 * Context: Process, may sleep.
 * Return: bytes written, fewer than @count at the region's end or where @buf ends; 0 if @count is
 * 0; -EINVAL outside of every region, -EFAULT for a bad @buf.
 */
ssize_t msamp_region_write(struct vfio_device *vdev, const char __user *buf, size_t count,
			   loff_t *ppos)
{
	struct msamp_device *msamp = to_msamp_device(vdev);

	msamp_device_may_fault(msamp);
	if (msamp_region_is_register(msamp, *ppos, count))
		return msamp_region_write_register(msamp, buf, ppos);
	return count ? msamp_region_write_pieces(msamp, buf, count, ppos) : 0;
}

/**
 * msamp_region_info() - answer VFIO_DEVICE_GET_REGION_INFO
 * @msamp: the device
 * @info: index in; flags, size and offset out; a region that the card lacks has size 0
 *
 * Context: Any.
 * Return: 0, -EINVAL for an index that does not exist.
 */
int msamp_region_info(const struct msamp_device *msamp, struct vfio_region_info *info)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->flags = 0;
	info->cap_offset = 0;
	info->offset = (u64)info->index << MSAMP_REGION_SHIFT;
	info->size = msamp_region_size(msamp, info->index);
	if (info->size)
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	return 0;
}
