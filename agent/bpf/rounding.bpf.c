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

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * How threads round. RandomX (doc/specs.md 5.4.1, CFROUND) changes the rounding of floating point all the time, by chance among all four ways,
 * and hardly anything else does. The kernel has a thread's registers since the thread last gave its processor up; so a look from outside now and then
 * (RoundingScan.cs) is a sample, and costs the threads themselves nothing, where a hook on every switch of threads would cost all of them.
 */

#define MXCSR_OFFSET 24 /* struct fxregs_state, as the processor's FXSAVE and XSAVE write it */
#define MXCSR_ROUNDING_SHIFT 13

/* Until 6.15 within thread_struct, with a pointer to the state since 5.16 and the state itself before. */
struct fpu___within {
	struct fpstate *fpstate;
} __attribute__((preserve_access_index));
struct fpu___before {
	union fpregs_state state;
} __attribute__((preserve_access_index));
struct thread_struct___within {
	struct fpu___within fpu;
} __attribute__((preserve_access_index));
struct thread_struct___before {
	struct fpu___before fpu;
} __attribute__((preserve_access_index));
struct task_struct___within {
	struct thread_struct___within thread;
} __attribute__((preserve_access_index));
struct task_struct___before {
	struct thread_struct___before thread;
} __attribute__((preserve_access_index));

/* arch/x86/include/asm/processor.h, x86_task_fpu: behind the task since 6.16. Kernel threads have none. */
static __always_inline void *task__registers_saved(struct task_struct *task)
{
	struct task_struct___within *within = (void *)task;
	struct task_struct___before *before = (void *)task;

	if (bpf_core_field_exists(within->thread.fpu.fpstate))
		return (void *)BPF_CORE_READ(within, thread.fpu.fpstate) + bpf_core_field_offset(struct fpstate, regs);
	if (bpf_core_field_exists(before->thread.fpu.state))
		return (void *)before + bpf_core_field_offset(before->thread.fpu.state);
	struct fpu *fpu = (void *)task + bpf_core_type_size(struct task_struct);

	return (void *)BPF_CORE_READ(fpu, fpstate) + bpf_core_field_offset(struct fpstate, regs);
}

/* Since 5.8. Without a task: after the last one. */
SEC("iter/task")
int on_rounding(struct bpf_iter__task *context)
{
	struct program_counters *count = counters__get(PROGRAM_ROUNDING);
	struct task_struct *task = context->task;
	struct privilege_event event = {};
	__u32 control = 0;

	if (!count || !task)
		return 0;
	count->seen++;
	if (!BPF_CORE_READ(task, mm) ||
	    bpf_probe_read_kernel(&control, sizeof(control), task__registers_saved(task) + MXCSR_OFFSET) != 0 ||
	    !((control >> MXCSR_ROUNDING_SHIFT) & 3)) {
		count->filtered++;
		return 0;
	}
	header__fill(&event.header, KIND_PRIVILEGE, task);
	event.header.length = sizeof(event);
	event.operation = PRIVILEGE_ROUNDING;
	event.count = 1;
	event.value = (control >> MXCSR_ROUNDING_SHIFT) & 3;
	/* Without room the kernel runs us again for the same task, when the agent reads on. */
	if (bpf_seq_write(context->meta->seq, &event, sizeof(event)) == 0)
		count->sent++;
	return 0;
}
