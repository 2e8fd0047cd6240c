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
#include "path.bpf.h"
#include "file.bpf.h"
#include "name.bpf.h"
#include "repeat.bpf.h"
#include "open.bpf.h"
#include "socket.bpf.h"
#include "network.bpf.h"
#include "special.bpf.h"
#include "unix.bpf.h"
#include "udp.bpf.h"
#include "connect.bpf.h"
#include "uring.bpf.h"
#include "uring_record.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * What is asked of the kernel through a ring and so past its system calls. The record is made when a request is submitted, in the
 * submitter's context and from the kernel's copy of the names, which the request gives away while it runs; it is told when the request
 * succeeds. Requests run in the submitter, in a worker or in the ring's own thread: all are threads of the one process.
 * What has no result to wait for is told when it is submitted: a request that posts nothing when it succeeds, one whose user_data
 * is in use by another, one that finds the table full.
 */

#define RECORD_BYTES 976 /* a longer record is told when it is submitted */

struct uring_key {
	__u64 ring; /* struct io_ring_ctx * */
	__u64 user_data;
};

/* Laid out as the scratch, where it is made. */
struct uring_request {
	__u32 length; /* scratch.cursor */
	__u32 pad;
	__u8 record[RECORD_BYTES];
	__u64 address; /* struct io_kiocb * */
	__s32 descriptor; /* what it is done to; with `fixed` one of the ring's own files */
	__u32 slot;	  /* where an opened file goes: see uring__made_file */
	__u8 opcode;
	__u8 fixed;
	__u8 pad_after[22];
};
_Static_assert(sizeof(struct uring_request) == 1024, "layout");

/*
 * From submission to completion; entries go with the completion, which the kernel posts for every request, also for one it cancels.
 * Allocated at once: taking a kilobyte for each request costs more than the megabyte.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct uring_key);
	__type(value, struct uring_request);
} requests SEC(".maps");

/* What waits for the other end may wait for days, and takes no record with it. */
struct waiting {
	__s32 descriptor;
	__u32 slot; /* of an accept */
	__u8 opcode;
	__u8 fixed;
	__u8 pad[6];
};

/* An eviction costs the accepts of one multishot request, and completions that find the ring full. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct uring_key);
	__type(value, struct waiting);
} waiting SEC(".maps");

#define COMPLETION_MORE 2u /* IORING_CQE_F_MORE: the request goes on */

#define OPCODE(name) (1ull << IORING_OP_##name)
#define OPENS (OPCODE(OPENAT) | OPCODE(OPENAT2))
#define SENDS (OPCODE(SEND) | OPCODE(SENDMSG) | OPCODE(SEND_ZC) | OPCODE(SENDMSG_ZC))
#define WAITS (OPCODE(CONNECT) | OPCODE(ACCEPT))
#define TOLD (OPENS | SENDS | WAITS | OPCODE(SOCKET) | OPCODE(RENAMEAT) | OPCODE(UNLINKAT) | OPCODE(LINKAT) | OPCODE(SYMLINKAT) | \
	      OPCODE(SETXATTR) | OPCODE(FSETXATTR))

/* Most requests read and write: this is all that they cost. */
static __always_inline bool opcode__is_told(__u8 opcode)
{
	return opcode < 64 && (1ull << opcode & TOLD);
}

static __always_inline struct uring_key uring_key__of(struct io_kiocb *request)
{
	return (struct uring_key){
		.ring = (__u64)BPF_CORE_READ(request, ctx),
		.user_data = BPF_CORE_READ(request, cqe.user_data),
	};
}

/* False: there is no result to wait for. */
static __always_inline bool request__remember(struct scratch *scratch, struct io_kiocb *request, __u8 opcode, struct program_counters *count)
{
	struct uring_key key = uring_key__of(request);
	struct uring_request *made = (struct uring_request *)scratch;
	struct uring_request *known;
	__u32 flags = BPF_CORE_READ(request, flags);

	if (flags & REQUEST_SILENT_SUCCESS || scratch__cursor(scratch) > RECORD_BYTES)
		return false;
	made->address = (__u64)request;
	made->descriptor = BPF_CORE_READ(request, cqe.fd);
	made->fixed = flags & REQUEST_FIXED_FILE;
	made->opcode = opcode;
	made->slot = OPENS & 1ull << opcode ? BPF_CORE_READ((struct io_open *)request, file_slot) : 0;
	known = bpf_map_lookup_elem(&requests, &key);
	if (known && known->address != (__u64)request) /* else its memory is in use again: it ended unseen */
		return false;
	if (bpf_map_update_elem(&requests, &key, made, BPF_ANY) == 0)
		return true;
	count->no_entry++;
	return false;
}

