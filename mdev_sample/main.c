// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev_sample: mediated PCI serial cards without hardware. Starts and stops the parts.
 */
#include <linux/err.h>
#include <linux/mdev.h>
#include <linux/module.h>

#include "device.h"
#include "parent.h"

#define MSAMP_PARENT_DEFAULT	"mtty"
#define MSAMP_PORTS_DEFAULT	24

static struct msamp_parent *msamp_parent;

static int __init msamp_init(void)
{
	int ret;

	ret = msamp_parents_init();
	if (ret)
		return ret;
	ret = mdev_register_driver(&msamp_mdev_driver);
	if (ret)
		goto err_parents;
	msamp_parent = msamp_parent_create(MSAMP_PARENT_DEFAULT, MSAMP_PORTS_DEFAULT);
	if (IS_ERR(msamp_parent)) {
		ret = PTR_ERR(msamp_parent);
		goto err_driver;
	}
	return 0;

err_driver:
	mdev_unregister_driver(&msamp_mdev_driver);
err_parents:
	msamp_parents_exit();
	return ret;
}
module_init(msamp_init);

static void __exit msamp_exit(void)
{
	msamp_parent_destroy(msamp_parent);
	mdev_unregister_driver(&msamp_mdev_driver);
	msamp_parents_exit();
}
module_exit(msamp_exit);

MODULE_DESCRIPTION("Mediated PCI serial cards without hardware");
MODULE_LICENSE("GPL");
MODULE_ALIAS("mtty");
