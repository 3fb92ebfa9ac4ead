/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what a guest does to a device, and what it gets back. They take the place of log
 * lines, which no guest may cause. Enable them below /sys/kernel/tracing/events/mdev_sample.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mdev_sample

#if !defined(MSAMP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MSAMP_TRACE_H

#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/uuid.h>

TRACE_EVENT(msamp_access,
	TP_PROTO(const guid_t *uuid, bool write, unsigned int region, u32 offset, u32 width,
		 u32 val),
	TP_ARGS(uuid, write, region, offset, width, val),
	TP_STRUCT__entry(
		__array(u8, uuid, UUID_SIZE)
		__field(bool, write)
		__field(unsigned int, region)
		__field(u32, offset)
		__field(u32, width)
		__field(u32, val)
	),
	TP_fast_assign(
		export_guid(__entry->uuid, uuid);
		__entry->write = write;
		__entry->region = region;
		__entry->offset = offset;
		__entry->width = width;
		__entry->val = val;
	),
	TP_printk("%pUl %s region=%u offset=0x%x width=%u val=0x%x", __entry->uuid,
		  __entry->write ? "write" : "read", __entry->region, __entry->offset,
		  __entry->width, __entry->val)
);

TRACE_EVENT(msamp_interrupt,
	TP_PROTO(const guid_t *uuid, unsigned int index, unsigned int vector),
	TP_ARGS(uuid, index, vector),
	TP_STRUCT__entry(
		__array(u8, uuid, UUID_SIZE)
		__field(unsigned int, index)
		__field(unsigned int, vector)
	),
	TP_fast_assign(
		export_guid(__entry->uuid, uuid);
		__entry->index = index;
		__entry->vector = vector;
	),
	TP_printk("%pUl %s vector=%u", __entry->uuid,
		  __print_symbolic(__entry->index, { 0, "INTx" }, { 1, "MSI" }, { 2, "MSI-X" }),
		  __entry->vector)
);

#define msamp_trace_state(_state) \
	__print_symbolic(_state, { 0, "ERROR" }, { 1, "STOP" }, { 2, "RUNNING" }, \
			 { 3, "STOP_COPY" }, { 4, "RESUMING" }, { 5, "RUNNING_P2P" }, \
			 { 6, "PRE_COPY" }, { 7, "PRE_COPY_P2P" })

TRACE_EVENT(msamp_migrate,
	TP_PROTO(const guid_t *uuid, u32 from, u32 to, int ret),
	TP_ARGS(uuid, from, to, ret),
	TP_STRUCT__entry(
		__array(u8, uuid, UUID_SIZE)
		__field(u32, from)
		__field(u32, to)
		__field(int, ret)
	),
	TP_fast_assign(
		export_guid(__entry->uuid, uuid);
		__entry->from = from;
		__entry->to = to;
		__entry->ret = ret;
	),
	TP_printk("%pUl %s -> %s ret=%d", __entry->uuid,
		  msamp_trace_state(__entry->from), msamp_trace_state(__entry->to),
		  __entry->ret)
);

TRACE_EVENT(msamp_refuse,
	TP_PROTO(const guid_t *uuid, u64 at, const char *why),
	TP_ARGS(uuid, at, why),
	TP_STRUCT__entry(
		__array(u8, uuid, UUID_SIZE)
		__field(u64, at)
		__array(char, why, 72)
	),
	TP_fast_assign(
		export_guid(__entry->uuid, uuid);
		__entry->at = at;
		strscpy(__entry->why, why, sizeof(__entry->why));
	),
	TP_printk("%pUl byte=%llu: %s", __entry->uuid, __entry->at, __entry->why)
);

DECLARE_EVENT_CLASS(msamp_device,
	TP_PROTO(const guid_t *uuid),
	TP_ARGS(uuid),
	TP_STRUCT__entry(
		__array(u8, uuid, UUID_SIZE)
	),
	TP_fast_assign(
		export_guid(__entry->uuid, uuid);
	),
	TP_printk("%pUl", __entry->uuid)
);

DEFINE_EVENT(msamp_device, msamp_open, TP_PROTO(const guid_t *uuid), TP_ARGS(uuid));
DEFINE_EVENT(msamp_device, msamp_close, TP_PROTO(const guid_t *uuid), TP_ARGS(uuid));
DEFINE_EVENT(msamp_device, msamp_reset, TP_PROTO(const guid_t *uuid), TP_ARGS(uuid));

#endif /* MSAMP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH core
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
