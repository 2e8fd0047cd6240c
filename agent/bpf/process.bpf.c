// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "events.h"
#include "maps.bpf.h"
#include "core_fixes.bpf.h"
#include "task.bpf.h"
#include "path.bpf.h"
#include "loader.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TMPFS_MAGIC 0x01021994
#define HUGETLBFS_MAGIC 0x958458f6
#define SIGNAL_GROUP_EXIT_FLAG 4

/* TP_PROTO(struct task_struct *parent, struct task_struct *child) */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *current, struct task_struct *child)
{
	struct program_counters *count = counters__get(PROGRAM_FORK);
	struct task_struct *parent;
	struct fork_event event = {};

	if (!count)
		return 0;
	count->seen++;
	if (BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid)) {
		count->filtered++;
		return 0;
	}
	header__fill(&event.header, KIND_FORK, child);
	/* real_parent and not current: CLONE_PARENT makes a sibling. */
	parent = BPF_CORE_READ(child, real_parent);
	event.parent_pid = BPF_CORE_READ(parent, tgid);
	event.parent_start_boot_ns = BPF_CORE_READ(parent, group_leader, start_boottime);
	return ring__output(&event, sizeof(event), false, false, count);
}

static __always_inline bool file__is_memfd(struct file *file, struct inode *inode)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	__u64 magic = BPF_CORE_READ(inode, i_sb, s_magic);
	char name[8] = {};

	if ((magic != TMPFS_MAGIC && magic != HUGETLBFS_MAGIC) ||
	    BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' &&
	       name[4] == 'd' && name[5] == ':';
}

static __always_inline void exec__set_file(struct exec_event *event, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	event->inode = BPF_CORE_READ(inode, i_ino);
	event->device = BPF_CORE_READ(inode, i_sb, s_dev);
	event->file_system = BPF_CORE_READ(inode, i_sb, s_magic);
	event->links = BPF_CORE_READ(inode, i_nlink);
	event->size = BPF_CORE_READ(inode, i_size);
	event->modified_unix_seconds = inode__modified(inode);
	event->changed_unix_seconds = inode__changed(inode);
	if (event->links == 0)
		event->flags |= EXEC_DELETED;
	if (file__is_memfd(file, inode))
		event->flags |= EXEC_MEMFD;
	if (inode__is_upper(inode))
		event->flags |= EXEC_UPPER_LAYER;
}

static __always_inline void exec__set_identity(struct exec_event *event, struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct pid_namespace *pid_namespace = NULL;
	__u32 level = BPF_CORE_READ(pid, level);

	event->parent_pid = BPF_CORE_READ(parent, tgid);
	event->parent_start_boot_ns = BPF_CORE_READ(parent, group_leader, start_boottime);
	event->uid = BPF_CORE_READ(cred, uid.val);
	event->euid = BPF_CORE_READ(cred, euid.val);
	event->gid = BPF_CORE_READ(cred, gid.val);
	event->login_uid = task__login_uid(task);
	event->effective_capabilities = 0;
	bpf_core_read(&event->effective_capabilities, sizeof(event->effective_capabilities),
		      &cred->cap_effective);
	event->user_namespace = BPF_CORE_READ(cred, user_ns, ns.inum);
	event->mount_namespace = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	event->network_namespace = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	/* As task_active_pid_ns does: pid_ns_for_children is another one after unshare. */
	bpf_probe_read_kernel(&pid_namespace, sizeof(pid_namespace),
		      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
			      level * bpf_core_type_size(struct upid) +
			      bpf_core_field_offset(struct upid, ns));
	event->pid_namespace = BPF_CORE_READ(pid_namespace, ns.inum);
	bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), &task->comm);
}

static __always_inline bool file__is_pipe(struct file *file)
{
	return file && (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) == MODE_PIPE;
}

static __always_inline __u32 exec__standard_descriptors(struct task_struct *task)
{
	__u32 flags = 0;

	if (file__is_pipe(task__file(task, 0)))
		flags |= EXEC_STDIN_PIPE;
	if (file__is_pipe(task__file(task, 1)))
		flags |= EXEC_STDOUT_PIPE;

	if (file__internet_socket(task__file(task, 0)))
		flags |= EXEC_STDIN_SOCKET;
	if (file__internet_socket(task__file(task, 1)))
		flags |= EXEC_STDOUT_SOCKET;
	if (file__internet_socket(task__file(task, 2)))
		flags |= EXEC_STDERR_SOCKET;
	return flags;
}

