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

/* Two names: rename, link. */
static __noinline int names__report(struct program_counters *count, enum file_operation operation,
				    const struct name_argument *created,
				    const struct name_argument *old)
{
	struct scratch *scratch = scratch__get();

	if (!scratch || !count)
		return 0;
	names__begin(scratch, operation, created, old, count);
	return ring__output_scratch(scratch, true, false, count);
}

static __noinline int symlink__report(struct program_counters *count,
				      const struct name_argument *name, __u64 target)
{
	struct scratch *scratch = scratch__get();
	struct file_event *event;

	if (!scratch || !count)
		return 0;
	event = name__begin(scratch, FILE_SYMLINK, name, 0, count);
	event__add_other(event, scratch__add_user_string(scratch, (void *)target), count);
	return ring__output_scratch(scratch, true, false, count);
}

/* Two names, the old one first: rename, link. */
static __always_inline int names__exit(struct trace_event_raw_sys_exit *context,
				       enum program_id program, enum file_operation operation,
				       enum name_form form)
{
	struct program_counters *count = success__begin(program, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument old = name__of(registers, 0, form);
	struct name_argument created = name__of(registers, 1 + form, form);

	return names__report(count, operation, &created, &old);
}

/* SYSCALL_DEFINE2(rename, const char __user *, oldname, const char __user *, newname) */
SEC("tp/syscalls/sys_exit_rename")
int on_rename(struct trace_event_raw_sys_exit *context)
{
	return names__exit(context, PROGRAM_RENAME, FILE_RENAME, PLAIN);
}

/* SYSCALL_DEFINE4(renameat, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname) */
SEC("tp/syscalls/sys_exit_renameat")
int on_renameat(struct trace_event_raw_sys_exit *context)
{
	return names__exit(context, PROGRAM_RENAMEAT, FILE_RENAME, AT);
}

#define EXCHANGE 2 /* RENAME_EXCHANGE */

/*
 * SYSCALL_DEFINE5(renameat2, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname, uint, flags)
 * An exchange is two renames, one each way.
 */
SEC("tp/syscalls/sys_exit_renameat2")
int on_renameat2(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_RENAMEAT2, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument old = name__of(registers, 0, AT);
	struct name_argument created = name__of(registers, 2, AT);

	if (ARGUMENT(4) & EXCHANGE)
		names__report(count, FILE_RENAME, &old, &created);
	return names__report(count, FILE_RENAME, &created, &old);
}

/* SYSCALL_DEFINE2(link, const char __user *, oldname, const char __user *, newname) */
SEC("tp/syscalls/sys_exit_link")
int on_link(struct trace_event_raw_sys_exit *context)
{
	return names__exit(context, PROGRAM_LINK, FILE_LINK, PLAIN);
}

/* SYSCALL_DEFINE5(linkat, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname, int, flags) */
SEC("tp/syscalls/sys_exit_linkat")
int on_linkat(struct trace_event_raw_sys_exit *context)
{
	return names__exit(context, PROGRAM_LINKAT, FILE_LINK, AT);
}

/* SYSCALL_DEFINE1(unlink, const char __user *, pathname) */
SEC("tp/syscalls/sys_exit_unlink")
int on_unlink(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_UNLINK, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, PLAIN);

	return name__report(count, FILE_UNLINK, &name, 0);
}

/* SYSCALL_DEFINE3(unlinkat, int, dfd, const char __user *, pathname, int, flag) */
SEC("tp/syscalls/sys_exit_unlinkat")
int on_unlinkat(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_UNLINKAT, context->ret);
	struct pt_regs *registers = task__registers();

	if (!count)
		return 0;
	if (ARGUMENT(2) & REMOVE_DIRECTORY) {
		count->filtered++;
		return 0;
	}
	struct name_argument name = name__of(registers, 0, AT);

	return name__report(count, FILE_UNLINK, &name, 0);
}

/* The text that the link holds comes first, without a directory of its own. */
static __always_inline int symlink__exit(struct trace_event_raw_sys_exit *context,
					 enum program_id program, enum name_form form)
{
	struct program_counters *count = success__begin(program, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 1, form);

	return symlink__report(count, &name, ARGUMENT(0));
}

/* SYSCALL_DEFINE2(symlink, const char __user *, oldname, const char __user *, newname) */
SEC("tp/syscalls/sys_exit_symlink")
int on_symlink(struct trace_event_raw_sys_exit *context)
{
	return symlink__exit(context, PROGRAM_SYMLINK, PLAIN);
}

/* SYSCALL_DEFINE3(symlinkat, const char __user *, oldname, int, newdfd, const char __user *, newname) */
SEC("tp/syscalls/sys_exit_symlinkat")
int on_symlinkat(struct trace_event_raw_sys_exit *context)
{
	return symlink__exit(context, PROGRAM_SYMLINKAT, AT);
}

#define IDENTITY_BITS 06000 /* S_ISUID, S_ISGID */

static __always_inline enum file_operation chmod__operation(__u64 mode)
{
	return mode & IDENTITY_BITS ? FILE_CHMOD_SPECIAL : FILE_CHMOD_EXECUTABLE;
}

static __always_inline int chmod__exit(struct trace_event_raw_sys_exit *context,
				       enum program_id program, enum name_form form)
{
	struct program_counters *count = success__begin(program, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, form);
	__u64 mode = ARGUMENT(1 + form);

	if (!count)
		return 0;
	if (!(mode & (EXECUTE_BITS | IDENTITY_BITS))) {
		count->filtered++;
		return 0;
	}
	return name__report(count, chmod__operation(mode), &name, mode & PERMISSION_BITS);
}

/* SYSCALL_DEFINE2(chmod, const char __user *, filename, umode_t, mode) */
SEC("tp/syscalls/sys_exit_chmod")
int on_chmod(struct trace_event_raw_sys_exit *context)
{
	return chmod__exit(context, PROGRAM_CHMOD, PLAIN);
}

/* SYSCALL_DEFINE3(fchmodat, int, dfd, const char __user *, filename, umode_t, mode) */
SEC("tp/syscalls/sys_exit_fchmodat")
int on_fchmodat(struct trace_event_raw_sys_exit *context)
{
	return chmod__exit(context, PROGRAM_FCHMODAT, AT);
}

/* SYSCALL_DEFINE4(fchmodat2, int, dfd, const char __user *, filename, umode_t, mode, unsigned int, flags), since 6.6 */
SEC("tp/syscalls/sys_exit_fchmodat2")
int on_fchmodat2(struct trace_event_raw_sys_exit *context)
{
	return chmod__exit(context, PROGRAM_FCHMODAT2, AT);
}

/* SYSCALL_DEFINE2(fchmod, unsigned int, fd, umode_t, mode) */
SEC("tp/syscalls/sys_exit_fchmod")
int on_fchmod(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_FCHMOD, context->ret);
	struct pt_regs *registers = task__registers();
	struct file *file;
	__u16 mode;

	if (!count)
		return 0;
	mode = ARGUMENT(1) & PERMISSION_BITS;
	file = task__file(task__current(), ARGUMENT(0));
	if (!(mode & (EXECUTE_BITS | IDENTITY_BITS)) || !file) {
		count->filtered++;
		return 0;
	}
	return file__report(file, chmod__operation(mode), mode, count);
}
