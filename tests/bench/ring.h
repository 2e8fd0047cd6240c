// One ring of io_uring, by its system calls: requests in batches, each batch awaited. See io_uring(7).
#include <linux/io_uring.h>

#define BATCH 64

struct ring {
	int fd;
	struct io_uring_params setup;
	char *submissions, *completions;
	struct io_uring_sqe *requests;
};

static unsigned *word(char *area, unsigned offset)
{
	return (unsigned *)(area + offset);
}

static struct ring ring_make(void)
{
	struct ring ring = { 0 };
	int access = PROT_READ | PROT_WRITE;

	ring.fd = (int)syscall(SYS_io_uring_setup, BATCH, &ring.setup);
	if (ring.fd < 0)
		fail("io_uring_setup");
	ring.submissions = mmap(NULL, ring.setup.sq_off.array + ring.setup.sq_entries * sizeof(unsigned), access, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
	ring.completions = mmap(NULL, ring.setup.cq_off.cqes + ring.setup.cq_entries * sizeof(struct io_uring_cqe), access, MAP_SHARED, ring.fd, IORING_OFF_CQ_RING);
	ring.requests = mmap(NULL, ring.setup.sq_entries * sizeof *ring.requests, access, MAP_SHARED, ring.fd, IORING_OFF_SQES);
	if (ring.submissions == MAP_FAILED || ring.completions == MAP_FAILED || ring.requests == MAP_FAILED)
		fail("mmap of the ring");
	return ring;
}

/* A batch of the same request. A file that one opened is closed. */
static void ring_run(struct ring *ring, const struct io_uring_sqe *request)
{
	unsigned tail = *word(ring->submissions, ring->setup.sq_off.tail);
	unsigned head = *word(ring->completions, ring->setup.cq_off.head);
	struct io_uring_cqe *ended = (struct io_uring_cqe *)(ring->completions + ring->setup.cq_off.cqes);

	for (unsigned i = 0; i < BATCH; i++) {
		unsigned at = (tail + i) & (ring->setup.sq_entries - 1);

		ring->requests[at] = *request;
		ring->requests[at].user_data = i;
		word(ring->submissions, ring->setup.sq_off.array)[at] = at;
	}
	__atomic_store_n(word(ring->submissions, ring->setup.sq_off.tail), tail + BATCH, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, BATCH, BATCH, IORING_ENTER_GETEVENTS, NULL, 0) != BATCH)
		fail("io_uring_enter");
	for (unsigned i = 0; i < BATCH; i++) {
		int result = ended[(head + i) & (ring->setup.cq_entries - 1)].res;

		if (result < 0) {
			fprintf(stderr, "a request of the ring: %s\n", strerror(-result));
			exit(1);
		}
		if (request->opcode == IORING_OP_OPENAT)
			close(result);
	}
	__atomic_store_n(word(ring->completions, ring->setup.cq_off.head), head + BATCH, __ATOMIC_RELEASE);
}

static int ring_repeat(const char *what, const char *file, long count, const struct sockaddr_in *peer)
{
	struct ring ring = ring_make();
	struct io_uring_sqe request = { 0 };
	char byte;
	uint64_t start;

	if (!strcmp(what, "ring-open")) {
		request.opcode = IORING_OP_OPENAT;
		request.fd = AT_FDCWD;
		request.addr = (uintptr_t)file;
	} else if (!strcmp(what, "ring-read")) {
		request.opcode = IORING_OP_READ;
		request.fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
		request.addr = (uintptr_t)&byte;
		request.len = 1;
	} else if (!strcmp(what, "ring-send")) {
		request.opcode = IORING_OP_SEND;
		request.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		request.addr2 = (uintptr_t)peer;
		request.addr_len = sizeof *peer;
	} else {
		return 2;
	}
	start = now_ns();
	for (long i = 0; i < count; i += BATCH)
		ring_run(&ring, &request);
	printf("%.1f\n", (double)(now_ns() - start) / (double)((count + BATCH - 1) / BATCH * BATCH));
	return 0;
}
