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

/* Power over other processes and over the kernel. */

#define INDEX_BITS 6 /* XA_CHUNK_SHIFT */
#define INDEX_MASK 63
#define INDEX_LEVELS 6

/*
 * The process that a call names by number: the number counts in the caller's pid namespace, whose index (lib/xarray.c) is
 * walked here. A node's address has its two low bits set to 10.
 */
static __always_inline struct task_struct *task__numbered(__u32 number)
{
	struct pid *own = BPF_CORE_READ(task__current(), thread_pid);
	struct pid_namespace *namespace = NULL;
	__u64 entry;
	int level;

	bpf_probe_read_kernel(&namespace, sizeof(namespace),
			      (void *)own + bpf_core_field_offset(struct pid, numbers) +
				      BPF_CORE_READ(own, level) * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, ns));
	entry = (__u64)BPF_CORE_READ(namespace, idr.idr_rt.xa_head);
	for (level = 0; level < INDEX_LEVELS && (entry & 3) == 2; level++) {
		struct xa_node *node = (void *)(entry & ~3ull);
		__u8 shift = BPF_CORE_READ(node, shift);
		__u64 slot = (number >> (shift & 31)) & INDEX_MASK;

		if (level == 0 && (__u64)number >> (shift & 31) > INDEX_MASK)
			return NULL;
		bpf_probe_read_kernel(&entry, sizeof(entry),
				      (void *)node + bpf_core_field_offset(struct xa_node, slots) +
					      slot * sizeof(void *));
	}
	if (!entry || entry & 3)
		return NULL;
	return pid__task((struct pid *)entry);
}

#define TRACE_ME 0
#define TRACE_POKE_TEXT 4
#define TRACE_POKE_DATA 5
#define TRACE_POKE_USER 6
#define TRACE_SET_REGISTERS 13
#define TRACE_ATTACH 16
#define TRACE_SET_REGISTER_SET 0x4205
#define TRACE_SEIZE 0x4206

/* Debuggers call thousands of times to look and to go on; only what takes hold of a process or changes it is told. */
static __always_inline bool trace__is_told(__u32 request)
{
	switch (request) {
	case TRACE_ME:
	case TRACE_POKE_TEXT:
	case TRACE_POKE_DATA:
	case TRACE_POKE_USER:
	case TRACE_SET_REGISTERS:
	case TRACE_ATTACH:
	case TRACE_SET_REGISTER_SET:
	case TRACE_SEIZE:
		return true;
	default:
		return false;
	}
}

/* Reports a call against another process; against oneself it is no power over anybody. */
static __always_inline int privilege__report_other(enum privilege_operation operation, __u64 value,
						   struct task_struct *other, long result,
						   struct program_counters *count)
{
	struct scratch *scratch = scratch__get();

	if (!scratch)
		return 0;
	if (other && BPF_CORE_READ(other, tgid) == bpf_get_current_pid_tgid() >> 32) {
		count->filtered++;
		return 0;
	}
	privilege__begin(scratch, operation, value, result);
	privilege__set_binary(scratch, other);
	return ring__output_scratch(scratch, true, false, count);
}

/* SYSCALL_DEFINE4(ptrace, long, request, long, pid, unsigned long, addr, unsigned long, data) */
SEC("tp/syscalls/sys_exit_ptrace")
int on_ptrace(struct trace_event_raw_sys_exit *context)
{
	struct pt_regs *registers = task__registers();
	__u32 request = syscall__argument(registers, 0);
	struct program_counters *count;
	struct task_struct *other;

	if (!trace__is_told(request))
		return 0;
	count = attempt__begin(PROGRAM_PTRACE, context->ret);
	if (!count)
		return 0;
	if (request == TRACE_ME)
		other = BPF_CORE_READ(task__current(), real_parent);
	else
		other = task__numbered(syscall__argument(registers, 1));
	return privilege__report_other(PRIVILEGE_PTRACE, request, other, context->ret, count);
}

static __always_inline int memory__exit(enum privilege_operation operation, enum program_id program, long result)
{
	struct program_counters *count = attempt__begin(program, result);

	if (!count)
		return 0;
	return privilege__report_other(operation, 0, task__numbered(syscall__argument(task__registers(), 0)), result, count);
}

