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

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define FILE_MODE_WRITE 0x2	   /* FMODE_WRITE */
#define FILE_MODE_CREATED 0x100000 /* FMODE_CREATED, since 4.19 */
#define SENSITIVE_ANCESTORS 4

struct sensitive_name {
	char bytes[SENSITIVE_NAME_BYTES]; /* cut to 31, padded with NUL */
};

/* Names that make a read worth telling; the agent compares the whole path (SensitivePaths.cs). Value: enum sensitive_place. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct sensitive_name);
	__type(value, __u8);
} sensitive_names SEC(".maps");

static __always_inline __u8 dentry__sensitivity(struct dentry *dentry)
{
	struct sensitive_name name = {};
	__u8 *places;

	bpf_probe_read_kernel_str(name.bytes, sizeof(name.bytes), BPF_CORE_READ(dentry, d_name.name));
	places = bpf_map_lookup_elem(&sensitive_names, &name);
	return places ? *places : 0;
}

static __always_inline bool file__may_be_sensitive(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct mount *mount = mount__of(BPF_CORE_READ(file, f_path.mnt));
	struct dentry *root = BPF_CORE_READ(mount, mnt.mnt_root);
	int level;

	if (dentry__sensitivity(dentry) & SENSITIVE_LEAF)
		return true;
	if (!settings.sensitive_directories)
		return false;
	/* A secret's volume is a mount of its own, so the way up crosses mounts; one step is either. */
	for (level = 0; level < SENSITIVE_ANCESTORS + 2; level++) {
		if (dentry == root) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount)
				return false;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			root = BPF_CORE_READ(mount, mnt.mnt_root);
		} else {
			dentry = BPF_CORE_READ(dentry, d_parent);
		}
		if (dentry__sensitivity(dentry) & SENSITIVE_DIRECTORY)
			return true;
	}
	return false;
}

static __always_inline int open__exit(long descriptor, enum program_id program)
{
	struct program_counters *count = success__begin(program, descriptor);
	enum file_operation operation = FILE_WRITE;
	struct file *file;
	__u32 file_mode;

	if (!count)
		return 0;
	file = task__file(task__current(), descriptor);
	if (!file) { /* closed by another thread already */
		count->read_failed++;
		return 0;
	}
	file_mode = (__u32)BPF_CORE_READ(file, f_mode);
	if ((BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_REGULAR)
		goto filtered;
	if (file_mode & FILE_MODE_CREATED)
		operation = FILE_CREATE;
	else if (!(file_mode & FILE_MODE_WRITE)) {
		if (!file__may_be_sensitive(file))
			goto filtered;
		operation = FILE_SENSITIVE_READ;
	}
	return file__report(file, operation, 0, count);
filtered:
	count->filtered++;
	return 0;
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
