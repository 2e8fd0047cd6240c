// The loads of the benchmarks: each does one thing a counted number of times and prints nanoseconds per time.
//
//   load exec N          fork + execve of this file as `load nothing` (static: no loader, no libraries) + wait
//   load open-write N    open an existing file for writing + close
//   load open-read N     open an existing file for reading + close: a call that is not reported
//   load connect N PORT  TCP connect to 127.0.0.1:PORT + close
//   load serve PORT      accepts and closes until it is ended
//   load getppid N       a system call that nobody traces
//   load spin            one exec for each core's worth of children until SIGTERM, prints how many: the highest exec rate
//   load memfd           a child of it executes this file from a memfd: a fact that always alerts
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
	int fd = open(path, flags | O_CLOEXEC);

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
		int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (peer >= 0)
			close(peer);
	}
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

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	char self[4096], path[] = "/tmp/load.XXXXXX";
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	if (!strcmp(what, "nothing"))
		return 0;
	if (length < 0)
		fail("/proc/self/exe");
	self[length] = 0;
	if (!strcmp(what, "spin"))
		return spin(self);
	if (!strcmp(what, "memfd"))
		return run_from_memfd(self);
	if (!strcmp(what, "serve") && argc > 2)
		serve(argv[2]);
	if (argc < 3) {
		fputs("usage: load exec|open-write|open-read|getppid N | connect N PORT | serve PORT | spin | memfd\n", stderr);
		return 2;
	}

	long count = atol(argv[2]);
	int file = -1;
	struct sockaddr_in address = loopback(argc > 3 ? argv[3] : "0");

	if (!strncmp(what, "open", 4)) {
		file = mkstemp(path);
		if (file < 0)
			fail(path);
		close(file);
	}
	uint64_t start = now_ns();
	for (long i = 0; i < count; i++) {
		if (!strcmp(what, "exec"))
			run_once(self);
		else if (!strcmp(what, "open-write"))
			open_once(path, O_WRONLY);
		else if (!strcmp(what, "open-read"))
			open_once(path, O_RDONLY);
		else if (!strcmp(what, "connect"))
			connect_once(&address);
		else if (!strcmp(what, "getppid"))
			syscall(SYS_getppid);
		else
			return 2;
	}
	printf("%.1f\n", (double)(now_ns() - start) / (double)count);
	if (file >= 0)
		unlink(path);
	return 0;
}
