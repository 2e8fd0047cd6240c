#include "stand-in.h"

static void *run(void *argument)
{
	execl("/bin/ls", "ls", "/", (char *)NULL);
	return argument;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run, NULL);
	pthread_join(thread, NULL);
	return 1;
}
