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

#define PROTECTION_EXECUTE 4 /* PROT_EXEC */
#define MAPPING_SHARED 1     /* MAP_SHARED and MAP_SHARED_VALIDATE have this bit */
#define MAPPING_ANONYMOUS 0x20
#define VMA_SHARED 8	     /* VM_SHARED */
#define TMPFS_MAGIC 0x01021994

/*
 * Files that were mapped as code in this cgroup and told of: glibc and its like cost one look-up. An entry is made only
 * after its record is in the ring, so nothing is hidden by it; one that was pushed out is told again. Any write to the
 * file moves its ctime, to the nanosecond as far as its file system keeps it.
 */
struct library_key {
	__u64 cgroup_id;
	__u64 inode;
	__s64 changed_unix_seconds;
	__u64 size;
	__u32 device;
	__u32 changed_nanoseconds;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct library_key);
	__type(value, __u8);
} libraries SEC(".maps");

static __always_inline int library__report(struct file *file, bool shared,
					   struct program_counters *count)
{
	struct task_struct *task = task__current();
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct event_header header = {};
	struct library_key key = {};
	__u8 one = 1;
	__u64 sent;

	if ((BPF_CORE_READ(inode, i_mode) & MODE_TYPE) != MODE_REGULAR)
		goto filtered;
	/* The program's own file; the kernel maps it by itself, and interpreters map themselves again. */
	if (BPF_CORE_READ(task, mm, exe_file, f_inode) == inode)
		goto filtered;
	/* Just-in-time compilers share a memfd with themselves for code; who loads a library from one maps it privately. */
	if (shared && BPF_CORE_READ(inode, i_nlink) == 0 && BPF_CORE_READ(inode, i_sb, s_magic) == TMPFS_MAGIC)
		goto filtered;
	header__set_cgroup(&header, task);
	key.cgroup_id = header.cgroup_id;
	key.inode = BPF_CORE_READ(inode, i_ino);
	key.device = BPF_CORE_READ(inode, i_sb, s_dev);
	key.size = BPF_CORE_READ(inode, i_size);
	key.changed_unix_seconds = inode__changed(inode);
	key.changed_nanoseconds = inode__changed_nanoseconds(inode);
	if (bpf_map_lookup_elem(&libraries, &key))
		goto filtered;
	sent = count->sent;
	file__report(file, FILE_MAP_EXECUTABLE, 0, count);
	if (count->sent != sent)
		bpf_map_update_elem(&libraries, &key, &one, BPF_ANY);
	return 0;
filtered:
	count->filtered++;
	return 0;
}

/*
 * SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot, unsigned long, flags, unsigned long, fd, unsigned long, off)
 * Before the call: its arguments lie at hand, and almost all calls leave at the first test.
 */
SEC("tp/syscalls/sys_enter_mmap")
int on_map_executable(struct trace_event_raw_sys_enter *context)
{
	struct program_counters *count;
	struct file *file;

	if (!(context->args[2] & PROTECTION_EXECUTE) || context->args[3] & MAPPING_ANONYMOUS)
		return 0;
	count = call__begin(PROGRAM_MAP_EXECUTABLE);
	if (!count)
		return 0;
	file = task__file(task__current(), (int)context->args[4]);
	if (!file) {
		count->read_failed++;
		return 0;
	}
	return library__report(file, context->args[3] & MAPPING_SHARED, count);
}

struct found_mapping {
	struct file *file;
	bool shared;
};

static long mapping__found(struct task_struct *task, struct vm_area_struct *area, struct found_mapping *found)
{
	found->file = BPF_CORE_READ(area, vm_file);
	found->shared = BPF_CORE_READ(area, vm_flags) & VMA_SHARED;
	return 0;
}

/* A file that was mapped to be read and becomes code. */
static __always_inline int protect(struct trace_event_raw_sys_enter *context, enum program_id program)
{
	struct found_mapping found = {};
	struct program_counters *count;

	if (!(context->args[2] & PROTECTION_EXECUTE))
		return 0;
	count = call__begin(program);
	if (!count)
		return 0;
	if (bpf_find_vma(bpf_get_current_task_btf(), context->args[0], mapping__found, &found, 0) != 0) {
		count->read_failed++;
		return 0;
	}
	if (!found.file) {
		count->filtered++;
		return 0;
	}
	return library__report(found.file, found.shared, count);
}

/* SYSCALL_DEFINE3(mprotect, unsigned long, start, size_t, len, unsigned long, prot) */
SEC("tp/syscalls/sys_enter_mprotect")
int on_protect_executable(struct trace_event_raw_sys_enter *context)
{
	return protect(context, PROGRAM_PROTECT_EXECUTABLE);
}

/* SYSCALL_DEFINE4(pkey_mprotect, unsigned long, start, size_t, len, unsigned long, prot, int, pkey) */
SEC("tp/syscalls/sys_enter_pkey_mprotect")
int on_protect_key_executable(struct trace_event_raw_sys_enter *context)
{
	return protect(context, PROGRAM_PROTECT_KEY_EXECUTABLE);
}
