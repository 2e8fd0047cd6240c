/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_MAPS_BPF_H
#define RUNTIME_MAPS_BPF_H

/*
 * What the object files share; __weak lets `bpftool gen object` merge the definitions. The ring is the only road to the agent.
 */

#define SCRATCH_BYTES 24576

/*
 * Where a record with tails is put together: programs under tracepoints run with preemption off, and only those in process
 * context use it, so that no softirq shares its bytes. The cursor lies in memory and not in a register: the verifier then
 * knows nothing of its value, finds equal states at every step of a loop, and stays far below its limit.
 */
struct scratch {
	__u32 cursor;
	__u32 pad;
	union {
		struct fork_event fork;
		struct exec_event exec;
		struct exit_event exit;
		struct cgroup_event cgroup;
		struct file_event file;
		struct network_event network;
		struct privilege_event privilege;
		__u8 bytes[SCRATCH_BYTES];
	};
};

const volatile struct settings settings __weak SEC(".rodata") = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024); /* the agent sets its own size before load */
} events SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PROGRAM_LIMIT);
	__type(key, __u32);
	__type(value, struct program_counters);
} counters SEC(".maps") __weak;

/* Lost facts by owner. Full: the agent sees the rest in `counters` and reports it without an owner. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct loss_key);
	__type(value, __u64);
} losses SEC(".maps") __weak;

struct share_key {
	__u64 cgroup_id;
	__u8 cgroup_version;
	__u8 pad[7];
};

struct share {
	__u64 since; /* position of the ring's producer when the window began */
	__u64 bytes; /* of this cgroup since then */
};

/* Only cgroups that write while the ring fills. One that leaves (4,096 others wrote) begins a new window. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct share_key);
	__type(value, struct share);
} shares SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps") __weak;

static __always_inline struct scratch *scratch__get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}

static __always_inline __u32 scratch__cursor(const struct scratch *scratch)
{
	return *(const volatile __u32 *)&scratch->cursor;
}

static __always_inline void scratch__advance(struct scratch *scratch, __u32 length)
{
	*(volatile __u32 *)&scratch->cursor += length;
}

/*
 * Where LENGTH bytes have room at the cursor, or NULL. The pointer is made right behind the comparison and kept: a number that was put on
 * the stack before it is unbounded for the verifier when it comes back (seen up to 6.8).
 */
static __always_inline void *scratch__room(struct scratch *scratch, __u32 length)
{
	__u32 at = scratch__cursor(scratch);
	void *room;

	if (at > SCRATCH_BYTES - length)
		return NULL;
	room = scratch->bytes + at;
	asm volatile("" : "+r"(room));
	return room;
}

/* Copies a string of the kernel (without its NUL); answers its length, or negative. */
static __always_inline long scratch__add_kernel_string(struct scratch *scratch, const char *from)
{
	void *to = scratch__room(scratch, PATH_BYTES);
	long length;

	if (!to)
		return -1;
	length = bpf_probe_read_kernel_str(to, PATH_BYTES, from);
	if (length <= 0)
		return -1;
	scratch__advance(scratch, length - 1);
	return length - 1;
}

static __always_inline long scratch__add_user_string(struct scratch *scratch, const void *from)
{
	void *to = scratch__room(scratch, PATH_BYTES);
	long length;

	if (!to)
		return -1;
	length = bpf_probe_read_user_str(to, PATH_BYTES, from);
	if (length <= 0)
		return -1;
	scratch__advance(scratch, length - 1);
	return length - 1;
}

static __always_inline struct program_counters *counters__get(enum program_id program)
{
	__u32 index = program;

	return bpf_map_lookup_elem(&counters, &index);
}

/* The owner's entry is raised before the program's counter: the agent reads them in the other order (BpfCounters.cs). */
static __always_inline void loss__count(const struct event_header *header, enum loss_reason reason,
					struct program_counters *count)
{
	struct loss_key key = {
		.cgroup_id = header->cgroup_id,
		.cgroup_version = header->cgroup_version,
		.kind = header->kind,
		.reason = reason,
	};
	__u64 one = 1;
	__u64 *known = bpf_map_lookup_elem(&losses, &key);

	if (!known) {
		if (bpf_map_update_elem(&losses, &key, &one, BPF_NOEXIST) == 0)
			goto counted;
		known = bpf_map_lookup_elem(&losses, &key);
	}
	if (known)
		__sync_fetch_and_add(known, 1);
counted:
	count->no_space++;
}

/*
 * Whether its cgroup has room left. A window ends when the reader has passed its beginning: what one cgroup has in the ring is at
 * most two windows, twice its share. Two processors may count past each other by one record.
 */
static __always_inline bool share__admit(const struct event_header *header, __u32 length, bool bulk)
{
	struct share_key key = {
		.cgroup_id = header->cgroup_id,
		.cgroup_version = header->cgroup_version,
	};
	__u64 limit = bulk ? settings.share_bytes / 4 * 3 : settings.share_bytes;
	struct share *share = bpf_map_lookup_elem(&shares, &key);

	if (!share) {
		struct share first = {
			.since = bpf_ringbuf_query(&events, BPF_RB_PROD_POS),
			.bytes = length,
		};

		bpf_map_update_elem(&shares, &key, &first, BPF_ANY);
		return true;
	}
	if (bpf_ringbuf_query(&events, BPF_RB_CONS_POS) >= share->since) {
		share->since = bpf_ringbuf_query(&events, BPF_RB_PROD_POS);
		share->bytes = 0;
	}
	if (share->bytes + length > limit)
		return false;
	__sync_fetch_and_add(&share->bytes, length);
	return true;
}

/*
 * No wake-up for each event: the reader is woken when much is waiting, and looks by itself every few milliseconds.
 * Answers false when the record has no place, and why: bulk kinds may not fill the last part of the ring, and while it fills no
 * cgroup may take more than its share, so that a flood in one container costs the others nothing.
 */
static __always_inline bool ring__admit(const struct event_header *header, __u32 length, bool bulk,
					__u64 *flags, enum loss_reason *reason)
{
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	*flags = waiting >= settings.wake_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
	*reason = LOSS_RING_FULL;
	if (bulk && waiting > settings.bulk_limit_bytes)
		return false;
	if (waiting >= settings.share_from_bytes && !share__admit(header, length, bulk)) {
		*reason = LOSS_SHARE_FULL;
		return false;
	}
	return true;
}

static __always_inline int ring__output(void *record, __u32 length, bool bulk, bool urgent,
					struct program_counters *count)
{
	struct event_header *header = record;
	enum loss_reason reason;
	__u64 flags;

	header->length = length;
	if (!ring__admit(header, length, bulk, &flags, &reason))
		goto lost;
	if (urgent)
		flags = BPF_RB_FORCE_WAKEUP;
	if (bpf_ringbuf_output(&events, record, length, flags) == 0) {
		count->sent++;
		return 0;
	}
lost:
	loss__count(header, reason, count);
	return 0;
}

/* Sends what lies in the scratch up to the cursor. */
static __always_inline int ring__output_scratch(struct scratch *scratch, bool bulk, bool urgent,
						struct program_counters *count)
{
	__u32 length = scratch__cursor(scratch);

	if (length > SCRATCH_BYTES)
		return 0;
	return ring__output(scratch->bytes, length, bulk, urgent, count);
}

#endif