/*
 * TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)
 * Runs after the point of no return: the new mm is current and argv lies in it, just written and thus resident.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct program_counters *count = counters__get(PROGRAM_EXEC);
	struct scratch *scratch = scratch__get();
	struct exec_event *event;
	struct file *file;
	struct path directory;
	__u64 from, length;
	void *to;
	__u32 walk;
	long got;

	if (!count || !scratch)
		return 0;
	count->seen++;
	event = &scratch->exec;
	scratch->cursor = sizeof(*event);
	header__fill(&event->header, KIND_EXEC, task);
	event->flags = exec__standard_descriptors(task);
	/* de_thread gave the caller the leader's pid; old_pid is the one it called with. */
	if ((__u32)old_pid != event->header.pid) {
		event->header.tid = old_pid;
		event->flags |= EXEC_NON_LEADER_THREAD;
	}
	exec__set_identity(event, task);

	file = BPF_CORE_READ(task, mm, exe_file);
	exec__set_file(event, file);
	walk = path__write((__u64)BPF_CORE_READ(file, f_path.dentry), (__u64)BPF_CORE_READ(file, f_path.mnt));
	if (walk & WALK_TRUNCATED)
		event->flags |= EXEC_PATH_TRUNCATED;
	event->binary_length = WALK_LENGTH(walk);

	if (BPF_CORE_READ(bprm, interp) != BPF_CORE_READ(bprm, filename))
		event->flags |= EXEC_SCRIPT;
	got = scratch__add_kernel_string(scratch, BPF_CORE_READ(bprm, filename));
	event->filename_length = got > 0 ? got : 0;
	if (got < 0)
		count->read_failed++;

	from = BPF_CORE_READ(task, mm, arg_start);
	length = BPF_CORE_READ(task, mm, arg_end) - from;
	if (length > ARGUMENT_BYTES) {
		length = ARGUMENT_BYTES;
		event->flags |= EXEC_ARGUMENTS_TRUNCATED;
	}
	event->argument_length = 0;
	to = scratch__room(scratch, ARGUMENT_BYTES);
	if (to) {
		if (bpf_probe_read_user(to, length, (void *)from) == 0) {
			event->argument_length = length;
			scratch__advance(scratch, length);
		} else {
			event->flags |= EXEC_ARGUMENTS_TRUNCATED;
			count->read_failed++;
		}
	}

	directory = BPF_CORE_READ(task, fs, pwd);
	walk = path__write((__u64)directory.dentry, (__u64)directory.mnt);
	if (walk & WALK_TRUNCATED)
		event->flags |= EXEC_CWD_TRUNCATED;
	event->cwd_length = WALK_LENGTH(walk);

	walk = environment__write(scratch, BPF_CORE_READ(task, mm, env_start), BPF_CORE_READ(task, mm, env_end));
	if (walk & ENVIRONMENT_TRUNCATED)
		event->flags |= EXEC_LOADER_VARIABLES_TRUNCATED;
	event->variables_length = ENVIRONMENT_LENGTH(walk);
	event->pad = 0;
	return ring__output_scratch(scratch, false, settings.wake_on_exec, count);
}

struct exited_key {
	__u64 start_boot_ns;
	__u32 pid;
	__u32 pad;
};

/* Two threads that end together may both see live == 0; the first one reports. A wrong eviction only repeats an exit. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct exited_key);
	__type(value, __u8);
} exited SEC(".maps");

/* TP_PROTO(struct task_struct *p); 6.16 adds bool group_dead, which we do without. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct program_counters *count = counters__get(PROGRAM_EXIT);
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct exit_event event = {};

	if (!count)
		return 0;
	count->seen++;
	if (BPF_CORE_READ(signal, live.counter) != 0) {
		count->filtered++;
		return 0;
	}
	header__fill(&event.header, KIND_EXIT, task);
	struct exited_key key = {
		.start_boot_ns = event.header.start_boot_ns,
		.pid = event.header.pid,
	};
	__u8 one = 1;

	/* A single thread may be the last of two, of which the other has told and is released already. */
	if (BPF_CORE_READ(signal, nr_threads) > 1 ? bpf_map_update_elem(&exited, &key, &one, BPF_NOEXIST) != 0
						  : bpf_map_lookup_elem(&exited, &key) != NULL) {
		count->filtered++;
		return 0;
	}
	event.run_time_ns = event.header.time_boot_ns - event.header.start_boot_ns;
	/* As wait_task_zombie tells the parent. */
	if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT_FLAG)
		event.wait_status = BPF_CORE_READ(signal, group_exit_code);
	else
		event.wait_status = BPF_CORE_READ(task, group_leader, exit_code);
	return ring__output(&event, sizeof(event), false, false, count);
}

/* Hierarchies that header__set_cgroup names: v2, and the v1 one with memory, else with pids. */
static __always_inline bool cgroup__is_named(struct cgroup *cgroup, __u8 *version)
{
	struct cgroup_root *root = BPF_CORE_READ(cgroup, root);
	__u32 controllers = BPF_CORE_READ(root, subsys_mask);

	if (BPF_CORE_READ(root, hierarchy_id) == 0) {
		*version = 2;
		return true;
	}
	*version = 1;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id) && !settings.cgroup_by_pids)
		return controllers & (1u << bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	return bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id) &&
	       controllers & (1u << bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
}

static __always_inline int cgroup__report(struct cgroup *cgroup, const char *path, bool removed,
					  enum program_id program)
{
	struct program_counters *count = counters__get(program);
	struct scratch *scratch = scratch__get();
	struct cgroup_event *event;
	__u8 version;
	long got;

	if (!count || !scratch)
		return 0;
	count->seen++;
	if (!cgroup__is_named(cgroup, &version)) {
		count->filtered++;
		return 0;
	}
	event = &scratch->cgroup;
	scratch->cursor = sizeof(*event);
	header__fill(&event->header, KIND_CGROUP, task__current());
	event->header.cgroup_id = BPF_CORE_READ(cgroup, kn, id);
	event->header.cgroup_version = version;
	event->removed = removed;
	__builtin_memset(event->pad, 0, sizeof(event->pad));
	got = scratch__add_kernel_string(scratch, path);
	if (got < 0) {
		count->read_failed++;
		return 0;
	}
	event->path_length = got;
	return ring__output_scratch(scratch, false, false, count);
}

/* TP_PROTO(struct cgroup *cgrp, const char *path) */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	return cgroup__report(cgroup, path, false, PROGRAM_CGROUP_MKDIR);
}

/* TP_PROTO(struct cgroup *cgrp, const char *path) */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	return cgroup__report(cgroup, path, true, PROGRAM_CGROUP_RMDIR);
}
