/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_URING_RECORD_BPF_H
#define RUNTIME_URING_RECORD_BPF_H

/* The record of a request, from what it holds when it is submitted, in its submitter's context. */

#define OPEN_ACCESS 3	  /* O_ACCMODE */
#define OPEN_CREATE 0100 /* O_CREAT */

static __always_inline void open__describe(struct scratch *scratch, struct io_open *open, struct program_counters *count)
{
	struct name_argument name = filename__argument(io_open__filename(open), BPF_CORE_READ(open, dfd));
	__u64 flags = BPF_CORE_READ(open, how.flags);

	name__begin(scratch, flags & OPEN_CREATE ? FILE_CREATE : flags & OPEN_ACCESS ? FILE_WRITE : FILE_SENSITIVE_READ,
		    &name, 0, count);
}

/* False for sockets of every day. */
static __always_inline bool socket__describe(struct scratch *scratch, struct io_socket *request)
{
	__u16 family = BPF_CORE_READ(request, domain);
	__u16 type = BPF_CORE_READ(request, type) & SOCKET_TYPE;
	__u16 protocol = BPF_CORE_READ(request, protocol);
	struct event_header owner = {};
	struct peers none = {};

	if (!socket__is_special(family, type, protocol))
		return false;
	header__fill(&owner, KIND_NETWORK, task__current());
	scratch->cursor = sizeof(scratch->network);
	event__fill(&scratch->network, &owner, NETWORK_RAW_SOCKET, 0, &none);
	scratch->network.socket = socket__kind(family, type, protocol);
	return true;
}

/* False where nothing is new: no address of its own, no datagram, a peer that was told. */
static __always_inline bool send__describe(struct scratch *scratch, struct file *file, const struct remote_address *to)
{
	struct sock *sk = file__internet_socket(file);
	struct event_header owner = {};
	struct udp_peer peer;
	struct peers peers;

	if (!sk || sock__protocol(sk) != PROTOCOL_UDP)
		return false;
	sock__peers(sk, &peers);
	if (!peers__set_remote(&peers, to))
		return false;
	header__fill(&owner, KIND_NETWORK, task__current());
	peer = udp_peer__of(&owner, sk, &peers);
	if (bpf_map_lookup_elem(&udp_peers, &peer))
		return false;
	scratch->cursor = sizeof(scratch->network);
	event__fill(&scratch->network, &owner, NETWORK_UDP_PEER, PROTOCOL_UDP, &peers);
	return true;
}

/* Makes the record of a request in the scratch; false where there is nothing to tell. */
static __noinline bool request__describe(struct scratch *scratch, struct io_kiocb *request, __u8 opcode, struct program_counters *count)
{
	struct name_argument name, old;

	if (!scratch || !count)
		return false;
	switch (opcode) {
	case IORING_OP_OPENAT:
	case IORING_OP_OPENAT2:
		open__describe(scratch, (void *)request, count);
		return true;
	case IORING_OP_UNLINKAT: {
		struct io_unlink *unlink = (void *)request;

		if (BPF_CORE_READ(unlink, flags) & REMOVE_DIRECTORY)
			return false;
		name = filename__argument(io_unlink__filename(unlink), BPF_CORE_READ(unlink, dfd));
		name__begin(scratch, FILE_UNLINK, &name, 0, count);
		return true;
	}
	case IORING_OP_RENAMEAT: {
		struct io_rename *rename = (void *)request;

		old = filename__argument(io_rename__oldpath(rename), BPF_CORE_READ(rename, old_dfd));
		name = filename__argument(io_rename__newpath(rename), BPF_CORE_READ(rename, new_dfd));
		names__begin(scratch, FILE_RENAME, &name, &old, count);
		return true;
	}
	case IORING_OP_LINKAT: {
		struct io_link *link = (void *)request;

		old = filename__argument(io_link__oldpath(link), BPF_CORE_READ(link, old_dfd));
		name = filename__argument(io_link__newpath(link), BPF_CORE_READ(link, new_dfd));
		names__begin(scratch, FILE_LINK, &name, &old, count);
		return true;
	}
	case IORING_OP_SYMLINKAT: {
		struct io_link *link = (void *)request;
		struct file_event *event;

		name = filename__argument(io_link__newpath(link), BPF_CORE_READ(link, new_dfd));
		event = name__begin(scratch, FILE_SYMLINK, &name, 0, count);
		event__add_other(event, scratch__add_kernel_string(scratch, BPF_CORE_READ(io_link__oldpath(link), name)), count);
		return true;
	}
	case IORING_OP_SETXATTR: {
		struct io_xattr *xattr = (void *)request;
		struct file_event *event;

		name = filename__argument(io_xattr__filename(xattr), WORKING_DIRECTORY);
		event = name__begin(scratch, FILE_XATTR, &name, 0, count);
		event__add_other(event, scratch__add_kernel_string(scratch, xattr__name(xattr)), count);
		return true;
	}
	case IORING_OP_SOCKET:
		return socket__describe(scratch, (void *)request);
	}
	return false;
}

/* As above, for those whose file the request names by its number. */
static __noinline bool request__describe_file(struct scratch *scratch, struct io_kiocb *request, __u8 opcode, struct program_counters *count)
{
	bool fixed = BPF_CORE_READ(request, flags) & REQUEST_FIXED_FILE;
	bool is_message = opcode == IORING_OP_SENDMSG || opcode == IORING_OP_SENDMSG_ZC;
	struct remote_address to = {};
	struct file_event *event;
	struct file *file;
	int known = 0;

	if (!scratch || !count)
		return false;
	if (opcode != IORING_OP_FSETXATTR) {
		known = message__address(request, is_message, &to);
		if (known < 0)
			count->read_failed++;
		if (known <= 0)
			return false;
	}
	file = uring__file(BPF_CORE_READ(request, ctx), BPF_CORE_READ(request, cqe.fd), fixed);
	if (!file) /* it will fail */
		return false;
	if (opcode != IORING_OP_FSETXATTR)
		return send__describe(scratch, file, &to);
	event = open_file__begin(scratch, file, FILE_XATTR);
	event__add_other(event, scratch__add_kernel_string(scratch, xattr__name((void *)request)), count);
	return true;
}

#endif
