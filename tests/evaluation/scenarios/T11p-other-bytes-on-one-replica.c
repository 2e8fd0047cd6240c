#include "stand-in.h"

int main(void)
{
	puts("PING: 0.00 requests per second");
}
