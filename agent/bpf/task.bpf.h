/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_TASK_BPF_H
#define RUNTIME_TASK_BPF_H

/* What stands in an event's header: whose, who, when. */

static __always_inline struct task_struct *task__current(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

static __always_inline bool task__is_self(__u32 pid)
{
	return pid == settings.self_pid;
}

/* Answers 0 where the controller is compiled out. A controller that is mounted as v2 shares the default hierarchy. */
static __always_inline struct cgroup *css_set__cgroup_v1(struct css_set *set, int controller)
{
	struct cgroup_subsys_state *css;
	struct cgroup *cgroup;

	bpf_probe_read_kernel(&css, sizeof(css),
			      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
				      controller * sizeof(void *));
	cgroup = BPF_CORE_READ(css, cgroup);
	if (!cgroup || BPF_CORE_READ(cgroup, root, hierarchy_id) == 0)
		return NULL;
	return cgroup;
}

/*
 * v2, unless the task sits in v2's root: then memory's v1 directory, or pids' where memory has no v1 hierarchy. One
 * controller for a host: ids of two v1 hierarchies may be equal.
 */
static __always_inline void header__set_cgroup(struct event_header *header, struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *unified = BPF_CORE_READ(set, dfl_cgrp);
	struct cgroup *cgroup = NULL;

	header->cgroup_version = 2;
	header->cgroup_id = BPF_CORE_READ(unified, kn, id);
	if (BPF_CORE_READ(unified, level) > 0)
		return;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id) && !settings.cgroup_by_pids)
		cgroup = css_set__cgroup_v1(set, bpf_core_enum_value(enum cgroup_subsys_id,
								     memory_cgrp_id));
	else if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		cgroup = css_set__cgroup_v1(set, bpf_core_enum_value(enum cgroup_subsys_id,
								     pids_cgrp_id));
	if (!cgroup || BPF_CORE_READ(cgroup, level) == 0)
		return;
	header->cgroup_version = 1;
	header->cgroup_id = BPF_CORE_READ(cgroup, kn, id);
}

static __always_inline void header__fill(struct event_header *header, enum event_kind kind,
					 struct task_struct *task)
{
	header->kind = kind;
	header->layout = RUNTIME_LAYOUT;
	header->length = 0;
	header->time_boot_ns = bpf_ktime_get_boot_ns();
	header->pid = BPF_CORE_READ(task, tgid);
	header->tid = BPF_CORE_READ(task, pid);
	header->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	header__set_cgroup(header, task);
}

/* Borrowed: another thread may close the descriptor while we read; a kernel read of freed memory answers nonsense, not a fault. */
static __always_inline struct file *task__file(struct task_struct *task, int descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;
	struct file **slots;

	if (descriptor < 0 || (__u32)descriptor >= BPF_CORE_READ(table, max_fds))
		return NULL;
	slots = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), slots + descriptor);
	return file;
}

#define MODE_TYPE 0170000
#define MODE_SOCKET 0140000
#define MODE_REGULAR 0100000
#define MODE_DIRECTORY 0040000
#define MODE_PIPE 0010000
#define ADDRESS_FAMILY_INET 2
#define ADDRESS_FAMILY_INET6 10

/* The socket behind a descriptor when it speaks IPv4 or IPv6. */
static __always_inline struct sock *file__internet_socket(struct file *file)
{
	struct socket *socket;
	struct sock *sk;
	__u16 family;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_SOCKET)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	return family == ADDRESS_FAMILY_INET || family == ADDRESS_FAMILY_INET6 ? sk : NULL;
}

#endif
