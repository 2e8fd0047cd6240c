// What a downloaded program does in the scenarios: it says that it ran.
#include <unistd.h>

int main(void)
{
	return write(1, "ran\n", 4) != 4;
}