/* SYSCALL_DEFINE6(process_vm_writev, pid_t, pid, …) */
SEC("tp/syscalls/sys_exit_process_vm_writev")
int on_process_vm_writev(struct trace_event_raw_sys_exit *context)
{
	return memory__exit(PRIVILEGE_MEMORY_WRITE, PROGRAM_PROCESS_VM_WRITEV, context->ret);
}

/* SYSCALL_DEFINE6(process_vm_readv, pid_t, pid, …) */
SEC("tp/syscalls/sys_exit_process_vm_readv")
int on_process_vm_readv(struct trace_event_raw_sys_exit *context)
{
	return memory__exit(PRIVILEGE_MEMORY_READ, PROGRAM_PROCESS_VM_READV, context->ret);
}

/* SYSCALL_DEFINE3(pidfd_getfd, int, pidfd, int, fd, unsigned int, flags) */
SEC("tp/syscalls/sys_exit_pidfd_getfd")
int on_pidfd_getfd(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_PIDFD_GETFD, context->ret);
	struct file *file;

	if (!count)
		return 0;
	file = task__file(task__current(), syscall__argument(task__registers(), 0));
	return privilege__report_other(PRIVILEGE_TAKE_DESCRIPTOR, 0,
				       file ? pid__task(file__pid(file)) : NULL, context->ret, count);
}

/* Reports a call that is about the file behind a descriptor. */
static __always_inline int privilege__report_file(enum privilege_operation operation, long descriptor,
						  long result, struct program_counters *count)
{
	struct scratch *scratch = scratch__get();

	if (!scratch)
		return 0;
	privilege__begin(scratch, operation, 0, result);
	if (descriptor >= 0)
		privilege__set_file(scratch, task__file(task__current(), descriptor));
	return ring__output_scratch(scratch, true, false, count);
}

/* SYSCALL_DEFINE3(open_by_handle_at, int, mountdirfd, struct file_handle __user *, handle, int, flags) */
SEC("tp/syscalls/sys_exit_open_by_handle_at")
int on_open_by_handle_at(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_OPEN_BY_HANDLE_AT, context->ret);

	return count ? privilege__report_file(PRIVILEGE_OPEN_BY_HANDLE, context->ret, context->ret, count) : 0;
}

/* SYSCALL_DEFINE3(finit_module, int, fd, const char __user *, uargs, int, flags). Any error shows the attempt. */
SEC("tp/syscalls/sys_exit_finit_module")
int on_finit_module(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_FINIT_MODULE);
	int descriptor = syscall__argument(task__registers(), 0);

	return count ? privilege__report_file(PRIVILEGE_LOAD_MODULE, descriptor, context->ret, count) : 0;
}

/* SYSCALL_DEFINE3(init_module, void __user *, umod, unsigned long, len, const char __user *, uargs) */
SEC("tp/syscalls/sys_exit_init_module")
int on_init_module(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_INIT_MODULE);

	return count ? privilege__report(PRIVILEGE_LOAD_MODULE, 0, context->ret, count) : 0;
}

/* Offsets in union bpf_attr (include/uapi/linux/bpf.h), which never change. */
#define ATTRIBUTE_PROGRAM_NAME 48 /* PROG_LOAD */
#define ATTRIBUTE_ATTACHED 4	  /* PROG_ATTACH: attach_bpf_fd */
#define ATTRIBUTE_RAW_PROGRAM 8	  /* RAW_TRACEPOINT_OPEN: prog_fd */
#define ATTRIBUTE_LINKED 0	  /* LINK_CREATE: prog_fd */

static __always_inline void privilege__set_program(struct scratch *scratch, __u64 attributes,
						   int offset)
{
	struct bpf_prog *program;
	__u32 descriptor = 0;

	bpf_probe_read_user(&descriptor, sizeof(descriptor), (void *)(attributes + offset));
	program = BPF_CORE_READ(task__file(task__current(), descriptor), private_data);
	scratch->privilege.subject_length =
		scratch__add_kernel_text(scratch, (const char *)BPF_CORE_READ(program, aux) +
							  bpf_core_field_offset(struct bpf_prog_aux, name));
}