/* Only multishot accepts, and what finds no room in the ring, come back without their request. */
static __always_inline void waiting__remember(struct io_kiocb *request, __u8 opcode)
{
	struct uring_key key = uring_key__of(request);
	struct waiting entry = {
		.descriptor = BPF_CORE_READ(request, cqe.fd),
		.slot = opcode == IORING_OP_ACCEPT ? BPF_CORE_READ((struct io_accept *)request, file_slot) : 0,
		.opcode = opcode,
		.fixed = BPF_CORE_READ(request, flags) & REQUEST_FIXED_FILE,
	};

	bpf_map_update_elem(&waiting, &key, &entry, BPF_ANY);
}

static __always_inline int request__submitted(struct io_kiocb *request, enum program_id program)
{
	__u8 opcode = request->opcode;
	struct program_counters *count;
	struct scratch *scratch;
	bool described;

	if (!opcode__is_told(opcode))
		return 0;
	count = call__begin(program);
	scratch = scratch__get();
	if (!count || !scratch)
		return 0;
	if (1ull << opcode & WAITS) {
		waiting__remember(request, opcode);
		return 0;
	}
	described = 1ull << opcode & (SENDS | OPCODE(FSETXATTR)) ? request__describe_file(scratch, request, opcode, count)
								  : request__describe(scratch, request, opcode, count);
	if (!described) {
		count->filtered++;
		return 0;
	}
	if (request__remember(scratch, request, opcode, count))
		return 0;
	return ring__output_scratch(scratch, true, false, count);
}

/* TP_PROTO(struct io_kiocb *req), since 6.4 */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_uring_submit, struct io_kiocb *request)
{
	return request__submitted(request, PROGRAM_URING_SUBMIT);
}

/* TP_PROTO(struct io_kiocb *req, bool force_nonblock), 6.0 to 6.3; before it the request is not given */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(on_uring_submit_entry, struct io_kiocb *request)
{
	return request__submitted(request, PROGRAM_URING_SUBMIT_ENTRY);
}

static __always_inline int datagram__told(struct uring_request *request, struct io_ring_ctx *ring, struct program_counters *count)
{
	struct network_event *event = (struct network_event *)request->record;
	struct sock *sk = file__internet_socket(uring__file(ring, request->descriptor, request->fixed));
	struct peers peers = {
		.local_port = event->local_port,
		.remote_port = event->remote_port,
		.address_length = event->address_length,
	};

	__builtin_memcpy(peers.local, event->local, sizeof(peers.local));
	__builtin_memcpy(peers.remote, event->remote, sizeof(peers.remote));
	return udp__report(sk, &peers, count);
}

/* From the scratch, whose length every kernel's verifier follows. */
static __noinline int record__report(const struct uring_request *request, struct program_counters *count)
{
	struct scratch *scratch = scratch__get();

	if (!scratch || !request || !count || bpf_probe_read_kernel(scratch->bytes, RECORD_BYTES, request->record) != 0)
		return 0;
	scratch->cursor = request->length;
	((struct event_header *)scratch->bytes)->time_boot_ns = bpf_ktime_get_boot_ns();
	return ring__output_scratch(scratch, true, false, count);
}

/* A request that is remembered has ended. `address` is 0 where the request is not known; another's entry under its key is left alone. */
static __noinline int request__ended(struct uring_key *key, __u64 address, __s32 result, struct program_counters *count)
{
	struct uring_request *request = key ? bpf_map_lookup_elem(&requests, key) : NULL;
	struct io_ring_ctx *ring;
	struct file *file = NULL;

	if (!request || !count || (address && request->address != address))
		return 0;
	ring = (struct io_ring_ctx *)key->ring;
	if (result < 0) {
		count->filtered++;
		goto done;
	}
	if (1ull << (request->opcode & 63) & OPENS)
		file = uring__made_file(ring, request->slot, result);
	if (file) {
		open__told(file, count);
	} else if (1ull << (request->opcode & 63) & SENDS) {
		datagram__told(request, ring, count);
	} else { /* a name; or an open that was closed already, of which only what was asked for is known */
		record__report(request, count);
	}
done:
	bpf_map_delete_elem(&requests, key);
	return 0;
}

