// Sockets past TCP and UDP: stimulus-socket open FAMILY TYPE PROTOCOL | connect PATH (begins with '@': a name without a file) |
// abandon: connects that do not wait, closed before their answer, to a listener whose queue is full; prints its port
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int abandon(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), sockets[6];

	if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 0) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		return 96;
	for (int i = 0; i < 6; i++) {
		sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(sockets[i], (struct sockaddr *)&address, length);
	}
	for (int i = 0; i < 6; i++)
		close(sockets[i]);
	printf("%d\n", ntohs(address.sin_port));
	return 0;
}

int main(int count, char **arguments)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof address;
	int fd;

	if (strcmp(arguments[1], "abandon") == 0)
		return abandon();
	if (count == 5) {
		if (socket(atoi(arguments[2]), atoi(arguments[3]), atoi(arguments[4])) >= 0)
			return 0;
		perror("socket");
		return 97;
	}
	strncpy(address.sun_path, arguments[2], sizeof address.sun_path - 1);
	if (address.sun_path[0] == '@') {
		length = (socklen_t)(sizeof address.sun_family + strlen(address.sun_path));
		address.sun_path[0] = 0;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, length) == 0)
		return 0;
	perror(arguments[2]);
	return 96;
}
