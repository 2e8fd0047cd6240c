/*
 * What the companions have in common: harmless stand-ins for what malware does. They speak to the scenario's peers and to loopback only, use
 * the processor for at most 60 s, and end by themselves. Included by each companion before anything else; a companion is compiled where it lies.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_BURN = 60, MOST_THREADS = 4 };

static inline time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* A stream to a peer, by the name that the scenario's header gives it; -1 with errno when it does not answer. */
static inline int dial(const char *name, int port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found = NULL;
	char service[8];
	int fd = -1;

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(name, service, &hints, &found) != 0) {
		fprintf(stderr, "no such peer: %s\n", name);
		return -1;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
		fprintf(stderr, "%s:%d: %s\n", name, port, strerror(errno));
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

/* A peer that went away is no fault of the scenario. */
static inline void say(int fd, const void *bytes, size_t length)
{
	if (fd >= 0)
		(void)!send(fd, bytes, length, MSG_NOSIGNAL);
}

static inline void say_text(int fd, const char *text)
{
	say(fd, text, strlen(text));
}

/* What an open stream tells within this time, unread beyond the buffer. */
static inline ssize_t hear(int fd, void *buffer, size_t length, int milliseconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0 || poll(&p, 1, milliseconds) <= 0)
		return 0;
	return recv(fd, buffer, length, 0);
}

static inline void stratum_login(int fd)
{
	say_text(fd, "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{\"login\":\"stand-in-wallet\",\"pass\":\"x\",\"agent\":\"stand-in/1.0\",\"algo\":[\"rx/0\"]}}\n");
}

static inline void http_get(const char *name, int port, const char *path)
{
	char request[512], answer[4096];
	int fd = dial(name, port);

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, name);
	say_text(fd, request);
	while (hear(fd, answer, sizeof(answer), 2000) > 0)
		;
	if (fd >= 0)
		close(fd);
}

/* A TLS 1.2 client's first message with this server name; the handshake is not finished, the stream stays open and quiet. */
static inline void tls_hello(int fd, const char *server_name)
{
	static const uint8_t rest[] = {
		0x00, 0x0a, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17,             /* groups: secp256r1 */
		0x00, 0x0b, 0x00, 0x02, 0x01, 0x00,                         /* points: uncompressed */
		0x00, 0x0d, 0x00, 0x06, 0x00, 0x04, 0x04, 0x03, 0x04, 0x01, /* signatures: ecdsa, rsa with sha256 */
	};
	uint8_t m[512] = { 0x16, 0x03, 0x01, 0, 0, 0x01, 0, 0, 0, 0x03, 0x03 };
	size_t name = strlen(server_name), extensions = 9 + name + sizeof(rest), at = 11, i;

	if (name > 200)
		return;
	for (i = 0; i < 32; i++)
		m[at++] = (uint8_t)(i * 37 + 11); /* random */
	m[at++] = 0;                          /* no session */
	memcpy(m + at, (uint8_t[]){ 0x00, 0x04, 0xc0, 0x2f, 0xc0, 0x2b, 0x01, 0x00 }, 8); /* two suites, no compression */
	at += 8;
	m[at++] = (uint8_t)(extensions >> 8);
	m[at++] = (uint8_t)extensions;
	memcpy(m + at, (uint8_t[]){ 0x00, 0x00, (uint8_t)((name + 5) >> 8), (uint8_t)(name + 5), (uint8_t)((name + 3) >> 8), (uint8_t)(name + 3), 0x00, (uint8_t)(name >> 8), (uint8_t)name }, 9);
	at += 9;
	memcpy(m + at, server_name, name);
	at += name;
	memcpy(m + at, rest, sizeof(rest));
	at += sizeof(rest);
	m[3] = (uint8_t)((at - 5) >> 8);
	m[4] = (uint8_t)(at - 5);
	m[7] = (uint8_t)((at - 9) >> 8);
	m[8] = (uint8_t)(at - 9);
	say(fd, m, at);
}

