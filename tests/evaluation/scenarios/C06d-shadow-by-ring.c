#include "stand-in.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

int main(void)
{
	struct io_uring_params p = { 0 };
	int ring = (int)syscall(__NR_io_uring_setup, 4, &p);
	unsigned char *submissions, *completions;
	struct io_uring_sqe *entries;
	unsigned tail;

	if (ring < 0) {
		perror("io_uring_setup");
		return 0;
	}
	submissions = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(unsigned), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	completions = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
	entries = mmap(NULL, p.sq_entries * sizeof(*entries), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (submissions == MAP_FAILED || completions == MAP_FAILED || entries == MAP_FAILED)
		return 1;
	entries[0] = (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t) "/etc/shadow", .open_flags = O_RDONLY };
	tail = *(unsigned *)(submissions + p.sq_off.tail);
	((unsigned *)(submissions + p.sq_off.array))[tail & (p.sq_entries - 1)] = 0;
	__atomic_store_n((unsigned *)(submissions + p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	if (syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		perror("io_uring_enter");
	printf("openat by ring: %d\n", ((struct io_uring_cqe *)(completions + p.cq_off.cqes))->res);
	return 0;
}
