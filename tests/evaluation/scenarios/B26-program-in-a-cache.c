#include "stand-in.h"

int main(void)
{
	http_get("http", 8000, "/b.bin");
}
