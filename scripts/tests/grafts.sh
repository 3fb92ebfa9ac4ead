#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Distributions take single interfaces of later kernels into earlier ones, and leave the version number
# alone. Here each interface that core/probes.h asks for gets its other form in copies of the headers that
# are installed, one at a time and all at once: the module builds, by the form that is there. A form that
# nobody knows ends the build with one line that names the interface. Runs as root.
set -euo pipefail

repo=$(realpath "$(dirname "$0")/../..")
# shellcheck source=scripts/lib/common.sh
. "$repo/scripts/lib/common.sh"
# shellcheck source=scripts/lib/module-build.sh
. "$repo/scripts/lib/module-build.sh"
# shellcheck source=scripts/lib/tap.sh
. "$repo/scripts/lib/tap.sh"

[ -n "${GRAFTS_UNSHARED:-}" ] ||
	exec unshare --mount --propagation private -- env GRAFTS_UNSHARED=1 "$0" "$@"

kernel=$(newest_kernel '')
headers=$(sed -n 's:^include \(.*\)/Makefile$:\1:p' "/lib/modules/$kernel/build/Makefile")/include

# --- the grafts ----------------------------------------------------------------------------------
#
# A graft is a function that changes headers below $PWD, the folder include; its name ends in the number of
# the form that is there afterwards.

# add_member STRUCT TEXT FILE
add_member() {
	sed -i "0,/^struct $1 {/s//&\n\t$2/" "$3"
}

# drop FILE FIRST [LAST]: the lines from one that matches to the next one that does.
drop() {
	sed -i "/$2/,/${3:-$2}/d" "$1"
}

CLASS_CREATE_1() {
	sed -i '/^#define class_create(owner, name)/,/^})/c\
#define class_create(name) ({ static struct lock_class_key __key;\\\
	__class_create(THIS_MODULE, name, &__key); })' linux/device/class.h
}

CLASS_CREATE_2() {
	sed -i 's/class_create(const char \*name)/class_create(struct module *owner, const char *name)/' \
		linux/device/class.h
}

BUS_MATCH_1() {
	sed -i '/(\*match)/s/, struct device_driver/, const struct device_driver/' linux/device/bus.h
}

BUS_MATCH_2() {
	sed -i '/(\*match)/s/, const struct device_driver/, struct device_driver/' linux/device/bus.h
}

CLASS_COMPAT_1() {
	sed -i '/^\(int\|void\) class_compat_\(create\|remove\)_link/{s/,$/);/;n;d}' linux/device/class.h
}

CLASS_COMPAT_2() {
	sed -i '/class_compat_\(create\|remove\)_link/s/struct device \*dev)/&, struct device *link)/
		s/dev), struct/dev, struct/' linux/device/class.h
}

KERNFS_PARENT_1() {
	sed -i 's/^\tstruct kernfs_node\t\*parent;/\tstruct kernfs_node __rcu *__parent;/' linux/kernfs.h
}

KERNFS_PARENT_2() {
	sed -i 's/^\tstruct kernfs_node\t__rcu \*__parent;/\tstruct kernfs_node *parent;/' linux/kernfs.h
}

VFIO_FREE_DEVICE_1() {
	drop linux/vfio.h '^void vfio_free_device'
}

VFIO_FREE_DEVICE_2() {
	echo 'void vfio_free_device(struct vfio_device *device);' >>linux/vfio.h
}

iommufd_members() {
	cat >>linux/vfio.h <<-'END'
		int vfio_iommufd_emulated_bind(struct vfio_device *, struct iommufd_ctx *, u32 *);
		void vfio_iommufd_emulated_unbind(struct vfio_device *);
		int vfio_iommufd_emulated_attach_ioas(struct vfio_device *, u32 *);
		void vfio_iommufd_emulated_detach_ioas(struct vfio_device *);
	END
	sed -i '1i struct iommufd_ctx;' linux/vfio.h
	add_member vfio_device_ops 'int (*bind_iommufd)(struct vfio_device *, struct iommufd_ctx *, u32 *);' \
		linux/vfio.h
	add_member vfio_device_ops 'void (*unbind_iommufd)(struct vfio_device *);' linux/vfio.h
	add_member vfio_device_ops 'int (*attach_ioas)(struct vfio_device *, u32 *);' linux/vfio.h
}

VFIO_IOMMUFD_1() {
	grep -q '(\*bind_iommufd)' linux/vfio.h || iommufd_members
	add_member vfio_device_ops 'void (*detach_ioas)(struct vfio_device *);' linux/vfio.h
}

