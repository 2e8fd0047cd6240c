/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_EVENTS_H
#define RUNTIME_EVENTS_H

#include "programs.h"

/*
 * The wire layout between kernel and agent. agent/Capture/WireLayout.cs is its mirror; a test compares the two through the
 * object's BTF. Fixed-width types, explicit padding, never packed, every size a multiple of 8.
 *
 * A record is a fixed part and, behind it, tails in the order of their length fields, without alignment.
 *
 * A tail called "walk" is a path as the kernel holds it: its components leaf first, each closed by NUL, so that
 * /usr/bin/true is "true\0bin\0usr\0" and / is empty. Names are at most 255 bytes, hold no '/' and no NUL, and may hold
 * anything else (newline, invalid UTF-8). Without its flag "truncated" the walk ends at the root of the mount namespace.
 *
 * Counts, numbers and bits are never reused. A change that an old reader would misread raises RUNTIME_LAYOUT.
 */
#define RUNTIME_LAYOUT 2

#define PATH_BYTES 4096
#define ARGUMENT_BYTES 4096
#define PAYLOAD_BYTES 512
#define NAME_MESSAGE_BYTES 512
#define SENSITIVE_NAME_BYTES 32

enum event_kind {
	KIND_FORK = 1,
	KIND_EXEC = 2,
	KIND_EXIT = 3,
	KIND_CGROUP = 10,
	KIND_FILE = 20,
	KIND_REPEATS = 21, /* made by the agent from struct open_repeats; never in the ring */
	KIND_NETWORK = 40,
	KIND_PRIVILEGE = 60,
};

struct event_header {
	__u16 kind;
	__u8 layout;
	__u8 cgroup_version; /* 2, or 1 where the task sits only in v1 hierarchies */
	__u32 length;	     /* of the whole record, this header included */
	__u64 time_boot_ns;
	__u64 cgroup_id; /* kernfs id */
	__u32 pid;	 /* thread group, host's pid namespace */
	__u32 tid;
	__u64 start_boot_ns; /* of the thread group's leader */
};

struct fork_event {
	struct event_header header; /* of the child */
	__u64 parent_start_boot_ns;
	__u32 parent_pid;
	__u32 pad;
};

enum exec_flag {
	EXEC_ARGUMENTS_TRUNCATED = 1,
	EXEC_PATH_TRUNCATED = 2,
	EXEC_MEMFD = 4,
	EXEC_DELETED = 8,
	EXEC_UPPER_LAYER = 16,
	EXEC_NON_LEADER_THREAD = 32,
	EXEC_STDIN_SOCKET = 64,
	EXEC_STDOUT_SOCKET = 128,
	EXEC_STDERR_SOCKET = 256,
	EXEC_STDIN_PIPE = 4096,
	EXEC_STDOUT_PIPE = 8192,
	EXEC_LOADER_VARIABLES_TRUNCATED = 16384,
	EXEC_SCRIPT = 1 << 16,
	EXEC_CWD_TRUNCATED = 1 << 17,
};

struct exec_event {
	struct event_header header;
	__u64 parent_start_boot_ns;
	__u64 inode;
	__u64 size;
	__s64 modified_unix_seconds;
	__s64 changed_unix_seconds;
	__u64 effective_capabilities;
	__u32 parent_pid;
	__u32 flags;
	__u32 uid;
	__u32 euid;
	__u32 gid;
	__u32 login_uid; /* ~0: not set */
	__u32 device;	 /* major << 20 | minor */
	__u32 links;
	__u32 mount_namespace;
	__u32 pid_namespace;
	__u32 network_namespace;
	__u32 user_namespace;
	__u8 comm[16];
	__u16 binary_length;   /* walk of mm->exe_file */
	__u16 filename_length; /* bytes, no NUL: what was given to execve */
	__u16 argument_length; /* argv, each with its NUL */
	__u16 cwd_length;      /* walk */
	__u32 file_system;     /* s_magic of the binary's */
	__u16 variables_length; /* NAME=VALUE, each with its NUL: those that change what is loaded */
	__u16 pad;
};

struct exit_event {
	struct event_header header;
	__u64 run_time_ns;
	__u32 wait_status; /* as wait(2) gives it: signal in bits 0-6, core dumped 7, code 8-15 */
	__u32 pad;
};

struct cgroup_event {
	struct event_header header; /* cgroup id and version are the directory's, the process is its maker */
	__u8 removed;
	__u8 pad[5];
	__u16 path_length; /* bytes, from the root of the hierarchy */
};

