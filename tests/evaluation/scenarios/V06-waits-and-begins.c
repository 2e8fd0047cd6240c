#include "stand-in.h"

int main(void)
{
	int pool;

	sleep(40);
	pool = dial("stratum", 3333);
	stratum_login(pool);
	mine(pool, 1, 40, 20, KEEP_ALIVE);
}
