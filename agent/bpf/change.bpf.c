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

/*
 * What changes a file and is no opening for writing: its length, its times; memory that is written past every
 * call; device nodes. ftruncate, fallocate, copy_file_range, splice and sendfile need a descriptor that was opened for writing, which
 * was told then. So does mprotect to writable on a shared mapping.
 */

/* SYSCALL_DEFINE2(truncate, const char __user *, path, long, length) */
SEC("tp/syscalls/sys_exit_truncate")
int on_truncate(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_TRUNCATE, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, PLAIN);

	return name__report(count, FILE_TRUNCATE, &name, 0);
}

#define PROTECTION_WRITE 2	/* PROT_WRITE */
#define MAPPING_TYPE 0xf	/* MAP_TYPE */
#define MAPPING_SHARED 1	/* MAP_SHARED */
#define MAPPING_SHARED_CHECKED 3 /* MAP_SHARED_VALIDATE */
#define MAPPING_ANONYMOUS 0x20	/* MAP_ANONYMOUS */
#define LAST_ERROR (-4095)

/*
 * SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot, unsigned long, flags, unsigned long, fd, unsigned long, off)
 * Every allocation of memory comes through here: nothing is counted before the two words that tell it is none of these.
 */
SEC("tp/syscalls/sys_exit_mmap")
int on_map_writable(struct trace_event_raw_sys_exit *context)
{
	struct pt_regs *registers = task__registers();
	__u64 flags = ARGUMENT(3);
	__u64 type = flags & MAPPING_TYPE;
	struct program_counters *count;
	struct file *file;

	if ((type != MAPPING_SHARED && type != MAPPING_SHARED_CHECKED) || flags & MAPPING_ANONYMOUS ||
	    !(ARGUMENT(2) & PROTECTION_WRITE) || (context->ret < 0 && context->ret >= LAST_ERROR))
		return 0;
	count = call__begin(PROGRAM_MAP_WRITABLE);
	if (!count)
		return 0;
	file = task__file(task__current(), ARGUMENT(4));
	/* Without a link it is memory and no file: what runtimes map their code by (memfd), and shared memory that was unlinked. */
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_REGULAR ||
	    BPF_CORE_READ(file, f_inode, i_nlink) == 0) {
		count->filtered++;
		return 0;
	}
	return file__report(file, FILE_MAP_WRITABLE, 0, count);
}

#define MODE_CHARACTERS 0020000 /* S_IFCHR */
#define MODE_BLOCKS 0060000	/* S_IFBLK */

/* As a call gives it (12 bits of minor around 12 of major, linux/kdev_t.h new_decode_dev) into the kernel's own form. */
static __always_inline __u32 device__decode(__u32 given)
{
	return (given & 0xfff00) >> 8 << 20 | (given & 0xff) | (given >> 12 & 0xfff00);
}

static __noinline int node__report(struct program_counters *count, const struct name_argument *name, __u16 mode, __u32 device)
{
	struct scratch *scratch = scratch__get();
	struct file_event *event;

	if (!scratch || !count)
		return 0;
	event = name__begin(scratch, FILE_MAKE_NODE, name, 0, count);
	event->mode = mode;
	event->device = device;
	return ring__output_scratch(scratch, true, false, count);
}

static __always_inline int mknod__exit(struct trace_event_raw_sys_exit *context, enum program_id program, enum name_form form)
{
	struct program_counters *count = success__begin(program, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, form);
	__u32 mode = ARGUMENT(1 + form);

	if (!count)
		return 0;
	if ((mode & MODE_TYPE) != MODE_CHARACTERS && (mode & MODE_TYPE) != MODE_BLOCKS) {
		count->filtered++;
		return 0;
	}
	return node__report(count, &name, mode, device__decode(ARGUMENT(2 + form)));
}

/* SYSCALL_DEFINE3(mknod, const char __user *, filename, umode_t, mode, unsigned, dev) */
SEC("tp/syscalls/sys_exit_mknod")
int on_mknod(struct trace_event_raw_sys_exit *context)
{
	return mknod__exit(context, PROGRAM_MKNOD, PLAIN);
}

/* SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, filename, umode_t, mode, unsigned int, dev) */
SEC("tp/syscalls/sys_exit_mknodat")
int on_mknodat(struct trace_event_raw_sys_exit *context)
{
	return mknod__exit(context, PROGRAM_MKNODAT, AT);
}

#define TIME_NOW 0x3fffffff  /* UTIME_NOW */
#define TIME_OMIT 0x3ffffffe /* UTIME_OMIT */

static __always_inline int times__exit(struct program_counters *count, const struct name_argument *name, bool by_hand)
{
	if (!count)
		return 0;
	if (!by_hand) {
		count->filtered++;
		return 0;
	}
	if (name->text == 0) {
		struct file *file = task__file(task__current(), name->directory);

		if (file)
			return file__report(file, FILE_TIMES, 0, count);
		count->read_failed++;
		return 0;
	}
	return name__report(count, FILE_TIMES, name, 0);
}

/*
 * SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, filename, struct timespec __user *, utimes, int, flags)
 * Times by hand: not "now", which is what touch does. Without a name the descriptor is the file.
 */
SEC("tp/syscalls/sys_exit_utimensat")
int on_utimensat(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_UTIMENSAT, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, AT);
	__s64 times[4] = {}; /* access, modification: seconds, nanoseconds */
	bool by_hand;

	by_hand = ARGUMENT(2) && bpf_probe_read_user(times, sizeof(times), (void *)ARGUMENT(2)) == 0 &&
		  times[3] != TIME_NOW && times[3] != TIME_OMIT;
	return times__exit(count, &name, by_hand);
}

/* SYSCALL_DEFINE3(futimesat, int, dfd, const char __user *, filename, struct timeval __user *, utimes): as utimensat without a name */
SEC("tp/syscalls/sys_exit_futimesat")
int on_futimesat(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_FUTIMESAT, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, AT);

	return times__exit(count, &name, ARGUMENT(2) != 0);
}

/* SYSCALL_DEFINE2(utimes, char __user *, filename, struct timeval __user *, utimes) */
SEC("tp/syscalls/sys_exit_utimes")
int on_utimes(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_UTIMES, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, PLAIN);

	return times__exit(count, &name, ARGUMENT(1) != 0);
}

/* SYSCALL_DEFINE2(utime, char __user *, filename, struct utimbuf __user *, times) */
SEC("tp/syscalls/sys_exit_utime")
int on_utime(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = success__begin(PROGRAM_UTIME, context->ret);
	struct pt_regs *registers = task__registers();
	struct name_argument name = name__of(registers, 0, PLAIN);

	return times__exit(count, &name, ARGUMENT(1) != 0);
}
