/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_PRIVILEGE_BPF_H
#define RUNTIME_PRIVILEGE_BPF_H

/* What the programs of identity, namespace and privilege share: the record, and how its subject is told. */

#define ERROR_NOT_PERMITTED 1 /* EPERM */
#define ERROR_ACCESS 13	      /* EACCES */
#define ERROR_NO_CALL 38      /* ENOSYS: also what many seccomp profiles answer */
#define DETAIL_BYTES 256

#define NEW_TIME 0x00000080 /* CLONE_NEW* of linux/sched.h */
#define NEW_MOUNT 0x00020000
#define NEW_CGROUP 0x02000000
#define NEW_UTS 0x04000000
#define NEW_IPC 0x08000000
#define NEW_USER 0x10000000
#define NEW_PID 0x20000000
#define NEW_NETWORK 0x40000000
#define NEW_ANY                                                                                    \
	(NEW_TIME | NEW_MOUNT | NEW_CGROUP | NEW_UTS | NEW_IPC | NEW_USER | NEW_PID | NEW_NETWORK)

static __always_inline bool result__is_refusal(long result)
{
	return result == -ERROR_NOT_PERMITTED || result == -ERROR_ACCESS || result == -ERROR_NO_CALL;
}

/* Calls that were done, or refused; other errors (no such process, bad address) show no power. NULL: nothing to tell. */
static __always_inline struct program_counters *attempt__begin(enum program_id program, long result)
{
	struct program_counters *count = call__begin(program);

	if (count && result < 0 && !result__is_refusal(result)) {
		count->filtered++;
		return NULL;
	}
	return count;
}

static __always_inline void privilege__fill(struct privilege_event *event,
					    enum privilege_operation operation, __u64 value,
					    long result)
{
	header__fill(&event->header, KIND_PRIVILEGE, task__current());
	event->operation = operation;
	event->flags = 0;
	event->error = result < 0 ? -result : 0;
	event->count = 1;
	event->value = value;
	event->walk_length = 0;
	event->subject_length = 0;
	event->detail_length = 0;
	event->pad = 0;
}

/* A record that tails follow. */
static __always_inline struct privilege_event *privilege__begin(struct scratch *scratch,
								enum privilege_operation operation,
								__u64 value, long result)
{
	scratch->cursor = sizeof(struct privilege_event);
	privilege__fill(&scratch->privilege, operation, value, result);
	return &scratch->privilege;
}

/* A record without tails. */
static __always_inline int privilege__report(enum privilege_operation operation, __u64 value,
					     long result, struct program_counters *count)
{
	struct privilege_event event;

	privilege__fill(&event, operation, value, result);
	return ring__output(&event, sizeof(event), true, false, count);
}

static __always_inline void privilege__set_path(struct scratch *scratch, struct dentry *dentry,
						struct vfsmount *mount)
{
	__u32 walk = path__write((__u64)dentry, (__u64)mount);

	scratch->privilege.flags |= PRIVILEGE_SUBJECT_IS_PATH;
	if (walk & WALK_TRUNCATED)
		scratch->privilege.flags |= PRIVILEGE_TRUNCATED;
	scratch->privilege.walk_length = WALK_LENGTH(walk);
}

static __always_inline void privilege__set_file(struct scratch *scratch, struct file *file)
{
	if (file)
		privilege__set_path(scratch, BPF_CORE_READ(file, f_path.dentry),
				    BPF_CORE_READ(file, f_path.mnt));
}

static __always_inline struct task_struct *pid__task(struct pid *pid)
{
	/* tasks[PIDTYPE_PID] and pid_links[PIDTYPE_PID] are the first of their arrays. */
	struct hlist_node *first = NULL;

	bpf_probe_read_kernel(&first, sizeof(first), (void *)pid + bpf_core_field_offset(struct pid, tasks));
	return first ? (void *)first - bpf_core_field_offset(struct task_struct, pid_links) : NULL;
}

/* The other process's binary; a kernel thread and NULL have none. */
static __always_inline void privilege__set_binary(struct scratch *scratch, struct task_struct *task)
{
	if (task)
		privilege__set_file(scratch, BPF_CORE_READ(task, mm, exe_file));
}

/* At most DETAIL_BYTES; answers its length, 0 for a text that is absent or cannot be read. */
static __always_inline __u32 scratch__add_user_text(struct scratch *scratch, __u64 from)
{
	void *to = scratch__room(scratch, DETAIL_BYTES);
	long length;

	if (!from || !to)
		return 0;
	length = bpf_probe_read_user_str(to, DETAIL_BYTES, (void *)from);
	if (length <= 1)
		return 0;
	scratch__advance(scratch, length - 1);
	return length - 1;
}

static __always_inline void scratch__add_byte(struct scratch *scratch, char byte)
{
	char *to = scratch__room(scratch, 1);

	if (!to)
		return;
	*to = byte;
	scratch__advance(scratch, 1);
}

static __always_inline __u32 scratch__add_kernel_text(struct scratch *scratch, const char *from)
{
	void *to = scratch__room(scratch, DETAIL_BYTES);
	long length;

	if (!to)
		return 0;
	length = bpf_probe_read_kernel_str(to, DETAIL_BYTES, from);
	if (length <= 1)
		return 0;
	scratch__advance(scratch, length - 1);
	return length - 1;
}

#endif
