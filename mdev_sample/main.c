// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev_sample: mediated PCI serial cards without hardware. Starts and stops the parts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>

#include "core/namespace.h"
#include "mdev/mdev_api.h"
#include "mdev/parent.h"
#include "port/port.h"
#include "serial/serial.h"
#include "vfio/device.h"

/* Here the tracepoints are made that all others use. */
#define CREATE_TRACE_POINTS
#include "core/trace.h"

#define MSAMP_PARENTS_MAX	64

static char *parents[MSAMP_PARENTS_MAX] = { "mtty" };
static unsigned int nr_parents = 1;
module_param_array(parents, charp, &nr_parents, 0444);
MODULE_PARM_DESC(parents, "names of the parents to make (default: mtty)");

static unsigned int ports[MSAMP_PARENTS_MAX] = { MSAMP_PORTS_DEFAULT };
static unsigned int nr_ports = 1;
module_param_array(ports, uint, &nr_ports, 0444);
MODULE_PARM_DESC(ports, "serial ports of each parent: one number for all, or one for each (24)");

static unsigned int path_buckets = MSAMP_PATH_BUCKETS;
module_param(path_buckets, uint, 0444);
MODULE_PARM_DESC(path_buckets, "buckets of the table of paths between peers (1024)");

static unsigned int path_gc_interval = MSAMP_PATH_GC_INTERVAL;
module_param(path_gc_interval, uint, 0444);
MODULE_PARM_DESC(path_gc_interval, "seconds; a path unused for two of them is dropped (30)");

static struct msamp_namespace msamp_uuids;
static struct msamp_parent *msamp_parents[MSAMP_PARENTS_MAX];

static void msamp_destroy_parents(unsigned int nr)
{
	while (nr--)
		msamp_parent_remove(msamp_parents[nr]);
	msamp_parents_wait();
}

static int msamp_create_parents(void)
{
	struct msamp_parent *parent;
	unsigned int i;

	if (nr_ports > 1 && nr_ports != nr_parents) {
		pr_err("ports= has %u numbers for %u parents\n", nr_ports, nr_parents);
		return -EINVAL;
	}
	for (i = 0; i < nr_parents; i++) {
		parent = msamp_parent_create(parents[i], ports[nr_ports > 1 ? i : 0]);
		if (IS_ERR(parent)) {
			msamp_destroy_parents(i);
			/* modprobe takes EEXIST for success: the module is there already */
			return PTR_ERR(parent) == -EEXIST ? -EINVAL : PTR_ERR(parent);
		}
		msamp_parents[i] = parent;
	}
	return 0;
}

static int __init msamp_init(void)
{
	int ret;

	ret = msamp_peers_check(path_buckets, path_gc_interval);
	if (ret)
		return ret;
	ret = msamp_ns_init(&msamp_uuids, msamp_device_drop);
	if (ret)
		return ret;
	ret = msamp_serial_init(&msamp_uuids, path_buckets, path_gc_interval);
	if (ret)
		goto err_ns;
	ret = msamp_parents_init(&msamp_uuids);
	if (ret)
		goto err_serial;
	ret = msamp_mdev_core_init();
	if (ret)
		goto err_parents;
	ret = mdev_register_driver(&msamp_mdev_driver);
	if (ret)
		goto err_core;
	msamp_serial_add_debugfs(msamp_debugfs_init(&msamp_uuids));
	ret = msamp_create_parents();
	if (ret)
		goto err_debugfs;
	ret = msamp_configfs_init();
	if (ret)
		goto err_destroy;
	return 0;

err_destroy:
	msamp_destroy_parents(nr_parents);
err_debugfs:
	msamp_debugfs_exit();
	mdev_unregister_driver(&msamp_mdev_driver);
err_core:
	msamp_mdev_core_exit();
err_parents:
	msamp_parents_exit();
err_serial:
	msamp_serial_exit();
err_ns:
	msamp_ns_exit(&msamp_uuids);
	return ret;
}
module_init(msamp_init);

static void __exit msamp_exit(void)
{
	msamp_configfs_exit();
	msamp_destroy_parents(nr_parents);
	msamp_debugfs_exit();
	mdev_unregister_driver(&msamp_mdev_driver);
	msamp_mdev_core_exit();
	msamp_parents_exit();
	msamp_serial_exit();
	msamp_ns_exit(&msamp_uuids);
}
module_exit(msamp_exit);

MODULE_DESCRIPTION("Mediated PCI serial cards without hardware");
MODULE_LICENSE("GPL");
MODULE_ALIAS("mtty");
