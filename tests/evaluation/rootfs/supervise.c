// The first process of every test container. It starts the workload, and a script beside it when it is told to: by a letter in the fifo
// FOLDER/orders, or, once the door is open, by a request to a TCP port, as an application with a flaw has one.
//
//   supervise [--door PORT] [--first SCRIPT] FOLDER PROGRAM [ARGUMENT...]
//
//   r   run FOLDER/script                       d   open the door          h   SIGHUP to the workload: read your settings anew
//   "GET /run" at the door does what r does. "e CODE" goes to the fifo FOLDER/answers when a script ended.
//
// --first runs SCRIPT at once: a program that the image has had from its birth. It ends with the workload, and ends it on SIGTERM.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t child_ended, asked_to_end;
static sigset_t before;
static int answers = -1;
static pid_t workload, script;

static void note(int signal)
{
	if (signal == SIGCHLD)
		child_ended = 1;
	else
		asked_to_end = 1;
}

static void fail(const char *what)
{
	perror(what);
	exit(125);
}

static pid_t start(char *const command[])
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid > 0)
		return pid;
	int nothing = open("/dev/null", O_RDONLY);
	dup2(nothing, 0);
	if (nothing > 2)
		close(nothing);
	sigprocmask(SIG_SETMASK, &before, 0);
	execv(command[0], command);
	perror(command[0]);
	_exit(127);
}

static void run(const char *path)
{
	char *command[] = { "/bin/sh", (char *)path, 0 };

	if (script == 0)
		script = start(command);
}

// Orphans of the container are ours too.
static void reap(void)
{
	int status;
	pid_t pid;

	child_ended = 0;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (pid == workload)
			exit(code);
		if (pid == script) {
			script = 0;
			dprintf(answers, "e %d\n", code);
		}
	}
}

static int open_door(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1, door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (door < 0 || setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) || bind(door, (struct sockaddr *)&address, sizeof address) || listen(door, 8))
		fail("door");
	return door;
}

// One read: who asks is on the same machine and sends a request in one piece.
static void answer(int door, const char *path)
{
	static const char accepted[] = "HTTP/1.0 202 Accepted\r\nContent-Length: 0\r\n\r\n";
	char request[1024];
	int caller = accept4(door, 0, 0, SOCK_CLOEXEC);

	if (caller < 0)
		return;
	ssize_t length = read(caller, request, sizeof request);
	if (length >= 8 && !memcmp(request, "GET /run", 8))
		run(path);
	if (write(caller, accepted, sizeof accepted - 1) < 0)
		perror("answer");
	close(caller);
}

int main(int count, char **words)
{
	struct sigaction action = { .sa_handler = note };
	struct pollfd waits[2] = { { .fd = -1, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	char path[4096], *first = 0;
	sigset_t held;
	int port = 0, at = 1;

	for (; at + 1 < count && words[at][0] == '-'; at += 2) {
		if (!strcmp(words[at], "--door"))
			port = atoi(words[at + 1]);
		else if (!strcmp(words[at], "--first"))
			first = words[at + 1];
		else
			fail(words[at]);
	}
	if (count - at < 2) {
		fprintf(stderr, "usage: supervise [--door PORT] [--first SCRIPT] FOLDER PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	const char *folder = words[at];
	sigemptyset(&held);
	sigaddset(&held, SIGCHLD);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGINT);
	sigprocmask(SIG_BLOCK, &held, &before);
	sigaction(SIGCHLD, &action, 0);
	sigaction(SIGTERM, &action, 0);
	sigaction(SIGINT, &action, 0);
	// For both directions: neither end of a fifo waits for the other, and none is ever at its end.
	snprintf(path, sizeof path, "%s/orders", folder);
	if ((waits[0].fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		fail(path);
	snprintf(path, sizeof path, "%s/answers", folder);
	if ((answers = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		fail(path);
	snprintf(path, sizeof path, "%s/script", folder);
	workload = start(words + at + 1);
	if (first)
		run(first);
	for (;;) {
		char order;
		int ready = ppoll(waits, 2, 0, &before);

		if (asked_to_end) {
			asked_to_end = 0;
			kill(workload, SIGTERM);
		}
		if (child_ended)
			reap();
		if (ready <= 0)
			continue;
		while (read(waits[0].fd, &order, 1) == 1) {
			if (order == 'r')
				run(path);
			else if (order == 'd' && port && waits[1].fd < 0)
				waits[1].fd = open_door(port);
			else if (order == 'h')
				kill(workload, SIGHUP);
		}
		if (waits[1].revents & POLLIN)
			answer(waits[1].fd, path);
	}
}
