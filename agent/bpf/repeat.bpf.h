/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_REPEAT_BPF_H
#define RUNTIME_REPEAT_BPF_H

/*
 * An open that was told is counted from then on, for a turn of seconds, and told again in the next. Making the path and the ring
 * are what an open costs; a count is a fifth of it. Nothing new is ever taken for a repeat: the key is the whole identity of process,
 * program, group and file, and the entry is there before the record is, and goes with it if the ring does not take it.
 *
 * Two tables take turns: the agent turns them over, waits for the next turn, and then empties the one that no program writes to any
 * more. So no count is lost between its read and its removal. A full table remembers nothing more: those opens are told.
 */

#define REPEAT_STEPS 32 /* of a path that may be remembered; a deeper one is told each time */

struct repeat_table {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct open_key);
	__type(value, struct open_repeats);
};

struct repeat_table repeats_even SEC(".maps") __weak;
struct repeat_table repeats_odd SEC(".maps") __weak;

/* Written by the agent; its lowest bit says which table is in use. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} repeats_turn SEC(".maps") __weak;

/*
 * Where a file lies, for as long as it is open: every dentry of its path lives then, so that addresses tell them apart; the names'
 * hashes say whether one of them was renamed. 0 where the path is too deep.
 */
static __always_inline __u64 path__identity(struct dentry *dentry, struct vfsmount *vfsmount)
{
	struct mount *mount = mount__of(vfsmount);
	struct dentry *root = BPF_CORE_READ(mount, mnt.mnt_root);
	__u64 identity = 0;
	int step;

	for (step = 0; step < REPEAT_STEPS; step++) {
		identity = (identity ^ (__u64)dentry) * 0x9E3779B97F4A7C15ull; /* 2^64 by the golden ratio: odd, its bits are even */
		identity ^= identity >> 32;
		if (dentry == root) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount || !above)
				return identity | 1;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			root = BPF_CORE_READ(mount, mnt.mnt_root);
			continue;
		}
		identity = (identity ^ BPF_CORE_READ(dentry, d_name.hash_len)) * 0x9E3779B97F4A7C15ull;
		dentry = BPF_CORE_READ(dentry, d_parent);
	}
	return 0;
}

static __always_inline bool open_key__fill(struct open_key *key, struct file *file, enum file_operation operation)
{
	struct task_struct *task = task__current();
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct event_header header;

	if (!settings.count_repeats)
		return false;
	header__set_cgroup(&header, task);
	key->identity = path__identity(BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
	key->inode = BPF_CORE_READ(inode, i_ino);
	key->cgroup_id = header.cgroup_id;
	key->start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	key->executions = BPF_CORE_READ(task, self_exec_id);
	key->pid = bpf_get_current_pid_tgid() >> 32;
	key->device = BPF_CORE_READ(inode, i_sb, s_dev);
	key->mode = BPF_CORE_READ(inode, i_mode);
	key->operation = operation;
	key->cgroup_version = header.cgroup_version;
	key->pad = 0;
	return key->identity != 0;
}

static __always_inline bool repeats__turn_is_odd(void)
{
	__u32 zero = 0;
	__u32 *turn = bpf_map_lookup_elem(&repeats_turn, &zero);

	return turn && *turn & 1;
}

static __always_inline bool repeats__count(const struct open_key *key, bool odd)
{
	struct open_repeats *known = odd ? bpf_map_lookup_elem(&repeats_odd, key) : bpf_map_lookup_elem(&repeats_even, key);

	if (!known)
		return false;
	known->last_boot_ns = bpf_ktime_get_boot_ns();
	__sync_fetch_and_add(&known->count, 1);
	return true;
}

static __always_inline bool repeats__remember(const struct open_key *key, bool odd, const struct event_header *first)
{
	struct open_repeats entry = {
		.first_boot_ns = first->time_boot_ns,
		.tid = first->tid,
	};

	return (odd ? bpf_map_update_elem(&repeats_odd, key, &entry, BPF_NOEXIST)
		    : bpf_map_update_elem(&repeats_even, key, &entry, BPF_NOEXIST)) == 0;
}

/* The ring did not take the first one. What another thread counted in that instant is lost with it. */
static __always_inline void repeats__forget(const struct open_key *key, bool odd, struct program_counters *count)
{
	struct open_repeats *entry = odd ? bpf_map_lookup_elem(&repeats_odd, key) : bpf_map_lookup_elem(&repeats_even, key);

	if (entry)
		count->no_space += entry->count;
	if (odd)
		bpf_map_delete_elem(&repeats_odd, key);
	else
		bpf_map_delete_elem(&repeats_even, key);
}

#endif
