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

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A TCP connection from connect or accept until it closes. */
struct connection {
	struct event_header owner; /* who connected or accepted */
	struct peers peers;
	__u64 since_boot_ns;
	__u8 awaits_first_bytes;
	__u8 pad[7];
};

/* By struct sock *. Entries go when the socket closes, which the kernel always tells. Full: counted as no_entry. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/*
 * Sockets whose failed connect was reported by its state, so that the call's own result is not a second report. The value is the
 * socket's inode: a call that told nothing of it leaves its entry, and the kernel soon gives the address to another socket.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} failed SEC(".maps");

#define ERROR_CANCELED 125 /* ECANCELED */
#define BOTH_DIRECTIONS 3  /* SHUTDOWN_MASK */

/* 0 when the process has closed it. */
static __always_inline __u64 sock__inode(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
}

static __always_inline bool failure__take(struct sock *sk)
{
	__u64 key = (__u64)sk;
	__u64 *inode = bpf_map_lookup_elem(&failed, &key);
	bool told = inode && *inode == sock__inode(sk);

	if (inode)
		bpf_map_delete_elem(&failed, &key);
	return told;
}

static __always_inline int close__report(const struct connection *connection, struct sock *sk,
					 struct program_counters *count)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	__u64 flags, received;
	struct network_event *event =
		event__reserve(sizeof(*event), &connection->owner, &flags, count);

	if (!event)
		return 0;
	event__fill(event, &connection->owner, NETWORK_CLOSE, PROTOCOL_TCP, &connection->peers);
	/* Payload bytes: bytes_acked would count SYN and FIN, bytes_received counts the FIN that sets SOCK_DONE. */
	event->bytes_sent = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
	received = BPF_CORE_READ(tcp, bytes_received);
	if (received && BPF_CORE_READ(sk, __sk_common.skc_flags) &
				(1ul << bpf_core_enum_value(enum sock_flags, SOCK_DONE)))
		received--;
	event->bytes_received = received;
	event->duration_ns = event->header.time_boot_ns - connection->since_boot_ns;
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

/* Closed by its owner before an answer came, as scanners do that do not wait. Runs in the owner's context: timers and resets set an error. */
static __always_inline bool connect__is_abandoned(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_shutdown) == BOTH_DIRECTIONS || syscall__number(task__registers()) != SYSCALL_CONNECT;
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
		/* 0: the kernel gave up inside connect(); the call's result tells why. */
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

/* Where the bytes of the first send lie; 0 when the call has none in user memory (sendfile, splice, io_uring). */
static __always_inline __u64 send__buffer(struct pt_regs *registers, __u64 *length)
{
	__u64 argument = syscall__argument(registers, 1);
	struct user_buffer buffer = {};
	__u64 vector = argument;

	switch (syscall__number(registers)) {
	case SYSCALL_WRITE:
	case SYSCALL_SENDTO:
		*length = syscall__argument(registers, 2);
		return argument;
	case SYSCALL_SENDMSG:
	case SYSCALL_SENDMMSG: /* the first message */
		bpf_probe_read_user(&vector, sizeof(vector),
				    (void *)(argument + USER_MESSAGE_VECTOR));
		break;
	case SYSCALL_WRITEV:
		break;
	default:
		return 0;
	}
	bpf_probe_read_user(&buffer, sizeof(buffer), (void *)vector);
	*length = buffer.length;
	return buffer.base;
}

