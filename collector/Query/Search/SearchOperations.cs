namespace Runtime.Collector.Query.Search;

/// <summary>
/// What events can have done, by the API's names. Written out, and not made of the enumerations of the collector, because the command line tool has this
/// list too and not those; a test compares them.
/// </summary>
internal static class SearchOperations
{
    public static IReadOnlyList<string> All { get; } =
    [
        "accept", "assembly_emitted", "assembly_file", "assembly_memory", "attribute", "bpf", "capability_used", "chmod_executable", "chmod_special", "close",
        "connect", "create", "diagnostics_client", "first_bytes", "io_uring", "keyctl", "kill", "link", "listen", "load_module", "make_node", "map_executable",
        "map_writable", "memory_read", "memory_write", "mount", "name_query", "open_by_handle", "perf_event", "pivot_root", "port_closed", "profiler", "progress",
        "ptrace", "raw_socket", "rename", "rounding", "scan", "sensitive_read", "sensitive_write", "set_capabilities", "set_gid", "set_name", "set_namespace",
        "set_uid", "startup_hook", "symlink", "take_descriptor", "times", "truncate", "udp_peer", "unix_connect", "unlink", "unshare", "userfaultfd", "write", "xattr",
    ];
}
