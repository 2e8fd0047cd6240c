/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_UDP_BPF_H
#define RUNTIME_UDP_BPF_H

/* A UDP peer is told once for each process: by connect (tcp.bpf.c) or by the datagrams (udp.bpf.c). */

struct udp_peer {
	__u64 start_boot_ns;
	__u32 pid;
	__u32 network_namespace;
	__u8 remote[16];
	__u16 port;
	__u8 address_length;
	__u8 pad[5];
};

/* What has been told. An eviction only repeats an event. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct udp_peer);
	__type(value, __u8);
} udp_peers SEC(".maps") __weak;

static __always_inline struct udp_peer udp_peer__of(const struct event_header *owner, struct sock *sk, const struct peers *peers)
{
	struct udp_peer peer = {};

	peer.start_boot_ns = owner->start_boot_ns;
	peer.pid = owner->pid;
	peer.network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	peer.port = peers->remote_port;
	peer.address_length = peers->address_length;
	__builtin_memcpy(peer.remote, peers->remote, sizeof(peer.remote));
	return peer;
}

static __always_inline int udp__report(struct sock *sk, const struct peers *peers,
				       struct program_counters *count)
{
	struct event_header owner = {};
	struct udp_peer peer;
	__u8 one = 1;

	header__fill(&owner, KIND_NETWORK, task__current());
	peer = udp_peer__of(&owner, sk, peers);
	if (!peers->address_length || bpf_map_lookup_elem(&udp_peers, &peer)) {
		count->filtered++;
		return 0;
	}
	bpf_map_update_elem(&udp_peers, &peer, &one, BPF_ANY);
	return peers__report(&owner, NETWORK_UDP_PEER, PROTOCOL_UDP, peers, 0, count);
}

#endif
