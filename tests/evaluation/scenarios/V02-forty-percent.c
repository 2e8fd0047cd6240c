#include "stand-in.h"

/* A protocol of its own: nothing of Stratum's words. */
int main(void)
{
	int pool = dial("sink", 4444);

	say(pool, "\x01\x00\x10\x00stand-in-worker-1", 21);
	mine(pool, 1, 40, 30, "\x02\x00");
}
