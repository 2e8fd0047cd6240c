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

/* Processes that end many others, and processes that take the kernel's names: what a task does to be alone and unseen. */

#define KERNEL_TASK_FLAGS (0x200000 | 0x10 | 0x4000) /* PF_KTHREAD, PF_IO_WORKER, PF_USER_WORKER */

#define LETTER(text, at) ((__u64)(at < sizeof(text) - 1 ? (text)[at] : 0) << (8 * (at)))
#define LETTERS(text)                                                                              \
	(LETTER(text, 0) | LETTER(text, 1) | LETTER(text, 2) | LETTER(text, 3) | LETTER(text, 4) | \
	 LETTER(text, 5) | LETTER(text, 6) | LETTER(text, 7))
/* At most eight letters, compared as one number; both processors are little-endian. */
#define STARTS(text) ((name & (~0ull >> (64 - 8 * (sizeof(text) - 1)))) == LETTERS(text))

/* As `ps` shows the kernel's own: kworker/0:1, [kworker/0:1], rcu_sched. `name`: its first eight letters. */
static __always_inline bool name__is_kernels(__u64 name)
{
	switch (name & 0xff) {
	case 'k':
		return STARTS("kworker") || STARTS("kthreadd") || STARTS("ksoftirq") || STARTS("kswapd") ||
		       STARTS("kdevtmpf") || STARTS("kauditd") || STARTS("kcompact") || STARTS("khugepag") ||
		       STARTS("khungtas") || STARTS("kblockd") || STARTS("kintegri") || STARTS("ksmd");
	case 'r':
		return STARTS("rcu_sche") || STARTS("rcu_pree") || STARTS("rcu_gp") || STARTS("rcu_par_");
	default:
		return STARTS("migratio") || STARTS("cpuhp/") || STARTS("bioset") || STARTS("jbd2/") ||
		       STARTS("scsi_eh_");
	}
}

/*
 * TP_PROTO(struct task_struct *task, const char *comm)
 * prctl(PR_SET_NAME) and a write to /proc/PID/comm both end here, with the text in the kernel's memory. So does exec, which
 * is told by its own event.
 */
SEC("tp_btf/task_rename")
int BPF_PROG(on_task_rename, struct task_struct *task, const char *comm)
{
	struct program_counters *count;
	struct scratch *scratch;
	__u64 words[2] = {};

	bpf_probe_read_kernel_str(words, sizeof(words), comm);
	if ((words[0] & 0xff) == '[')
		words[0] = words[0] >> 8 | words[1] << 56;
	if (!name__is_kernels(words[0]))
		return 0;
	if (BPF_CORE_READ(task, flags) & KERNEL_TASK_FLAGS || BPF_CORE_READ_BITFIELD_PROBED(task, in_execve))
		return 0;
	count = call__begin(PROGRAM_TASK_RENAME);
	scratch = scratch__get();
	if (!count || !scratch)
		return 0;
	privilege__begin(scratch, PRIVILEGE_SET_NAME, 0, 0);
	scratch->privilege.subject_length = scratch__add_kernel_text(scratch, comm);
	return ring__output_scratch(scratch, true, false, count);
}

#define VICTIMS 8
#define VICTIM_WINDOW_NS 60000000000ull
/* SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGTERM, SIGSTOP */
#define ENDING_SIGNALS (1u << 1 | 1u << 2 | 1u << 3 | 1u << 6 | 1u << 9 | 1u << 15 | 1u << 19)
#define SIGNAL_BY_USER 0    /* SI_USER: kill */
#define SIGNAL_BY_QUEUE (-1) /* SI_QUEUE: sigqueue, pidfd_send_signal */
#define SIGNAL_BY_THREAD (-6) /* SI_TKILL */

#define TASK_EXITING 0x4 /* PF_EXITING */

struct killer_key {
	__u64 start_boot_ns;
	__u32 pid;
	__u32 pad;
};

struct killer {
	__u64 since_boot_ns;
	__u32 victims[VICTIMS];
	__u32 number;
	__u32 pad;
};

/* Who ended whom lately. An eviction (1,024 processes that kill others within a minute) begins the count anew. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct killer_key);
	__type(value, struct killer);
} killers SEC(".maps");

/* The different victims within the window, with this one; 0 when it is one of them already. After VICTIMS the count begins anew. */
static __always_inline __u32 killer__add(struct killer *killer, __u32 victim)
{
	__u64 now = bpf_ktime_get_boot_ns();
	int i;

	if (killer->number == 0 || now - killer->since_boot_ns > VICTIM_WINDOW_NS) {
		killer->since_boot_ns = now;
		killer->number = 0;
	}
#pragma unroll
	for (i = 0; i < VICTIMS; i++)
		if (i < killer->number && killer->victims[i] == victim)
			return 0;
	killer->victims[killer->number & (VICTIMS - 1)] = victim;
	if (++killer->number < VICTIMS)
		return killer->number;
	killer->number = 0;
	return VICTIMS;
}

