# SPDX-License-Identifier: GPL-2.0-only
# mdev_sample, out of tree: needs only the headers package of the kernel it is built for.
#
#   make                      for the running kernel, or the newest one with headers if it has none
#   make KVER=6.1.0-56-amd64  for a named one
#   make LLVM=1               with clang
#   make W=1 C=2              with extra warnings and sparse
#   make modules_install      into that kernel's updates/ folder; run depmod
#   make selftests            the userspace test programs
#   make mdevctl_install      example definitions and call-outs (mdevctl-configs/)
#   make deb                  the Debian package mdev-sample-dkms, beside this file
#   make dkms-install         the module by DKMS, without a package: for each kernel, now and later
#   make dkms-remove          takes that back
#   make kver                 print the kernel that a plain make builds for
#   make clean

# The running kernel, so that what is built can be loaded; where it has no headers, as in a chroot or
# a container, the newest kernel that has, and a cloud kernel only if there is no other.
LIB_MODULES := /lib/modules
RUNNING := $(shell uname -r)
with_headers = $(patsubst $(LIB_MODULES)/%/build/Makefile,%,$(wildcard $(LIB_MODULES)/*/build/Makefile))
newest = $(shell printf '%s\n' $(with_headers) | sort -V | \
	awk '{ last = $$0 } !/-cloud-/ { full = $$0 } END { print full ? full : last }')

KVER ?= $(or $(filter $(RUNNING),$(with_headers)),$(newest))
KDIR ?= $(LIB_MODULES)/$(KVER)/build

# The package's changelog is the one place that knows the version.
VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog 2>/dev/null)
dkms_source := /usr/src/mdev_sample-$(VERSION)

.PHONY: all modules modules_install selftests mdevctl_install deb dkms-install dkms-remove clean kdir kver

all: modules

# Says which kernel that is.
kver:
	@echo $(KVER)

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

deb:
	@scripts/deb $(CURDIR)

# What is there already stays: to run it again, at each start of a CI job say, costs nothing.
dkms-install:
	@command -v dkms >/dev/null || { echo "No DKMS: apt install dkms" >&2; exit 1; }
	@set -e; new=$$(mktemp -d); trap 'rm -rf "$$new"' EXIT; \
	cp -R Kbuild Makefile mdev_sample "$$new"; \
	find "$$new" -name '*.o' -delete -o -name '.*.cmd' -delete; \
	sed 's/#MODULE_VERSION#/$(VERSION)/' debian/mdev-sample-dkms.dkms >"$$new/dkms.conf"; \
	if ! diff -r "$$new" $(dkms_source) >/dev/null 2>&1; then \
	  $(MAKE) --no-print-directory dkms-remove; \
	  install -d $(dkms_source); \
	  cp -R "$$new/." $(dkms_source); \
	fi; \
	if dkms status mdev_sample/$(VERSION) -k $(KVER) | grep -q installed; then \
	  echo "mdev_sample $(VERSION) is installed for $(KVER)"; \
	else \
	  dkms install mdev_sample/$(VERSION) -k $(KVER); \
	fi

dkms-remove:
	if [ -e /var/lib/dkms/mdev_sample/$(VERSION) ]; then dkms remove mdev_sample/$(VERSION) --all; fi
	rm -rf $(dkms_source)

clean: kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean
	$(MAKE) -C selftests clean
