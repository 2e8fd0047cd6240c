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
#include "udp.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The address that was given with the datagram; without one the socket is connected, and connect told its peer. */
static __always_inline int datagram__report(struct sock *sk, __u64 address,
					    struct program_counters *count)
{
	struct peers peers = {};

	if (!address) {
		count->filtered++;
		return 0;
	}
	sock__peers(sk, &peers);
	if (!peers__read_remote(&peers, address)) {
		count->read_failed++;
		return 0;
	}
	return udp__report(sk, &peers, count);
}

static __always_inline struct sock *datagram__socket(struct pt_regs *registers, long result,
						     struct program_counters *count)
{
	struct sock *sk = call__socket(registers);

	if (sk && result >= 0 && sock__protocol(sk) == PROTOCOL_UDP)
		return sk;
	count->filtered++;
	return NULL;
}

/* SYSCALL_DEFINE6(sendto, int, fd, void __user *, buff, size_t, len, unsigned int, flags, struct sockaddr __user *, addr, int, addr_len) */
SEC("tp/syscalls/sys_exit_sendto")
int on_sendto(struct trace_event_raw_sys_exit *context)
{
	struct pt_regs *registers = task__registers();
	__u64 address = syscall__argument(registers, 4);
	struct program_counters *count;
	struct sock *sk;

	/* send() of every connected socket is this call without an address. */
	if (!address)
		return 0;
	count = call__begin(PROGRAM_SENDTO);
	if (!count)
		return 0;
	sk = datagram__socket(registers, context->ret, count);
	return sk ? datagram__report(sk, address, count) : 0;
}

/* struct user_msghdr begins with the address. SYSCALL_DEFINE3(sendmsg, int, fd, struct user_msghdr __user *, msg, unsigned int, flags) */
SEC("tp/syscalls/sys_exit_sendmsg")
int on_sendmsg(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_SENDMSG);
	struct pt_regs *registers;
	__u64 address = 0;
	struct sock *sk;

	if (!count)
		return 0;
	registers = task__registers();
	sk = datagram__socket(registers, context->ret, count);
	if (!sk)
		return 0;
	bpf_probe_read_user(&address, sizeof(address), (void *)syscall__argument(registers, 1));
	return datagram__report(sk, address, count);
}

#define MESSAGES_READ 8

/* SYSCALL_DEFINE4(sendmmsg, int, fd, struct mmsghdr __user *, mmsg, unsigned int, vlen, unsigned int, flags) */
SEC("tp/syscalls/sys_exit_sendmmsg")
int on_sendmmsg(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_SENDMMSG);
	struct pt_regs *registers;
	struct sock *sk;
	int message;

	if (!count)
		return 0;
	registers = task__registers();
	sk = datagram__socket(registers, context->ret, count);
	if (!sk)
		return 0;
	for (message = 0; message < MESSAGES_READ; message++) {
		__u64 address = 0;

		if (message >= context->ret)
			break;
		bpf_probe_read_user(&address, sizeof(address),
				    (void *)(syscall__argument(registers, 1) +
					     message * USER_MMSGHDR_BYTES));
		datagram__report(sk, address, count);
	}
	return 0;
}
