// A harmless stand-in for a miner, and for the pool that it talks to. Nothing is mined; both end by themselves.
//
//   miner -o stratum+tcp://127.0.0.1:PORT -u NAME    logs in as miners do (Stratum's JSON, one object a line), keeps one
//                                                    core busy, and ends after 20 s
//   miner --pool PORT SECONDS                        answers at 127.0.0.1:PORT; prints "login NANOSECONDS" for every
//                                                    login: the wall clock when that miner's main() began
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BUSY_SECONDS 20
#define LINE 512

static int64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static struct sockaddr_in loopback(const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return address;
}

static void answer(int client)
{
	static const char ok[] = "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{\"status\":\"OK\"}}\n";
	char line[LINE];
	FILE *in = fdopen(client, "r");

	while (in && fgets(line, sizeof(line), in)) {
		// {"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"NAME","pass":"x","agent":"stand-in/1763876513000000000"}}
		const char *began = strstr(line, "stand-in/");

		if (strstr(line, "\"login\"") && began)
			printf("login %lld\n", atoll(began + strlen("stand-in/")));
		fflush(stdout);
		if (write(client, ok, sizeof(ok) - 1) < 0)
			break;
	}
	_exit(0);
}

static int pool(const char *port, const char *seconds)
{
	struct sockaddr_in address = loopback(port);
	int on = 1, server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	alarm((unsigned)atoi(seconds));
	signal(SIGCHLD, SIG_IGN);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) || listen(server, 8)) {
		perror(port);
		return 1;
	}
	printf("listening\n");
	fflush(stdout);
	for (;;) {
		int client = accept(server, NULL, NULL);

		if (client >= 0 && fork() == 0)
			answer(client);
		close(client);
	}
}

static int mine(const char *url, const char *name, int64_t began)
{
	const char *port = strrchr(url, ':');
	struct sockaddr_in address;
	char line[LINE];
	volatile uint64_t hash = 14695981039346656037ULL;
	int size, server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	alarm(BUSY_SECONDS);
	if (!port)
		return 2;
	address = loopback(port + 1);
	if (connect(server, (struct sockaddr *)&address, sizeof(address))) {
		perror(url);
		return 1;
	}
	size = snprintf(line, sizeof(line),
			"{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{\"login\":\"%.64s\",\"pass\":\"x\",\"agent\":\"stand-in/%lld\"}}\n",
			name, (long long)began);
	if (write(server, line, (size_t)size) != size)
		return 1;
	for (;;)
		hash = (hash ^ 1) * 1099511628211ULL;
}

int main(int count, char **arguments)
{
	int64_t began = wall_clock();

	if (count == 4 && !strcmp(arguments[1], "--pool"))
		return pool(arguments[2], arguments[3]);
	if (count == 5 && !strcmp(arguments[1], "-o") && !strcmp(arguments[3], "-u"))
		return mine(arguments[2], arguments[4], began);
	fprintf(stderr, "usage: %s -o stratum+tcp://127.0.0.1:PORT -u NAME | --pool PORT SECONDS\n", arguments[0]);
	return 2;
}
