// Sockets past TCP and UDP: stimulus-socket open FAMILY TYPE PROTOCOL | connect PATH (begins with '@': a name without a file)
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **arguments)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof address;
	int fd;

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
