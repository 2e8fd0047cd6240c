/* A harmless program that does one known thing and lives a known time: how much of it arrives is the measured coverage.
 * canary LIFE_MS exec | connect | write FILE
 * Without libc, so that its own start takes no time worth a mention. Exit code: 0 done, 1 the act failed. */
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/socket.h>
#include <linux/time_types.h>
#include <sys/syscall.h>

#define STREAM 1
#define NETWORK 2

static long call(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#else
#error "no system calls known for this architecture"
#endif
}

static long number(const char *text)
{
	long value = 0;

	while (*text >= '0' && *text <= '9')
		value = value * 10 + *text++ - '0';
	return value;
}

/* To a door of its own on the loopback, which nobody answers: the kernel completes the handshake. It ends with the program. */
static int connect_to_itself(void)
{
	unsigned char address[16] = { NETWORK, 0, 0, 0, 127, 0, 0, 1 };
	int length = sizeof(address);
	long door = call(SYS_socket, NETWORK, STREAM, 0, 0);
	long fd = call(SYS_socket, NETWORK, STREAM, 0, 0);

	if (door < 0 || fd < 0 || call(SYS_bind, door, (long)address, sizeof(address), 0) < 0 || call(SYS_listen, door, 1, 0, 0) < 0)
		return 1;
	return call(SYS_getsockname, door, (long)address, (long)&length, 0) < 0 || call(SYS_connect, fd, (long)address, sizeof(address), 0) < 0;
}

static int write_to(const char *path)
{
	long fd = call(SYS_openat, AT_FDCWD, (long)path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	return fd < 0 || call(SYS_write, fd, (long)"x", 1, 0) != 1 || call(SYS_close, fd, 0, 0, 0) < 0;
}

__attribute__((used)) static void begin(long *stack)
{
	char **arguments = (char **)(stack + 1);
	long life = *stack > 2 ? number(arguments[1]) : 0;
	struct __kernel_timespec rest = { life / 1000, life % 1000 * 1000000 };
	int failed = *stack < 3;

	if (!failed && arguments[2][0] == 'c')
		failed = connect_to_itself();
	else if (!failed && arguments[2][0] == 'w')
		failed = *stack < 4 || write_to(arguments[3]);
	if (life > 0)
		call(SYS_nanosleep, (long)&rest, 0, 0, 0);
	for (;;)
		call(SYS_exit_group, failed, 0, 0, 0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n");
#else
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl begin\n");
#endif
