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

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ADDRESS_FAMILY_PACKET 17
#define ADDRESS_FAMILY_ALG 38
#define ADDRESS_FAMILY_VSOCK 40
#define ADDRESS_FAMILY_XDP 44
#define SOCKET_TYPE 0xf /* SOCK_TYPE_MASK: above it flags */
#define SOCKET_DATAGRAM 2
#define SOCKET_RAW 3
#define PROTOCOL_ICMP 1
#define PROTOCOL_ICMP6 58

/* Past TCP and UDP: packets of others, packets made by hand, echo requests, the hypervisor, the kernel's ciphers. */
static __always_inline bool socket__is_special(__u16 family, __u16 type, __u16 protocol)
{
	switch (family) {
	case ADDRESS_FAMILY_PACKET:
	case ADDRESS_FAMILY_ALG:
	case ADDRESS_FAMILY_VSOCK:
	case ADDRESS_FAMILY_XDP:
		return true;
	case ADDRESS_FAMILY_INET:
	case ADDRESS_FAMILY_INET6:
		return type == SOCKET_RAW ||
		       (type == SOCKET_DATAGRAM && (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6));
	default:
		return false;
	}
}

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
	event->socket = (__u32)family << 24 | (__u32)type << 16 | protocol;
	return event__submit(event, flags, count);
}
