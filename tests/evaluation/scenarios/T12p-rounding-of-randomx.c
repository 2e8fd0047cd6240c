#include "stand-in.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* RandomX's CFROUND: all four ways of rounding in turn, in every process that computes, for long. */
int main(void)
{
	volatile double value = 1.0;
	time_t end = now() + 25;
	int processes = (int)sysconf(_SC_NPROCESSORS_ONLN), i;

	if (processes > MOST_THREADS)
		processes = MOST_THREADS;
	for (i = 1; i < processes && fork() != 0; i++)
		;
	for (unsigned round = 0; now() < end; round++) {
#if defined(__x86_64__)
		_mm_setcsr((_mm_getcsr() & ~0x6000u) | (round & 3) << 13);
#endif
		for (i = 0; i < 20000; i++)
			value = value * 1.0000001 + 0.1 / value;
	}
	while (wait(NULL) > 0)
		;
	return value < 0;
}
