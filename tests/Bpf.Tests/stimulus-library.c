/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Maps files as code, one way each; linked statically, so that nothing else is mapped. Exit code 99: the act is unknown, 98: it failed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 98;
}

static void *map(const char *path, int protection, int flags)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	void *at = mmap(NULL, 4096, protection, flags, file, 0);

	close(file);
	return at;
}

int main(int count, char **argument)
{
	const char *act = count > 1 ? argument[1] : "";

	if (!strcmp(act, "map"))
		return map(argument[2], PROT_READ | PROT_EXEC, MAP_PRIVATE) == MAP_FAILED ? fail("mmap") : 0;
	if (!strcmp(act, "map-read"))
		return map(argument[2], PROT_READ, MAP_PRIVATE) == MAP_FAILED ? fail("mmap") : 0;
	if (!strcmp(act, "protect")) {
		void *at = map(argument[2], PROT_READ, MAP_PRIVATE);

		return at == MAP_FAILED || mprotect(at, 4096, PROT_READ | PROT_EXEC) ? fail("mprotect") : 0;
	}
	if (!strcmp(act, "anonymous")) {
		void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		return at == MAP_FAILED || mprotect(at, 4096, PROT_READ | PROT_EXEC) ? fail("anonymous") : 0;
	}
	if (!strcmp(act, "memory") || !strcmp(act, "just-in-time")) {
		int file = memfd_create("doublemapper", MFD_CLOEXEC);
		int flags = !strcmp(act, "memory") ? MAP_PRIVATE : MAP_SHARED;

		if (file < 0 || ftruncate(file, 4096))
			return fail("memfd");
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, flags, file, 0) == MAP_FAILED ? fail("mmap") : 0;
	}
	if (!strcmp(act, "self"))
		return map("/proc/self/exe", PROT_READ | PROT_EXEC, MAP_PRIVATE) == MAP_FAILED ? fail("mmap") : 0;
	return 99;
}
