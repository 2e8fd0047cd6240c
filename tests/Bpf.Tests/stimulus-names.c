// Asks a DNS server for the A record of NAME, each way that resolvers do, then connects to the address that came:
// stimulus-names WAY SERVER NAME
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static long check(long result)
{
	if (result < 0) {
		perror("stimulus-names");
		exit(96);
	}
	return result;
}

static int question(unsigned char *out, const char *name)
{
	static const unsigned char head[12] = { 0x1a, 0x2b, 1, 0, 0, 1 };
	unsigned char *at = out + 12;

	memcpy(out, head, 12);
	while (*name) {
		int length = strcspn(name, ".");

		*at++ = length;
		memcpy(at, name, length);
		at += length;
		name += length + (name[length] == '.');
	}
	memcpy(at, "\0\0\1\0\1", 5);
	return at + 5 - out;
}

int main(int count, char **arguments)
{
	const char *way = arguments[1];
	struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(53) }, peer = { .sin_family = AF_INET, .sin_port = htons(9) };
	unsigned char asked[512], answer[514];
	int length = question(asked, arguments[3]), got, stream = strncmp(way, "tcp", 3) == 0, descriptor;

	inet_pton(AF_INET, arguments[2], &server.sin_addr);
	descriptor = check(socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0));
#define WAY(name) (strcmp(way, name) == 0)
	if (!WAY("sendto") && !WAY("sendmsg"))
		check(connect(descriptor, (struct sockaddr *)&server, sizeof(server)));
	if (WAY("send") || WAY("write")) {
		check(WAY("send") ? send(descriptor, asked, length, 0) : write(descriptor, asked, length));
	} else if (WAY("sendto")) {
		check(sendto(descriptor, asked, length, 0, (struct sockaddr *)&server, sizeof(server)));
	} else if (WAY("sendmsg") || WAY("sendmmsg")) {
		struct iovec part = { asked, length };
		struct mmsghdr message = { .msg_hdr = { .msg_iov = &part, .msg_iovlen = 1 } };

		if (WAY("sendmsg")) {
			message.msg_hdr.msg_name = &server;
			message.msg_hdr.msg_namelen = sizeof(server);
			check(sendmsg(descriptor, &message.msg_hdr, 0));
		} else
			check(sendmmsg(descriptor, &message, 1, 0));
	} else {
		unsigned char size[2] = { length >> 8, length };
		struct iovec parts[2] = { { size, 2 }, { asked, length } };
		unsigned char whole[514];

		if (WAY("tcp-writev"))
			check(writev(descriptor, parts, 2));
		else {
			memcpy(whole, size, 2);
			memcpy(whole + 2, asked, length);
			check(write(descriptor, whole, length + 2));
		}
	}
	if (WAY("sendmsg")) {
		struct iovec part = { answer, sizeof(answer) };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

		got = check(recvmsg(descriptor, &message, 0));
	} else
		got = WAY("write") || stream ? check(read(descriptor, answer, sizeof(answer))) : check(recvfrom(descriptor, answer, sizeof(answer), 0, NULL, NULL));
	/* The server's answer ends with the address. */
	memcpy(&peer.sin_addr, answer + got - 4, 4);
	(void)!connect(check(socket(AF_INET, SOCK_STREAM, 0)), (struct sockaddr *)&peer, sizeof(peer));
	return 0;
}
