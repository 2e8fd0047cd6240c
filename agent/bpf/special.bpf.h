/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_SPECIAL_BPF_H
#define RUNTIME_SPECIAL_BPF_H

#define ADDRESS_FAMILY_NETLINK 16
#define ADDRESS_FAMILY_PACKET 17
#define ADDRESS_FAMILY_ALG 38
#define ADDRESS_FAMILY_VSOCK 40
#define ADDRESS_FAMILY_XDP 44
#define SOCKET_TYPE 0xf /* SOCK_TYPE_MASK: above it flags */
#define SOCKET_DATAGRAM 2
#define SOCKET_RAW 3
#define PROTOCOL_ICMP 1
#define PROTOCOL_ICMP6 58
#define NETLINK_NETFILTER 12

/* Past TCP and UDP: packets of others, packets made by hand, echo requests, the hypervisor, the kernel's ciphers, the firewall's rules. */
static __always_inline bool socket__is_special(__u16 family, __u16 type, __u16 protocol)
{
	switch (family) {
	case ADDRESS_FAMILY_PACKET:
	case ADDRESS_FAMILY_ALG:
	case ADDRESS_FAMILY_VSOCK:
	case ADDRESS_FAMILY_XDP:
		return true;
	case ADDRESS_FAMILY_NETLINK:
		return protocol == NETLINK_NETFILTER;
	case ADDRESS_FAMILY_INET:
	case ADDRESS_FAMILY_INET6:
		return type == SOCKET_RAW ||
		       (type == SOCKET_DATAGRAM && (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6));
	default:
		return false;
	}
}

/* As NETWORK_RAW_SOCKET has it. */
static __always_inline __u32 socket__kind(__u16 family, __u16 type, __u16 protocol)
{
	return (__u32)family << 24 | (__u32)type << 16 | protocol;
}

#endif
