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

#define PORT_DNS 53
#define DNS_HEADER_BYTES 12

#if defined(__TARGET_ARCH_x86)
#define SYSCALL_READ 0
#define SYSCALL_READV 19
#define SYSCALL_RECVFROM 45
#define SYSCALL_RECVMSG 47
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALL_READ 63
#define SYSCALL_READV 65
#define SYSCALL_RECVFROM 207
#define SYSCALL_RECVMSG 212
#endif

/* The server that a socket asked last. */
struct asked {
	__u64 inode; /* the kernel gives a freed socket's address to another one */
	struct peers peers;
};

/* By struct sock *. An eviction costs the answers of one socket. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct asked);
} askers SEC(".maps");

static __always_inline bool is_resolver_protocol(struct sock *sk)
{
	__u16 protocol = sock__protocol(sk);

	return protocol == PROTOCOL_UDP || protocol == PROTOCOL_TCP;
}

static __always_inline int message__report(struct sock *sk, const struct asked *asked, __u8 answer,
					   __u64 buffer, __u64 length, struct program_counters *count)
{
	struct event_header owner = {};
	struct network_event *event;
	__u64 flags;

	if (length > NAME_MESSAGE_BYTES)
		length = NAME_MESSAGE_BYTES;
	header__fill(&owner, KIND_NETWORK, task__current());
	event = event__reserve(sizeof(*event) + NAME_MESSAGE_BYTES, &owner, &flags, count);
	if (!event)
		return 0;
	event__fill(event, &owner, NETWORK_NAME_QUERY, sock__protocol(sk), &asked->peers);
	event->header.length = sizeof(*event) + length;
	event->payload_length = length;
	event->answer = answer;
	event->socket = asked->inode;
	/* Compared again where it is used: see scratch__room. */
	asm volatile("" : "+r"(length));
	if (length > NAME_MESSAGE_BYTES || bpf_probe_read_user((void *)(event + 1), length, (void *)buffer) != 0) {
		count->read_failed++;
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return 0;
	}
	return event__submit(event, flags, count);
}

/* Over TCP the two bytes of length may be a buffer of their own: the message is then the second. */
static __always_inline __u64 vector__message(__u64 vector, __u64 *length)
{
	struct user_buffer buffers[2] = {};

	bpf_probe_read_user(&buffers[0], sizeof(buffers[0]), (void *)vector);
	if (buffers[0].length == 2) {
		bpf_probe_read_user(&buffers[1], sizeof(buffers[1]),
				    (void *)(vector + sizeof(buffers[0])));
		*length = buffers[1].length;
		return buffers[1].base;
	}
	*length = buffers[0].length;
	return buffers[0].base;
}

static __always_inline __u64 message__buffer(__u64 message, __u64 *length)
{
	__u64 vector = 0;

	bpf_probe_read_user(&vector, sizeof(vector), (void *)(message + USER_MESSAGE_VECTOR));
	return vector__message(vector, length);
}

/* Whom a datagram without a connection goes to; a connected socket's peer is left as it is. */
static __always_inline void peers__address(struct peers *peers, __u64 address)
{
	if (address && !peers->remote_port)
		peers__read_remote(peers, address);
}

