/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_UNIX_BPF_H
#define RUNTIME_UNIX_BPF_H

/*
 * A connection to the socket of a container runtime. Told by the socket that answers and not by the name that was given: a link, a
 * bind mount or another root does not hide it, since the other end carries the file that its owner bound.
 */

#define ADDRESS_FAMILY_UNIX 1
#define ABSTRACT_NAME_BYTES 108 /* sun_path, unix(7) */

/* Last parts of sockets' paths, filled by the agent (RuntimeSockets.cs), which compares the whole. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct sensitive_name);
	__type(value, __u8);
} socket_names SEC(".maps") __weak;

/* Where containerd's shims listen: /run/containerd/s/HASH, two folders below this one; before 1.4 a name without a file. */
static const char shims_folder[] = "containerd";
static const char shim_prefix[] = "/containerd-shim/";

static __always_inline bool dentry__is_runtimes(struct dentry *dentry)
{
	struct dentry *above = BPF_CORE_READ(dentry, d_parent, d_parent);
	struct sensitive_name name = {};
	unsigned int i;

	bpf_probe_read_kernel_str(name.bytes, sizeof(name.bytes), BPF_CORE_READ(dentry, d_name.name));
	if (bpf_map_lookup_elem(&socket_names, &name))
		return true;
	bpf_probe_read_kernel_str(name.bytes, sizeof(name.bytes), BPF_CORE_READ(above, d_name.name));
	for (i = 0; i < sizeof(shims_folder); i++)
		if (name.bytes[i] != shims_folder[i])
			return false;
	return true;
}

/* Answers the length that is the runtime's, without the NUL before it; 0 for any other. */
static __always_inline __u32 unix__abstract(struct scratch *scratch, struct unix_sock *peer)
{
	struct unix_address *address = BPF_CORE_READ(peer, addr);
	__u8 *room = scratch__room(scratch, 128);
	const char *name = (void *)address + bpf_core_field_offset(struct unix_address, name) + sizeof(__u16) + 1;
	__u32 length = BPF_CORE_READ(address, len) - sizeof(__u16) - 1;
	unsigned int i;

	if (!room || !address || length > ABSTRACT_NAME_BYTES)
		return 0;
	if (bpf_probe_read_kernel(room, length & 127, name) != 0)
		return 0;
	for (i = 0; i < sizeof(shim_prefix) - 1; i++)
		if (room[i] != (__u8)shim_prefix[i])
			return 0;
	scratch__advance(scratch, length);
	return length;
}

/* Tail: the walk, or the name without a file (`answer` 1). */
static __always_inline int unix__report(struct file *file, struct program_counters *count)
{
	struct scratch *scratch = scratch__get();
	struct network_event *event;
	struct unix_sock *peer;
	struct socket *socket;
	struct dentry *dentry;
	struct sock *sk;
	__u32 walk;

	if (!scratch || !file || (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_SOCKET)
		goto filtered;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (BPF_CORE_READ(sk, __sk_common.skc_family) != ADDRESS_FAMILY_UNIX)
		goto filtered;
	peer = (struct unix_sock *)BPF_CORE_READ((struct unix_sock *)sk, peer);
	if (!peer)
		goto filtered;
	event = &scratch->network;
	scratch->cursor = sizeof(*event);
	dentry = BPF_CORE_READ(peer, path.dentry);
	if (dentry) {
		if (!dentry__is_runtimes(dentry))
			goto filtered;
		walk = WALK_LENGTH(path__write((__u64)dentry, (__u64)BPF_CORE_READ(peer, path.mnt)));
	} else {
		walk = unix__abstract(scratch, peer);
	}
	if (!walk)
		goto filtered;
	__builtin_memset(event, 0, sizeof(*event));
	header__fill(&event->header, KIND_NETWORK, task__current());
	event->operation = NETWORK_UNIX_CONNECT;
	event->answer = !dentry;
	event->payload_length = walk;
	return ring__output_scratch(scratch, true, false, count);
filtered:
	count->filtered++;
	return 0;
}

#endif
