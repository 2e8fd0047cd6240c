#include "stand-in.h"

int main(void)
{
	int pool = dial("stratum", 3333);

	say_text(pool, "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"stand-in/1.0\"]}\n{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"stand-in-wallet\",\"x\"]}\n");
	mine(pool, 0, 100, 20, "{\"id\":3,\"method\":\"mining.submit\",\"params\":[\"stand-in-wallet\",\"1\",\"00\",\"00\",\"00\"]}\n");
}