enum file_operation {
	FILE_WRITE = 1,
	FILE_CREATE = 2,
	FILE_RENAME = 3,
	FILE_UNLINK = 4,
	FILE_LINK = 5,
	FILE_SYMLINK = 6,
	FILE_CHMOD_EXECUTABLE = 7,
	FILE_SENSITIVE_READ = 8,
	FILE_TRUNCATE = 9,
	FILE_MAP_EXECUTABLE = 10,
	FILE_MAP_WRITABLE = 11,
	FILE_XATTR = 12, /* other argument: the attribute's name; mode 1: it was removed */
	FILE_ATTRIBUTE = 13, /* mode: the low 16 of FS_*_FL */
	FILE_MAKE_NODE = 14, /* device: the node's own number */
	FILE_CHMOD_SPECIAL = 15,
	FILE_TIMES = 16,
	FILE_SENSITIVE_WRITE = 17, /* from here only another process's memory; the agent knows the rest by its path */
};

enum file_flag {
	FILE_FROM_ARGUMENT = 1,
	FILE_TRUNCATED = 2,
	FILE_UPPER_LAYER = 4,
	FILE_EXECUTABLE = 8,
	FILE_DEVICE = 16, /* a disk, or memory as a device */
	FILE_COUNTED = 32, /* more of the same are counted and not told, until the tables turn */
	FILE_REFUSED = 128, /* the call was refused for want of a right (EPERM) */
};

/*
 * The path is walk + "/" + argument; an empty argument means the walk alone, an empty walk the root. An argument that
 * begins with '/' starts at the walk as well: the walk is then the process's root directory.
 */
struct file_event {
	struct event_header header;
	__u8 operation;
	__u8 flags;
	__u16 mode;   /* permission bits; 0: not known */
	__u32 device; /* 0: not known */
	__u64 inode;  /* 0: not known */
	__u16 walk_length;
	__u16 argument_length;
	__u16 other_walk_length; /* rename and link: the old name */
	__u16 other_argument_length; /* and the target of a symlink, which has no walk */
};

enum network_operation {
	NETWORK_CONNECT = 1,
	NETWORK_LISTEN = 2,
	NETWORK_ACCEPT = 3,
	NETWORK_CLOSE = 4,
	NETWORK_UDP_PEER = 5,
	NETWORK_FIRST_BYTES = 6,
	NETWORK_NAME_QUERY = 7, /* tail: the message of DNS, without TCP's length where that had a buffer of its own */
	NETWORK_PROGRESS = 8, /* of a connection that lives long; never in the ring, the agent reads it (flow.bpf.c) */
	NETWORK_RAW_SOCKET = 9, /* socket: AF_* << 24 | SOCK_* << 16 | protocol as given */
	NETWORK_UNIX_CONNECT = 10, /* tail: the other end's walk; its name without the first NUL where it has no file (answer 1) */
};

struct network_event {
	struct event_header header;
	__u8 operation;
	__u8 protocol;	     /* IPPROTO_TCP, IPPROTO_UDP */
	__u8 address_length; /* 4 or 16 of both addresses; a mapped address counts as 4 */
	__u8 answer;	     /* name query: 1 when the message was received; close and progress: 1 when it was accepted; see the operations */
	__u16 local_port; /* host order; 0: not known */
	__u16 remote_port;
	__u16 error; /* positive errno of a failed connect */
	__u16 payload_length;
	__u32 socket; /* name query: inode of the socket; see the operations */
	__u8 local[16]; /* network order, the first address_length bytes */
	__u8 remote[16];
	__u64 bytes_sent; /* close and progress: since the connection was last told */
	__u64 bytes_received;
	__u64 duration_ns; /* close and progress: since it began */
};

enum privilege_operation {
	PRIVILEGE_SET_UID = 1,
	PRIVILEGE_SET_GID = 2,
	PRIVILEGE_SET_CAPABILITIES = 3,
	PRIVILEGE_CAPABILITY_USED = 4,
	PRIVILEGE_PTRACE = 5,
	PRIVILEGE_MEMORY_WRITE = 6,
	PRIVILEGE_MOUNT = 7,
	PRIVILEGE_UNSHARE = 8,
	PRIVILEGE_SET_NAMESPACE = 9,
	PRIVILEGE_PIVOT_ROOT = 10,
	PRIVILEGE_BPF = 11,
	PRIVILEGE_PERF_EVENT = 12,
	PRIVILEGE_LOAD_MODULE = 13,
	PRIVILEGE_KEYCTL = 14,
	PRIVILEGE_USERFAULTFD = 15,
	PRIVILEGE_IO_URING = 16,
	PRIVILEGE_KILL = 17,
	PRIVILEGE_SET_NAME = 18,
	PRIVILEGE_TAKE_DESCRIPTOR = 19,
	PRIVILEGE_OPEN_BY_HANDLE = 20,
	PRIVILEGE_MEMORY_READ = 21,
	PRIVILEGE_ROUNDING = 22, /* a sample: RoundingScan.cs */
};

