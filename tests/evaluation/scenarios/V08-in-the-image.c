#include "stand-in.h"

int main(void)
{
	int pool = dial("tls", 443);

	tls_hello(pool, "img.example.net");
	mine(pool, 1, 100, 55, NULL);
}
