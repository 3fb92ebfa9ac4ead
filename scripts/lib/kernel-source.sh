# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The parts of Debian's kernel source that our scripts use: enough to build a tiny kernel, to run
# checkpatch, and the kselftest framework. Source it after common.sh and packages.sh.

# Code of drivers, architectures and file systems that no build of ours compiles is most of the
# source. Their Kconfig and Makefiles stay, since the build system reads them.
kernel_source_excludes() {
	local dir

	{
		printf '%s\n' 'Documentation/*/*' 'tools/perf/*' 'tools/testing/*/*/*/*' 'LICENSES/*' \
			'drivers/gpu/drm/amd/include/*' 'samples/*.c'
		for dir in alpha arc arm arm64 csky hexagon ia64 loongarch m68k microblaze mips nios2 \
			openrisc parisc powerpc riscv s390 sh sparc um xtensa; do
			printf 'arch/%s/%s\n' "$dir" '*.[chS]' "$dir" 'boot/*' "$dir" 'configs/*'
		done
		for dir in sound net/{bluetooth,mac80211,netfilter,sctp,sunrpc,tipc,wireless} \
			drivers/{ata,block,clk,comedi,crypto,dma,gpu,hid,hwmon,i2c,iio,infiniband,input} \
			drivers/{md,media,mfd,misc,mmc,mtd,nfc,ntb,phy,pinctrl,platform,power} \
			drivers/net/{ethernet,wireless} \
			drivers/{regulator,s390,scsi,soc,soundwire,spi,staging,target,usb,video,w1} \
			fs/{afs,btrfs,ceph,ext4,f2fs,gfs2,jfs,nfs,nfsd,ntfs,ntfs3,ocfs2,reiserfs,smb,ubifs,xfs}; do
			printf '%s/*.[chS]\n' "$dir"
		done
	} | sed "s:^:$KERNEL_SOURCE/:"
}

# Print the directory of the source; unpack it the first time. Another choice of files is another
# directory.
kernel_source() {
	local version dir

	need_packages "$KERNEL_SOURCE" xz-utils
	# shellcheck disable=SC2016  # dpkg's variable
	version=$(dpkg-query -W -f '${Version}' "$KERNEL_SOURCE")
	dir=$CACHE/source/$version-$(kernel_source_excludes | sha256sum | cut -c1-8)
	mkdir -p "$CACHE/source"
	with_lock "$CACHE/source/lock" unpack_kernel_source "$dir"
	printf '%s\n' "$dir"
}

unpack_kernel_source() {
	local dir=$1

	[ ! -e "$dir" ] || return 0
	say "unpacking parts of $KERNEL_SOURCE"
	rm -rf "$dir.new"
	mkdir "$dir.new"
	tar -xJf "/usr/src/$KERNEL_SOURCE.tar.xz" -C "$dir.new" --strip-components=1 \
		--anchored --exclude-from <(kernel_source_excludes)
	mv "$dir.new" "$dir"
}