/* As killer__add; -1: there is no room. */
static __always_inline int killer__note(struct killer_key *key, __u32 victim)
{
	struct killer *killer = bpf_map_lookup_elem(&killers, key);

	if (!killer) {
		struct killer first = {};

		bpf_map_update_elem(&killers, key, &first, BPF_NOEXIST);
		killer = bpf_map_lookup_elem(&killers, key);
		if (!killer)
			return -1;
	}
	return killer__add(killer, victim);
}

/* Who halts or ends the agent is told each time: it may be the last thing that the agent reads. Detail: "agent". */
static __always_inline int agent__is_signalled(int signal, struct task_struct *agent, struct program_counters *count)
{
	struct scratch *scratch = scratch__get();

	if (!scratch)
		return 0;
	privilege__begin(scratch, PRIVILEGE_KILL, signal, 0);
	privilege__set_binary(scratch, agent);
	scratch__add_byte(scratch, 'a');
	scratch__add_byte(scratch, 'g');
	scratch__add_byte(scratch, 'e');
	scratch__add_byte(scratch, 'n');
	scratch__add_byte(scratch, 't');
	scratch->privilege.detail_length = 5;
	return ring__output_scratch(scratch, false, true, count);
}

/*
 * Whether a process sent it, not the kernel. In place of a siginfo: 0 (SEND_SIG_NOINFO) stands for the current process's kill(), and
 * is all that kill() gives on newer kernels (seen in 7.3), but also the signal that children asked for when their parent ends; 1
 * (SEND_SIG_PRIV) stands for the kernel, and cannot be read.
 * Read from the context: the verifier takes a tracepoint's pointer for a good one, and may drop its comparison with 0.
 */
static __always_inline bool signal__is_sent(unsigned long long *context)
{
	struct kernel_siginfo *info;
	int code;

	if (bpf_probe_read_kernel(&info, sizeof(info), &context[1]) != 0)
		return false;
	if (!info)
		return !(BPF_CORE_READ(task__current(), flags) & TASK_EXITING);
	if (bpf_probe_read_kernel(&code, sizeof(code), &info->si_code) != 0)
		return false;
	return code == SIGNAL_BY_USER || code == SIGNAL_BY_QUEUE || code == SIGNAL_BY_THREAD;
}

/*
 * TP_PROTO(int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result)
 * Every way to send a signal ends here, and a group's signal once for each of its processes. Most signals are the kernel's
 * own (SIGCHLD): they leave at the first line. A server that ends its own children is no killer.
 * The first victim of each child counts for its parent too: `... | xargs -I % kill -9 %` is a process for each victim.
 */
SEC("tp_btf/signal_generate")
int BPF_PROG(on_signal_generate, int signal, struct kernel_siginfo *info, struct task_struct *victim)
{
	struct program_counters *count;
	struct privilege_event event;
	struct killer_key key = {};
	struct task_struct *task, *parent;
	__u32 number;
	int found;

	if (signal < 1 || signal > 31 || !(ENDING_SIGNALS >> signal & 1))
		return 0;
	if (!signal__is_sent(ctx))
		return 0;
	count = call__begin(PROGRAM_SIGNAL_GENERATE);
	if (!count)
		return 0;
	task = task__current();
	number = BPF_CORE_READ(victim, tgid);
	key.pid = bpf_get_current_pid_tgid() >> 32;
	key.start_boot_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	if (number == settings.self_pid)
		return agent__is_signalled(signal, victim, count);
	if (number == key.pid || BPF_CORE_READ(victim, real_parent, tgid) == key.pid)
		goto filtered;
	found = killer__note(&key, number);
	if (found == 1) {
		parent = BPF_CORE_READ(task, group_leader, real_parent, group_leader);
		key.pid = BPF_CORE_READ(parent, tgid);
		key.start_boot_ns = BPF_CORE_READ(parent, start_boottime);
		/* What init adopted, and the kernel's own helpers, have no parent in common. */
		if (key.pid <= 2 || number == key.pid)
			goto filtered;
		found = killer__note(&key, number);
	}
	if (found < 0) {
		count->no_entry++;
		return 0;
	}
	if (found < VICTIMS)
		goto filtered;
	privilege__fill(&event, PRIVILEGE_KILL, signal, 0);
	event.count = VICTIMS;
	return ring__output(&event, sizeof(event), true, false, count);
filtered:
	count->filtered++;
	return 0;
}
