// The loads of the benchmarks: each does one thing a counted number of times and prints nanoseconds per time.
//
//   load exec N          fork + execve of this file as `load nothing` (static: no loader, no libraries) + wait
//   load open-new N      open N existing files for writing, each once, + close
//   load open-write N    open one existing file for writing + close
//   load open-read N     open an existing file for reading + close: a call that is not reported
//   load connect N PORT  TCP connect to 127.0.0.1:PORT + close
//   load serve PORT      accepts, answers what begins like HTTP, and closes, until it is ended
//   load getppid N       a system call that nobody traces
//   load ring-read N     read a byte of /dev/zero through io_uring, 64 together: a request that is not told
//   load ring-open N     as open-read, through io_uring
//   load ring-send N PORT  a datagram to 127.0.0.1:PORT through io_uring: after the first a peer that was told
//   load files RATE N    N events, files made and removed, at RATE events a second; prints the rate that it reached
//   load mixed S PORT    for S seconds, each second: 1,000 opens (500 to read, 400 to write, 100 that make a file), 100 times HTTP,
//                        10 execs, 10 connects; prints the share of the time slices that it kept
//   load spin            one exec after the other until SIGTERM, prints how many: the highest exec rate of a core
//   load memfd           a child of it executes this file from a memfd: a fact that always alerts
//   load tenants N DIR.. N processes, each in a cgroup of its own below every DIR, named as Kubernetes names a container's; each
//                        opens, executes and sleeps, until SIGTERM or SIGINT; the cgroups go with them
//   load into FILE PROGRAM ARGUMENT..  executes PROGRAM with its output in FILE: nobody has to read it meanwhile
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *const environment[] = { NULL };
static volatile sig_atomic_t stopped;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static const char *temporary(void)
{
	const char *folder = getenv("TMPDIR");

	return folder ? folder : "/tmp";
}

static void run_once(char *self)
{
	char *const arguments[] = { self, "nothing", NULL };
	int status;
	pid_t child = vfork();

	if (child < 0)
		fail("vfork");
	if (child == 0) {
		execve(self, arguments, environment);
		_exit(127);
	}
	if (waitpid(child, &status, 0) < 0 || status != 0)
		fail("child");
}

static void open_once(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		fail(path);
	close(fd);
}

static struct sockaddr_in loopback(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static void connect_once(const struct sockaddr_in *address)
{
	// A reset instead of TIME_WAIT: a long run would use up the ports.
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
		fail("connect");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
}

static _Noreturn void serve(const char *port)
{
	struct sockaddr_in address = loopback(port);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4096) < 0)
		fail("listen");
	puts("ready");
	fflush(stdout);
	for (;;) {
		static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
		int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		char question[512];

		if (peer >= 0 && recv(peer, question, sizeof question, 0) > 0)
			send(peer, answer, sizeof answer - 1, MSG_NOSIGNAL);
		if (peer >= 0)
			close(peer);
	}
}

