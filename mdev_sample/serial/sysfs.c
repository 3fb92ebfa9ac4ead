// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of each card in sysfs: a folder for each of its ports.
 *
 * They are there before the device is announced as bound (or, by our own mdev core, as created), so
 * that mdevctl can write them as soon as create has returned.
 */
#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "serial/priv.h"

/**
 * struct msamp_port_attr - an attribute of one port
 * @dev_attr: the attribute
 * @index: the port's number
 */
struct msamp_port_attr {
	struct device_attribute dev_attr;
	unsigned int index;
};

/* The attributes are there from the end of probe to the beginning of remove. */
static struct msamp_port *msamp_attrs_port(struct device *dev, struct device_attribute *attr)
{
	struct msamp_port_attr *pa = container_of(attr, struct msamp_port_attr, dev_attr);

	return &to_msamp_serial(dev_get_drvdata(dev))->ports[pa->index];
}

static ssize_t backend_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return msamp_backend_show(msamp_attrs_port(dev, attr), buf);
}

static ssize_t backend_store(struct device *dev, struct device_attribute *attr, const char *buf,
			     size_t count)
{
	int ret = msamp_backend_set(msamp_attrs_port(dev, attr), dev, buf);

	return ret ? ret : count;
}

static ssize_t partner_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return msamp_backend_show_partner(msamp_attrs_port(dev, attr), buf);
}

static ssize_t tty_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return msamp_backend_show_tty(msamp_attrs_port(dev, attr), buf);
}

static ssize_t stats_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct msamp_port_stats stats;

	msamp_backend_stats(msamp_attrs_port(dev, attr), &stats);
	return sysfs_emit(buf,
			  "tx %llu rx %llu overruns %llu breaks %llu dropped %llu interrupts %llu\n",
			  stats.tx, stats.rx, stats.overruns, stats.breaks, stats.dropped,
			  stats.interrupts);
}

static ssize_t msamp_attrs_store_flag(struct msamp_port *port, const char *buf, size_t count,
				      int (*set)(struct msamp_port *port, bool flag))
{
	bool flag;
	int ret;

	ret = kstrtobool(buf, &flag);
	if (!ret)
		ret = set(port, flag);
	return ret ? ret : count;
}

static ssize_t pace_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(msamp_attrs_port(dev, attr)->backend.pace));
}

static ssize_t pace_store(struct device *dev, struct device_attribute *attr, const char *buf,
			  size_t count)
{
	return msamp_attrs_store_flag(msamp_attrs_port(dev, attr), buf, count,
				      msamp_backend_set_pace);
}

static ssize_t hangup_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", !READ_ONCE(msamp_attrs_port(dev, attr)->backend.stay));
}

static ssize_t hangup_store(struct device *dev, struct device_attribute *attr, const char *buf,
			    size_t count)
{
	return msamp_attrs_store_flag(msamp_attrs_port(dev, attr), buf, count,
				      msamp_backend_set_hangup);
}

static ssize_t stall_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(msamp_attrs_port(dev, attr)->backend.stall));
}

static ssize_t stall_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	unsigned int seconds;
	int ret;

	/* more than fits is more than is allowed */
	if (kstrtouint(buf, 10, &seconds))
		return -EINVAL;
	ret = msamp_backend_set_stall(msamp_attrs_port(dev, attr), seconds);
	return ret ? ret : count;
}

static const struct device_attribute msamp_attrs_kinds[] = {
	__ATTR_RW(backend),
	__ATTR_RO(partner),
	__ATTR_RO(tty),
	__ATTR_RO(stats),
	__ATTR_RW(pace),
	__ATTR_RW(hangup),
	__ATTR_RW(stall),
};

#define MSAMP_NR_ATTRS	ARRAY_SIZE(msamp_attrs_kinds)

/* The folders, one for each port that a card may have. */
static const char * const msamp_attrs_names[MSAMP_MAX_PORTS] = {
	"port0", "port1", "port2", "port3",
};

static struct msamp_port_attr msamp_attrs[MSAMP_MAX_PORTS][MSAMP_NR_ATTRS];
static struct attribute *msamp_attrs_lists[MSAMP_MAX_PORTS][MSAMP_NR_ATTRS + 1];
static struct attribute_group msamp_attrs_groups[MSAMP_MAX_PORTS];

/**
 * msamp_serial_files_init() - prepare the folders of all ports
 *
 * Context: Any; before there is a card.
 */
void msamp_serial_files_init(void)
{
	unsigned int i, port;

	for (port = 0; port < MSAMP_MAX_PORTS; port++) {
		for (i = 0; i < MSAMP_NR_ATTRS; i++) {
			msamp_attrs[port][i].dev_attr = msamp_attrs_kinds[i];
			msamp_attrs[port][i].index = port;
			msamp_attrs_lists[port][i] = &msamp_attrs[port][i].dev_attr.attr;
		}
		msamp_attrs_groups[port].name = msamp_attrs_names[port];
		msamp_attrs_groups[port].attrs = msamp_attrs_lists[port];
	}
}

static void msamp_attrs_remove_first(struct msamp_device *msamp, unsigned int nr)
{
	while (nr--)
		sysfs_remove_group(&msamp->vdev.dev->kobj, &msamp_attrs_groups[nr]);
}

/**
 * msamp_serial_add_files() - make the folders of a device's ports
 * @msamp: the device; it is the driver data of its struct device
 *
 * Context: Process, may sleep. Pairs with msamp_serial_remove_files().
 * Return: 0, or an error, and then nothing is left of it.
 */
int msamp_serial_add_files(struct msamp_device *msamp)
{
	unsigned int i;
	int ret;

	for (i = 0; i < msamp->model->nr_ports; i++) {
		ret = sysfs_create_group(&msamp->vdev.dev->kobj, &msamp_attrs_groups[i]);
		if (ret) {
			msamp_attrs_remove_first(msamp, i);
			return ret;
		}
	}
	return 0;
}

/**
 * msamp_serial_remove_files() - remove the folders of a device's ports
 * @msamp: the device
 *
 * Context: Process; waits for accesses to the files.
 */
void msamp_serial_remove_files(struct msamp_device *msamp)
{
	msamp_attrs_remove_first(msamp, msamp->model->nr_ports);
}
