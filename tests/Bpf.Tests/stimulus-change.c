// What changes a file and is no opening for writing: stimulus-change ACT FILE [TARGET]
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

static long check(long result)
{
	if (result < 0) {
		perror("stimulus-change");
		exit(96);
	}
	return result;
}

int main(int count, char **arguments)
{
	const char *act = arguments[1], *file = count > 2 ? arguments[2] : "";
	struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } }, now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	struct timeval old_micro[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct utimbuf old_seconds = { 1000000000, 1000000000 };
	int flags = 0x40; /* FS_NODUMP_FL */

#define ACT(name) (strcmp(act, name) == 0)
	if (ACT("truncate"))
		check(syscall(SYS_truncate, file, 1));
	else if (ACT("map-shared") || ACT("map-private")) {
		int descriptor = check(open(file, O_RDWR));

		if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, ACT("map-shared") ? MAP_SHARED : MAP_PRIVATE, descriptor, 0) == MAP_FAILED)
			check(-1);
	} else if (ACT("setxattr"))
		check(setxattr(file, "user.runtime", "1", 1, 0));
	else if (ACT("lsetxattr"))
		check(lsetxattr(file, "user.runtime", "1", 1, 0));
	else if (ACT("fsetxattr"))
		check(fsetxattr(check(open(file, O_RDONLY)), "user.runtime", "1", 1, 0));
	else if (ACT("chattr"))
		check(ioctl(check(open(file, O_RDONLY)), FS_IOC_SETFLAGS, &flags));
	else if (ACT("mknod"))
		check(syscall(SYS_mknod, file, S_IFCHR | 0600, makedev(1, 3)));
	else if (ACT("mknodat"))
		check(syscall(SYS_mknodat, AT_FDCWD, file, S_IFBLK | 0600, makedev(259, 70000)));
	else if (ACT("mkfifo"))
		check(syscall(SYS_mknod, file, S_IFIFO | 0600, 0));
	else if (ACT("utimensat"))
		check(syscall(SYS_utimensat, AT_FDCWD, file, old, 0));
	else if (ACT("futimens"))
		check(syscall(SYS_utimensat, check(open(file, O_RDONLY)), NULL, old, 0));
	else if (ACT("utimensat-now"))
		check(syscall(SYS_utimensat, AT_FDCWD, file, now, 0));
	else if (ACT("utimes"))
		check(syscall(SYS_utimes, file, old_micro));
	else if (ACT("utime"))
		check(syscall(SYS_utime, file, &old_seconds));
	else if (ACT("chmod"))
		check(syscall(SYS_chmod, file, 04755));
	else if (ACT("fchmod"))
		check(syscall(SYS_fchmod, check(open(file, O_RDONLY)), 02755));
	else if (ACT("open-write"))
		check(open(file, O_RDWR));
	else if (ACT("read"))
		check(open(file, O_RDONLY));
	else
		return 97;
	return 0;
}
