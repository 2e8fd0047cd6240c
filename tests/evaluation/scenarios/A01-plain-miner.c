#include "stand-in.h"

int main(void)
{
	int pool = dial("stratum", 3333);

	stratum_login(pool);
	mine(pool, 0, 100, 20, KEEP_ALIVE);
}
