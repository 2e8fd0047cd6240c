/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef RUNTIME_LOADER_BPF_H
#define RUNTIME_LOADER_BPF_H

/*
 * Environment variables that change what a program loads, taken from the new image's memory at exec: /proc/PID/environ shows
 * them only to who comes in time, and the program may write over them. One call of a helper for each variable.
 */

#define VARIABLE_BYTES 1024
#define ENVIRONMENT_STRINGS 1024
#define ENVIRONMENT_KEPT (4 * VARIABLE_BYTES)
#define ENVIRONMENT_TRUNCATED (1u << 31)
#define ENVIRONMENT_LENGTH(answer) ((answer) & 0xffff)

#define NAME_WORD(a, b, c, d, e, f, g, h)                                                            \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |     \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

/* By the first eight bytes; agent/Processes/LoaderVariables.cs compares the whole name. */
static __always_inline bool variable__loads(__u64 name)
{
	return name == NAME_WORD('L', 'D', '_', 'P', 'R', 'E', 'L', 'O') ||
	       name == NAME_WORD('L', 'D', '_', 'A', 'U', 'D', 'I', 'T') ||
	       name == NAME_WORD('L', 'D', '_', 'L', 'I', 'B', 'R', 'A') ||
	       name == NAME_WORD('G', 'C', 'O', 'N', 'V', '_', 'P', 'A') ||
	       name == NAME_WORD('G', 'L', 'I', 'B', 'C', '_', 'T', 'U') ||
	       name == NAME_WORD('D', 'O', 'T', 'N', 'E', 'T', '_', 'S') ||
	       name == NAME_WORD('C', 'O', 'R', 'E', 'C', 'L', 'R', '_') ||
	       name == NAME_WORD('J', 'A', 'V', 'A', '_', 'T', 'O', 'O') ||
	       name == NAME_WORD('_', 'J', 'A', 'V', 'A', '_', 'O', 'P') ||
	       name == NAME_WORD('J', 'D', 'K', '_', 'J', 'A', 'V', 'A') ||
	       name == NAME_WORD('P', 'Y', 'T', 'H', 'O', 'N', 'S', 'T') ||
	       name == NAME_WORD('P', 'Y', 'T', 'H', 'O', 'N', 'P', 'A') ||
	       name == NAME_WORD('P', 'Y', 'T', 'H', 'O', 'N', 'H', 'O') ||
	       name == NAME_WORD('N', 'O', 'D', 'E', '_', 'O', 'P', 'T') ||
	       name == NAME_WORD('P', 'E', 'R', 'L', '5', 'O', 'P', 'T') ||
	       name == NAME_WORD('P', 'E', 'R', 'L', '5', 'L', 'I', 'B') ||
	       name == NAME_WORD('R', 'U', 'B', 'Y', 'O', 'P', 'T', '=') ||
	       name == NAME_WORD('B', 'A', 'S', 'H', '_', 'E', 'N', 'V');
}

/* Writes NAME=VALUE, each with its NUL, at the cursor; answers their length, with ENVIRONMENT_TRUNCATED when not all were seen. */
static __noinline __u32 environment__write(struct scratch *scratch, __u64 from, __u64 end)
{
	__u32 start = scratch__cursor(scratch);
	bool is_start = true;
	int i;

	for (i = 0; i < ENVIRONMENT_STRINGS; i++) {
		__u32 at = scratch__cursor(scratch);
		__u64 name = 0;
		long length;
		void *to;

		if (from >= end)
			return at - start;
		to = scratch__room(scratch, VARIABLE_BYTES);
		if (at - start > ENVIRONMENT_KEPT - VARIABLE_BYTES || !to)
			break;
		length = bpf_probe_read_user_str(to, VARIABLE_BYTES, (void *)from);
		if (length <= 0)
			break;
		bpf_probe_read_kernel(&name, sizeof(name), to);
		if (is_start && length > 8 && variable__loads(name)) {
			scratch__advance(scratch, length);
			if (length == VARIABLE_BYTES)
				break;
		}
		/* A longer one is read in pieces; only its first one begins with a name. */
		is_start = length < VARIABLE_BYTES;
		from += is_start ? length : length - 1;
	}
	return (scratch__cursor(scratch) - start) | ENVIRONMENT_TRUNCATED;
}

#endif
