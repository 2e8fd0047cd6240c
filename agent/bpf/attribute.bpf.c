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
#include "name.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* What a file carries beside its content: extended attributes, and the flags that chattr sets. */

static __always_inline bool name__is_empty(const struct name_argument *name)
{
	char first = 0;

	return name->text == 0 || (bpf_probe_read_user(&first, sizeof(first), (void *)name->text) == 0 && first == 0);
}

/* An empty name stands for the descriptor before it. NULL: that was closed by another thread already. */
static __always_inline struct file_event *target__begin(struct scratch *scratch, enum file_operation operation, const struct name_argument *name,
							struct program_counters *count)
{
	struct file *file;

	if (name->directory == WORKING_DIRECTORY || !name__is_empty(name))
		return name__begin(scratch, operation, name, 0, count);
	file = task__file(task__current(), name->directory);
	if (!file) {
		count->read_failed++;
		return NULL;
	}
	return open_file__begin(scratch, file, operation);
}

#define REMOVED 1 /* mode of FILE_XATTR */

static __noinline int xattr__report(struct program_counters *count, const struct name_argument *name, __u64 attribute, __u16 mode)
{
	struct scratch *scratch = scratch__get();
	struct file_event *event;

	if (!scratch || !count)
		return 0;
	event = target__begin(scratch, FILE_XATTR, name, count);
	if (!event)
		return 0;
	event->mode = mode;
	event__add_other(event, scratch__add_user_string(scratch, (void *)attribute), count);
	return ring__output_scratch(scratch, true, false, count);
}

static __always_inline int xattr__exit(struct trace_event_raw_sys_exit *context, enum program_id program, __u16 mode)
{
	struct program_counters *count = success__begin(program, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, PLAIN);

	return xattr__report(count, &name, ARGUMENT(1), mode);
}