/* TP_PROTO(struct sock *sk, int ret, int flags), since 6.3: sockets only, unlike a hook on write. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send_length, struct sock *sk, int result)
{
	__u64 key = (__u64)sk, flags, length = 0, buffer;
	struct program_counters *count;
	struct connection *connection;
	struct network_event *event;

	/* Of most sends it is known by the socket alone that they are not its first; a busy server makes hundreds of thousands. */
	if (result <= 0 || sock__protocol(sk) != PROTOCOL_TCP ||
	    BPF_CORE_READ((struct tcp_sock *)sk, bytes_sent) > result)
		return 0;
	connection = bpf_map_lookup_elem(&connections, &key);
	if (!connection || !connection->awaits_first_bytes)
		return 0;
	count = counters__get(PROGRAM_SEND_LENGTH);
	if (!count)
		return 0;
	count->seen++;
	connection->awaits_first_bytes = 0;
	if (task__is_foreign_abi(task__current())) {
		count->read_failed++;
		return 0;
	}
	buffer = send__buffer(task__registers(), &length);
	if (!buffer) {
		count->read_failed++;
		return 0;
	}
	if (length > result)
		length = result;
	if (length > PAYLOAD_BYTES)
		length = PAYLOAD_BYTES;
	event = event__reserve(sizeof(*event) + PAYLOAD_BYTES, &connection->owner, &flags, count);
	if (!event)
		return 0;
	event__fill(event, &connection->owner, NETWORK_FIRST_BYTES, PROTOCOL_TCP,
		    &connection->peers);
	event->header.length = sizeof(*event) + length;
	event->payload_length = length;
	if (bpf_probe_read_user((void *)(event + 1), length, (void *)buffer) != 0) {
		count->read_failed++;
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return 0;
	}
	return event__submit(event, flags, count);
}

/* Errors that the kernel finds before or without a change of state: no route, no port, refused by a firewall. */
static __always_inline bool connect__failed_here(long result)
{
	switch (-result) {
	case 1:	  /* EPERM */
	case 13:  /* EACCES */
	case 22:  /* EINVAL */
	case 99:  /* EADDRNOTAVAIL */
	case 101: /* ENETUNREACH */
	case 113: /* EHOSTUNREACH */
		return true;
	}
	return false;
}

/* SYSCALL_DEFINE3(connect, int, fd, struct sockaddr __user *, uservaddr, int, addrlen) */
SEC("tp/syscalls/sys_exit_connect")
int on_connect(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_CONNECT);
	struct event_header owner = {};
	struct pt_regs *registers;
	struct peers peers = {};
	struct file *file;
	struct sock *sk;

	if (!count)
		return 0;
	registers = task__registers();
	file = task__file(task__current(), syscall__argument(registers, 0));
	sk = file__internet_socket(file);
	if (!sk && context->ret == 0)
		return unix__report(file, count);
	if (!sk)
		goto filtered;
	if (sock__protocol(sk) == PROTOCOL_UDP) {
		if (context->ret != 0)
			goto filtered;
		sock__peers(sk, &peers);
		return udp__report(sk, &peers, count);
	}
	if (sock__protocol(sk) != PROTOCOL_TCP || failure__take(sk) ||
	    !connect__failed_here(context->ret))
		goto filtered;
	if (!peers__read_remote(&peers, syscall__argument(registers, 1))) {
		count->read_failed++;
		return 0;
	}
	header__fill(&owner, KIND_NETWORK, task__current());
	return peers__report(&owner, NETWORK_CONNECT, PROTOCOL_TCP, &peers, -context->ret, count);
filtered:
	count->filtered++;
	return 0;
}

static __always_inline int accept__exit(long descriptor, enum program_id program)
{
	struct program_counters *count;
	struct connection connection = {};
	struct sock *sk;
	__u64 key;

	if (descriptor < 0)
		return 0;
	count = call__begin(program);
	if (!count)
		return 0;
	sk = file__internet_socket(task__file(task__current(), descriptor));
	if (!sk || sock__protocol(sk) != PROTOCOL_TCP) {
		count->filtered++;
		return 0;
	}
	key = (__u64)sk;
	header__fill(&connection.owner, KIND_NETWORK, task__current());
	sock__peers(sk, &connection.peers);
	connection.since_boot_ns = connection.owner.time_boot_ns;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE &&
	    bpf_map_update_elem(&connections, &key, &connection, BPF_ANY) != 0)
		count->no_entry++;
	return peers__report(&connection.owner, NETWORK_ACCEPT, PROTOCOL_TCP, &connection.peers, 0,
			     count);
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
