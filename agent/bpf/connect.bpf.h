/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_CONNECT_BPF_H
#define RUNTIME_CONNECT_BPF_H

/* Connects and accepts that ended: those of system calls (tcp.bpf.c) and of rings (uring.bpf.c). */

/* A TCP connection from connect or accept until it closes. */
struct connection {
	struct event_header owner; /* who connected or accepted */
	struct peers peers;
	__u64 since_boot_ns;
	__u64 told_sent; /* of its payload, by its progress */
	__u64 told_received;
	__u8 awaits_first_bytes;
	__u8 accepted;
	__u8 pad[6];
};

/* By struct sock *. Entries go when the socket closes, which the kernel always tells. Full: counted as no_entry. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps") __weak;

/*
 * What it moved since it was last told. Payload: bytes_acked would count SYN and FIN, bytes_received counts the FIN that sets SOCK_DONE.
 * Answers false when nothing was moved. A connection that closes on another processor in the instant of its progress counts that twice.
 */
static __always_inline bool flow__measure(struct network_event *event, const struct connection *connection, struct sock *sk)
{
	struct tcp_sock *tcp = (struct tcp_sock *)sk;
	__u64 sent = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
	__u64 received = BPF_CORE_READ(tcp, bytes_received);

	if (received && BPF_CORE_READ(sk, __sk_common.skc_flags) &
				(1ul << bpf_core_enum_value(enum sock_flags, SOCK_DONE)))
		received--;
	event->bytes_sent = sent > connection->told_sent ? sent - connection->told_sent : 0;
	event->bytes_received = received > connection->told_received ? received - connection->told_received : 0;
	event->duration_ns = event->header.time_boot_ns - connection->since_boot_ns;
	event->answer = connection->accepted;
	return event->bytes_sent || event->bytes_received;
}

/*
 * Sockets whose failed connect was reported by its state, so that the call's own result is not a second report. The value is the
 * socket's inode: a call that told nothing of it leaves its entry, and the kernel soon gives the address to another socket.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} failed SEC(".maps") __weak;

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

/* What the state of the socket does not tell of a connect that ended with `result`. `address`: as it was given, in user memory. */
static __always_inline int connect__told(struct file *file, long result, __u64 address, struct program_counters *count)
{
	struct sock *sk = file__internet_socket(file);
	struct event_header owner = {};
	struct peers peers = {};

	if (!sk && result == 0)
		return unix__report(file, count);
	if (!sk)
		goto filtered;
	if (sock__protocol(sk) == PROTOCOL_UDP) {
		if (result != 0)
			goto filtered;
		sock__peers(sk, &peers);
		return udp__report(sk, &peers, count);
	}
	if (sock__protocol(sk) != PROTOCOL_TCP || failure__take(sk) || !connect__failed_here(result))
		goto filtered;
	if (!peers__read_remote(&peers, address)) {
		count->read_failed++;
		return 0;
	}
	header__fill(&owner, KIND_NETWORK, task__current());
	return peers__report(&owner, NETWORK_CONNECT, PROTOCOL_TCP, &peers, -result, count);
filtered:
	count->filtered++;
	return 0;
}

static __always_inline int accept__told(struct file *file, struct program_counters *count)
{
	struct sock *sk = file__internet_socket(file);
	struct connection connection = {};
	__u64 key = (__u64)sk;

	if (!sk || sock__protocol(sk) != PROTOCOL_TCP) {
		count->filtered++;
		return 0;
	}
	header__fill(&connection.owner, KIND_NETWORK, task__current());
	sock__peers(sk, &connection.peers);
	connection.since_boot_ns = connection.owner.time_boot_ns;
	connection.accepted = 1;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE &&
	    bpf_map_update_elem(&connections, &key, &connection, BPF_ANY) != 0)
		count->no_entry++;
	return peers__report(&connection.owner, NETWORK_ACCEPT, PROTOCOL_TCP, &connection.peers, 0,
			     count);
}

#endif