static __always_inline int question__report(struct sock *sk, struct asked *asked, __u64 buffer,
					    __u64 length, struct program_counters *count)
{
	__u64 key = (__u64)sk;

	if (asked->peers.remote_port != PORT_DNS || length < DNS_HEADER_BYTES || !buffer) {
		count->filtered++;
		return 0;
	}
	asked->inode = BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
	bpf_map_update_elem(&askers, &key, asked, BPF_ANY);
	return message__report(sk, asked, 0, buffer, length, count);
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

static __always_inline void first_bytes__report(struct connection *connection, int result, struct program_counters *count)
{
	__u64 flags, length = 0, buffer;
	struct network_event *event;

	count->seen++;
	connection->awaits_first_bytes = 0;
	buffer = task__is_foreign_abi(task__current()) ? 0 : send__buffer(task__registers(), &length);
	if (!buffer) {
		count->read_failed++;
		return;
	}
	if (length > result)
		length = result;
	if (length > PAYLOAD_BYTES)
		length = PAYLOAD_BYTES;
	event = event__reserve(sizeof(*event) + PAYLOAD_BYTES, &connection->owner, &flags, count);
	if (!event)
		return;
	event__fill(event, &connection->owner, NETWORK_FIRST_BYTES, PROTOCOL_TCP,
		    &connection->peers);
	event->header.length = sizeof(*event) + length;
	event->payload_length = length;
	if (bpf_probe_read_user((void *)(event + 1), length, (void *)buffer) != 0) {
		count->read_failed++;
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return;
	}
	event__submit(event, flags, count);
}

static __always_inline int question__sent(struct sock *sk, int result)
{
	struct program_counters *count = task__is_foreign_abi(task__current()) ? NULL : call__begin(PROGRAM_SEND);
	__u64 length = 0, buffer = 0, address = 0, argument;
	struct pt_regs *registers;
	struct asked asked = {};

	if (!count)
		return 0;
	registers = task__registers();
	argument = syscall__argument(registers, 1);
	switch (syscall__number(registers)) {
	case SYSCALL_SENDTO:
		address = syscall__argument(registers, 4);
		/* fallthrough */
	case SYSCALL_WRITE:
		buffer = argument;
		length = syscall__argument(registers, 2);
		break;
	case SYSCALL_WRITEV:
		buffer = vector__message(argument, &length);
		break;
	case SYSCALL_SENDMSG:
		bpf_probe_read_user(&address, sizeof(address), (void *)argument);
		buffer = message__buffer(argument, &length);
		break;
	}
	if (length > result)
		length = result;
	sock__peers(sk, &asked.peers);
	peers__address(&asked.peers, address);
	return question__report(sk, &asked, buffer, length, count);
}

/*
 * TP_PROTO(struct sock *sk, int ret, int flags), since 6.3: sockets only, unlike a hook on write. A busy server sends hundreds of thousands
 * of times a second, so one program looks for both the first bytes of a connection and questions to name servers, and leaves the rest by
 * what the socket alone tells. A second program on this tracepoint costs every send more than all that this one does.
 * sendmmsg() of questions is told by its return, which knows all its messages.
 */
SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send, struct sock *sk, int result)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	__u16 port = sk->__sk_common.skc_dport;
	struct program_counters *count;
	struct connection *connection;
	__u64 key = (__u64)sk;

	if (result <= 0)
		return 0;
	if (tcp && tcp->bytes_sent <= result) {
		connection = bpf_map_lookup_elem(&connections, &key);
		count = connection && connection->awaits_first_bytes ? counters__get(PROGRAM_SEND) : NULL;
		if (count)
			first_bytes__report(connection, result, count);
	}
	if (result < DNS_HEADER_BYTES || (port && port != bpf_htons(PORT_DNS)) || !(tcp || sk->sk_protocol == PROTOCOL_UDP))
		return 0;
	return question__sent(sk, result);
}

/* The C library asks for A and AAAA with one call. */
#define QUESTIONS_READ 4

/* SYSCALL_DEFINE4(sendmmsg, int, fd, struct mmsghdr __user *, mmsg, unsigned int, vlen, unsigned int, flags) */
SEC("tp/syscalls/sys_exit_sendmmsg")
int on_name_sendmmsg(struct trace_event_raw_sys_exit *context)
{
	struct program_counters *count = call__begin(PROGRAM_NAME_SENDMMSG);
	struct pt_regs *registers;
	struct sock *sk;
	int message;

	if (!count)
		return 0;
	registers = task__registers();
	sk = call__socket(registers);
	if (context->ret <= 0 || !sk || !is_resolver_protocol(sk)) {
		count->filtered++;
		return 0;
	}
	for (message = 0; message < QUESTIONS_READ; message++) {
		__u64 at = syscall__argument(registers, 1) + message * USER_MMSGHDR_BYTES;
		__u64 address = 0, length = 0, buffer;
		struct asked asked = {};

		if (message >= context->ret)
			break;
		bpf_probe_read_user(&address, sizeof(address), (void *)at);
		buffer = message__buffer(at, &length);
		sock__peers(sk, &asked.peers);
		peers__address(&asked.peers, address);
		question__report(sk, &asked, buffer, length, count);
	}
	return 0;
}

/*
 * TP_PROTO(struct sock *sk, int ret, int flags), since 6.3: the bytes are in user memory, the sender's address is not yet there.
 * The server is therefore the one that the socket asked.
 */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_name_receive, struct sock *sk, int result)
{
	__u16 port = sk->__sk_common.skc_dport;
	__u64 key = (__u64)sk, length = 0, buffer = 0, argument;
	struct program_counters *count;
	struct pt_regs *registers;
	struct asked *known;
	struct asked asked;

	if (result < DNS_HEADER_BYTES || (port && port != bpf_htons(PORT_DNS)))
		return 0;
	known = bpf_map_lookup_elem(&askers, &key);
	if (!known || known->inode != BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino) ||
	    task__is_foreign_abi(task__current()))
		return 0;
	count = call__begin(PROGRAM_NAME_RECEIVE);
	if (!count)
		return 0;
	asked = *known;
	registers = task__registers();
	argument = syscall__argument(registers, 1);
	switch (syscall__number(registers)) {
	case SYSCALL_READ:
	case SYSCALL_RECVFROM:
		buffer = argument;
		length = syscall__argument(registers, 2);
		break;
	case SYSCALL_READV:
		buffer = vector__message(argument, &length);
		break;
	case SYSCALL_RECVMSG:
		buffer = message__buffer(argument, &length);
		break;
	}
	if (length > result)
		length = result;
	if (!buffer || length < DNS_HEADER_BYTES) {
		count->filtered++;
		return 0;
	}
	return message__report(sk, &asked, 1, buffer, length, count);
}
