#include "stand-in.h"

int main(void)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, *to = NULL;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (getaddrinfo("sink", "4444", &hints, &to) != 0)
		return 1;
	for (int i = 0; i < 10; i++) {
		(void)!sendto(fd, "stand-in", 8, 0, to->ai_addr, to->ai_addrlen);
		usleep(100000);
	}
	freeaddrinfo(to);
}
