/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this room share.
 */
#ifndef MSAMP_SERIAL_PRIV_H
#define MSAMP_SERIAL_PRIV_H

#include "port/port.h"
#include "vfio/device.h"

/**
 * struct msamp_serial - a serial card
 * @device: the device
 * @ports: the first @device.model->nr_ports are there
 */
struct msamp_serial {
	struct msamp_device device;
	struct msamp_port ports[MSAMP_MAX_PORTS];
};

static inline struct msamp_serial *to_msamp_serial(const struct msamp_device *msamp)
{
	return container_of(msamp, struct msamp_serial, device);
}

/* Behind the last port. */
static inline struct msamp_port *msamp_serial_end(struct msamp_serial *serial)
{
	return serial->ports + serial->device.model->nr_ports;
}

extern const struct msamp_model_ops msamp_serial_ops;

void msamp_serial_models_init(void);

/* sysfs.c */
void msamp_serial_files_init(void);
int msamp_serial_add_files(struct msamp_device *msamp);
void msamp_serial_remove_files(struct msamp_device *msamp);

/* debugfs.c */
void msamp_serial_show_registers(struct msamp_device *msamp, struct seq_file *m);
void msamp_serial_show_counters(struct msamp_device *msamp, struct seq_file *m);
void msamp_serial_describe(struct msamp_device *msamp, struct seq_file *m, char *page);

#endif /* MSAMP_SERIAL_PRIV_H */
