namespace Runtime.Agent.Capture;

/// <summary>The programs of library.bpf.c.</summary>
internal static class LibraryHooks
{
    public static readonly IReadOnlyList<Hook> All =
    [
        new("on_map_executable", 102, EventKind.File, "tp/syscalls/sys_enter_mmap", "libraries: files mapped as code"),
        new("on_protect_executable", 103, EventKind.File, "tp/syscalls/sys_enter_mprotect", "libraries that are mapped to be read and made code afterwards (from Linux 5.17 on)"),
        new("on_protect_key_executable", 104, EventKind.File, "tp/syscalls/sys_enter_pkey_mprotect", "libraries that are mapped to be read and made code through pkey_mprotect() (from Linux 5.17 on)"),
    ];
}
