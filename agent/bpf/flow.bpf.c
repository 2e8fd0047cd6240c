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

/*
 * What connections have moved that live long, so that one which lasts for days is not silent until its end. The agent reads it once an
 * interval (FlowProgress.cs): this program then runs for each entry of `connections`, and costs the connections themselves nothing.
 */

/* The entry goes when the socket closes; its memory stays a TCP socket's, and may be another one's by now. */
static __always_inline bool connection__is_of(const struct connection *connection, struct sock *sk)
{
	struct peers now = {};
	int byte;

	sock__peers(sk, &now);
	for (byte = 0; byte < sizeof(now.remote); byte++) /* a comparison of 16 bytes at once would be a call of memcmp, which there is not */
		if (now.remote[byte] != connection->peers.remote[byte])
			return false;
	return now.local_port == connection->peers.local_port && now.remote_port == connection->peers.remote_port;
}

/* Since 5.9. With neither key nor value: after the last entry. */
SEC("iter/bpf_map_elem")
int on_flow_progress(struct bpf_iter__bpf_map_elem *context)
{
	struct program_counters *count = counters__get(PROGRAM_FLOW_PROGRESS);
	struct connection *entry = context->value;
	__u64 *key = context->key;
	struct network_event event;
	struct connection connection;
	struct sock *sk;

	if (!count || !entry || !key)
		return 0;
	count->seen++;
	connection = *entry;
	sk = (struct sock *)*key;
	event__fill(&event, &connection.owner, NETWORK_PROGRESS, PROTOCOL_TCP, &connection.peers);
	if (event.header.time_boot_ns - connection.since_boot_ns < settings.flow_age_ns || !connection__is_of(&connection, sk) ||
	    !flow__measure(&event, &connection, sk)) {
		count->filtered++;
		return 0;
	}
	/* Without room the kernel runs us again for the same entry, when the agent reads on. */
	if (bpf_seq_write(context->meta->seq, &event, sizeof(event)) != 0)
		return 0;
	entry->told_sent = connection.told_sent + event.bytes_sent;
	entry->told_received = connection.told_received + event.bytes_received;
	count->sent++;
	return 0;
}
