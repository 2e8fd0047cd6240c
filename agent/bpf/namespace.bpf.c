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
#include "privilege.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Mounts, and namespaces made, joined and left. */

#define WORKING_DIRECTORY (-100) /* AT_FDCWD */
#define NSFS_MAGIC 0x6e736673

/* The path behind a name argument, read after the call as in name.bpf.c. */
static __always_inline void privilege__set_name(struct scratch *scratch, int directory, __u64 text,
						struct program_counters *count)
{
	struct task_struct *task = task__current();
	struct path base;
	char first = 0;
	long got;

	bpf_probe_read_user(&first, sizeof(first), (void *)text);
	if (first == '/')
		base = BPF_CORE_READ(task, fs, root);
	else if (directory == WORKING_DIRECTORY)
		base = BPF_CORE_READ(task, fs, pwd);
	else
		base = BPF_CORE_READ(task__file(task, directory), f_path);
	privilege__set_path(scratch, base.dentry, base.mnt);
	got = scratch__add_user_string(scratch, (void *)text);
	if (got < 0) {
		scratch->privilege.flags |= PRIVILEGE_TRUNCATED;
		count->read_failed++;
		return;
	}
	scratch->privilege.subject_length = got;
}

/*
 * SYSCALL_DEFINE5(mount, char __user *, dev_name, char __user *, dir_name, char __user *, type, unsigned long, flags,
 * void __user *, data). Value: the flags. Detail: type, a space, source; either may be empty.
 */
SEC("tp/syscalls/sys_exit_mount")
int on_mount(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_MOUNT, context->ret);
	struct pt_regs *registers = task__registers();
	struct scratch *scratch = scratch__get();
	__u32 detail;

	if (!count || !scratch)
		return 0;
	privilege__begin(scratch, PRIVILEGE_MOUNT, syscall__argument(registers, 3), context->ret);
	privilege__set_name(scratch, WORKING_DIRECTORY, syscall__argument(registers, 1), count);
	detail = scratch__add_user_text(scratch, syscall__argument(registers, 2));
	scratch__add_byte(scratch, ' ');
	detail += 1 + scratch__add_user_text(scratch, syscall__argument(registers, 0));
	scratch->privilege.detail_length = detail;
	return ring__output_scratch(scratch, true, false, count);
}

/* Type and source of the mount that a descriptor of the new mount API stands for. */
static __always_inline void privilege__add_mounted(struct scratch *scratch, struct file *file)
{
	struct mount *mount = mount__of(BPF_CORE_READ(file, f_path.mnt));
	__u32 detail;

	detail = scratch__add_kernel_text(scratch, BPF_CORE_READ(mount, mnt.mnt_sb, s_type, name));
	scratch__add_byte(scratch, ' ');
	detail += 1 + scratch__add_kernel_text(scratch, BPF_CORE_READ(mount, mnt_devname));
	scratch->privilege.detail_length = detail;
}

/* SYSCALL_DEFINE3(fsmount, int, fs_fd, unsigned int, flags, unsigned int, attr_flags): mounted, not yet put anywhere. */
SEC("tp/syscalls/sys_exit_fsmount")
int on_fsmount(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_FSMOUNT, context->ret);
	struct scratch *scratch = scratch__get();
	struct file *file = NULL;

	if (!count || !scratch)
		return 0;
	privilege__begin(scratch, PRIVILEGE_MOUNT, 0, context->ret);
	if (context->ret >= 0)
		file = task__file(task__current(), context->ret);
	if (file)
		privilege__add_mounted(scratch, file);
	return ring__output_scratch(scratch, true, false, count);
}

/*
 * SYSCALL_DEFINE5(move_mount, int, from_dfd, const char __user *, from_pathname, int, to_dfd, const char __user *,
 * to_pathname, unsigned int, flags)
 */
SEC("tp/syscalls/sys_exit_move_mount")
int on_move_mount(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_MOVE_MOUNT, context->ret);
	struct pt_regs *registers = task__registers();
	struct scratch *scratch = scratch__get();
	struct file *file;

	if (!count || !scratch)
		return 0;
	privilege__begin(scratch, PRIVILEGE_MOUNT, 0, context->ret);
	privilege__set_name(scratch, syscall__argument(registers, 2), syscall__argument(registers, 3), count);
	file = task__file(task__current(), syscall__argument(registers, 0));
	if (file)
		privilege__add_mounted(scratch, file);
	return ring__output_scratch(scratch, true, false, count);
}

/* SYSCALL_DEFINE2(pivot_root, const char __user *, new_root, const char __user *, put_old). Subject: new_root as given. */
SEC("tp/syscalls/sys_exit_pivot_root")
int on_pivot_root(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_PIVOT_ROOT, context->ret);
	struct scratch *scratch = scratch__get();

	if (!count || !scratch)
		return 0;
	privilege__begin(scratch, PRIVILEGE_PIVOT_ROOT, 0, context->ret);
	scratch->privilege.subject_length =
		scratch__add_user_text(scratch, syscall__argument(task__registers(), 0));
	return ring__output_scratch(scratch, true, false, count);
}