static __always_inline int xattr__exit_open(struct trace_event_raw_sys_exit *context, enum program_id program, __u16 mode)
{
	struct program_counters *count = success__begin(program, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = { .directory = ARGUMENT(0) };

	return xattr__report(count, &name, ARGUMENT(1), mode);
}

static __always_inline int xattr__exit_at(struct trace_event_raw_sys_exit *context, enum program_id program, __u16 mode)
{
	struct program_counters *count = success__begin(program, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, AT);

	return xattr__report(count, &name, ARGUMENT(3), mode);
}

/* SYSCALL_DEFINE5(setxattr, const char __user *, pathname, const char __user *, name, const void __user *, value, size_t, size, int, flags) */
SEC("tp/syscalls/sys_exit_setxattr")
int on_setxattr(struct trace_event_raw_sys_exit *context)
{
	return xattr__exit(context, PROGRAM_SETXATTR, 0);
}

/* SYSCALL_DEFINE5(lsetxattr, …) as setxattr */
SEC("tp/syscalls/sys_exit_lsetxattr")
int on_lsetxattr(struct trace_event_raw_sys_exit *context)
{
	return xattr__exit(context, PROGRAM_LSETXATTR, 0);
}

/* SYSCALL_DEFINE5(fsetxattr, int, fd, const char __user *, name, const void __user *, value, size_t, size, int, flags) */
SEC("tp/syscalls/sys_exit_fsetxattr")
int on_fsetxattr(struct trace_event_raw_sys_exit *context)
{
	return xattr__exit_open(context, PROGRAM_FSETXATTR, 0);
}

/* SYSCALL_DEFINE6(setxattrat, int, dfd, const char __user *, pathname, unsigned int, at_flags, const char __user *, name, …), since 6.13 */
SEC("tp/syscalls/sys_exit_setxattrat")
int on_setxattrat(struct trace_event_raw_sys_exit *context)
{
	return xattr__exit_at(context, PROGRAM_SETXATTRAT, 0);
}

/* SYSCALL_DEFINE2(removexattr, const char __user *, pathname, const char __user *, name) */
SEC("tp/syscalls/sys_exit_removexattr")
int on_removexattr(struct trace_event_raw_sys_exit *context)
{
	return xattr__exit(context, PROGRAM_REMOVEXATTR, REMOVED);
}

/* SYSCALL_DEFINE2(lremovexattr, …) as removexattr */
SEC("tp/syscalls/sys_exit_lremovexattr")
int on_lremovexattr(struct trace_event_raw_sys_exit *context)
{
	return xattr__exit(context, PROGRAM_LREMOVEXATTR, REMOVED);
}

/* SYSCALL_DEFINE2(fremovexattr, int, fd, const char __user *, name) */
SEC("tp/syscalls/sys_exit_fremovexattr")
int on_fremovexattr(struct trace_event_raw_sys_exit *context)
{
	return xattr__exit_open(context, PROGRAM_FREMOVEXATTR, REMOVED);
}

/* SYSCALL_DEFINE4(removexattrat, int, dfd, const char __user *, pathname, unsigned int, at_flags, const char __user *, name), since 6.13 */
SEC("tp/syscalls/sys_exit_removexattrat")
int on_removexattrat(struct trace_event_raw_sys_exit *context)
{
	return xattr__exit_at(context, PROGRAM_REMOVEXATTRAT, REMOVED);
}

#define SET_FLAGS 0x40086602	   /* FS_IOC_SETFLAGS on 64 bit */
#define SET_FLAGS_COMPAT 0x40046602 /* FS_IOC32_SETFLAGS */
#define SET_EXTENDED 0x401c5820	   /* FS_IOC_FSSETXATTR: struct fsxattr begins with the flags */

/* FS_XFLAG_* to FS_*_FL, as far as both have them (fs/file_attr.c, fileattr_fill_xflags). */
static __always_inline __u16 flags__of_extended(__u64 extended)
{
	return (extended & 0x8 ? 0x10 : 0) |  /* immutable */
	       (extended & 0x10 ? 0x20 : 0) | /* append only */
	       (extended & 0x20 ? 0x8 : 0) |  /* synchronous */
	       (extended & 0x40 ? 0x80 : 0) | /* no access times */
	       (extended & 0x80 ? 0x40 : 0);  /* not dumped */
}

#define EPERM 1

/*
 * Few containers may make a file immutable, and who tries it in one that may not shows all the same what he is about: such an attempt is told too,
 * any other only where it succeeded.
 */
static __always_inline bool attribute__is_told(long result, __u16 flags)
{
	return result >= 0 || (result == -EPERM && (flags & (0x10 | 0x20)));
}

static __noinline int attribute__report(struct program_counters *count, const struct name_argument *name, __u16 flags,
					bool refused)
{
	struct scratch *scratch = scratch__get();
	struct file_event *event;

	if (!scratch || !count)
		return 0;
	event = target__begin(scratch, FILE_ATTRIBUTE, name, count);
	if (!event)
		return 0;
	event->mode = flags;
	if (refused)
		event->flags |= FILE_REFUSED;
	return ring__output_scratch(scratch, true, false, count);
}

/* SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, unsigned long, arg): of all of them only chattr's. */
SEC("tp/syscalls/sys_exit_ioctl")
int on_ioctl(struct trace_event_raw_sys_exit *context)
{
	struct pt_regs *registers = task__registers();
	__u32 command = ARGUMENT(1);
	struct program_counters *count;
	__u32 flags = 0;

	if (command != SET_FLAGS && command != SET_FLAGS_COMPAT && command != SET_EXTENDED)
		return 0;
	if (context->ret < 0 && context->ret != -EPERM)
		return 0;
	count = call__begin(PROGRAM_IOCTL);
	if (!count)
		return 0;
	if (bpf_probe_read_user(&flags, sizeof(flags), (void *)ARGUMENT(2)) != 0) {
		count->read_failed++;
		return 0;
	}
	if (command == SET_EXTENDED)
		flags = flags__of_extended(flags);
	if (!attribute__is_told(context->ret, flags))
		return 0;
	struct name_argument name = { .directory = ARGUMENT(0) };

	return attribute__report(count, &name, flags, context->ret < 0);
}

/* SYSCALL_DEFINE5(file_setattr, int, dfd, const char __user *, filename, struct file_attr __user *, ufattr, size_t, usize, unsigned int, at_flags), since 6.17 */
SEC("tp/syscalls/sys_exit_file_setattr")
int on_file_setattr(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_FILE_SETATTR);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, AT);
	__u64 extended = 0; /* fa_xflags, the first of struct file_attr */

	if (!count)
		return 0;
	if (bpf_probe_read_user(&extended, sizeof(extended), (void *)ARGUMENT(2)) != 0) {
		count->read_failed++;
		return 0;
	}
	if (!attribute__is_told(context->ret, flags__of_extended(extended)))
		return 0;
	return attribute__report(count, &name, flags__of_extended(extended), context->ret < 0);
}
