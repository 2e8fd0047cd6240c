// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "events.h"
#include "maps.bpf.h"
#include "core_fixes.bpf.h"
#include "task.bpf.h"
#include "call.bpf.h"
#include "socket.bpf.h"
#include "network.bpf.h"
#include "special.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* SYSCALL_DEFINE3(socket, int, family, int, type, int, protocol): in registers, so nobody changes them meanwhile */
SEC("tp/syscalls/sys_exit_socket")
int on_socket(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_SOCKET);
	struct event_header owner = {};
	struct network_event *event;
	struct pt_regs *registers;
	__u16 family, type, protocol;
	struct peers none = {};
	__u64 flags;

	if (!count)
		return 0;
	registers = task__registers();
	family = syscall__argument(registers, 0);
	type = syscall__argument(registers, 1) & SOCKET_TYPE;
	protocol = syscall__argument(registers, 2);
	if (context->ret < 0 || !socket__is_special(family, type, protocol) || task__is_foreign_abi(task__current())) {
		count->filtered++;
		return 0;
	}
	header__fill(&owner, KIND_NETWORK, task__current());
	event = event__reserve(sizeof(*event), &owner, &flags, count);
	if (!event)
		return 0;
	event__fill(event, &owner, NETWORK_RAW_SOCKET, 0, &none);
	event->socket = socket__kind(family, type, protocol);
	return event__submit(event, flags, count);
}
