/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_PATH_BPF_H
#define RUNTIME_PATH_BPF_H

#define PATH_STEPS 96 /* components and mounts crossed */
#define NAME_BYTES 256
#define WALK_TRUNCATED (1u << 31)
#define WALK_LENGTH(walk) ((walk) & 0xffff)

static __always_inline struct mount *mount__of(struct vfsmount *vfsmount)
{
	return (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
}

static __always_inline bool is_directory(struct dentry *dentry)
{
	return (BPF_CORE_READ(dentry, d_inode, i_mode) & MODE_TYPE) == MODE_DIRECTORY;
}

/*
 * Writes the walk (events.h) of a dentry at the cursor and answers its length, with WALK_TRUNCATED when the root was not
 * reached. It ends at the top of the mount tree, not at the process's root directory: chroot does not shorten what we see.
 * runc executes a bind mount of itself that it has taken away again (cloned_binary.c, try_bindfd): such a file has no place in
 * any mount tree.
 *
 * A global function (since 5.6): the verifier goes through its loop once for each program and not at each call. Numbers are what such a
 * function can be given on every kernel (pointers to memory since 5.12).
 */
__weak __noinline __u32 path__write(__u64 dentry_address, __u64 vfsmount_address)
{
	struct mount *mount = mount__of((struct vfsmount *)vfsmount_address);
	struct dentry *root = BPF_CORE_READ(mount, mnt.mnt_root);
	struct dentry *dentry = (struct dentry *)dentry_address;
	struct scratch *scratch = scratch__get();
	__u32 start;
	int step;

	if (!scratch)
		return WALK_TRUNCATED;
	start = scratch__cursor(scratch);
	for (step = 0; step < PATH_STEPS; step++) {
		__u32 at = scratch__cursor(scratch);
		struct dentry *parent;
		long length;
		void *to;

		if (dentry == root) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above != mount && above) {
				dentry = BPF_CORE_READ(mount, mnt_mountpoint);
				mount = above;
				root = BPF_CORE_READ(mount, mnt.mnt_root);
				continue;
			}
			if (at != start || is_directory(dentry))
				return at - start;
			/* A file that is a mount by itself and is mounted nowhere: the path within its file system it is. */
			root = NULL;
		}
		to = scratch__room(scratch, NAME_BYTES);
		if (at - start > PATH_BYTES - NAME_BYTES || !to)
			break;
		parent = BPF_CORE_READ(dentry, d_parent);
		if (!root && parent == dentry)
			return at - start;
		length = bpf_probe_read_kernel_str(to, NAME_BYTES, BPF_CORE_READ(dentry, d_name.name));
		if (length <= 1)
			break;
		scratch__advance(scratch, length);
		if (parent == dentry) /* memfd, O_TMPFILE on a kernel mount: a name without a directory */
			return scratch__cursor(scratch) - start;
		dentry = parent;
	}
	return (scratch__cursor(scratch) - start) | WALK_TRUNCATED;
}

#endif
