/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_NETWORK_BPF_H
#define RUNTIME_NETWORK_BPF_H

/* What TCP and UDP share: the record, and who it is about. */

static __always_inline void event__fill(struct network_event *event, const struct event_header *owner,
					enum network_operation operation, __u8 protocol,
					const struct peers *peers)
{
	__builtin_memset(event, 0, sizeof(*event));
	event->header = *owner;
	event->header.time_boot_ns = bpf_ktime_get_boot_ns();
	event->header.length = sizeof(*event);
	event->operation = operation;
	event->protocol = protocol;
	event->address_length = peers->address_length;
	event->local_port = peers->local_port;
	event->remote_port = peers->remote_port;
	__builtin_memcpy(event->local, peers->local, sizeof(event->local));
	__builtin_memcpy(event->remote, peers->remote, sizeof(event->remote));
}

/* These run in softirq too, so nothing is shared: the record is filled in the ring. NULL: lost, and counted. */
static __always_inline struct network_event *event__reserve(__u32 length,
							    const struct event_header *owner,
							    __u64 *flags,
							    struct program_counters *count)
{
	struct network_event *event = NULL;
	enum loss_reason reason;

	if (ring__admit(owner, length, true, flags, &reason))
		event = bpf_ringbuf_reserve(&events, length, 0);
	if (!event)
		loss__count(owner, reason, count);
	return event;
}

static __always_inline int event__submit(struct network_event *event, __u64 flags,
					 struct program_counters *count)
{
	bpf_ringbuf_submit(event, flags);
	count->sent++;
	return 0;
}

static __always_inline int peers__report(const struct event_header *owner,
					 enum network_operation operation, __u8 protocol,
					 const struct peers *peers, __u16 error,
					 struct program_counters *count)
{
	__u64 flags;
	struct network_event *event = event__reserve(sizeof(*event), owner, &flags, count);

	if (!event)
		return 0;
	event__fill(event, owner, operation, protocol, peers);
	event->error = error;
	return event__submit(event, flags, count);
}

static __always_inline struct sock *call__socket(struct pt_regs *registers)
{
	return file__internet_socket(task__file(task__current(), syscall__argument(registers, 0)));
}

#endif
