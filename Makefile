# SPDX-License-Identifier: GPL-2.0-only
# mdev_sample, out of tree: needs only the headers package of the kernel it is built for.
#
#   make                      for the newest installed kernel
#   make KVER=6.1.0-56-amd64  for a named one
#   make LLVM=1               with clang
#   make W=1 C=2              with extra warnings and sparse
#   make modules_install      into that kernel's updates/ folder; run depmod
#   make selftests            the userspace test programs
#   make mdevctl_install      example definitions and call-outs (mdevctl-configs/)
#   make clean

# The newest kernel with headers; a cloud kernel only where nothing else is installed.
newest = $(shell ls -d /lib/modules/*/build 2>/dev/null | cut -d/ -f4 | sort -V | \
	awk '{ last = $$0 } !/-cloud-/ { full = $$0 } END { print full ? full : last }')

KVER ?= $(newest)
KDIR ?= /lib/modules/$(KVER)/build

.PHONY: all modules modules_install selftests mdevctl_install clean kdir

all: modules

kdir:
	@test -e "$(KDIR)/Makefile" || { \
	  echo "No kernel headers at $(KDIR): install linux-headers-amd64, or name a kernel with KVER=" >&2; exit 1; }

modules: kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

modules_install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates modules_install

selftests:
	$(MAKE) -C selftests

mdevctl_install:
	$(MAKE) -C mdevctl-configs install

clean: kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C selftests clean
