// Computes until it is killed: stimulus-rounding all|interval|plain. "all": all ways of rounding in turn, as RandomX; "interval": up and down, as interval arithmetic.
#include <string.h>
#include <xmmintrin.h>

int main(int count, char **arguments)
{
	static const unsigned all[] = { _MM_ROUND_NEAREST, _MM_ROUND_DOWN, _MM_ROUND_UP, _MM_ROUND_TOWARD_ZERO }, interval[] = { _MM_ROUND_UP, _MM_ROUND_DOWN };
	volatile double value = 1;

	for (unsigned turn = 0;; turn++) {
		if (count > 1 && strcmp(arguments[1], "all") == 0)
			_MM_SET_ROUNDING_MODE(all[turn % 4]);
		else if (count > 1 && strcmp(arguments[1], "interval") == 0)
			_MM_SET_ROUNDING_MODE(interval[turn % 2]);
		for (int i = 0; i < 20000; i++)
			value = value * 1.0000001 + 0.1 / value;
	}
}
