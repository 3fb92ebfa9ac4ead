// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's folder migration/ in sysfs: what its part in a migration is, and the knobs for
 * people who test migration. A knob is looked at when the next data transfer begins.
 */
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "vfio/priv.h"

static struct msamp_device *to_msamp(struct device *dev)
{
	return dev_get_drvdata(dev);
}

/* Beyond these nothing is limited, nothing stays as it was, and no stream has so many bytes. */
#define MSAMP_MIG_RATE_MAX	BIT_ULL(34)
#define MSAMP_MIG_BYTE_MAX	BIT_ULL(40)

/* By how much a suffix moves a number to the left; 0 if it is none. */
static unsigned int msamp_mig_attr_shift(char suffix)
{
	static const char suffixes[] = "KMGT";
	const char *s = suffix ? strchr(suffixes, toupper(suffix)) : NULL;

	return s ? 10 * (s - suffixes + 1) : 0;
}

/* A number, perhaps with K, M, G or T behind it. */
static int msamp_mig_attr_parse(const char *buf, u64 max, u64 *val)
{
	size_t len = strcspn(buf, "\n");
	unsigned int shift;
	char number[32];
	int ret;

	/* kstrtou64() allows a sign */
	if (!isdigit(*buf) || strlen(buf) > len + 1)
		return -EINVAL;
	shift = msamp_mig_attr_shift(buf[len - 1]);
	if (shift)
		len--;
	if (len >= sizeof(number))
		return -ERANGE;
	memcpy(number, buf, len);
	number[len] = 0;
	ret = kstrtou64(number, 0, val);
	if (ret)
		return ret;
	if (*val > max >> shift)
		return -ERANGE;
	*val <<= shift;
	return 0;
}

/**
 * struct msamp_mig_knob - a file for one of the numbers in struct msamp_mig_knobs
 * @attr: the file
 * @offset: where the number is
 * @max: the largest value
 */
struct msamp_mig_knob {
	struct device_attribute attr;
	size_t offset;
	u64 max;
};

static u64 *msamp_mig_knob_val(struct device *dev, const struct msamp_mig_knob *knob)
{
	return (void *)&to_msamp(dev)->migration.knobs + knob->offset;
}

static ssize_t msamp_mig_knob_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct msamp_mig_knob *knob = container_of(attr, struct msamp_mig_knob, attr);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(*msamp_mig_knob_val(dev, knob)));
}

static ssize_t msamp_mig_knob_store(struct device *dev, struct device_attribute *attr,
				    const char *buf, size_t count)
{
	struct msamp_mig_knob *knob = container_of(attr, struct msamp_mig_knob, attr);
	struct msamp_device *msamp = to_msamp(dev);
	u64 val;
	int ret;

	ret = msamp_mig_attr_parse(buf, knob->max, &val);
	if (ret)
		return ret;
	mutex_lock(&msamp->lock);
	*msamp_mig_knob_val(dev, knob) = val;
	mutex_unlock(&msamp->lock);
	return count;
}

#define MSAMP_MIG_KNOB(_file, _field, _max) {					\
	.attr = __ATTR(_file, 0644, msamp_mig_knob_show, msamp_mig_knob_store),	\
	.offset = offsetof(struct msamp_mig_knobs, _field),			\
	.max = _max,								\
}

static struct msamp_mig_knob msamp_mig_knobs[] = {
	MSAMP_MIG_KNOB(padding, padding, MSAMP_MIG_PADDING_MAX),
	MSAMP_MIG_KNOB(rate, rate, MSAMP_MIG_RATE_MAX),
	MSAMP_MIG_KNOB(dirty_rate, dirty_rate, MSAMP_MIG_RATE_MAX),
	MSAMP_MIG_KNOB(fail_byte, fail_byte, MSAMP_MIG_BYTE_MAX),
};

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u32 state = READ_ONCE(to_msamp(dev)->migration.state);

	return sysfs_emit(buf, "%s\n", msamp_migration_states[state]);
}
static DEVICE_ATTR_RO(state);

static ssize_t refused_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const char *why = READ_ONCE(to_msamp(dev)->migration.refused);

	return sysfs_emit(buf, "%s\n", why ? why : "");
}
static DEVICE_ATTR_RO(refused);

static ssize_t fail_arc_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct msamp_device *msamp = to_msamp(dev);
	u32 from, to;

	mutex_lock(&msamp->lock);
	from = msamp->migration.fail_from;
	to = msamp->migration.fail_to;
	mutex_unlock(&msamp->lock);
	if (from == to)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%s %s\n", msamp_migration_states[from],
			  msamp_migration_states[to]);
}

static int msamp_mig_attr_state(const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < MSAMP_MIG_NR_STATES; i++)
		if (strlen(msamp_migration_states[i]) == len &&
		    !strncmp(word, msamp_migration_states[i], len))
			return i;
	return -EINVAL;
}

/* "FROM TO", two different states, neither of them ERROR; or "none". */
static ssize_t fail_arc_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	struct msamp_device *msamp = to_msamp(dev);
	size_t first = strcspn(buf, " ");
	int from = 0, to = 0;

	if (!sysfs_streq(buf, "none")) {
		from = msamp_mig_attr_state(buf, first);
		if (from <= 0 || !buf[first])
			return -EINVAL;
		buf += first + 1;
		to = msamp_mig_attr_state(buf, strcspn(buf, "\n"));
		if (to <= 0 || to == from)
			return -EINVAL;
	}
	mutex_lock(&msamp->lock);
	msamp->migration.fail_from = from;
	msamp->migration.fail_to = to;
	mutex_unlock(&msamp->lock);
	return count;
}
static DEVICE_ATTR_RW(fail_arc);

static struct attribute *msamp_migration_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_refused.attr,
	&dev_attr_fail_arc.attr,
	&msamp_mig_knobs[0].attr.attr,
	&msamp_mig_knobs[1].attr.attr,
	&msamp_mig_knobs[2].attr.attr,
	&msamp_mig_knobs[3].attr.attr,
	NULL,
};

const struct attribute_group msamp_migration_group = {
	.name = "migration",
	.attrs = msamp_migration_attrs,
};
