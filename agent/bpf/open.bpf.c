// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "events.h"
#include "maps.bpf.h"
#include "core_fixes.bpf.h"
#include "task.bpf.h"
#include "call.bpf.h"
#include "path.bpf.h"
#include "file.bpf.h"
#include "repeat.bpf.h"
#include "open.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int open__exit(long descriptor, enum program_id program)
{
	struct program_counters *count = success__begin(program, descriptor);
	struct file *file;

	if (!count)
		return 0;
	file = task__file(task__current(), descriptor);
	if (!file) { /* closed by another thread already */
		count->read_failed++;
		return 0;
	}
	return open__told(file, count);
}

/* SYSCALL_DEFINE3(open, const char __user *, filename, int, flags, umode_t, mode) */
SEC("tp/syscalls/sys_exit_open")
int on_open(struct trace_event_raw_sys_exit *context)
{
	return open__exit(context->ret, PROGRAM_OPEN);
}

/* SYSCALL_DEFINE4(openat, int, dfd, const char __user *, filename, int, flags, umode_t, mode) */
SEC("tp/syscalls/sys_exit_openat")
int on_openat(struct trace_event_raw_sys_exit *context)
{
	return open__exit(context->ret, PROGRAM_OPENAT);
}

/* SYSCALL_DEFINE4(openat2, int, dfd, const char __user *, filename, struct open_how __user *, how, size_t, usize) */
SEC("tp/syscalls/sys_exit_openat2")
int on_openat2(struct trace_event_raw_sys_exit *context)
{
	return open__exit(context->ret, PROGRAM_OPENAT2);
}

/* SYSCALL_DEFINE2(creat, const char __user *, pathname, umode_t, mode) */
SEC("tp/syscalls/sys_exit_creat")
int on_creat(struct trace_event_raw_sys_exit *context)
{
	return open__exit(context->ret, PROGRAM_CREAT);
}
