/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file through which a migration's data pass.
 */
#ifndef MSAMP_MIG_FILE_H
#define MSAMP_MIG_FILE_H

#include <linux/types.h>
#include <linux/uuid.h>

#include "stream/stream.h"

struct file;
struct msamp_mig_file;

/**
 * struct msamp_mig_knobs - what somebody who tests migration may want
 * @padding: bytes by which the state is made larger
 * @rate: bytes that pass through the file in a second; 0 for no limit
 * @dirty_rate: bytes of the padding that change in a second of pre-copy
 * @fail_byte: the byte of the stream, counted from 1, that fails with EIO; 0 for none
 */
struct msamp_mig_knobs {
	u64 padding;
	u64 rate;
	u64 dirty_rate;
	u64 fail_byte;
};

/**
 * struct msamp_mig_session - what a file has to know about its device; copied
 * @card: the kind of card
 * @wires: something can be on the wires to its ports
 * @knobs: the knobs
 * @uuid: the device's name, for traces
 * @wants_flags: the user has asked for flags in the pre-copy information
 */
struct msamp_mig_session {
	struct msamp_mig_card card;
	bool wires;
	struct msamp_mig_knobs knobs;
	guid_t uuid;
	bool wants_flags;
};

struct msamp_mig_file *msamp_mig_file_new(const struct msamp_mig_session *session, bool loading);
struct file *msamp_mig_file_open(struct msamp_mig_file *f);
void msamp_mig_file_disable(struct msamp_mig_file *f);

struct msamp_mig_state *msamp_mig_file_state(struct msamp_mig_file *f);
void msamp_mig_file_stop(struct msamp_mig_file *f);
const struct msamp_mig_state *msamp_mig_file_result(struct msamp_mig_file *f, const char **why);
u64 msamp_mig_file_left(struct msamp_mig_file *f);

#endif /* MSAMP_MIG_FILE_H */
