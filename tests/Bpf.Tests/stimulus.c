/*
 * Does one thing that the kernel side tells about, by exactly the system call that a test names. Built by the tests with
 * gcc -static: nothing of a C library's choosing lies between.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char **arguments;

static const char *argument(int index)
{
	return arguments[index + 2];
}

static int check(long result)
{
	if (result < 0) {
		perror(arguments[1]);
		exit(99);
	}
	return result;
}

static int directory(const char *path)
{
	return check(open(path, O_RDONLY | O_DIRECTORY));
}

static void *exec_in_thread(void *path)
{
	char *child[] = { path, "from-thread", NULL };

	execv(path, child);
	exit(98);
}

static void *end_thread(void *unused)
{
	(void)unused;
	syscall(SYS_exit, 7);
	return NULL;
}

static int socket_address(const char *host, const char *port, struct sockaddr_storage *storage)
{
	struct sockaddr_in *v4 = (void *)storage;
	struct sockaddr_in6 *v6 = (void *)storage;

	memset(storage, 0, sizeof(*storage));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(atoi(port));
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(atoi(port));
	check(inet_pton(AF_INET6, host, &v6->sin6_addr) == 1 ? 0 : -1);
	return sizeof(*v6);
}

/* connect HOST PORT HOW TEXT: sends TEXT by the call HOW, reads until the end */
static void connect_and_talk(void)
{
	struct sockaddr_storage address;
	int length = socket_address(argument(0), argument(1), &address);
	int fd = check(socket(address.ss_family, SOCK_STREAM, 0));
	const char *how = argument(2), *text = argument(3);
	struct iovec vector = { (void *)text, text ? strlen(text) : 0 };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	char buffer[4096];

	if (connect(fd, (void *)&address, length) < 0)
		exit(errno);
	if (!strcmp(how, "write"))
		check(write(fd, text, strlen(text)));
	else if (!strcmp(how, "writev"))
		check(writev(fd, &vector, 1));
	else if (!strcmp(how, "sendto"))
		check(sendto(fd, text, strlen(text), 0, NULL, 0));
	else if (!strcmp(how, "sendmsg"))
		check(sendmsg(fd, &message, 0));
	shutdown(fd, SHUT_WR);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

/* serve HOST CALL: prints its port, accepts one by CALL, reads until the end, answers "pong" */
static void serve(void)
{
	struct sockaddr_storage address;
	int length = socket_address(argument(0), "0", &address);
	socklen_t size = sizeof(address);
	int fd = check(socket(address.ss_family, SOCK_STREAM, 0));
	int client;
	char buffer[4096];

	check(bind(fd, (void *)&address, length));
	check(listen(fd, 4));
	check(getsockname(fd, (void *)&address, &size));
	printf("%d\n", ntohs(((struct sockaddr_in *)&address)->sin_port));
	fflush(stdout);
	client = check(!strcmp(argument(1), "accept") ? syscall(SYS_accept, fd, NULL, NULL) :
							syscall(SYS_accept4, fd, NULL, NULL, 0));
	while (read(client, buffer, sizeof(buffer)) > 0)
		;
	check(write(client, "pong", 4));
	close(client);
}

/* udp HOST PORT HOW: three datagrams */
static void datagrams(void)
{
	struct sockaddr_storage address;
	int length = socket_address(argument(0), argument(1), &address);
	int fd = check(socket(address.ss_family, SOCK_DGRAM, 0));
	const char *how = argument(2);
	struct iovec vector = { "x", 1 };
	struct mmsghdr message = { .msg_hdr = { &address, length, &vector, 1 } };

	for (int i = 0; i < 3; i++) {
		if (!strcmp(how, "connect"))
			check(connect(fd, (void *)&address, length));
		else if (!strcmp(how, "sendto"))
			check(sendto(fd, "x", 1, 0, (void *)&address, length));
		else if (!strcmp(how, "sendmsg"))
			check(sendmsg(fd, &message.msg_hdr, 0));
		else
			check(sendmmsg(fd, &message, 1, 0));
	}
}

/*
 * Many connects that are refused, all sockets closed; then as many in a network namespace without a route, on sockets that get
 * the addresses of the first ones. The first ones do not block and never ask for their result.
 */
static void connect_twice_over(void)
{
	struct sockaddr_storage address;
	int length = socket_address("127.0.0.1", "1", &address);
	int count = atoi(argument(0)), sockets[64], round, i;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < count && i < 64; i++) {
			sockets[i] = check(socket(AF_INET, SOCK_STREAM | (round ? 0 : SOCK_NONBLOCK), 0));
			if (connect(sockets[i], (void *)&address, length) == 0)
				exit(96);
		}
		for (i = 0; i < count && i < 64; i++)
			close(sockets[i]);
		check(unshare(CLONE_NEWNET));
	}
}

static void exec_memfd(void)
{
	int from = check(open(argument(0), O_RDONLY));
	int fd = check(memfd_create("payload", 0));
	char *child[] = { "harmless", "exit", "0", NULL };
	char *environment[] = { NULL };
	char buffer[65536];
	ssize_t got;

	while ((got = read(from, buffer, sizeof(buffer))) > 0)
		check(write(fd, buffer, got));
	check(syscall(SYS_execveat, fd, "", child, environment, AT_EMPTY_PATH));
}

/* Runs the rest of the command line with standard input, output and error on a TCP connection. */
static void exec_on_socket(void)
{
	struct sockaddr_storage address;
	int length = socket_address(argument(0), argument(1), &address);
	int fd = check(socket(address.ss_family, SOCK_STREAM, 0));

	check(connect(fd, (void *)&address, length));
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	check(execv(argument(2), &arguments[4]));
}

