#include "stand-in.h"

static struct sockaddr_in shared;
static struct in_addr peer;
static volatile int done;

/* What connect is told changes all the time between loopback and the peer. */
static void *rewrite(void *argument)
{
	while (!done) {
		shared.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		__sync_synchronize();
		shared.sin_addr = peer;
		__sync_synchronize();
	}
	return argument;
}

int main(void)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found = NULL;
	pthread_t thread;

	if (getaddrinfo("sink", "4444", &hints, &found) != 0)
		return 1;
	peer = ((struct sockaddr_in *)found->ai_addr)->sin_addr;
	shared = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(4444), .sin_addr = peer };
	pthread_create(&thread, NULL, rewrite, NULL);
	for (int i = 0; i < 200; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		(void)!connect(fd, (struct sockaddr *)&shared, sizeof(shared));
		close(fd);
	}
	done = 1;
	pthread_join(thread, NULL);
	freeaddrinfo(found);
}
