#include "stand-in.h"

int main(void)
{
	puts("load average: 0.00, 0.00, 0.00");
}
