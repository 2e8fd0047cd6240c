#include "stand-in.h"

int main(void)
{
	int pool = dial("tls", 443);

	tls_hello(pool, "static.example.net");
	mine(pool, 0, 100, 25, NULL);
}
