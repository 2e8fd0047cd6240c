#include "stand-in.h"

int main(void)
{
	int pool = dial("stratum", 3333);

	stratum_login(pool);
	mine(pool, 1, 30, 30, KEEP_ALIVE);
}
