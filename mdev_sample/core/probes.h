/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which form of an interface the kernel has, found by compiling.
 *
 * Distributions take interfaces of later kernels into earlier ones, so version numbers say nothing.
 * For each block PROBE_x the build compiles the forms in their order, with the kernel's own flags,
 * until one has no error; forms.h then defines MSAMP_FORM_x as its number, for the files compat.h.
 * The comment behind each number is for the error message of a build that finds none of the forms.
 *
 * A form uses an interface exactly as the module does, and nothing else that differs.
 */
#include <linux/types.h>

/* 6.4: class_create() lost its module argument. */
#ifdef PROBE_CLASS_CREATE
#include <linux/device.h>

struct class *probe(void);
struct class *probe(void)
{
#if FORM == 1 /* class_create(name) */
	return class_create("x");
#elif FORM == 2 /* class_create(owner, name) */
	return class_create(THIS_MODULE, "x");
#endif
}
#endif

/* 6.11: a bus's match op gets a const driver. */
#ifdef PROBE_BUS_MATCH
#include <linux/device.h>

#if FORM == 1 /* bus_type.match(dev, const drv) */
int match(struct device *dev, const struct device_driver *drv);
#elif FORM == 2 /* bus_type.match(dev, drv) */
int match(struct device *dev, struct device_driver *drv);
#endif
struct bus_type bus = { .match = match };
#endif

/* 6.14: links in a compatibility class lost their second device. */
#ifdef PROBE_CLASS_COMPAT
#include <linux/device.h>

int probe(struct class_compat *class, struct device *dev);
int probe(struct class_compat *class, struct device *dev)
{
#if FORM == 1 /* class_compat_create_link(class, dev) */
	class_compat_remove_link(class, dev);
	return class_compat_create_link(class, dev);
#elif FORM == 2 /* class_compat_create_link(class, dev, link) */
	class_compat_remove_link(class, dev, NULL);
	return class_compat_create_link(class, dev, NULL);
#endif
}
#endif

/* 6.15: a kernfs node's parent is under RCU. */
#ifdef PROBE_KERNFS_PARENT
#include <linux/kernfs.h>

struct kernfs_node *probe(struct kernfs_node *kn);
struct kernfs_node *probe(struct kernfs_node *kn)
{
#if FORM == 1 /* kernfs_node.__parent */
	return rcu_dereference_protected(kn->__parent, true);
#elif FORM == 2 /* kernfs_node.parent */
	return kn->parent;
#endif
}
#endif

/* 6.2: the core frees a vfio_device after its release op; before, the op had to. */
#ifdef PROBE_VFIO_FREE_DEVICE
#include <linux/vfio.h>

#if FORM == 1 /* no vfio_free_device() */
void vfio_free_device(struct completion *unlike);
#elif FORM == 2 /* vfio_free_device(vdev) */
void probe(struct vfio_device *vdev);
void probe(struct vfio_device *vdev)
{
	vfio_free_device(vdev);
}
#endif
#endif

/* 6.2: ops for iommufd, mandatory where the kernel has it; 6.6 added detach_ioas. */
#ifdef PROBE_VFIO_IOMMUFD
#include <linux/vfio.h>

const struct vfio_device_ops ops = {
#if FORM == 1 /* vfio_device_ops.bind_iommufd, detach_ioas */
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#elif FORM == 2 /* vfio_device_ops.bind_iommufd without detach_ioas */
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#elif FORM == 3 /* vfio_device_ops without iommufd */
	.name = "x",
#endif
};
#endif

/* 6.2: PRE_COPY, whose states other code of the core knows too. */
#ifdef PROBE_VFIO_PRE_COPY
#include <linux/vfio.h>

#if FORM == 1 /* VFIO_MIGRATION_PRE_COPY, struct vfio_precopy_info */
u32 flags = VFIO_MIGRATION_PRE_COPY | VFIO_DEVICE_STATE_PRE_COPY_P2P;
unsigned int call = VFIO_MIG_GET_PRECOPY_INFO;
size_t size = sizeof(struct vfio_precopy_info);
#elif FORM == 2 /* no struct vfio_precopy_info */
enum { VFIO_DEVICE_STATE_PRE_COPY = 6 };
struct vfio_precopy_info {
	u64 bytes;
};
#endif
#endif

/* 6.2: an op for the size of the data that a migration will have. */
#ifdef PROBE_VFIO_DATA_SIZE
#include <linux/vfio.h>

const struct vfio_migration_ops ops = {
#if FORM == 1 /* vfio_migration_ops.migration_get_data_size */
	.migration_get_data_size = NULL,
#elif FORM == 2 /* vfio_migration_ops without migration_get_data_size */
	.migration_get_state = NULL,
#endif
};
#endif

/*
 * 6.7: the core can report logged DMA only where iommufd brings the code for bitmaps. Elsewhere
 * functions that do nothing take its place, and the compiler sees that there is no bitmap.
 */
