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
 * Who a thread is, when a call has made it more than it was. Giving rights away is what every daemon does at its start, so
 * both sides of the call are needed: after it the old credentials are gone.
 */
struct identity {
	__u64 capabilities;
	__u32 uid; /* effective, in the first user namespace */
	__u32 gid;
};

/* By thread, between a call's entry and its return. An eviction (1,024 such calls at once) hides one call: no_entry. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct identity);
} identities SEC(".maps");

static __always_inline void identity__read(struct identity *identity)
{
	const struct cred *cred = BPF_CORE_READ(task__current(), cred);

	identity->uid = BPF_CORE_READ(cred, euid.val);
	identity->gid = BPF_CORE_READ(cred, egid.val);
	identity->capabilities = 0;
	bpf_core_read(&identity->capabilities, sizeof(identity->capabilities), &cred->cap_effective);
}

static __noinline int identity__remember(enum program_id program)
{
	struct program_counters *count = call__begin(program);
	struct identity identity;
	__u64 thread = bpf_get_current_pid_tgid();

	if (!count)
		return 0;
	identity__read(&identity);
	bpf_map_update_elem(&identities, &thread, &identity, BPF_ANY);
	return 0;
}

/* `wanted`: the effective id that was asked for, which tells what a refused call was for. */
static __noinline int identity__compare(enum program_id program,
					enum privilege_operation operation, __u32 wanted, long result)
{
	struct program_counters *count = attempt__begin(program, result);
	__u64 thread = bpf_get_current_pid_tgid();
	struct identity *before = bpf_map_lookup_elem(&identities, &thread);
	struct identity old, now;
	bool rises;
	__u64 value;

	if (!before) {
		if (count)
			count->no_entry++;
		return 0;
	}
	old = *before;
	bpf_map_delete_elem(&identities, &thread);
	if (!count)
		return 0;
	identity__read(&now);
	switch (operation) {
	case PRIVILEGE_SET_UID:
		value = result < 0 ? wanted : now.uid;
		/* Root of a user namespace has another number here, and shows by what it may. */
		rises = result < 0 ? wanted == 0 :
				     (now.uid == 0 && old.uid != 0) || (now.capabilities & ~old.capabilities);
		break;
	case PRIVILEGE_SET_GID:
		value = result < 0 ? wanted : now.gid;
		rises = result < 0 ? wanted == 0 : now.gid == 0 && old.gid != 0;
		break;
	default:
		value = now.capabilities;
		rises = result < 0 || (now.capabilities & ~old.capabilities);
		break;
	}
	if (!rises) {
		count->filtered++;
		return 0;
	}
	return privilege__report(operation, value, result, count);
}

#define WATCH(call, id, operation, wanted)                                                         \
	SEC("tp/syscalls/sys_enter_" #call)                                                        \
	int on_before_##call(void *context)                                                        \
	{                                                                                          \
		return identity__remember(PROGRAM_BEFORE_##id);                                    \
	}                                                                                          \
	SEC("tp/syscalls/sys_exit_" #call)                                                         \
	int on_##call(struct trace_event_raw_sys_exit *context)                                    \
	{                                                                                          \
		return identity__compare(PROGRAM_##id, operation,                                  \
					 syscall__argument(task__registers(), wanted),             \
					 context->ret);                                            \
	}

/* SYSCALL_DEFINE1(setuid, uid_t, uid) */
WATCH(setuid, SETUID, PRIVILEGE_SET_UID, 0)
/* SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid) */
WATCH(setreuid, SETREUID, PRIVILEGE_SET_UID, 1)
/* SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid) */
WATCH(setresuid, SETRESUID, PRIVILEGE_SET_UID, 1)
/* SYSCALL_DEFINE1(setgid, gid_t, gid) */
WATCH(setgid, SETGID, PRIVILEGE_SET_GID, 0)
/* SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid) */
WATCH(setregid, SETREGID, PRIVILEGE_SET_GID, 1)
/* SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid) */
WATCH(setresgid, SETRESGID, PRIVILEGE_SET_GID, 1)
/* SYSCALL_DEFINE2(capset, cap_user_header_t, header, const cap_user_data_t, data) */
WATCH(capset, CAPSET, PRIVILEGE_SET_CAPABILITIES, 0)
