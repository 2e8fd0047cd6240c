// One request after another through a ring, without liburing: stimulus-uring MODE ACTION ARGUMENTS...
// MODE: sync | async (IOSQE_ASYNC: in a worker) | sqpoll (in the ring's own thread); then any of
//   +silent (nothing is posted on success) | +full (no room for completions: ends when its input does) | +fixed (opens and accepts into the ring's own table)
// Ends with 0 when all requests succeeded, 97 where the kernel has no rings or no such request, 98
// when one failed, which prints why.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { OP_SOCKET = 45, OP_LISTEN = 57, OP_BIND = 56 }; /* newer than Debian 12's headers */
enum { SKIP_SUCCESS = 1 << 6, ACCEPT_MULTISHOT = 1, SLOTS = 8 };

static struct io_uring_params parameters;
static struct io_uring_sqe *entries;
static struct io_uring_cqe *completions;
static char *submissions_ring, *completions_ring;
static int ring, flags, silent, full, fixed;
static unsigned expected;

static void end(int code, const char *why)
{
	perror(why);
	exit(code);
}

static unsigned *word(char *ring_memory, unsigned offset)
{
	return (unsigned *)(ring_memory + offset);
}

static void put(struct io_uring_sqe *entry)
{
	unsigned tail = *word(submissions_ring, parameters.sq_off.tail);
	unsigned index = tail & (parameters.sq_entries - 1);

	while (tail - __atomic_load_n(word(submissions_ring, parameters.sq_off.head), __ATOMIC_ACQUIRE) >= parameters.sq_entries)
		sched_yield(); /* the ring's thread has not come to them */
	entry->flags |= flags;
	entries[index] = *entry;
	word(submissions_ring, parameters.sq_off.array)[index] = index;
	__atomic_store_n(word(submissions_ring, parameters.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
}

static void enter(int count)
{
	if (syscall(SYS_io_uring_enter, ring, count, 0, parameters.flags & IORING_SETUP_SQPOLL ? IORING_ENTER_SQ_WAKEUP : 0, 0, 0) < 0)
		end(98, "io_uring_enter");
}

static void submit(struct io_uring_sqe *entry)
{
	put(entry);
	enter(1);
}

/* The result of the next completion. */
static int result(void)
{
	unsigned head = *word(completions_ring, parameters.cq_off.head);
	int value;

	while (__atomic_load_n(word(completions_ring, parameters.cq_off.tail), __ATOMIC_ACQUIRE) == head)
		if (syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, 0, 0) < 0 && errno != EINTR)
			end(98, "io_uring_enter");
	value = completions[head & (parameters.cq_entries - 1)].res;
	__atomic_store_n(word(completions_ring, parameters.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return value;
}

/* With +silent a no-op is chained to it, which tells that it is done. */
static int run(struct io_uring_sqe *entry)
{
	struct io_uring_sqe next = { .opcode = IORING_OP_NOP };
	int value;

	entry->user_data = 0x1000 + expected++;
	if (silent) {
		entry->flags |= IOSQE_IO_LINK | SKIP_SUCCESS;
		put(entry);
		put(&next);
		enter(2);
	} else {
		submit(entry);
	}
	if (full) /* there is no completion to wait for: the process stays until its effect was seen */
		return getchar();
	value = result();
	if (value < 0) {
		errno = -value;
		fprintf(stderr, "request %d: ", entry->opcode);
		end(value == -EINVAL ? 97 : 98, "failed");
	}
	return value;
}

static void start(const char *mode)
{
	int table[SLOTS];

	parameters.flags = strstr(mode, "sqpoll") ? IORING_SETUP_SQPOLL : 0;
	parameters.sq_thread_idle = 1000;
	flags = strstr(mode, "async") ? IOSQE_ASYNC : 0;
	silent = strstr(mode, "+silent") != NULL;
	fixed = strstr(mode, "+fixed") != NULL;
	ring = syscall(SYS_io_uring_setup, 4, &parameters);
	if (ring < 0)
		end(97, "io_uring_setup");
	submissions_ring = mmap(0, parameters.sq_off.array + parameters.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	completions_ring = mmap(0, parameters.cq_off.cqes + parameters.cq_entries * sizeof *completions, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
	entries = mmap(0, parameters.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (submissions_ring == MAP_FAILED || completions_ring == MAP_FAILED || entries == MAP_FAILED)
		end(98, "mmap");
	completions = (void *)(completions_ring + parameters.cq_off.cqes);
	memset(table, -1, sizeof table);
	if (fixed && syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, table, SLOTS) < 0)
		end(98, "io_uring_register");
	if (!strstr(mode, "+full"))
		return;
	for (unsigned i = 0; i < parameters.cq_entries; i++) {
		struct io_uring_sqe nothing = { .opcode = IORING_OP_NOP, .user_data = 1 };

		submit(&nothing);
	}
	while (__atomic_load_n(word(completions_ring, parameters.cq_off.tail), __ATOMIC_ACQUIRE) < parameters.cq_entries)
		sched_yield();
	full = 1;
}

static struct io_uring_sqe paths(int opcode, const char *first, const char *second)
{
	return (struct io_uring_sqe){ .opcode = opcode, .fd = AT_FDCWD, .addr = (unsigned long)first, .off = (unsigned long)second };
}

/* twins: a rename that succeeds and one that fails, submitted at once under one user_data. */
static void twins(char **argument)
{
	struct io_uring_sqe good = paths(IORING_OP_RENAMEAT, argument[1], argument[2]), bad = paths(IORING_OP_RENAMEAT, "/none/none", argument[2]);

	good.len = bad.len = AT_FDCWD;
	good.user_data = bad.user_data = 1;
	put(&bad);
	put(&good);
	put(&bad);
	enter(3);
	for (int i = 0; i < 3; i++)
		result();
}

static void names(char **argument)
{
	struct io_uring_sqe entry = paths(IORING_OP_OPENAT, argument[1], NULL);
	int directory = AT_FDCWD;

	if (strcmp(argument[0], "open") == 0 || strcmp(argument[0], "open2") == 0) {
		struct open_how { unsigned long flags, mode, resolve; } how = { .flags = strtoul(argument[2], NULL, 0) };

		how.mode = how.flags & O_CREAT ? 0600 : 0;
		entry.file_index = fixed ? 3 : 0;
		if (argument[0][4]) {
			entry.opcode = IORING_OP_OPENAT2;
			entry.len = sizeof how;
			entry.off = (unsigned long)&how;
		} else {
			entry.open_flags = how.flags;
			entry.len = how.mode;
		}
	} else if (strcmp(argument[0], "unlink") == 0) {
		entry.opcode = IORING_OP_UNLINKAT;
	} else if (strcmp(argument[0], "rename") == 0 || strcmp(argument[0], "link") == 0) {
		entry = paths(argument[0][0] == 'r' ? IORING_OP_RENAMEAT : IORING_OP_LINKAT, argument[1], argument[2]);
		entry.len = directory;
	} else if (strcmp(argument[0], "symlink") == 0) {
		entry = paths(IORING_OP_SYMLINKAT, argument[1], argument[2]);
	} else if (strcmp(argument[0], "xattr") == 0) {
		entry = (struct io_uring_sqe){ .opcode = IORING_OP_SETXATTR, .addr = (unsigned long)argument[2], .off = (unsigned long)"x", .len = 1,
					       .addr3 = (unsigned long)argument[1] };
	} else if (strcmp(argument[0], "fxattr") == 0) {
		entry = (struct io_uring_sqe){ .opcode = IORING_OP_FSETXATTR, .fd = open(argument[1], O_RDONLY), .addr = (unsigned long)argument[2],
					       .off = (unsigned long)"x", .len = 1 };
	} else {
		exit(96);
	}
	run(&entry);
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void connect_to(int fd, void *address, unsigned length)
{
	struct io_uring_sqe entry = { .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (unsigned long)address, .off = length };

	run(&entry);
}

/* send PORT: to an address of its own; the message's form with sendmsg */
static void send_to(int is_message, const char *port)
{
	struct sockaddr_in address = loopback(port);
	struct iovec part = { "hello", 5 };
	struct msghdr message = { .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &part, .msg_iovlen = 1 };
	struct io_uring_sqe entry = { .opcode = is_message ? IORING_OP_SENDMSG : IORING_OP_SEND, .fd = socket(AF_INET, SOCK_DGRAM, 0) };

	entry.addr = is_message ? (unsigned long)&message : (unsigned long)part.iov_base;
	entry.len = is_message ? 1 : part.iov_len;
	if (!is_message) {
		entry.addr2 = (unsigned long)&address;
		entry.addr_len = sizeof address;
	}
	run(&entry);
}

/* Two connections from this process to itself; prints the listener's port. */
static void accept_two(int multishot)
{
	struct sockaddr_in address = loopback("0");
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct io_uring_sqe entry = { .opcode = IORING_OP_ACCEPT, .fd = listener, .ioprio = multishot ? ACCEPT_MULTISHOT : 0, .user_data = 7 };

	if (bind(listener, (void *)&address, length) < 0 || listen(listener, 4) < 0 || getsockname(listener, (void *)&address, &length) < 0)
		end(98, "listen");
	printf("%d\n", ntohs(address.sin_port));
	for (int i = 0; i < 2; i++) {
		int client = socket(AF_INET, SOCK_STREAM, 0), value;

		entry.file_index = fixed ? multishot ? ~0u : 1 + i : 0;
		if (!i || !multishot)
			submit(&entry);
		if (connect(client, (void *)&address, length) < 0)
			end(98, "connect");
		value = result();
		if (value < 0) {
			errno = -value;
			end(value == -EINVAL ? 97 : 98, "accept");
		}
	}
}

/* The only port is taken: the kernel gives up inside the connect, after the socket's state has changed. Prints the port asked for. */
static void connect_without_port(void)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct sockaddr_in address = loopback("0");
	socklen_t length = sizeof address;
	int listener, range;

	if (unshare(CLONE_NEWNET) < 0)
		end(97, "unshare");
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (ioctl(listener, SIOCSIFFLAGS, &up) < 0 || bind(listener, (void *)&address, length) < 0 || listen(listener, 4) < 0 ||
	    getsockname(listener, (void *)&address, &length) < 0)
		end(98, "listen");
	range = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY);
	if (write(range, "20000 20000", 11) != 11 || connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&address, length) < 0)
		end(98, "ip_local_port_range");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	connect_to(socket(AF_INET, SOCK_STREAM, 0), &address, length);
}

int main(int count, char **arguments)
{
	char **argument = arguments + 2;

	(void)count;
	start(arguments[1]);
	if (strcmp(argument[0], "nothing") == 0) {
		return 0;
	} else if (strcmp(argument[0], "send") == 0 || strcmp(argument[0], "sendmsg") == 0) {
		send_to(argument[0][4] != 0, argument[1]);
	} else if (strcmp(argument[0], "accept") == 0 || strcmp(argument[0], "accept-many") == 0) {
		accept_two(argument[0][6] != 0);
	} else if (strcmp(argument[0], "udp") == 0 || strcmp(argument[0], "tcp") == 0) {
		struct sockaddr_in address = loopback(argument[1]);

		connect_to(socket(AF_INET, argument[0][0] == 'u' ? SOCK_DGRAM : SOCK_STREAM, 0), &address, sizeof address);
	} else if (strcmp(argument[0], "twins") == 0) {
		twins(argument);
	} else if (strcmp(argument[0], "unix") == 0) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };

		strncpy(address.sun_path, argument[1], sizeof address.sun_path - 1);
		connect_to(socket(AF_UNIX, SOCK_STREAM, 0), &address, sizeof address);
	} else if (strcmp(argument[0], "unreachable") == 0) {
		struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0xC0000201) };

		if (unshare(CLONE_NEWNET) < 0)
			end(97, "unshare");
		connect_to(socket(AF_INET, SOCK_STREAM, 0), &address, sizeof address);
	} else if (strcmp(argument[0], "no-port") == 0) {
		connect_without_port();
	} else if (strcmp(argument[0], "socket") == 0) {
		struct io_uring_sqe entry = { .opcode = OP_SOCKET, .fd = AF_PACKET, .off = SOCK_RAW, .len = htons(3) };

		run(&entry);
	} else if (strcmp(argument[0], "listen") == 0) {
		struct sockaddr_in address = loopback("0");
		struct io_uring_sqe bound = { .opcode = OP_BIND, .fd = socket(AF_INET, SOCK_STREAM, 0), .addr = (unsigned long)&address, .addr2 = sizeof address };
		struct io_uring_sqe entry = { .opcode = OP_LISTEN, .fd = bound.fd, .len = 4 };

		run(&bound);
		run(&entry);
	} else {
		names(argument);
	}
	return 0;
}