VFIO_IOMMUFD_2() {
	if grep -q '(\*bind_iommufd)' linux/vfio.h; then
		drop linux/vfio.h '(\*detach_ioas)'
	else
		iommufd_members
	fi
}

VFIO_IOMMUFD_3() {
	sed -i '/(\*\(bind_iommufd\|pasid_attach_ioas\))/,/;/d
		/(\*\(unbind_iommufd\|attach_ioas\|detach_ioas\|pasid_detach_ioas\))/d' linux/vfio.h
}

VFIO_PRE_COPY_1() {
	cat >>uapi/linux/vfio.h <<-'END'
		#define VFIO_MIGRATION_PRE_COPY (1 << 2)
		#define VFIO_DEVICE_STATE_PRE_COPY 6
		#define VFIO_DEVICE_STATE_PRE_COPY_P2P 7
		#define VFIO_MIG_GET_PRECOPY_INFO _IO(VFIO_TYPE, VFIO_BASE + 21)
		struct vfio_precopy_info {
			__u32 argsz;
			__u32 flags;
			__aligned_u64 initial_bytes;
			__aligned_u64 dirty_bytes;
		};
	END
}

VFIO_PRE_COPY_2() {
	sed -i '/^struct vfio_precopy_info {/,/^};/d; /^#define VFIO_MIG_GET_PRECOPY_INFO/d
		/^#define VFIO_MIGRATION_PRE_COPY/d; /^\tVFIO_DEVICE_STATE_PRE_COPY/d' uapi/linux/vfio.h
	drop linux/vfio.h '^static inline int$\|vfio_check_precopy_ioctl' '^}'
}

VFIO_DATA_SIZE_1() {
	add_member vfio_migration_ops 'int (*migration_get_data_size)(struct vfio_device *, unsigned long *);' \
		linux/vfio.h
}

VFIO_DATA_SIZE_2() {
	drop linux/vfio.h '(\*migration_get_data_size)' ';'
	sed -i '/^#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE/d' uapi/linux/vfio.h
}

VFIO_LOG_DMA_1() {
	echo '#define iova_bitmap_alloc(iova, length, size, data) ((struct iova_bitmap *)NULL)' \
		>>linux/iova_bitmap.h
}

VFIO_LOG_DMA_2() {
	sed -i 's/^#if IS_ENABLED(CONFIG_IOMMUFD_DRIVER)/#if 1/' linux/iova_bitmap.h
}

EVENTFD_SIGNAL_1() {
	sed -i 's/ eventfd_signal(struct eventfd_ctx \*ctx, __u64 n)/ eventfd_signal(struct eventfd_ctx *ctx)/' \
		linux/eventfd.h
}

EVENTFD_SIGNAL_2() {
	sed -i 's/ eventfd_signal(struct eventfd_ctx \*ctx)/ eventfd_signal(struct eventfd_ctx *ctx, __u64 n)/' \
		linux/eventfd.h
}

VFIO_REGION_INFO_1() {
	sed -i '1i struct vfio_region_info; struct vfio_info_cap;' linux/vfio.h
	add_member vfio_device_ops 'int (*get_region_info_caps)(struct vfio_device *, struct vfio_region_info *, struct vfio_info_cap *);' \
		linux/vfio.h
}

VFIO_REGION_INFO_2() {
	drop linux/vfio.h '(\*get_region_info_caps)' ';'
}

VFIO_PRECOPY_V2_1() {
	add_member vfio_device 'u8 precopy_info_v2;' linux/vfio.h
}

VFIO_PRECOPY_V2_2() {
	sed -i '/precopy_info_v2;/d; s/if (vdev->precopy_info_v2)/if (0)/' linux/vfio.h
}

TTY_PORT_BOOL_1() {
	sed -i 's/int (\*carrier_raised)/bool (*carrier_raised)/
		/(\*dtr_rts)/s/int /bool /' linux/tty_port.h
}

TTY_PORT_BOOL_2() {
	sed -i 's/bool (\*carrier_raised)/int (*carrier_raised)/
		/(\*dtr_rts)/s/bool /int /' linux/tty_port.h
}

TTY_WRITE_1() {
	sed -i '/^\tint  (\*write)(/{N;c\
	ssize_t (*write)(struct tty_struct *tty, const u8 *buf, size_t count);
}' linux/tty_driver.h
}

TTY_WRITE_2() {
	sed -i 's/ssize_t (\*write)(.*/int (*write)(struct tty_struct *tty, const u8 *buf, int count);/' \
		linux/tty_driver.h
}

