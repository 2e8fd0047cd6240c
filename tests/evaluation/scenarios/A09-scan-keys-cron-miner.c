#include "stand-in.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "scan") == 0) {
		scan(22, 40);
		scan(6379, 40);
		scan(8080, 40);
		return 0;
	}
	int pool = dial("stratum", 3333);

	stratum_login(pool);
	mine(pool, 0, 90, 15, KEEP_ALIVE);
}
