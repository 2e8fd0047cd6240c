/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_URING_BPF_H
#define RUNTIME_URING_BPF_H

/* What a request of io_uring holds, across kernels. Its own part lies at its beginning (io_uring/io_uring.h, io_kiocb_to_cmd). */

/* include/uapi/linux/io_uring.h: the low bits of a request's flags are those that were submitted */
#define REQUEST_FIXED_FILE 1u	      /* IOSQE_FIXED_FILE: the number is one of the ring's own files */
#define REQUEST_SILENT_SUCCESS (1u << 6) /* IOSQE_CQE_SKIP_SUCCESS */
#define SLOT_ANY (~0u)		      /* IORING_FILE_INDEX_ALLOC; else slots count from 1, and 0 is a common descriptor */

/* Now a table of nodes; a table of files up to 6.12 and further (seen in 6.1 and 6.8). */
struct io_fixed_file___fix {
	unsigned long file_ptr;
} __attribute__((preserve_access_index));

struct io_file_table___fix {
	struct io_fixed_file___fix *files;
} __attribute__((preserve_access_index));

struct io_ring_ctx___fix {
	struct io_file_table___fix file_table;
	unsigned int nr_user_files;
} __attribute__((preserve_access_index));

#define FILE_POINTER (~7ul) /* FFS_MASK: the low bits are flags */

/* A file that the ring holds and no descriptor names. */
static __always_inline struct file *uring__fixed_file(struct io_ring_ctx *ring, __u32 index)
{
	struct io_ring_ctx___fix *before = (void *)ring;
	unsigned long pointer = 0;

	if (bpf_core_field_exists(ring->file_table.data)) {
		struct io_rsrc_node **nodes = BPF_CORE_READ(ring, file_table.data.nodes);
		struct io_rsrc_node *node = NULL;

		if (index < BPF_CORE_READ(ring, file_table.data.nr))
			bpf_probe_read_kernel(&node, sizeof(node), nodes + index);
		pointer = BPF_CORE_READ(node, file_ptr);
	} else if (bpf_core_field_exists(before->nr_user_files)) {
		struct io_fixed_file___fix *files = BPF_CORE_READ(before, file_table.files);

		if (index < BPF_CORE_READ(before, nr_user_files))
			pointer = BPF_CORE_READ((struct io_fixed_file___fix *)((void *)files + index * bpf_core_type_size(struct io_fixed_file___fix)), file_ptr);
	}
	return (struct file *)(pointer & FILE_POINTER);
}

static __always_inline struct file *uring__file(struct io_ring_ctx *ring, __s32 number, bool fixed)
{
	return fixed ? uring__fixed_file(ring, number) : task__file(task__current(), number);
}

/* The file that a request made: `slot` as it was asked for, `result` as it ended. */
static __always_inline struct file *uring__made_file(struct io_ring_ctx *ring, __u32 slot, __s32 result)
{
	return uring__file(ring, slot && slot != SLOT_ANY ? slot - 1 : result, slot != 0);
}

static __always_inline struct name_argument filename__argument(struct filename *name, __s32 directory)
{
	return (struct name_argument){
		.text = (__u64)BPF_CORE_READ(name, name),
		.directory = directory,
		.is_kernels = 1,
	};
}

/* The type of `ctx` was renamed between 6.8 and 6.18. */
struct xattr_ctx___before {
	struct xattr_name *kname;
} __attribute__((preserve_access_index));

struct io_xattr___before {
	struct xattr_ctx___before ctx;
} __attribute__((preserve_access_index));

static __always_inline const char *xattr__name(struct io_xattr *request)
{
	struct io_xattr___before *before = (void *)request;

	if (bpf_core_field_exists(request->ctx.kname))
		return (const char *)BPF_CORE_READ(request, ctx.kname);
	return (const char *)BPF_CORE_READ(before, ctx.kname);
}

/* Seen in 6.1 and 6.8: the address that send was given stays in its request. */
struct io_sr_msg___address {
	void *addr;
} __attribute__((preserve_access_index));

/* Kernels that copy the address when the request is made: the vector is held in one of these two ways. */
struct io_async_msghdr___copied {
	int free_iov_nr;
} __attribute__((preserve_access_index));

/* Whom a message goes to. Answers 0 where it names nobody, negative where it cannot be read. */
static __always_inline int message__address(struct io_kiocb *request, bool is_message, struct remote_address *to)
{
	struct io_sr_msg *message = (void *)request;
	struct io_sr_msg___address *given = (void *)request;
	struct io_async_msghdr___copied *before = NULL;
	struct io_async_msghdr *copied = NULL;
	void *address = NULL;

	if (bpf_core_field_exists(copied->vec) || bpf_core_field_exists(before->free_iov_nr)) {
		copied = BPF_CORE_READ(request, async_data);
		address = BPF_CORE_READ(copied, msg.msg_name);
		return address ? bpf_probe_read_kernel(to, sizeof(*to), address) ?: 1 : 0;
	}
	if (is_message)
		bpf_probe_read_user(&address, sizeof(address), BPF_CORE_READ(message, umsg));
	else if (bpf_core_field_exists(given->addr))
		address = BPF_CORE_READ(given, addr);
	if (!address)
		return 0;
	if (bpf_probe_read_user(to, REMOTE_INET_BYTES, address) != 0)
		return -1;
	if (to->family == ADDRESS_FAMILY_INET6 && bpf_probe_read_user(to, sizeof(*to), address) != 0)
		return -1;
	return 1;
}

#endif
