// Opens for writing of one file, again and again: stimulus-repeat ACT FOLDER [TIMES]
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char file[PATH_MAX];
static int times = 1;

static int check(int result)
{
	if (result < 0) {
		perror("stimulus-repeat");
		exit(96);
	}
	return result;
}

static void open_once(const char *path)
{
	close(check(open(path, O_WRONLY | O_CLOEXEC)));
}

static void *open_often(void *unused)
{
	for (int i = 0; i < times; i++)
		open_once(file);
	return unused;
}

static char *below(const char *folder, const char *name)
{
	static char paths[8][PATH_MAX];
	static int next;
	char *path = paths[next++];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

int main(int count, char **arguments)
{
	const char *act = arguments[1], *folder = arguments[2];
	pthread_t other;

	if (count > 3)
		times = atoi(arguments[3]);
	check(snprintf(file, sizeof file, "%s/sub/data", folder));
#define ACT(name) (strcmp(act, name) == 0)
	if (ACT("often")) {
		if (pthread_create(&other, NULL, open_often, NULL) != 0)
			return 96;
		open_often(NULL);
		pthread_join(other, NULL);
		return 0;
	}
	open_once(file);
	if (ACT("folder-renamed")) {
		check(rename(below(folder, "sub"), below(folder, "other")));
		open_once(below(folder, "other/data"));
	} else if (ACT("file-renamed")) {
		check(rename(file, below(folder, "sub/other")));
		open_once(below(folder, "sub/other"));
	} else if (ACT("linked")) {
		check(link(file, below(folder, "sub/link")));
		open_once(below(folder, "sub/link"));
	} else if (ACT("made-executable")) {
		check(chmod(file, 0755));
		open_once(file);
	} else if (ACT("executed")) {
		execl("/proc/self/exe", arguments[0], "once", folder, NULL);
		return 96;
	} else if (ACT("forked")) {
		if (check(fork()) == 0) {
			open_once(file);
			return 0;
		}
	}
	return 0;
}