static __noinline int accept__ended(struct io_ring_ctx *ring, __u32 slot, __s32 result, struct program_counters *count)
{
	struct file *file;

	if (!count)
		return 0;
	if (result < 0) {
		count->filtered++;
		return 0;
	}
	file = uring__made_file(ring, slot, result);
	if (file)
		return accept__told(file, count);
	count->read_failed++;
	return 0;
}

/* The address is the one that was given, in user memory, and 0 where that is not known any more. */
static __noinline int connect__ended(struct file *file, __s32 result, __u64 address, struct program_counters *count)
{
	if (!count)
		return 0;
	if (file)
		return connect__told(file, result, address, count);
	count->read_failed++;
	return 0;
}

/* A completion without its request: a multishot accept has one more connection. */
static __always_inline int shot__told(struct io_ring_ctx *ring, const struct io_uring_cqe *entry)
{
	struct uring_key key = { .ring = (__u64)ring };
	struct io_uring_cqe completion;
	struct program_counters *count;
	struct waiting *known;
	bool is_whole;

	/* Seen in 6.1 and 6.8: the entry comes in parts, of which the result cannot be read here; the first is user_data. */
	is_whole = bpf_probe_read_kernel(&completion, sizeof(completion), entry) == 0;
	key.user_data = is_whole ? completion.user_data : (__u64)entry;
	known = bpf_map_lookup_elem(&waiting, &key);
	if (!known || known->opcode != IORING_OP_ACCEPT)
		return 0;
	count = call__begin(PROGRAM_URING_COMPLETE);
	if (!count)
		return 0;
	if (!is_whole) {
		count->read_failed++;
		return 0;
	}
	return accept__ended(ring, known->slot, completion.res, count);
}

/*
 * TP_PROTO(struct io_ring_ctx *ctx, void *req, struct io_uring_cqe *cqe), before: (void *ctx, void *req, u64 user_data, int res, …).
 * Not for requests that asked for no completion, nor where the ring has no room (on_uring_overflow).
 */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_complete, struct io_ring_ctx *ring, struct io_kiocb *request, struct io_uring_cqe *entry)
{
	struct program_counters *count;
	struct uring_key key;
	struct file *file;
	__s32 result;
	__u8 opcode;

	if (!request)
		return shot__told(ring, entry);
	opcode = BPF_CORE_READ(request, opcode);
	if (!opcode__is_told(opcode))
		return 0;
	count = call__begin(PROGRAM_URING_COMPLETE);
	if (!count)
		return 0;
	key = uring_key__of(request);
	result = BPF_CORE_READ(request, cqe.res);
	switch (opcode) {
	case IORING_OP_ACCEPT:
		bpf_map_delete_elem(&waiting, &key);
		return accept__ended(ring, BPF_CORE_READ((struct io_accept *)request, file_slot), result, count);
	case IORING_OP_CONNECT:
		bpf_map_delete_elem(&waiting, &key);
		file = BPF_CORE_READ(request, file);
		return connect__ended(file, result, (__u64)BPF_CORE_READ((struct io_connect *)request, addr), count);
	}
	return request__ended(&key, (__u64)request, result, count);
}

/* TP_PROTO(void *ctx, unsigned long long user_data, s32 res, u32 cflags, void *ocqe): in place of the completion */
SEC("tp_btf/io_uring_cqe_overflow")
int BPF_PROG(on_uring_overflow, struct io_ring_ctx *ring, __u64 user_data, __s32 result, __u32 flags)
{
	struct program_counters *count = call__begin(PROGRAM_URING_OVERFLOW);
	struct uring_key key = { .ring = (__u64)ring, .user_data = user_data };
	struct waiting *known;
	struct waiting ended;

	if (!count)
		return 0;
	if (bpf_map_lookup_elem(&requests, &key))
		return request__ended(&key, 0, result, count);
	known = bpf_map_lookup_elem(&waiting, &key);
	if (!known) {
		count->filtered++;
		return 0;
	}
	ended = *known;
	if (!(flags & COMPLETION_MORE))
		bpf_map_delete_elem(&waiting, &key);
	if (ended.opcode == IORING_OP_ACCEPT)
		return accept__ended(ring, ended.slot, result, count);
	return connect__ended(uring__file(ring, ended.descriptor, ended.fixed), result, 0, count);
}
