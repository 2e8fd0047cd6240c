/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_CALL_BPF_H
#define RUNTIME_CALL_BPF_H

/* What the programs at a system call's return share. */

/* Argument `index` of the system call that the current task returns from; registers keep them until then. */
static __always_inline __u64 syscall__argument(struct pt_regs *registers, int index)
{
	switch (index) {
	case 0:
		return PT_REGS_PARM1_CORE_SYSCALL(registers);
	case 1:
		return PT_REGS_PARM2_CORE_SYSCALL(registers);
	case 2:
		return PT_REGS_PARM3_CORE_SYSCALL(registers);
	case 3:
		return PT_REGS_PARM4_CORE_SYSCALL(registers);
	default:
		return PT_REGS_PARM5_CORE_SYSCALL(registers);
	}
}

/* NULL: nothing to tell, and counted where it is the agent's own call. */
static __always_inline struct program_counters *call__begin(enum program_id program)
{
	struct program_counters *count = counters__get(program);

	if (!count)
		return NULL;
	count->seen++;
	if (task__is_self(bpf_get_current_pid_tgid() >> 32)) {
		count->filtered++;
		return NULL;
	}
	return count;
}

#endif