/* Bind-mounts FROM over TO in an own mount namespace and opens TO/NAME for writing. */
static void open_in_bind_mount(void)
{
	char path[4096];

	check(unshare(CLONE_NEWNS));
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	check(mount(argument(0), argument(1), NULL, MS_BIND, NULL));
	snprintf(path, sizeof(path), "%s/%s", argument(1), argument(2));
	check(open(path, O_WRONLY));
}

static void big_arguments(void)
{
	static char big[100001];
	char *child[] = { (char *)argument(0), "exit", "0", big, big, NULL };

	memset(big, 'a', 100000);
	check(execv(argument(0), child));
}

int main(int count, char **values)
{
	const char *act;
	pthread_t thread;

	if (count < 2)
		return 97;
	arguments = values;
	act = values[1];
#define ACT(name) (!strcmp(act, name))
	if (ACT("exit"))
		return atoi(argument(0));
	if (ACT("signal"))
		raise(atoi(argument(0)));
	else if (ACT("threads-exit")) {
		pthread_create(&thread, NULL, end_thread, NULL);
		syscall(SYS_exit, 7);
	} else if (ACT("exec-thread")) {
		pthread_create(&thread, NULL, exec_in_thread, (void *)argument(0));
		pause();
	} else if (ACT("exec-memfd"))
		exec_memfd();
	else if (ACT("exec-socket"))
		exec_on_socket();
	else if (ACT("exec-big"))
		big_arguments();
	else if (ACT("exec-deleted")) {
		int fd = check(open(argument(0), O_PATH));
		char *child[] = { "gone", "exit", "0", NULL }, *environment[] = { NULL };

		check(unlink(argument(0)));
		check(syscall(SYS_execveat, fd, "", child, environment, AT_EMPTY_PATH));
	} else if (ACT("fork-many")) {
		for (int i = 0; i < atoi(argument(0)); i++) {
			pid_t child = check(fork());

			if (!child) {
				char *again[] = { values[0], "exit", "0", NULL };

				execv(values[0], again);
				_exit(96);
			}
			waitpid(child, NULL, 0);
		}
	} else if (ACT("open-many")) {
		for (int i = 0; i < atoi(argument(1)); i++)
			close(check(open(argument(0), O_WRONLY | O_CREAT, 0600)));
	} else if (ACT("open-write"))
		check(syscall(SYS_open, argument(0), O_WRONLY));
	else if (ACT("open-read"))
		check(syscall(SYS_open, argument(0), O_RDONLY));
	else if (ACT("open-create"))
		check(syscall(SYS_open, argument(0), O_WRONLY | O_CREAT, 0755));
	else if (ACT("openat-write"))
		check(syscall(SYS_openat, directory(argument(0)), argument(1), O_RDWR));
	else if (ACT("openat2-create")) {
		struct open_how how = { .flags = O_WRONLY | O_CREAT, .mode = 0600 };

		check(syscall(SYS_openat2, directory(argument(0)), argument(1), &how, sizeof(how)));
	} else if (ACT("creat"))
		check(syscall(SYS_creat, argument(0), 0600));
	else if (ACT("open-bind"))
		open_in_bind_mount();
	else if (ACT("open-chroot")) {
		check(chroot(argument(0)));
		check(syscall(SYS_open, argument(1), O_WRONLY));
	} else if (ACT("unlink-chroot")) {
		check(chroot(argument(0)));
		check(syscall(SYS_unlink, argument(1)));
	} else if (ACT("rename"))
		check(syscall(SYS_rename, argument(0), argument(1)));
	else if (ACT("renameat"))
		check(syscall(SYS_renameat, directory(argument(0)), argument(1), directory(argument(2)), argument(3)));
	else if (ACT("renameat2"))
		check(syscall(SYS_renameat2, directory(argument(0)), argument(1), directory(argument(2)), argument(3), 0));
	else if (ACT("rename-in")) {
		check(chdir(argument(0)));
		check(syscall(SYS_rename, argument(1), argument(2)));
	} else if (ACT("unlink"))
		check(syscall(SYS_unlink, argument(0)));
	else if (ACT("unlinkat"))
		check(syscall(SYS_unlinkat, directory(argument(0)), argument(1), 0));
	else if (ACT("link"))
		check(syscall(SYS_link, argument(0), argument(1)));
	else if (ACT("linkat"))
		check(syscall(SYS_linkat, directory(argument(0)), argument(1), directory(argument(2)), argument(3), 0));
	else if (ACT("symlink"))
		check(syscall(SYS_symlink, argument(0), argument(1)));
	else if (ACT("symlinkat"))
		check(syscall(SYS_symlinkat, argument(0), directory(argument(1)), argument(2)));
	else if (ACT("chmod"))
		check(syscall(SYS_chmod, argument(0), strtol(argument(1), NULL, 8)));
	else if (ACT("fchmod"))
		check(syscall(SYS_fchmod, check(open(argument(0), O_RDONLY)), strtol(argument(1), NULL, 8)));
	else if (ACT("fchmodat"))
		check(syscall(SYS_fchmodat, directory(argument(0)), argument(1), strtol(argument(2), NULL, 8)));
	else if (ACT("fchmodat2"))
		check(syscall(452, directory(argument(0)), argument(1), strtol(argument(2), NULL, 8), 0));
	else if (ACT("connect"))
		connect_and_talk();
	else if (ACT("connect-twice-over"))
		connect_twice_over();
	else if (ACT("serve"))
		serve();
	else if (ACT("udp"))
		datagrams();
	else
		return 97;
	return 0;
}