/* SYSCALL_DEFINE3(bpf, int, cmd, union bpf_attr __user *, uattr, unsigned int, size). Maps and questions are not told. */
SEC("tp/syscalls/sys_exit_bpf")
int on_bpf(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_BPF, context->ret);
	struct pt_regs *registers = task__registers();
	__u32 command = syscall__argument(registers, 0);
	__u64 attributes = syscall__argument(registers, 1);
	struct scratch *scratch = scratch__get();

	if (!count || !scratch)
		return 0;
	switch (command) {
	case BPF_PROG_LOAD:
		privilege__begin(scratch, PRIVILEGE_BPF, command, context->ret);
		scratch->privilege.subject_length =
			scratch__add_user_text(scratch, attributes + ATTRIBUTE_PROGRAM_NAME);
		break;
	case BPF_PROG_ATTACH:
	case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_LINK_CREATE:
		privilege__begin(scratch, PRIVILEGE_BPF, command, context->ret);
		if (context->ret >= 0)
			privilege__set_program(scratch, attributes,
					       command == BPF_PROG_ATTACH ? ATTRIBUTE_ATTACHED :
					       command == BPF_LINK_CREATE ? ATTRIBUTE_LINKED :
									    ATTRIBUTE_RAW_PROGRAM);
		break;
	/* What can unload or blind another's programs. */
	case BPF_PROG_DETACH:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_LINK_UPDATE:
	case BPF_LINK_DETACH:
		privilege__begin(scratch, PRIVILEGE_BPF, command, context->ret);
		break;
	default:
		count->filtered++;
		return 0;
	}
	return ring__output_scratch(scratch, true, false, count);
}

/* SYSCALL_DEFINE5(perf_event_open, struct perf_event_attr __user *, attr_uptr, …). Value: the attribute's type. */
SEC("tp/syscalls/sys_exit_perf_event_open")
int on_perf_event_open(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_PERF_EVENT_OPEN, context->ret);
	__u32 type = 0;

	if (!count)
		return 0;
	bpf_probe_read_user(&type, sizeof(type), (void *)syscall__argument(task__registers(), 0));
	return privilege__report(PRIVILEGE_PERF_EVENT, type, context->ret, count);
}

/*
 * SYSCALL_DEFINE5(keyctl, int, option, …). Told: what reads, changes or hands over keys. Not: a session's own keyring and
 * looking at it, which every login and every container start does.
 */
#define KEYS_TOLD                                                                                  \
	(1ull << 2 /* UPDATE */ | 1ull << 3 /* REVOKE */ | 1ull << 4 /* CHOWN */ |                 \
	 1ull << 5 /* SETPERM */ | 1ull << 8 /* LINK */ | 1ull << 10 /* SEARCH */ |                \
	 1ull << 11 /* READ */ | 1ull << 29 /* RESTRICT_KEYRING */ | 1ull << 30 /* MOVE */ |       \
	 1ull << 32 /* WATCH_KEY */)

SEC("tp/syscalls/sys_exit_keyctl")
int on_keyctl(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_KEYCTL, context->ret);
	__u32 option = syscall__argument(task__registers(), 0);

	if (!count)
		return 0;
	if (option > 63 || !(KEYS_TOLD >> option & 1)) {
		count->filtered++;
		return 0;
	}
	return privilege__report(PRIVILEGE_KEYCTL, option, context->ret, count);
}

/* SYSCALL_DEFINE1(userfaultfd, int, flags) */
SEC("tp/syscalls/sys_exit_userfaultfd")
int on_userfaultfd(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_USERFAULTFD, context->ret);

	return count ? privilege__report(PRIVILEGE_USERFAULTFD, 0, context->ret, count) : 0;
}

/* SYSCALL_DEFINE2(io_uring_setup, u32, entries, struct io_uring_params __user *, params) */
SEC("tp/syscalls/sys_exit_io_uring_setup")
int on_io_uring_setup(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = attempt__begin(PROGRAM_IO_URING_SETUP, context->ret);

	return count ? privilege__report(PRIVILEGE_IO_URING, 0, context->ret, count) : 0;
}
