/* Asks the container's .NET process to load a library as its profiler (the runtime's diagnostics protocol, command AttachProfiler). */
#include "stand-in.h"
#include <glob.h>
#include <sys/un.h>

static size_t put(uint8_t *to, const void *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return length;
}

int main(int count, char **words)
{
	/* Magic; length of all; commands of profilers: attach; reserved. All numbers are little-endian. */
	uint8_t m[2048] = "DOTNET_IPC_V1\0\0\0\x03\x01", answer[64];
	static const uint8_t milliseconds[] = { 0x88, 0x13, 0, 0 }, id[16] = { 0x5a }, no_data[4];
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t at = 20;
	int answered = 0;
	glob_t ports;

	if (count != 2 || strlen(words[1]) > 500 || glob("/tmp/dotnet-diagnostic-*-socket", 0, NULL, &ports) != 0)
		return 1;
	at += put(m + at, milliseconds, sizeof(milliseconds));
	at += put(m + at, id, sizeof(id));
	/* The path in UTF-16, its length in characters with the zero at its end. */
	m[at] = (uint8_t)(strlen(words[1]) + 1);
	m[at + 1] = (uint8_t)((strlen(words[1]) + 1) >> 8);
	at += 4;
	for (const char *c = words[1];; c++, at += 2) {
		m[at] = (uint8_t)*c;
		if (!*c)
			break;
	}
	at += 2;
	at += put(m + at, no_data, sizeof(no_data));
	m[14] = (uint8_t)at;
	m[15] = (uint8_t)(at >> 8);
	for (size_t i = 0; i < ports.gl_pathc; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		snprintf(to.sun_path, sizeof(to.sun_path), "%s", ports.gl_pathv[i]);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
			say(fd, m, at);
			/* The runtime answers when it has tried. Sockets of processes that were killed stay behind: one answers. */
			answered |= hear(fd, answer, sizeof(answer), 8000) > 0;
		}
		close(fd);
	}
	globfree(&ports);
	return !answered;
}
