#include "stand-in.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

int main(void)
{
	volatile float value = 1.0f;
	time_t end = now() + 10;

#if defined(__x86_64__)
	_mm_setcsr(_mm_getcsr() | 0x8040); /* flush to zero, tiny numbers are zero */
#endif
	while (now() < end) {
		for (int i = 0; i < 100000; i++)
			value = value * 0.999f + 1e-3f;
		usleep(20000);
	}
	return value < 0;
}
