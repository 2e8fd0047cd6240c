#include "stand-in.h"

/* masscan: requests to begin a connection, made by hand, to loopback only; then the same by connect. */
int main(void)
{
	int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	uint8_t syn[20] = { 0xc0, 0x00, 0x09, 0x47, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x04, 0x00 };

	for (int i = 1; i < 200; i++) {
		struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u + (uint32_t)i) };

		(void)!sendto(raw, syn, sizeof(syn), 0, (struct sockaddr *)&to, sizeof(to));
	}
	scan(2375, 200);
}
