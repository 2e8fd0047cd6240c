/*
 * Takes or asks for power by exactly the system call that a test names. Built by the tests, static, as stimulus.c. What the
 * kernel refuses is no failure here: refusals are told too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACT(name) (strcmp(arguments[1], name) == 0)
#define VICTIMS 10

static char **arguments;

static long check(long result)
{
	if (result < 0) {
		perror(arguments[1]);
		exit(99);
	}
	return result;
}

/* A child that waits for its end; behind the pipe it has begun to. */
static pid_t child_that_waits(void)
{
	int ready[2];
	pid_t child;
	char byte;

	check(pipe(ready));
	child = check(fork());
	if (child == 0) {
		/* A failure above must not leave it behind. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		check(write(ready[1], "x", 1));
		for (;;)
			pause();
	}
	check(read(ready[0], &byte, 1));
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void trace_child(void)
{
	pid_t child = child_that_waits();
	int status;

	check(ptrace(PTRACE_ATTACH, child, NULL, NULL));
	check(waitpid(child, &status, __WALL));
	ptrace(PTRACE_PEEKDATA, child, &arguments, NULL);
	check(ptrace(PTRACE_POKEDATA, child, &arguments, arguments));
	check(ptrace(PTRACE_DETACH, child, NULL, NULL));
	end(child);
}

static void copy_memory(long call, pid_t process)
{
	struct iovec here = { &arguments, sizeof(arguments) }, there = here;

	check(syscall(call, process, &here, 1UL, &there, 1UL, 0UL));
}

static void mount_by_the_new_calls(void)
{
	int context, mounted;

	check(unshare(CLONE_NEWNS));
	check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	context = check(syscall(430, "tmpfs", 0));
	check(syscall(431, context, 6, NULL, NULL, 0));
	mounted = check(syscall(432, context, 0, 0));
	check(syscall(429, mounted, "", AT_FDCWD, arguments[2], 4));
}

static void load_program(void)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = 2,
		.insns = (unsigned long)code,
		.license = (unsigned long)"GPL",
		.prog_name = "stimulus",
	};

	check(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)));
}

static void open_event(void)
{
	struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attributes), .config = PERF_COUNT_SW_TASK_CLOCK };

	check(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}

static void take_descriptor(void)
{
	pid_t child = child_that_waits();

	check(syscall(438, check(syscall(434, child, 0)), 0, 0));
	end(child);
}

static void open_by_handle(void)
{
	struct {
		struct file_handle handle;
		unsigned char bytes[128];
	} named = { .handle.handle_bytes = 128 };
	int mount_id, folder = check(open(arguments[2], O_RDONLY | O_DIRECTORY));

	check(name_to_handle_at(folder, arguments[3], &named.handle, &mount_id, 0));
	check(open_by_handle_at(folder, &named.handle, O_RDONLY));
}

/* `own`: the victims are the killer's children; else their parent is another process. `each`: a process for each victim. */
static void kill_many(int own, int each)
{
	pid_t *victims = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t nursery = 0;
	int ready[2], i;
	char byte;

	check(pipe(ready));
	if (!own)
		nursery = check(fork());
	if (nursery == 0) {
		for (i = 0; i < VICTIMS; i++)
			victims[i] = child_that_waits();
		check(write(ready[1], "x", 1));
		if (!own)
			for (;;)
				pause();
	}
	check(read(ready[0], &byte, 1));
	for (i = 0; i < VICTIMS; i++)
		if (!each)
			check(kill(victims[i], SIGKILL));
		else if (check(fork()) == 0) {
			check(kill(victims[i], SIGKILL));
			_exit(0);
		} else
			check(wait(NULL));
	if (nursery)
		end(nursery);
}

int main(int count, char **given)
{
	arguments = given;
	if (count < 2)
		return 97;
	if (ACT("root-again")) {
		check(syscall(SYS_setresuid, -1, 65534, -1));
		check(syscall(SYS_setresuid, -1, 0, -1));
	} else if (ACT("root-refused")) {
		check(syscall(SYS_setresuid, 65534, 65534, 65534));
		syscall(SYS_setuid, 0);
	} else if (ACT("drop")) {
		check(syscall(SYS_setresgid, 65534, 65534, 65534));
		check(syscall(SYS_setresuid, 65534, 65534, 65534));
	} else if (ACT("group-again")) {
		check(syscall(SYS_setresgid, -1, 65534, -1));
		check(syscall(SYS_setresgid, -1, 0, -1));
	} else if (ACT("trace"))
		trace_child();
	else if (ACT("write-into-child")) {
		pid_t child = child_that_waits();

		copy_memory(SYS_process_vm_writev, child);
		end(child);
	} else if (ACT("read-from-child")) {
		pid_t child = child_that_waits();

		copy_memory(SYS_process_vm_readv, child);
		end(child);
	} else if (ACT("write-into-self"))
		copy_memory(SYS_process_vm_writev, getpid());
	else if (ACT("mount")) {
		check(unshare(CLONE_NEWNS));
		check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		check(chdir(arguments[2]));
		check(mount("none", arguments[3], "tmpfs", 0, NULL));
	} else if (ACT("mount-refused")) {
		check(syscall(SYS_setresuid, 65534, 65534, 65534));
		mount("none", "/tmp", "tmpfs", 0, NULL);
	} else if (ACT("mount-nowhere"))
		mount("none", "/nowhere", "tmpfs", 0, NULL);
	else if (ACT("new-mount"))
		mount_by_the_new_calls();
	else if (ACT("unshare-user"))
		check(unshare(CLONE_NEWUSER));
	else if (ACT("unshare-files"))
		check(unshare(CLONE_FILES));
	else if (ACT("clone-uts")) {
		pid_t child = check(syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0));

		if (child == 0)
			_exit(0);
		waitpid(child, NULL, 0);
	} else if (ACT("join-host")) {
		int host = check(open("/proc/self/ns/uts", O_RDONLY));

		check(unshare(CLONE_NEWUTS));
		check(setns(host, 0));
	} else if (ACT("pivot-refused")) {
		check(syscall(SYS_setresuid, 65534, 65534, 65534));
		/* Both exist: newer kernels look for them before they refuse. */
		syscall(SYS_pivot_root, "/", "/");
	} else if (ACT("bpf"))
		load_program();
	else if (ACT("perf"))
		open_event();
	else if (ACT("keyctl")) {
		char text[8];

		check(syscall(SYS_keyctl, 11, check(syscall(SYS_add_key, "user", "stimulus", "x", 1, -2)), text, sizeof(text)));
	} else if (ACT("userfaultfd"))
		check(syscall(SYS_userfaultfd, 0));
	else if (ACT("io-uring")) {
		char parameters[120] = {};

		check(syscall(425, 4, parameters));
	} else if (ACT("take-descriptor"))
		take_descriptor();
	else if (ACT("handle"))
		open_by_handle();
	else if (ACT("name"))
		check(prctl(PR_SET_NAME, arguments[2]));
	else if (ACT("kill-others"))
		kill_many(0, 0);
	else if (ACT("kill-one-by-one"))
		kill_many(0, 1);
	else if (ACT("halt-parent")) {
		check(kill(getppid(), SIGSTOP));
		check(kill(getppid(), SIGCONT));
	} else if (ACT("kill-own"))
		kill_many(1, 0);
	else if (ACT("leave-own"))
		for (int i = 0; i < VICTIMS; i++)
			child_that_waits();
	else
		return 97;
	return 0;
}
