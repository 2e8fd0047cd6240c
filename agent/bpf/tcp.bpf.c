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
#include "path.bpf.h"
#include "network.bpf.h"
#include "unix.bpf.h"
#include "udp.bpf.h"
#include "connect.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define ERROR_CANCELED 125 /* ECANCELED */
#define BOTH_DIRECTIONS 3  /* SHUTDOWN_MASK */

static __always_inline int close__report(const struct connection *connection, struct sock *sk,
					 struct program_counters *count)
{
	__u64 flags;
	struct network_event *event =
		event__reserve(sizeof(*event), &connection->owner, &flags, count);

	if (!event)
		return 0;
	event__fill(event, &connection->owner, NETWORK_CLOSE, PROTOCOL_TCP, &connection->peers);
	flow__measure(event, connection, sk);
	return event__submit(event, flags, count);
}

static __always_inline void connection__begin(struct sock *sk, struct program_counters *count)
{
	__u64 key = (__u64)sk;
	struct connection connection = {};

	header__fill(&connection.owner, KIND_NETWORK, task__current());
	if (task__is_self(connection.owner.pid)) {
		count->filtered++;
		return;
	}
	sock__peers(sk, &connection.peers);
	connection.since_boot_ns = connection.owner.time_boot_ns;
	connection.awaits_first_bytes = 1;
	if (bpf_map_update_elem(&connections, &key, &connection, BPF_ANY) != 0)
		count->no_entry++;
}

/*
 * Its owner ended it before an answer came, as scanners do that do not wait: closed it, or shut it down after its packet was queued.
 * Without either the kernel gave up while it connects. Timers and resets set an error.
 */
static __always_inline bool connect__is_abandoned(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_shutdown) == BOTH_DIRECTIONS || BPF_CORE_READ((struct tcp_sock *)sk, packets_out) > 0;
}

static __always_inline int connection__closed(struct sock *sk, int old_state,
					      struct program_counters *count)
{
	__u64 key = (__u64)sk;
	struct connection *connection = bpf_map_lookup_elem(&connections, &key);
	int error;

	if (!connection) {
		count->filtered++;
		return 0;
	}
	if (old_state != TCP_SYN_SENT) {
		close__report(connection, sk, count);
	} else {
		error = BPF_CORE_READ(sk, sk_err);
		if (!error && connect__is_abandoned(sk))
			error = ERROR_CANCELED;
		/* 0: the kernel gave up before any packet; the result of the call or request tells why. */
		if (error) {
			__u64 inode = sock__inode(sk);

			peers__report(&connection->owner, NETWORK_CONNECT, PROTOCOL_TCP,
				      &connection->peers, error, count);
			bpf_map_update_elem(&failed, &key, &inode, BPF_ANY);
		}
	}
	bpf_map_delete_elem(&connections, &key);
	return 0;
}

/* TP_PROTO(const struct sock *sk, const int oldstate, const int newstate) */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_set_state, struct sock *sk, int old_state, int new_state)
{
	struct program_counters *count = counters__get(PROGRAM_SET_STATE);
	struct connection *connection;
	struct event_header owner = {};
	struct peers peers = {};
	__u64 key = (__u64)sk;

	if (!count || sock__protocol(sk) != PROTOCOL_TCP)
		return 0;
	count->seen++;
	switch (new_state) {
	case TCP_SYN_SENT: /* in the caller's context; the source port is not chosen yet */
		connection__begin(sk, count);
		return 0;
	case TCP_ESTABLISHED:
		connection = old_state == TCP_SYN_SENT ? bpf_map_lookup_elem(&connections, &key) :
							 NULL;
		if (!connection)
			break;
		/* Kept for CLOSE, where the kernel has cleared the port again. */
		sock__peers(sk, &connection->peers);
		return peers__report(&connection->owner, NETWORK_CONNECT, PROTOCOL_TCP,
				     &connection->peers, 0, count);
	case TCP_LISTEN:
		header__fill(&owner, KIND_NETWORK, task__current());
		if (task__is_self(owner.pid))
			break;
		sock__peers(sk, &peers);
		return peers__report(&owner, NETWORK_LISTEN, PROTOCOL_TCP, &peers, 0, count);
	case TCP_CLOSE:
		return connection__closed(sk, old_state, count);
	}
	count->filtered++;
	return 0;
}

/* SYSCALL_DEFINE3(connect, int, fd, struct sockaddr __user *, uservaddr, int, addrlen) */
SEC("tp/syscalls/sys_exit_connect")
int on_connect(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_CONNECT);
	struct pt_regs *registers = task__registers();

	if (!count)
		return 0;
	return connect__told(task__file(task__current(), syscall__argument(registers, 0)), context->ret,
			     syscall__argument(registers, 1), count);
}

static __always_inline int accept__exit(long descriptor, enum program_id program)
{
	struct program_counters *count = descriptor < 0 ? NULL : call__begin(program);

	return count ? accept__told(task__file(task__current(), descriptor), count) : 0;
}

/* SYSCALL_DEFINE3(accept, int, fd, struct sockaddr __user *, upeer_sockaddr, int __user *, upeer_addrlen) */
SEC("tp/syscalls/sys_exit_accept")
int on_accept(struct trace_event_raw_sys_exit *context)
{
	return accept__exit(context->ret, PROGRAM_ACCEPT);
}

/* SYSCALL_DEFINE4(accept4, int, fd, struct sockaddr __user *, upeer_sockaddr, int __user *, upeer_addrlen, int, flags) */
SEC("tp/syscalls/sys_exit_accept4")
int on_accept4(struct trace_event_raw_sys_exit *context)
{
	return accept__exit(context->ret, PROGRAM_ACCEPT4);
}
