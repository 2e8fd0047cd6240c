#include "stand-in.h"

int main(int argc, char **argv)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	const char *mount = argc > 1 ? argv[1] : "/";
	int id, root = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd;

	if (name_to_handle_at(AT_FDCWD, mount, &handle.head, &id, 0) != 0) {
		/* A file system without handles: the first inode of the host's, as the exploit guesses it. */
		perror("name_to_handle_at");
		handle.head.handle_bytes = 8;
		handle.head.handle_type = 1;
		memcpy(handle.head.f_handle, "\x02\x00\x00\x00\x00\x00\x00\x00", 8);
	}
	fd = open_by_handle_at(root, &handle.head, O_RDONLY);
	if (fd < 0)
		perror("open_by_handle_at");
	return 0;
}
