/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_OPEN_BPF_H
#define RUNTIME_OPEN_BPF_H

/* Which opens are told: those of system calls (open.bpf.c) and of rings (uring.bpf.c). */

#define FILE_MODE_WRITE 0x2	   /* FMODE_WRITE */
#define FILE_MODE_CREATED 0x100000 /* FMODE_CREATED, since 4.19 */
#define PROC_SUPER_MAGIC 0x9fa0 /* linux/magic.h */
#define SENSITIVE_ANCESTORS 4

/* Names that make a read worth telling; the agent compares the whole path (SensitivePaths.cs). Value: enum sensitive_place. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct sensitive_name);
	__type(value, __u8);
} sensitive_names SEC(".maps") __weak;

/* Length and first letter rule out nearly every name, for a third of what the look-up costs. */
static __always_inline __u8 dentry__sensitivity(struct dentry *dentry)
{
	struct sensitive_name name = {};
	struct qstr known;
	__u32 length;
	__u8 *places;

	BPF_CORE_READ_INTO(&known, dentry, d_name);
	length = known.len < SENSITIVE_NAME_BYTES ? known.len : SENSITIVE_NAME_BYTES - 1;
	bpf_probe_read_kernel(name.bytes, 1, known.name);
	if (!(settings.sensitive_firsts[length & (SENSITIVE_NAME_BYTES - 1)] & 1u << (name.bytes[0] & 31)))
		return 0;
	bpf_probe_read_kernel_str(name.bytes, sizeof(name.bytes), known.name);
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

#define MODE_CHARACTERS 0020000 /* S_IFCHR */
#define MODE_BLOCKS 0060000	/* S_IFBLK */
#define DEVICE_MAJOR(device) ((device) >> 20)
#define DEVICE_MINOR(device) ((device) & 0xfffff)
#define MAJOR_MEMORY 1	/* /dev/mem 1, /dev/kmem 2, /dev/port 4; null and zero are no power */
#define MAJOR_MSR 202	/* /dev/cpu/N/msr */

/* A disk is all files of its file system; memory and the processor's registers are the kernel itself. */
static __always_inline bool inode__is_power(struct inode *inode)
{
	__u32 type = BPF_CORE_READ(inode, i_mode) & MODE_TYPE;
	__u32 device = BPF_CORE_READ(inode, i_rdev);

	if (type == MODE_BLOCKS)
		return true;
	if (type != MODE_CHARACTERS)
		return false;
	return DEVICE_MAJOR(device) == MAJOR_MSR ||
	       (DEVICE_MAJOR(device) == MAJOR_MEMORY &&
		(DEVICE_MINOR(device) == 1 || DEVICE_MINOR(device) == 2 || DEVICE_MINOR(device) == 4));
}

/* /proc/PID/environ and mem: one's own are no secret. */
static __always_inline bool inode__is_own_process(struct inode *inode)
{
	struct task_struct *task = task__current();
	struct proc_inode *entry = (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);
	struct pid *pid;

	if (BPF_CORE_READ(inode, i_sb, s_magic) != PROC_SUPER_MAGIC)
		return false;
	pid = BPF_CORE_READ(entry, pid);
	return pid && (pid == BPF_CORE_READ(task, thread_pid) || pid == BPF_CORE_READ(task, group_leader, thread_pid));
}

static __always_inline int open__report(struct file *file, enum file_operation operation, struct program_counters *count)
{
	struct scratch *scratch = scratch__get();
	bool odd = repeats__turn_is_odd();
	struct file_event *event;
	__u64 sent = count->sent;
	struct open_key key;
	bool counted;

	if (!scratch)
		return 0;
	counted = open_key__fill(&key, file, operation);
	if (counted && repeats__count(&key, odd)) {
		count->repeated++;
		return 0;
	}
	event = file__describe(scratch, file, operation, 0, 0);
	if (!counted || !repeats__remember(&key, odd, &event->header))
		return ring__output_scratch(scratch, true, false, count);
	event->flags |= FILE_COUNTED;
	ring__output_scratch(scratch, true, false, count);
	if (count->sent == sent)
		repeats__forget(&key, odd, count);
	return 0;
}

/* What is worth telling of a file that was opened. */
static __always_inline int open__told(struct file *file, struct program_counters *count)
{
	__u32 file_mode = (__u32)BPF_CORE_READ(file, f_mode);
	enum file_operation operation = FILE_WRITE;

	if ((BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_REGULAR) {
		if (!inode__is_power(BPF_CORE_READ(file, f_inode)))
			goto filtered;
		return file__report_flagged(file, file_mode & FILE_MODE_WRITE ? FILE_WRITE : FILE_SENSITIVE_READ, 0, FILE_DEVICE, count);
	}
	if (file_mode & FILE_MODE_CREATED)
		operation = FILE_CREATE;
	else if (!(file_mode & FILE_MODE_WRITE)) {
		if (!file__may_be_sensitive(file) || inode__is_own_process(BPF_CORE_READ(file, f_inode)))
			goto filtered;
		operation = FILE_SENSITIVE_READ;
	} else if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) == PROC_SUPER_MAGIC &&
		   dentry__sensitivity(BPF_CORE_READ(file, f_path.dentry)) & SENSITIVE_LEAF &&
		   !inode__is_own_process(BPF_CORE_READ(file, f_inode)))
		operation = FILE_SENSITIVE_WRITE; /* /proc/PID/mem */
	return open__report(file, operation, count);
filtered:
	count->filtered++;
	return 0;
}

#endif
