// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints' definitions; trace.h describes them.
 */
#define CREATE_TRACE_POINTS
#include "core/trace.h"
