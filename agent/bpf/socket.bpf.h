/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_SOCKET_BPF_H
#define RUNTIME_SOCKET_BPF_H

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

/* Both ends as the wire has them: a mapped address is given as IPv4. */
struct peers {
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u8 address_length; /* 0: not known */
	__u8 pad[3];
};

/* 64-bit ABI: struct iovec, struct user_msghdr, struct mmsghdr. */
struct user_buffer {
	__u64 base;
	__u64 length;
};
#define USER_MESSAGE_VECTOR 16
#define USER_MMSGHDR_BYTES 64

#if defined(__TARGET_ARCH_x86)
#define SYSCALL_WRITE 1
#define SYSCALL_WRITEV 20
#define SYSCALL_SENDTO 44
#define SYSCALL_SENDMSG 46
#define SYSCALL_SENDMMSG 307
#define COMPAT_STATUS 0x2 /* TS_COMPAT */
static __always_inline __u64 syscall__number(struct pt_regs *registers)
{
	return BPF_CORE_READ(registers, orig_ax);
}
static __always_inline bool task__has_compat_abi(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.status) & COMPAT_STATUS;
}
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALL_WRITE 64
#define SYSCALL_WRITEV 66
#define SYSCALL_SENDTO 206
#define SYSCALL_SENDMSG 211
#define SYSCALL_SENDMMSG 269
#define COMPAT_FLAG (1u << 22) /* TIF_32BIT */
static __always_inline __u64 syscall__number(struct pt_regs *registers)
{
	return BPF_CORE_READ(registers, syscallno);
}
static __always_inline bool task__has_compat_abi(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.flags) & COMPAT_FLAG;
}
#endif

#define IO_WORKER_FLAG 0x10 /* PF_IO_WORKER */

/* The registers are not a 64-bit system call's: a 32-bit task, or an io_uring worker, which is in no call. */
static __always_inline bool task__is_foreign_abi(struct task_struct *task)
{
	return BPF_CORE_READ(task, flags) & IO_WORKER_FLAG || task__has_compat_abi(task);
}

static __always_inline __u16 sock__protocol(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_protocol);
}

static __always_inline bool address__is_mapped(const __u8 *address)
{
	const __u32 *word = (const __u32 *)address;

	return !word[0] && !word[1] && word[2] == bpf_htonl(0xffff);
}

/*
 * Both addresses have one length: 4 only when both can be said in four bytes. The unspecified address (a listener on ::, or
 * the source of a call that failed early) fits either.
 */
static __always_inline bool address__is_zero(const __u8 *address)
{
	const __u32 *word = (const __u32 *)address;

	return !word[0] && !word[1] && !word[2] && !word[3];
}

static __always_inline void address__unmap(__u8 *address)
{
	__u32 *word = (__u32 *)address;

	word[0] = word[3];
	word[1] = word[2] = word[3] = 0;
}

static __always_inline void peers__unmap(struct peers *peers)
{
	if (!address__is_mapped(peers->remote) && !address__is_mapped(peers->local))
		return;
	if (!address__is_mapped(peers->remote) && !address__is_zero(peers->remote))
		return;
	if (!address__is_mapped(peers->local) && !address__is_zero(peers->local))
		return;
	address__unmap(peers->remote);
	address__unmap(peers->local);
	peers->address_length = 4;
}

static __always_inline void sock__peers(struct sock *sk, struct peers *peers)
{
	__builtin_memset(peers, 0, sizeof(*peers));
	peers->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	peers->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == ADDRESS_FAMILY_INET) {
		*(__u32 *)peers->local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)peers->remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		peers->address_length = 4;
		return;
	}
	BPF_CORE_READ_INTO(&peers->local, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
	BPF_CORE_READ_INTO(&peers->remote, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	peers->address_length = 16;
	peers__unmap(peers);
}

/* As struct sockaddr_in and sockaddr_in6 begin. */
struct remote_address {
	__u16 family;
	__u16 port;
	__u8 inet[4];	/* the flow, in sockaddr_in6 */
	__u8 inet6[16];
};
#define REMOTE_INET_BYTES 8

/* Takes the remote end; the local address stays when it is of the same length. */
static __always_inline bool peers__set_remote(struct peers *peers, const struct remote_address *address)
{
	__u8 length = address->family == ADDRESS_FAMILY_INET ? 4 : 16;

	__builtin_memset(peers->remote, 0, sizeof(peers->remote));
	peers->remote_port = bpf_ntohs(address->port);
	if (length == 16 && address->family != ADDRESS_FAMILY_INET6)
		return false;
	if (peers->address_length != length)
		__builtin_memset(peers->local, 0, sizeof(peers->local));
	peers->address_length = length;
	if (length == 4) {
		__builtin_memcpy(peers->remote, address->inet, sizeof(address->inet));
		return true;
	}
	__builtin_memcpy(peers->remote, address->inet6, sizeof(address->inet6));
	peers__unmap(peers);
	return true;
}

/* From user memory, where an address of IPv4 may end with its page. */
static __always_inline bool peers__read_remote(struct peers *peers, __u64 address)
{
	struct remote_address read = {};

	if (bpf_probe_read_user(&read, REMOTE_INET_BYTES, (void *)address) != 0)
		return false;
	if (read.family == ADDRESS_FAMILY_INET6 && bpf_probe_read_user(&read, sizeof(read), (void *)address) != 0)
		return false;
	return peers__set_remote(peers, &read);
}

#endif