/* SYSCALL_DEFINE1(unshare, unsigned long, unshare_flags) */
SEC("tp/syscalls/sys_exit_unshare")
int on_unshare(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_UNSHARE, context->ret);
	__u64 flags = syscall__argument(task__registers(), 0) & NEW_ANY;

	if (!count)
		return 0;
	if (!flags) { /* only descriptors, the working directory or semaphores */
		count->filtered++;
		return 0;
	}
	return privilege__report(PRIVILEGE_UNSHARE, flags, context->ret, count);
}

/* Which namespaces of `task` are those of `other`, among `asked`. */
static __always_inline __u64 namespaces__shared(struct task_struct *task, struct task_struct *other,
						__u64 asked)
{
	struct nsproxy *mine = BPF_CORE_READ(task, nsproxy), *theirs = BPF_CORE_READ(other, nsproxy);
	__u64 shared = 0;

	if (BPF_CORE_READ(mine, mnt_ns) == BPF_CORE_READ(theirs, mnt_ns))
		shared |= NEW_MOUNT;
	if (BPF_CORE_READ(mine, net_ns) == BPF_CORE_READ(theirs, net_ns))
		shared |= NEW_NETWORK;
	if (BPF_CORE_READ(mine, uts_ns) == BPF_CORE_READ(theirs, uts_ns))
		shared |= NEW_UTS;
	if (BPF_CORE_READ(mine, ipc_ns) == BPF_CORE_READ(theirs, ipc_ns))
		shared |= NEW_IPC;
	if (BPF_CORE_READ(mine, cgroup_ns) == BPF_CORE_READ(theirs, cgroup_ns))
		shared |= NEW_CGROUP;
	if (BPF_CORE_READ(mine, pid_ns_for_children) == BPF_CORE_READ(theirs, pid_ns_for_children))
		shared |= NEW_PID;
	if (BPF_CORE_READ(task, cred, user_ns) == BPF_CORE_READ(other, cred, user_ns))
		shared |= NEW_USER;
	return shared & asked;
}

/* The host's first process, as the pid namespace of all sees it. */
static __always_inline struct task_struct *task__host_init(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct pid_namespace *first = NULL;

	bpf_probe_read_kernel(&first, sizeof(first),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      bpf_core_field_offset(struct upid, ns));
	return BPF_CORE_READ(first, child_reaper);
}

/* setns(fd, 0) takes whatever /proc/PID/ns/X the descriptor is. */
static __always_inline __u64 namespace__type(int descriptor)
{
	struct file *file = task__file(task__current(), descriptor);
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if (BPF_CORE_READ(inode, i_sb, s_magic) != NSFS_MAGIC)
		return 0;
	return ns_common__type(BPF_CORE_READ(inode, i_private));
}

/* SYSCALL_DEFINE2(setns, int, fd, int, flags). Detail: "host" when what was joined is the host's. */
SEC("tp/syscalls/sys_exit_setns")
int on_setns(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_SETNS, context->ret);
	struct pt_regs *registers = task__registers();
	struct task_struct *task = task__current();
	struct scratch *scratch = scratch__get();
	__u64 flags;

	if (!count || !scratch)
		return 0;
	flags = syscall__argument(registers, 1) & NEW_ANY;
	if (!flags)
		flags = namespace__type(syscall__argument(registers, 0));
	privilege__begin(scratch, PRIVILEGE_SET_NAMESPACE, flags, context->ret);
	if (context->ret >= 0 && namespaces__shared(task, task__host_init(task), flags))
		scratch->privilege.detail_length = scratch__add_kernel_text(scratch, "host");
	return ring__output_scratch(scratch, true, false, count);
}

/*
 * TP_PROTO(struct task_struct *parent, struct task_struct *child)
 * clone and clone3 with CLONE_NEW*: what unshare does, in a child. Told of the parent, whose call it is.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_clone_namespace, struct task_struct *parent, struct task_struct *child)
{
	struct program_counters *count;
	__u64 flags;

	if (BPF_CORE_READ(child, nsproxy) == BPF_CORE_READ(parent, nsproxy) &&
	    BPF_CORE_READ(child, cred, user_ns) == BPF_CORE_READ(parent, cred, user_ns))
		return 0;
	count = call__begin(PROGRAM_CLONE_NAMESPACE);
	if (!count)
		return 0;
	flags = (NEW_ANY & ~NEW_TIME) & ~namespaces__shared(child, parent, NEW_ANY);
	if (!flags) {
		count->filtered++;
		return 0;
	}
	return privilege__report(PRIVILEGE_UNSHARE, flags, 0, count);
}