/* A question for an A record, sent to the scenario's own server and to no other. */
static inline void ask_name(const char *question)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *server = NULL;
	uint8_t m[512] = { 0x12, 0x34, 0x01, 0x00, 0x00, 0x01 }, answer[512];
	size_t at = 12;
	int fd;

	if (strlen(question) > 250 || getaddrinfo("dns", "53", &hints, &server) != 0)
		return;
	for (const char *label = question; *label;) {
		size_t length = strcspn(label, ".");

		m[at++] = (uint8_t)length;
		memcpy(m + at, label, length);
		at += length;
		label += length + (label[length] == '.');
	}
	m[at++] = 0;
	memcpy(m + at, (uint8_t[]){ 0, 1, 0, 1 }, 4);
	at += 4;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)!sendto(fd, m, at, 0, server->ai_addr, server->ai_addrlen);
	hear(fd, answer, sizeof(answer), 1000);
	close(fd);
	freeaddrinfo(server);
}

/* Connects to this port of 127.0.0.1, .2, … in turn: what a scanner does to a network, on loopback. */
static inline void scan(int port, int hosts)
{
	for (int i = 1; i <= hosts && i < 250; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(0x7f000000u + (uint32_t)i) };
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		(void)!connect(fd, (struct sockaddr *)&to, sizeof(to));
		close(fd);
	}
}

/* Copies the running program to another path, executable. */
static inline void copy_self(const char *path)
{
	char buffer[65536];
	ssize_t length;
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	while (from >= 0 && to >= 0 && (length = read(from, buffer, sizeof(buffer))) > 0)
		(void)!write(to, buffer, (size_t)length);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
}

struct burner {
	unsigned percent;
	time_t until;
};

/* Periods of 10 ms: busy for the given share, asleep for the rest. */
static inline void *burn(void *argument)
{
	struct burner *burner = argument;
	volatile uint64_t hash = 88172645463325252u;

	while (now() < burner->until) {
		struct timespec start, t;

		clock_gettime(CLOCK_MONOTONIC, &start);
		do {
			for (int i = 0; i < 20000; i++) {
				hash ^= hash << 13;
				hash ^= hash >> 7;
				hash ^= hash << 17;
			}
			clock_gettime(CLOCK_MONOTONIC, &t);
		} while ((t.tv_sec - start.tv_sec) * 1000000000L + t.tv_nsec - start.tv_nsec < burner->percent * 100000L);
		if (burner->percent < 100)
			nanosleep(&(struct timespec){ .tv_nsec = (100 - burner->percent) * 100000L }, NULL);
	}
	return NULL;
}

/* Uses the given share of that many processors (0: all) and keeps the stream open meanwhile, saying `keep` every two seconds. */
static inline void mine(int fd, unsigned threads, unsigned percent, unsigned seconds, const char *keep)
{
	struct burner burner = { percent, now() + (seconds > LONGEST_BURN ? LONGEST_BURN : seconds) };
	pthread_t started[MOST_THREADS];
	unsigned n = threads ? threads : (unsigned)sysconf(_SC_NPROCESSORS_ONLN), i;
	char job[4096];
	time_t said = now();

	if (n > MOST_THREADS)
		n = MOST_THREADS;
	for (i = 0; i < n; i++)
		pthread_create(&started[i], NULL, burn, &burner);
	while (now() < burner.until) {
		if (hear(fd, job, sizeof(job), 1000) <= 0)
			nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
		if (keep && now() - said >= 2) {
			say_text(fd, keep);
			said = now();
		}
	}
	for (i = 0; i < n; i++)
		pthread_join(started[i], NULL);
}

#define KEEP_ALIVE "{\"id\":2,\"jsonrpc\":\"2.0\",\"method\":\"keepalived\",\"params\":{\"id\":\"1\"}}\n"
