using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>libbpf 1.1 (bpf/libbpf.h, bpf/bpf.h), as far as we use it.</summary>
/// <remarks>
/// Two ways of failing: a negative errno as the answer, or NULL with errno, which <see cref="Marshal.GetLastPInvokeError"/>
/// gives. Strings that it answers are its own: never marshalled as <see cref="string"/>, whose marshaller would free them.
/// </remarks>
internal static unsafe partial class LibBpf
{
    private const string Library = "libbpf.so.1";

    /// <summary>The first members of struct bpf_object_open_opts; libbpf takes any shorter size.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ObjectOpenOptions
    {
        public nuint Size;
        public byte* ObjectName;
        private readonly byte _relaxedMaps;
        private readonly byte* _pinRootPath;
        private readonly uint _removed;
        private readonly byte* _kconfig;

        /// <summary>Types are looked for in this file alone.</summary>
        public byte* TypesPath; // btf_custom_path
    }

    /// <summary>struct bpf_iter_attach_opts.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IteratorOptions
    {
        public nuint Size;

        /// <summary>union bpf_iter_link_info: for entries of a map its descriptor, 32 bits.</summary>
        public uint* Over;
        public uint OverLength;
    }

    /// <summary>NULL and errno on failure. The object keeps no pointer into <paramref name="buffer"/> after its load.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint bpf_object__open_mem(byte* buffer, nuint size, in ObjectOpenOptions options);

    /// <summary>Negative errno on failure; the object then holds no descriptor and can only be closed.</summary>
    [LibraryImport(Library)]
    internal static partial int bpf_object__load(BpfObjectHandle bpfObject);

    /// <summary>Frees programs and maps; links live on until they are destroyed.</summary>
    [LibraryImport(Library)]
    internal static partial void bpf_object__close(nint bpfObject);

    /// <summary>NULL and errno when there is none. Belongs to the object.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bpf_object__find_program_by_name(BpfObjectHandle bpfObject, string name);

    /// <summary>NULL after the last. Belongs to the object.</summary>
    [LibraryImport(Library)]
    internal static partial nint bpf_object__next_program(BpfObjectHandle bpfObject, nint previous);

    /// <summary>A BPF_PROG_TYPE_*.</summary>
    [LibraryImport(Library)]
    internal static partial int bpf_program__type(nint program);

    /// <summary>Borrowed text.</summary>
    [LibraryImport(Library)]
    internal static partial nint bpf_program__name(nint program);

    /// <summary>Borrowed text, e.g. "tp_btf/sched_process_exec".</summary>
    [LibraryImport(Library)]
    internal static partial nint bpf_program__section_name(nint program);

    [LibraryImport(Library)]
    internal static partial int bpf_program__set_autoload(nint program, [MarshalAs(UnmanagedType.U1)] bool autoload);

    /// <summary>Negative when the program is not loaded. Belongs to the object.</summary>
    [LibraryImport(Library)]
    internal static partial int bpf_program__fd(nint program);

    /// <summary>NULL and errno on failure; the caller owns the link.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint bpf_program__attach(nint program);

    /// <summary>bpf_program__attach for a program that runs over the entries of something; NULL and errno on failure; the caller owns the link.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint bpf_program__attach_iter(nint program, in IteratorOptions options);

    /// <summary>A descriptor: reading it runs the program, once over all. Negative errno on failure.</summary>
    [LibraryImport(Library)]
    internal static partial int bpf_iter_create(int link);

    /// <summary>What keeps the program attached; belongs to the link.</summary>
    [LibraryImport(Library)]
    internal static partial int bpf_link__fd(nint link);

    /// <summary>Detaches and frees.</summary>
    [LibraryImport(Library)]
    internal static partial int bpf_link__destroy(nint link);

    /// <summary>NULL and errno when there is none; a name that begins with a dot is a data section's. Belongs to the object.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint bpf_object__find_map_by_name(BpfObjectHandle bpfObject, string name);

    [LibraryImport(Library)]
    internal static partial int bpf_map__fd(nint map);

    [LibraryImport(Library)]
    internal static partial int bpf_map__set_max_entries(nint map, uint entries);

    /// <summary>Bytes of a data section before the load. Belongs to the object; NULL when the map has none.</summary>
    [LibraryImport(Library)]
    internal static partial byte* bpf_map__initial_value(nint map, out nuint size);

    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_elem(int map, void* key, void* value);

    [LibraryImport(Library)]
    internal static partial int bpf_map_update_elem(int map, void* key, void* value, ulong flags);

    [LibraryImport(Library)]
    internal static partial int bpf_map_delete_elem(int map, void* key);

    /// <summary>The first key for a NULL <paramref name="key"/>; -ENOENT after the last.</summary>
    [LibraryImport(Library)]
    internal static partial int bpf_map_get_next_key(int map, void* key, void* next);

    /// <summary>
    /// From the place that <paramref name="from"/> holds (NULL: the beginning), at most <paramref name="count"/> entries, which then says how
    /// many; -ENOENT with the last ones.
    /// </summary>
    [LibraryImport(Library)]
    internal static partial int bpf_map_lookup_and_delete_batch(int map, void* from, void* to, void* keys, void* values, uint* count, void* options);

    [LibraryImport(Library)]
    internal static partial int bpf_obj_get_info_by_fd(int descriptor, void* info, ref uint length);

    [LibraryImport(Library)]
    internal static partial int libbpf_num_possible_cpus();

    /// <summary>The running kernel's types; NULL and errno where it was built without them. The caller frees them.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint btf__load_vmlinux_btf();

    /// <summary>The types of a file that stand on those of <paramref name="kernel"/>; NULL and errno on failure. The caller frees them.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint btf__parse_split(string path, nint kernel);

    /// <summary>A struct btf_type; belongs to the types.</summary>
    [LibraryImport(Library)]
    internal static partial nint btf__type_by_id(nint btf, uint id);

    /// <summary>Borrowed text.</summary>
    [LibraryImport(Library)]
    internal static partial nint btf__name_by_offset(nint btf, uint offset);

    /// <summary>Negative when there is no such type. <paramref name="kind"/>: a BTF_KIND_* of linux/btf.h.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int btf__find_by_name_kind(nint btf, string name, uint kind);

    [LibraryImport(Library)]
    internal static partial void btf__free(nint btf);

    /// <summary>int (*)(enum libbpf_print_level, const char *, va_list); answers the one before.</summary>
    [LibraryImport(Library)]
    internal static partial nint libbpf_set_print(delegate* unmanaged<int, byte*, nint, int> print);

    /// <summary>
    /// The va_list of a print callback handed on as it came: on x86-64 and arm64 it is passed as a pointer.
    /// </summary>
    [LibraryImport("libc")]
    internal static partial int vsnprintf(byte* buffer, nuint size, byte* format, nint arguments);
}
