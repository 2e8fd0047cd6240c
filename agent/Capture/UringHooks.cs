namespace Runtime.Agent.Capture;

/// <summary>The programs of uring.bpf.c: what is asked of the kernel through a ring, past its system calls.</summary>
internal static class UringHooks
{
    private const string Rings = "tp/syscalls/sys_exit_io_uring_setup";

    public static readonly IReadOnlyList<Hook> All =
    [
        new("on_uring_submit", 96, EventKind.File, "tp_btf/io_uring_submit_req",
            "opens, renames, removals, links, attributes, UDP peers and odd sockets through io_uring", Rings, Twin: "on_uring_submit_entry"),
        new("on_uring_submit_entry", 97, EventKind.File, "tp_btf/io_uring_submit_sqe",
            "the same through io_uring (Linux 6.0 to 6.3)", Rings, Twin: "on_uring_submit"),
        new("on_uring_complete", 98, EventKind.File, "tp_btf/io_uring_complete",
            "whatever io_uring does: also accepts, and connects to UDP peers and runtimes' sockets (from Linux 6.0 on)", Rings),
        new("on_uring_overflow", 99, EventKind.File, "tp_btf/io_uring_cqe_overflow",
            "what io_uring does while its process leaves no room for completions (from Linux 6.0 on)", Rings),
    ];
}
