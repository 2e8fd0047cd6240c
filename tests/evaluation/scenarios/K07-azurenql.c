#include "stand-in.h"

int main(void)
{
	char answer[256];
	int pool = dial("127.0.0.1", 9050);

	say(pool, "\x05\x01\x00", 3);
	hear(pool, answer, sizeof(answer), 3000);
	say(pool, "\x05\x01\x00\x03\x07stratum\x0d\x05", 14);
	hear(pool, answer, sizeof(answer), 3000);
	stratum_login(pool);
	mine(pool, 0, 100, 35, KEEP_ALIVE);
}
