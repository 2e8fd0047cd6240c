// Many containers as the agent sees them: a process in cgroups of its own, named as Kubernetes names them.

static void tenant_path(char *path, size_t size, const char *hierarchy, long number, int levels)
{
	static const char *const shapes[] = { "%s/kubepods", "%s/kubepods/pod%08lx-0000-4000-8000-000000000000",
					      "%s/kubepods/pod%08lx-0000-4000-8000-000000000000/%064lx" };

	snprintf(path, size, shapes[levels], hierarchy, number, number);
}

static _Noreturn void tenant(char *self, long number, char **hierarchies)
{
	char path[4096], file[4200];

	for (char **hierarchy = hierarchies; *hierarchy; hierarchy++) {
		FILE *members;

		for (int level = 0; level < 3; level++) {
			tenant_path(path, sizeof path, *hierarchy, number, level);
			if (mkdir(path, 0755) < 0 && level == 2)
				fail(path);
		}
		strncat(path, "/cgroup.procs", sizeof path - strlen(path) - 1);
		members = fopen(path, "w");
		if (!members || fprintf(members, "%d", getpid()) < 0 || fclose(members) != 0)
			fail(path);
	}
	snprintf(file, sizeof file, "%s/load-tenant-%lx", temporary(), number);
	for (long round = 0;; round++) {
		open_once(file, O_WRONLY | O_CREAT);
		unlink(file);
		run_once(self);
		sleep_until(now_ns() + 20000000000u + (uint64_t)number * 1000000u);
	}
}

static int tenants(char *self, long count, char **hierarchies)
{
	struct sigaction action = { .sa_handler = stop };
	pid_t *children = calloc((size_t)count, sizeof *children);
	char path[4096];

	sigaction(SIGTERM, &action, NULL);
	/* A terminal's Ctrl-C reaches it too. */
	sigaction(SIGINT, &action, NULL);
	for (long i = 0; i < count; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			signal(SIGTERM, SIG_DFL);
			signal(SIGINT, SIG_DFL);
			tenant(self, i + 1, hierarchies);
		}
	}
	puts("ready");
	fflush(stdout);
	while (!stopped)
		pause();
	for (long i = 0; i < count; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
		snprintf(path, sizeof path, "%s/load-tenant-%lx", temporary(), i + 1);
		unlink(path);
		for (char **hierarchy = hierarchies; *hierarchy; hierarchy++)
			for (int level = 2; level >= 0; level--) {
				tenant_path(path, sizeof path, *hierarchy, i + 1, level);
				rmdir(path);
			}
	}
	return 0;
}
