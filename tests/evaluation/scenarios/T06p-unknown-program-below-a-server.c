#include "stand-in.h"

int main(void)
{
	char name[64] = "";

	gethostname(name, sizeof(name) - 1);
	puts(name);
}
