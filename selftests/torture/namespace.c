// SPDX-License-Identifier: GPL-2.0-only
/* The code under test, compiled here so that the module's own objects stay as they are. */
#include "../../mdev_sample/core/namespace.c"
