/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_FILE_BPF_H
#define RUNTIME_FILE_BPF_H

/* What opens and names share: the record, and the report of an open file. */

#define EXECUTE_BITS 0111
#define PERMISSION_BITS 07777

static __always_inline void event__set_walk(struct file_event *event, __u16 *length, __u32 walk)
{
	if (walk & WALK_TRUNCATED)
		event->flags |= FILE_TRUNCATED;
	*length = WALK_LENGTH(walk);
}

static __always_inline struct file_event *event__begin(struct scratch *scratch,
						       enum file_operation operation,
						       struct task_struct *task)
{
	struct file_event *event = &scratch->file;

	scratch->cursor = sizeof(*event);
	header__fill(&event->header, KIND_FILE, task);
	event->operation = operation;
	event->flags = 0;
	event->mode = 0;
	event->device = 0;
	event->inode = 0;
	event->walk_length = 0;
	event->argument_length = 0;
	event->other_walk_length = 0;
	event->other_argument_length = 0;
	return event;
}

/* The whole path comes from the file that the kernel holds. */
static __always_inline struct file_event *open_file__begin(struct scratch *scratch, struct file *file, enum file_operation operation)
{
	struct file_event *event = event__begin(scratch, operation, task__current());

	event->inode = BPF_CORE_READ(file, f_inode, i_ino);
	event->device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	event__set_walk(event, &event->walk_length,
			path__write((__u64)BPF_CORE_READ(file, f_path.dentry), (__u64)BPF_CORE_READ(file, f_path.mnt)));
	return event;
}

/* As open_file__begin, with what the file is. */
static __always_inline struct file_event *file__describe(struct scratch *scratch, struct file *file,
							 enum file_operation operation, __u16 new_mode, __u8 flags)
{
	struct file_event *event = open_file__begin(scratch, file, operation);
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	event->mode = new_mode ?: BPF_CORE_READ(inode, i_mode) & PERMISSION_BITS;
	event->flags |= flags;
	if (event->mode & EXECUTE_BITS)
		event->flags |= FILE_EXECUTABLE;
	if (inode__is_upper(inode))
		event->flags |= FILE_UPPER_LAYER;
	return event;
}

static __always_inline int file__report_flagged(struct file *file, enum file_operation operation, __u16 new_mode,
						__u8 flags, struct program_counters *count)
{
	struct scratch *scratch = scratch__get();

	if (!scratch)
		return 0;
	file__describe(scratch, file, operation, new_mode, flags);
	return ring__output_scratch(scratch, true, false, count);
}

static __always_inline int file__report(struct file *file, enum file_operation operation, __u16 new_mode,
					struct program_counters *count)
{
	return file__report_flagged(file, operation, new_mode, 0, count);
}

/* As call__begin, and only for calls that succeeded. */
static __always_inline struct program_counters *success__begin(enum program_id program, long result)
{
	return result < 0 ? NULL : call__begin(program);
}

#endif
