/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_CORE_FIXES_BPF_H
#define RUNTIME_CORE_FIXES_BPF_H

/*
 * Differences between kernels, and nowhere else. A type with ___ is a flavour: CO-RE looks for the name before it.
 */

/* 6.11, 3aa63a569c64 "fs: switch timespec64 fields in inode to discrete integers". */
struct inode___seconds {
	__s64 i_mtime_sec;
	__s64 i_ctime_sec;
	__u32 i_ctime_nsec;
} __attribute__((preserve_access_index));

struct timespec64___fix {
	__s64 tv_sec;
	long tv_nsec;
} __attribute__((preserve_access_index));

/* 6.6, 13bc24457850 "fs: rename i_ctime field to __i_ctime"; 6.7, 12cd44023651 for i_mtime. */
struct inode___renamed {
	struct timespec64___fix __i_mtime;
	struct timespec64___fix __i_ctime;
} __attribute__((preserve_access_index));

struct inode___plain {
	struct timespec64___fix i_mtime;
	struct timespec64___fix i_ctime;
} __attribute__((preserve_access_index));

static __always_inline __s64 inode__modified(struct inode *inode)
{
	struct inode___seconds *seconds = (void *)inode;
	struct inode___renamed *renamed = (void *)inode;
	struct inode___plain *plain = (void *)inode;

	if (bpf_core_field_exists(seconds->i_mtime_sec))
		return BPF_CORE_READ(seconds, i_mtime_sec);
	if (bpf_core_field_exists(renamed->__i_mtime))
		return BPF_CORE_READ(renamed, __i_mtime.tv_sec);
	return BPF_CORE_READ(plain, i_mtime.tv_sec);
}

static __always_inline __s64 inode__changed(struct inode *inode)
{
	struct inode___seconds *seconds = (void *)inode;
	struct inode___renamed *renamed = (void *)inode;
	struct inode___plain *plain = (void *)inode;

	if (bpf_core_field_exists(seconds->i_ctime_sec))
		return BPF_CORE_READ(seconds, i_ctime_sec);
	if (bpf_core_field_exists(renamed->__i_ctime))
		return BPF_CORE_READ(renamed, __i_ctime.tv_sec);
	return BPF_CORE_READ(plain, i_ctime.tv_sec);
}

static __always_inline __u32 inode__changed_nanoseconds(struct inode *inode)
{
	struct inode___seconds *seconds = (void *)inode;
	struct inode___renamed *renamed = (void *)inode;
	struct inode___plain *plain = (void *)inode;

	if (bpf_core_field_exists(seconds->i_ctime_nsec))
		return BPF_CORE_READ(seconds, i_ctime_nsec);
	if (bpf_core_field_exists(renamed->__i_ctime))
		return BPF_CORE_READ(renamed, __i_ctime.tv_nsec);
	return BPF_CORE_READ(plain, i_ctime.tv_nsec);
}

/*
 * fs/overlayfs/ovl_entry.h: struct ovl_inode { …; struct inode vfs_inode; struct dentry *__upperdentry; … }. Where overlayfs is a module its
 * types are found at load by SYS_ADMIN alone, so the agent reads them and says how far it is. An upper dentry means that the file
 * was made or copied up after the container's image was mounted.
 */
#define OVERLAYFS_SUPER_MAGIC 0x794c7630

static __always_inline bool inode__is_upper(struct inode *inode)
{
	struct dentry *upper = NULL;

	if (settings.overlay_upper == 0 || BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return false;
	return bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + settings.overlay_upper) == 0 && upper;
}

/*
 * CLONE_NEW* of a namespace: in proc_ns_operations until 6.18 moved it to ns_common (4055526d3574 "ns: move ns type into struct
 * ns_common").
 */
struct ns_common___typed {
	__u32 ns_type;
} __attribute__((preserve_access_index));

struct proc_ns_operations___typed {
	int type;
} __attribute__((preserve_access_index));

static __always_inline __u64 ns_common__type(struct ns_common *namespace)
{
	struct ns_common___typed *typed = (void *)namespace;
	struct proc_ns_operations___typed *operations;

	if (bpf_core_field_exists(typed->ns_type))
		return BPF_CORE_READ(typed, ns_type);
	operations = (void *)BPF_CORE_READ(namespace, ops);
	return BPF_CORE_READ(operations, type);
}

/* A pidfd's process: the file's own until 6.9 gave pidfds a file system (cb12fd8e0dab "pidfd: add pidfs"). */
static __always_inline struct pid *file__pid(struct file *file)
{
	struct pid *pid = BPF_CORE_READ(file, private_data);

	return pid ?: BPF_CORE_READ(file, f_inode, i_private);
}

/*
 * The names that a ring's request holds: a struct filename * each, which kernels after 6.18 wrap (seen in 7.3; include/linux/fs.h, struct
 * delayed_filename: audit is told later, the text is there at once).
 */
struct delayed_filename___wrapped {
	struct filename *__incomplete_filename;
} __attribute__((preserve_access_index));

#define REQUEST_NAME(type, field)                                                      \
	struct type##___##field##_plain {                                              \
		struct filename *field;                                                \
	} __attribute__((preserve_access_index));                                      \
	struct type##___##field##_wrapped {                                            \
		struct delayed_filename___wrapped field;                               \
	} __attribute__((preserve_access_index));                                      \
	static __always_inline struct filename *type##__##field(void *request)         \
	{                                                                              \
		struct type##___##field##_wrapped *wrapped = request;                  \
		struct type##___##field##_plain *plain = request;                      \
                                                                                       \
		if (bpf_core_field_exists(wrapped->field.__incomplete_filename))       \
			return BPF_CORE_READ(wrapped, field.__incomplete_filename);    \
		return BPF_CORE_READ(plain, field);                                    \
	}

REQUEST_NAME(io_open, filename)
REQUEST_NAME(io_unlink, filename)
REQUEST_NAME(io_rename, oldpath)
REQUEST_NAME(io_rename, newpath)
REQUEST_NAME(io_link, oldpath)
REQUEST_NAME(io_link, newpath)
REQUEST_NAME(io_xattr, filename)

/* include/linux/sched.h: loginuid only with CONFIG_AUDIT. */
static __always_inline __u32 task__login_uid(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->loginuid))
		return ~0u;
	return BPF_CORE_READ(task, loginuid.val);
}

/*
 * Registers of the system call that the current task is in. bpf_task_pt_regs came with 5.15 (dd6e10fbd9fb); before it they
 * lie at the top of the kernel stack, whose size and padding are what 5.8 to 5.14 have on both processors.
 */
#define KERNEL_STACK_BYTES 16384

static __always_inline struct pt_regs *task__registers(void)
{
	struct task_struct *task;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	task = (struct task_struct *)bpf_get_current_task();
	return BPF_CORE_READ(task, stack) + KERNEL_STACK_BYTES - bpf_core_type_size(struct pt_regs);
}

#endif
