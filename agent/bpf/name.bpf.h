/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_NAME_BPF_H
#define RUNTIME_NAME_BPF_H

/* What calls that take a file's name share: the name, and the report of one. */

#define WORKING_DIRECTORY (-100) /* AT_FDCWD */

#define REMOVE_DIRECTORY 0x200	 /* AT_REMOVEDIR */

/* A name as a system call takes it. */
struct name_argument {
	__u64 text; /* user memory */
	__s32 directory;
	__u32 is_kernels; /* 1: the text is the kernel's copy */
};

/*
 * Appends the directory that a name starts from, then the name. Read after the call: the kernel has just read the same page,
 * so it is resident (at entry it often is not).
 */
static __always_inline void event__add_name(struct scratch *scratch, const struct name_argument *name,
					    __u16 *walk_length, __u16 *argument_length,
					    struct program_counters *count)
{
	struct task_struct *task = task__current();
	struct path base;
	char first = 0;
	long got;

	if (name->is_kernels)
		bpf_probe_read_kernel(&first, sizeof(first), (void *)name->text);
	else
		bpf_probe_read_user(&first, sizeof(first), (void *)name->text);
	if (first == '/') {
		base = BPF_CORE_READ(task, fs, root);
	} else if (name->directory == WORKING_DIRECTORY) {
		base = BPF_CORE_READ(task, fs, pwd);
	} else {
		struct file *file = task__file(task, name->directory);

		base = BPF_CORE_READ(file, f_path);
	}
	event__set_walk(&scratch->file, walk_length, path__write((__u64)base.dentry, (__u64)base.mnt));
	got = name->is_kernels ? scratch__add_kernel_string(scratch, (void *)name->text)
			       : scratch__add_user_string(scratch, (void *)name->text);
	*argument_length = got > 0 ? got : 0;
	if (got < 0) {
		scratch->file.flags |= FILE_TRUNCATED;
		count->read_failed++;
	}
}

static __always_inline struct file_event *name__begin(struct scratch *scratch, enum file_operation operation,
						      const struct name_argument *name, __u16 mode,
						      struct program_counters *count)
{
	struct file_event *event = event__begin(scratch, operation, task__current());

	event->flags = FILE_FROM_ARGUMENT;
	event->mode = mode;
	if (mode & EXECUTE_BITS)
		event->flags |= FILE_EXECUTABLE;
	event__add_name(scratch, name, &event->walk_length, &event->argument_length, count);
	return event;
}

/* Two names: rename, link. The new one comes first on the wire. */
static __always_inline void names__begin(struct scratch *scratch, enum file_operation operation,
					 const struct name_argument *created, const struct name_argument *old,
					 struct program_counters *count)
{
	struct file_event *event = name__begin(scratch, operation, created, 0, count);

	event__add_name(scratch, old, &event->other_walk_length, &event->other_argument_length, count);
}

/* A second text without a directory, of which `got` bytes were added: a symbolic link's target, an attribute's name. */
static __always_inline void event__add_other(struct file_event *event, long got, struct program_counters *count)
{
	event->other_argument_length = got > 0 ? got : 0;
	if (got < 0)
		count->read_failed++;
}

/* One name: unlink, chmod, truncate. */
static __noinline int name__report(struct program_counters *count, enum file_operation operation,
				   const struct name_argument *name, __u16 mode)
{
	struct scratch *scratch = scratch__get();

	if (!scratch || !count)
		return 0;
	name__begin(scratch, operation, name, mode, count);
	return ring__output_scratch(scratch, true, false, count);
}

#define ARGUMENT(index) syscall__argument(registers, index)

/* Two forms of each call: `rename(old, new)`, and `renameat(directory, old, directory, new)` with a directory before each name. */
enum name_form {
	PLAIN = 0,
	AT = 1,
};

/* The name whose first argument is `index`. */
static __always_inline struct name_argument name__of(struct pt_regs *registers, int index,
						     enum name_form form)
{
	return (struct name_argument){
		.directory = form == AT ? ARGUMENT(index) : WORKING_DIRECTORY,
		.text = ARGUMENT(index + form),
	};
}

#endif
