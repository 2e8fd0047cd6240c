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

/*
 * Capabilities that reach the node. Not among them: those that every start uses (CHOWN, DAC_OVERRIDE, FOWNER, SETUID, SETGID, …), and
 * SYS_ADMIN, which the kernel asks for at every reservation of memory (__vm_enough_memory); the calls that need it are told themselves.
 */
#define CAPABILITY(number) (1ULL << (number))
#define TELLING                                                                                                     \
	(CAPABILITY(2) /* DAC_READ_SEARCH */ | CAPABILITY(9) /* LINUX_IMMUTABLE */ | CAPABILITY(12) /* NET_ADMIN */ | \
	 CAPABILITY(13) /* NET_RAW */ | CAPABILITY(16) /* SYS_MODULE */ | CAPABILITY(17) /* SYS_RAWIO */ |            \
	 CAPABILITY(19) /* SYS_PTRACE */ | CAPABILITY(22) /* SYS_BOOT */ | CAPABILITY(25) /* SYS_TIME */ |            \
	 CAPABILITY(27) /* MKNOD */ | CAPABILITY(30) /* AUDIT_CONTROL */ | CAPABILITY(32) /* MAC_OVERRIDE */ |        \
	 CAPABILITY(33) /* MAC_ADMIN */ | CAPABILITY(34) /* SYSLOG */ | CAPABILITY(38) /* PERFMON */ |                \
	 CAPABILITY(39) /* BPF */)

struct user_key {
	__u64 start_boot_ns;
	__u32 pid;
	__u32 exec_id;
};

/* Capabilities that a program image has used. An eviction tells one again, and the agent counts it as a repeat. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct user_key);
	__type(value, __u64);
} used SEC(".maps");

/*
 * TP_PROTO(const struct cred *cred, struct user_namespace *target_ns, const struct user_namespace *capable_ns, int cap, int ret), since 6.14
 * Every allocation comes through here: nothing is counted before three words tell that it is none. A child user namespace's
 * capabilities reach nothing of the node; credentials taken for a moment (overlayfs takes its mounter's) are not the process's own.
 */
SEC("tp_btf/cap_capable")
int BPF_PROG(on_capability, const struct cred *cred, struct user_namespace *target, const struct user_namespace *granting, int capability, int result)
{
	struct program_counters *count;
	struct task_struct *task;
	struct user_key key = {};
	__u64 bit, *before;

	if (result != 0 || (__u32)capability > 63)
		return 0;
	bit = CAPABILITY(capability);
	if (!(bit & TELLING) || BPF_CORE_READ(target, parent))
		return 0;
	task = task__current();
	if (BPF_CORE_READ(task, real_cred) != cred || !BPF_CORE_READ(task, mm))
		return 0;
	key.pid = bpf_get_current_pid_tgid() >> 32;
	key.exec_id = BPF_CORE_READ(task, self_exec_id);
	key.start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	before = bpf_map_lookup_elem(&used, &key);
	if (before && *before & bit)
		return 0;
	count = call__begin(PROGRAM_CAPABILITY);
	if (!count)
		return 0;
	if (before) {
		__sync_fetch_and_or(before, bit);
	} else if (bpf_map_update_elem(&used, &key, &bit, BPF_ANY) != 0) {
		count->no_entry++;
	}
	return privilege__report(PRIVILEGE_CAPABILITY_USED, capability, 0, count);
}