static void http_once(const struct sockaddr_in *address)
{
	static const char question[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	char answer[512];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
		fail("connect");
	if (send(fd, question, sizeof question - 1, MSG_NOSIGNAL) < 0 || recv(fd, answer, sizeof answer, 0) <= 0)
		fail("http");
	close(fd);
}

static void sleep_until(uint64_t at_ns)
{
	struct timespec t = { .tv_sec = (time_t)(at_ns / 1000000000u), .tv_nsec = (long)(at_ns % 1000000000u) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* A file named by a number: made, and removed again. */
static void make_and_remove(const char *folder, long number)
{
	char path[4200];

	snprintf(path, sizeof path, "%s/part-%ld", folder, number);
	open_once(path, O_WRONLY | O_CREAT);
	unlink(path);
}

static int files(const char *folder, long rate, long events)
{
	uint64_t start = now_ns();

	/* Slices of 2 ms: two events a file. */
	for (long made = 0, slice = 1; made < events; slice++) {
		for (; made < events && made < rate * slice / 500; made += 2)
			make_and_remove(folder, made);
		sleep_until(start + (uint64_t)slice * 2000000u);
	}
	printf("%.0f\n", (double)events * 1e9 / (double)(now_ns() - start));
	return 0;
}

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int spin(char *self)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
	uint64_t count = 0;

	sigaction(SIGTERM, &action, NULL);
	while (!stopped) {
		run_once(self);
		count++;
	}
	printf("%llu\n", (unsigned long long)count);
	return 0;
}

#define SLICES 100 /* a second */

static int mixed(char *self, const char *folder, long seconds, const struct sockaddr_in *address)
{
	uint64_t start = now_ns();
	long kept = 0;
	char known[4200];

	snprintf(known, sizeof known, "%s/known", folder);
	open_once(known, O_WRONLY | O_CREAT);
	for (long slice = 0; slice < seconds * SLICES; slice++) {
		uint64_t end = start + (uint64_t)(slice + 1) * (1000000000u / SLICES);

		for (int i = 0; i < 5; i++)
			open_once(known, O_RDONLY);
		for (int i = 0; i < 4; i++)
			open_once(known, O_WRONLY);
		make_and_remove(folder, slice);
		http_once(address);
		if (slice % 10 == 0) {
			run_once(self);
			connect_once(address);
		}
		kept += now_ns() <= end;
		sleep_until(end);
	}
	unlink(known);
	printf("%.3f\n", (double)kept / (double)(seconds * SLICES));
	return 0;
}

static int run_from_memfd(char *self)
{
	char *const arguments[] = { "load", "nothing", NULL };
	struct stat file;
	off_t offset = 0;
	int source = open(self, O_RDONLY | O_CLOEXEC);
	int memory = (int)syscall(SYS_memfd_create, "load", MFD_CLOEXEC);
	int status;

	if (source < 0 || memory < 0 || fstat(source, &file) < 0 ||
	    sendfile(memory, source, &offset, (size_t)file.st_size) != file.st_size)
		fail("memfd");
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (child == 0) {
		syscall(SYS_execveat, memory, "", arguments, environment, AT_EMPTY_PATH);
		fail("execveat");
	}
	return waitpid(child, &status, 0) < 0 || status != 0;
}

static int open_each(const char *folder, long count)
{
	char path[4200];
	uint64_t start;

	for (long i = 0; i < count; i++) {
		/* Letters behind the number: no pattern that anybody takes for a number. */
		snprintf(path, sizeof path, "%s/n%ldn", folder, i);
		open_once(path, O_WRONLY | O_CREAT);
	}
	start = now_ns();
	for (long i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/n%ldn", folder, i);
		open_once(path, O_WRONLY);
	}
	printf("%.1f\n", (double)(now_ns() - start) / (double)count);
	for (long i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/n%ldn", folder, i);
		unlink(path);
	}
	return 0;
}

/* They use what stands above. */
#include "ring.h"
#include "tenants.h"

static int repeat(char *self, const char *what, const char *file, long count, const struct sockaddr_in *address)
{
	uint64_t start = now_ns();

	for (long i = 0; i < count; i++) {
		if (!strcmp(what, "exec"))
			run_once(self);
		else if (!strcmp(what, "open-write"))
			open_once(file, O_WRONLY);
		else if (!strcmp(what, "open-read"))
			open_once(file, O_RDONLY);
		else if (!strcmp(what, "connect"))
			connect_once(address);
		else if (!strcmp(what, "getppid"))
			syscall(SYS_getppid);
		else
			return 2;
	}
	printf("%.1f\n", (double)(now_ns() - start) / (double)count);
	return 0;
}

static int into(char **arguments)
{
	int fd = open(arguments[0], O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		fail(arguments[0]);
	execvp(arguments[1], arguments + 1);
	fail(arguments[1]);
	return 1;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	char self[4096], folder[4096], file[4200];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	int result;

	if (!strcmp(what, "nothing"))
		return 0;
	if (length < 0)
		fail("/proc/self/exe");
	self[length] = 0;
	if (!strcmp(what, "spin"))
		return spin(self);
	if (!strcmp(what, "memfd"))
		return run_from_memfd(self);
	if (!strcmp(what, "into") && argc > 3)
		return into(argv + 2);
	if (!strcmp(what, "tenants") && argc > 3)
		return tenants(self, atol(argv[2]), argv + 3);
	if (!strcmp(what, "serve") && argc > 2)
		serve(argv[2]);
	snprintf(folder, sizeof folder, "%s/load.XXXXXX", temporary());
	if (argc < 3 || !mkdtemp(folder)) {
		fputs("load: see the head of load.c\n", stderr);
		return 2;
	}
	snprintf(file, sizeof file, "%s/file", folder);
	open_once(file, O_WRONLY | O_CREAT);
	struct sockaddr_in address = loopback(argc > 3 ? argv[3] : "0");

	if (!strcmp(what, "open-new"))
		result = open_each(folder, atol(argv[2]));
	else if (!strcmp(what, "files") && argc > 3)
		result = files(folder, atol(argv[2]), atol(argv[3]));
	else if (!strcmp(what, "mixed"))
		result = mixed(self, folder, atol(argv[2]), &address);
	else if (!strncmp(what, "ring-", 5))
		result = ring_repeat(what, file, atol(argv[2]), &address);
	else
		result = repeat(self, what, file, atol(argv[2]), &address);
	unlink(file);
	rmdir(folder);
	return result;
}
