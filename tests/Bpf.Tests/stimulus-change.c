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

/* Not yet in the headers of every system. */
#define SETXATTRAT 463
#define REMOVEXATTRAT 466
#define FILE_SETATTR 469
#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

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
	else if (ACT("removexattr") || ACT("lremovexattr") || ACT("fremovexattr") || ACT("removexattrat")) {
		int descriptor = check(open(file, O_RDONLY));

		check(fsetxattr(descriptor, "user.runtime", "1", 1, 0));
		check(ACT("removexattr")    ? removexattr(file, "user.runtime")
		      : ACT("lremovexattr") ? lremovexattr(file, "user.runtime")
		      : ACT("fremovexattr") ? fremovexattr(descriptor, "user.runtime")
					    : syscall(REMOVEXATTRAT, AT_FDCWD, file, 0, "user.runtime"));
	} else if (ACT("setxattrat") || ACT("setxattrat-open")) {
		struct {
			unsigned long value;
			unsigned size, flags;
		} given = { (unsigned long)"1", 1, 0 };

		if (ACT("setxattrat"))
			check(syscall(SETXATTRAT, AT_FDCWD, file, 0, "user.runtime", &given, sizeof(given)));
		else
			check(syscall(SETXATTRAT, check(open(file, O_RDONLY)), "", AT_EMPTY_PATH, "user.runtime", &given, sizeof(given)));
	} else if (ACT("chattr-extended")) {
		struct fsxattr extended = { .fsx_xflags = FS_XFLAG_NODUMP };

		check(ioctl(check(open(file, O_RDONLY)), FS_IOC_FSSETXATTR, &extended));
	} else if (ACT("file_setattr")) {
		struct {
			unsigned long long flags;
			unsigned extent, extents, project, copied;
		} given = { .flags = FS_XFLAG_NODUMP };

		check(syscall(FILE_SETATTR, AT_FDCWD, file, &given, sizeof(given), 0));
	} else if (ACT("chattr-refused") || ACT("chattr-refused-plain")) {
		int descriptor = check(open(file, O_RDONLY));

		flags = ACT("chattr-refused") ? 0x10 : flags; /* FS_IMMUTABLE_FL */
		check(setuid(65534));
		if (ioctl(descriptor, FS_IOC_SETFLAGS, &flags) == 0)
			exit(97);
	} else if (ACT("exchange")) {
		check(syscall(SYS_renameat2, AT_FDCWD, file, AT_FDCWD, arguments[3], RENAME_EXCHANGE));
	} else if (ACT("chattr"))
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
	else if (ACT("futimesat"))
		check(syscall(SYS_futimesat, AT_FDCWD, file, old_micro));
	else if (ACT("futimesat-open"))
		check(syscall(SYS_futimesat, check(open(file, O_RDONLY)), NULL, old_micro));
	else if (ACT("utimes"))
		check(syscall(SYS_utimes, file, old_micro));
	else if (ACT("make-node-twice")) {
		check(syscall(SYS_mknod, file, S_IFCHR | 0600, makedev(1, 3)));
		check(unlink(file));
		check(syscall(SYS_mknod, file, S_IFCHR | 0600, makedev(1, 3)));
	} else if (ACT("utime"))
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