TTY_TERMIOS_2() {
	sed -i '/(\*set_termios)/s/const struct/struct/' linux/tty_driver.h
}

TTY_XCHAR_1() {
	sed -i '/(\*send_xchar)/s/char ch/u8 ch/' linux/tty_driver.h
}

TTY_XCHAR_2() {
	sed -i '/(\*send_xchar)/s/u8 ch/char ch/' linux/tty_driver.h
}

HRTIMER_SETUP_1() {
	echo 'void hrtimer_setup(struct hrtimer *, enum hrtimer_restart (*)(struct hrtimer *), clockid_t, enum hrtimer_mode);' \
		>>linux/hrtimer.h
}

# Declared for other users of the header; what the module calls is gone.
HRTIMER_SETUP_2() {
	sed -i 's/\bhrtimer_setup(/hrtimer_setup_(/
		s/\bvoid\* *\(\*function\)/&/' linux/hrtimer.h
	sed -i 's/__private function;/function;/' linux/hrtimer_types.h
	echo 'void hrtimer_init(struct hrtimer *, clockid_t, enum hrtimer_mode);' >>linux/hrtimer.h
}

# -------------------------------------------------------------------------------------------------

# A fresh copy of the headers in the place of the installed ones.
renew_headers() {
	! mountpoint -q "$headers" || umount "$headers"
	rm -rf "$scratch/include"
	cp -a "$headers" "$scratch/include"
	mount --bind "$scratch/include" "$headers"
}

graft() {
	local name

	for name; do
		(cd "$headers" && "$name")
	done
}

# On from a build with the headers as they are: only what reads a changed one is compiled again.
compile() {
	rm -rf "$scratch/source"
	if [ -d "$scratch/built" ]; then
		cp -a "$scratch/built" "$scratch/source"
	else
		copy_module_source "$repo" "$scratch/source"
	fi
	make -C "$scratch/source" --no-print-directory -j"$(nproc)" KVER="$kernel" MDEV_CORE=own \
		KBUILD_MODPOST_WARN=1 >"$scratch/output" 2>&1
}

form_of() {
	sed -n "s/^#define MSAMP_FORM_$1 //p" "$scratch/source/forms/core/forms.h"
}

# builds NAME GRAFT...
builds() {
	local name=$1 status=0 one
	shift

	renew_headers
	graft "$@"
	compile || status=1
	for one; do
		[ "$(form_of "${one%_*}")" = "${one##*_}" ] || {
			tap_comment <<<"${one%_*}: form $(form_of "${one%_*}")"
			status=1
		}
	done
	[ "$status" = 0 ] || grep -v '^  \(CC\|LD\|PROBE\)' "$scratch/output" | head -n 30 | tap_comment
	tap_result "$status" "$name"
}

# A third form of everything that has a function to change.
unknown() {
	local status=0

	renew_headers
	(cd "$headers" && sed -i 's/ eventfd_signal(struct eventfd_ctx \*ctx/& , int a, int b/' linux/eventfd.h)
	! compile || status=1
	[ "$(grep -c '^mdev_sample: ' "$scratch/output")" = 1 ] || status=1
	grep -q '^mdev_sample: .*EVENTFD_SIGNAL: eventfd_signal(ctx); eventfd_signal(ctx, n)' "$scratch/output" ||
		status=1
	! grep -q 'CC \[M\]' "$scratch/output" || status=1
	[ "$status" = 0 ] || tap_comment <"$scratch/output"
	tap_result "$status" "$kernel: a form that nobody knows ends the build with one line"
}

scratch=$(mktemp -d)
trap '! mountpoint -q "$headers" || umount "$headers"; rm -rf "$scratch"' EXIT

builds "$kernel: as it is"
cp -a "$scratch/source" "$scratch/built"
cp "$scratch/source/forms/core/forms.h" "$scratch/now"
mapfile -t all < <(compgen -A function | grep -E '^[A-Z_0-9]+_[1-9]$')
others=()
for one in "${all[@]}"; do
	! grep -qx "#define MSAMP_FORM_${one%_*} ${one##*_}" "$scratch/now" || continue
	builds "$kernel: $one" "$one"
	[[ " ${others[*]}" == *" ${one%_*}_"* ]] || others+=("$one")
done
builds "$kernel: ${#others[@]} at once" "${others[@]}"
unknown
while read -r _ name _; do
	name=${name#MSAMP_FORM_}
	tap_is "$((0 < $(printf '%s\n' "${all[@]}" | grep -c "^${name}_")))" 1 "there are grafts for $name"
done <"$scratch/now"
tap_done