enum privilege_flag {
	PRIVILEGE_SUBJECT_IS_PATH = 1, /* walk + "/" + subject, as file_event's path */
	PRIVILEGE_TRUNCATED = 2,
};

/* Tails: walk, subject, detail. Without PRIVILEGE_SUBJECT_IS_PATH there is no walk. */
struct privilege_event {
	struct event_header header;
	__u8 operation;
	__u8 flags;
	__u16 error; /* positive errno of a refused call */
	__u32 count; /* kill: processes; 1 else */
	__u64 value; /* see PrivilegeOperation in ingest.proto */
	__u16 walk_length;
	__u16 subject_length;
	__u16 detail_length;
	__u16 pad;
};

/* What makes an open the same one: whose, by which program, in which group, of which file at which place, with which rights. */
struct open_key {
	__u64 start_boot_ns;
	__u64 cgroup_id;
	__u64 executions; /* self_exec_id */
	__u64 identity;	  /* of the path */
	__u64 inode;
	__u32 pid;
	__u32 device;
	__u16 mode;
	__u8 operation;
	__u8 cgroup_version;
	__u32 pad;
};

struct open_repeats {
	__u64 first_boot_ns; /* with the tid: the open that was told */
	__u64 last_boot_ns;  /* 0: none */
	__u32 tid;
	__u32 count;
};

enum loss_reason {
	LOSS_RING_FULL = 0,
	LOSS_SHARE_FULL = 1, /* its cgroup has its share of the ring already */
};

struct loss_key {
	__u64 cgroup_id;
	__u8 cgroup_version;
	__u8 kind;
	__u8 reason;
	__u8 pad[5];
};

struct sensitive_name {
	char bytes[SENSITIVE_NAME_BYTES]; /* cut to 31, padded with NUL */
};

enum sensitive_place {
	SENSITIVE_LEAF = 1,
	SENSITIVE_DIRECTORY = 2,
};

/* Filled by the agent before the programs are loaded. */
struct settings {
	__u32 self_pid;		 /* whose events are not reported */
	__u32 wake_bytes;	 /* the reader is woken when so many bytes wait */
	__u32 bulk_limit_bytes;	 /* above it only process and cgroup events enter the ring */
	__u8 wake_on_exec;
	__u8 sensitive_directories; /* 1: walk up for SENSITIVE_DIRECTORY names */
	__u8 cgroup_by_pids;	    /* 1: v1 directories are pids' and not memory's (memory has no v1 hierarchy) */
	__u8 count_repeats;	    /* 1: an open that was told is counted for a turn */
	__u32 share_bytes;	 /* of one cgroup, while the ring fills; bulk kinds may take three quarters of it */
	__u32 share_from_bytes;	 /* so many bytes wait: shares count from here on */
	__u32 sensitive_firsts[SENSITIVE_NAME_BYTES]; /* by length, 31 and more as one: the low five bits of first letters */
	__s64 overlay_upper;	 /* from an inode of overlayfs to its upper dentry; 0: not known */
	__u64 flow_age_ns;	 /* a connection that lives so long is told before it ends */
};

_Static_assert(sizeof(struct event_header) == 40, "layout");
_Static_assert(sizeof(struct fork_event) == 56, "layout");
_Static_assert(sizeof(struct exec_event) == 168, "layout");
_Static_assert(sizeof(struct exit_event) == 56, "layout");
_Static_assert(sizeof(struct cgroup_event) == 48, "layout");
_Static_assert(sizeof(struct file_event) == 64, "layout");
_Static_assert(sizeof(struct network_event) == 112, "layout");
_Static_assert(sizeof(struct privilege_event) == 64, "layout");
_Static_assert(sizeof(struct open_key) == 56, "layout");
_Static_assert(sizeof(struct open_repeats) == 24, "layout");
_Static_assert(sizeof(struct loss_key) == 16, "layout");
_Static_assert(sizeof(struct settings) == 168, "layout");

#endif