#ifdef PROBE_VFIO_LOG_DMA
#include <linux/iova_bitmap.h>

struct iova_bitmap *probe(void);
void is_there(struct iova_bitmap *bitmap) __compiletime_error("there is code for bitmaps");
struct iova_bitmap *probe(void)
{
	struct iova_bitmap *bitmap = iova_bitmap_alloc(0, 4096, 4096, NULL);

#if FORM == 1 /* iova_bitmap_alloc() that does nothing */
	if (bitmap)
		is_there(bitmap);
#elif FORM == 2 /* iova_bitmap_alloc() */
#endif
	return bitmap;
}
#endif

/* 6.8: eventfd_signal() lost its count, which had to be 1 for every caller that mattered. */
#ifdef PROBE_EVENTFD_SIGNAL
#include <linux/eventfd.h>

void probe(struct eventfd_ctx *ctx);
void probe(struct eventfd_ctx *ctx)
{
#if FORM == 1 /* eventfd_signal(ctx) */
	eventfd_signal(ctx);
#elif FORM == 2 /* eventfd_signal(ctx, n) */
	eventfd_signal(ctx, 1);
#endif
}
#endif

/* 6.19: the core carries out GET_REGION_INFO and asks an op; before, it was the ioctl op's. */
#ifdef PROBE_VFIO_REGION_INFO
#include <linux/vfio.h>

int info(struct vfio_device *vdev, struct vfio_region_info *info, struct vfio_info_cap *caps);
const struct vfio_device_ops ops = {
#if FORM == 1 /* vfio_device_ops.get_region_info_caps(vdev, info, caps) */
	.get_region_info_caps = info,
#elif FORM == 2 /* vfio_device_ops without get_region_info_caps */
	.ioctl = NULL,
#endif
};
#endif

/* 7.1: a user may ask for flags in the pre-copy information; before, they stay as they are. */
#ifdef PROBE_VFIO_PRECOPY_V2
#include <linux/vfio.h>

bool probe(const struct vfio_device *vdev);
bool probe(const struct vfio_device *vdev)
{
#if FORM == 1 /* vfio_device.precopy_info_v2 */
	return vdev->precopy_info_v2;
#elif FORM == 2 /* vfio_device without precopy_info_v2 */
	return false;
#endif
}
#endif

/* 6.3: the ops of a tty's port use bool; before, int. */
#ifdef PROBE_TTY_PORT_BOOL
#include <linux/tty_port.h>

#if FORM == 1 /* bool tty_port_operations.carrier_raised(port) */
bool raised(struct tty_port *port);
void dtr_rts(struct tty_port *port, bool on);
#elif FORM == 2 /* int tty_port_operations.carrier_raised(port) */
int raised(struct tty_port *port);
void dtr_rts(struct tty_port *port, int on);
#endif
const struct tty_port_operations ops = { .carrier_raised = raised, .dtr_rts = dtr_rts };
#endif

/* 6.6: a tty's write op counts in size_t, and its characters are u8. */
#ifdef PROBE_TTY_WRITE
#include <linux/tty_driver.h>

#if FORM == 1 /* ssize_t tty_operations.write(tty, const u8 *buf, size_t count) */
ssize_t write(struct tty_struct *tty, const u8 *buf, size_t count);
#elif FORM == 2 /* int tty_operations.write(tty, const u8 *buf, int count) */
int write(struct tty_struct *tty, const u8 *buf, int count);
#endif
const struct tty_operations ops = { .write = write };
#endif

/* 6.1: the settings before a change are const. */
#ifdef PROBE_TTY_TERMIOS
#include <linux/tty_driver.h>

#if FORM == 1 /* tty_operations.set_termios(tty, const struct ktermios *old) */
void set(struct tty_struct *tty, const struct ktermios *old);
#elif FORM == 2 /* tty_operations.set_termios(tty, struct ktermios *old) */
void set(struct tty_struct *tty, struct ktermios *old);
#endif
const struct tty_operations ops = { .set_termios = set };
#endif

/* 6.6: a character that passes all others is a u8 too. */
#ifdef PROBE_TTY_XCHAR
#include <linux/tty_driver.h>

#if FORM == 1 /* tty_operations.send_xchar(tty, u8 c) */
void xchar(struct tty_struct *tty, u8 c);
#elif FORM == 2 /* tty_operations.send_xchar(tty, char c) */
void xchar(struct tty_struct *tty, char c);
#endif
const struct tty_operations ops = { .send_xchar = xchar };
#endif

/* 6.13: hrtimer_setup() takes the callback too; 6.15 removed hrtimer_init(). */
#ifdef PROBE_HRTIMER_SETUP
#include <linux/hrtimer.h>

void probe(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *timer));
void probe(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *timer))
{
#if FORM == 1 /* hrtimer_setup(timer, fn, clock, mode) */
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
#elif FORM == 2 /* hrtimer_init(timer, clock, mode) */
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	timer->function = fn;
#endif
}
#endif
