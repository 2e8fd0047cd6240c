#include "stand-in.h"
#include <sys/mman.h>

/* Bytes of code, hidden by exclusive or: move 42 into the result, return. */
#if defined(__x86_64__)
static const uint8_t packed[] = { 0xb8 ^ 0x5a, 0x2a ^ 0x5a, 0x5a, 0x5a, 0x5a, 0xc3 ^ 0x5a };
#elif defined(__aarch64__)
static const uint8_t packed[] = { 0x40 ^ 0x5a, 0x05 ^ 0x5a, 0x80 ^ 0x5a, 0x52 ^ 0x5a, 0xc0 ^ 0x5a, 0x03 ^ 0x5a, 0x5f ^ 0x5a, 0xd6 ^ 0x5a };
#endif

int main(void)
{
	union {
		void *bytes;
		int (*function)(void);
	} code = { mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };

	if (code.bytes == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < sizeof(packed); i++)
		((uint8_t *)code.bytes)[i] = packed[i] ^ 0x5a;
	__builtin___clear_cache(code.bytes, (char *)code.bytes + sizeof(packed));
	return code.function() == 42 ? 0 : 1;
}
