using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>An opened BPF object: programs and maps by name. Not thread-safe until loaded.</summary>
internal sealed unsafe class BpfObject : IDisposable
{
    private readonly BpfObjectHandle _handle;
    private readonly string _name;

    private BpfObject(BpfObjectHandle handle, string name) => (_handle, _name) = (handle, name);

    /// <exception cref="BpfException">The bytes are not an object that libbpf understands.</exception>
    public static BpfObject Open(ReadOnlySpan<byte> elf, string name)
    {
        BpfLog.Capture();
        BpfLog.Take();
        var nameBytes = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            // For a type that this kernel lacks libbpf goes through the modules' types as well, which takes SYS_ADMIN, and 1.1 gives up where
            // it may not. What is needed of a module is told in the settings (KernelTypes).
            fixed (byte* bytes = elf, types = "/sys/kernel/btf/vmlinux\0"u8)
            {
                var options = new LibBpf.ObjectOpenOptions { Size = (nuint)sizeof(LibBpf.ObjectOpenOptions), ObjectName = (byte*)nameBytes, TypesPath = types };
                var pointer = LibBpf.bpf_object__open_mem(bytes, (nuint)elf.Length, options);
                if (pointer == 0) throw new BpfException($"open {name}", Marshal.GetLastPInvokeError(), BpfLog.Take());
                return new BpfObject(new BpfObjectHandle(pointer), name);
            }
        }
        finally
        {
            Marshal.FreeCoTaskMem(nameBytes);
        }
    }

    /// <exception cref="BpfException">Some program or map was refused; the object is then of no more use.</exception>
    public void Load()
    {
        BpfLog.Take();
        var result = LibBpf.bpf_object__load(_handle);
        if (result < 0) throw new BpfException($"load {_name}", -result, BpfLog.Take());
    }

    /// <summary>Every program with its ELF section and its BPF_PROG_TYPE_*.</summary>
    public IEnumerable<(string Name, string Section, int Type)> Programs()
    {
        for (var program = LibBpf.bpf_object__next_program(_handle, 0); program != 0; program = LibBpf.bpf_object__next_program(_handle, program))
            {
            yield return (Marshal.PtrToStringUTF8(LibBpf.bpf_program__name(program))!,
                Marshal.PtrToStringUTF8(LibBpf.bpf_program__section_name(program))!, LibBpf.bpf_program__type(program));
        }
    }

    public void SetAutoload(string program, bool autoload) =>
        Check(LibBpf.bpf_program__set_autoload(FindProgram(program), autoload), $"choose program {program}");

    /// <summary>The descriptor belongs to the object.</summary>
    public int ProgramDescriptor(string program) => LibBpf.bpf_program__fd(FindProgram(program));

    /// <exception cref="BpfException">The hook does not exist or may not be used.</exception>
    public BpfLinkHandle Attach(string program)
    {
        BpfLog.Take();
        var link = LibBpf.bpf_program__attach(FindProgram(program));
        if (link == 0) throw new BpfException($"attach {program}", Marshal.GetLastPInvokeError(), BpfLog.Take());
        return new BpfLinkHandle(link);
    }

    /// <summary>A program that runs for each entry of a map, when the link is asked to (<see cref="LibBpf.bpf_iter_create"/>).</summary>
    /// <exception cref="BpfException">The kernel has no such programs, or may not be asked.</exception>
    public BpfLinkHandle AttachOver(string program, string map)
    {
        BpfLog.Take();
        var over = (uint)MapDescriptor(map);
        var options = new LibBpf.IteratorOptions { Size = (nuint)sizeof(LibBpf.IteratorOptions), Over = &over, OverLength = sizeof(uint) };
        var link = LibBpf.bpf_program__attach_iter(FindProgram(program), options);
        if (link == 0) throw new BpfException($"attach {program}", Marshal.GetLastPInvokeError(), BpfLog.Take());
        return new BpfLinkHandle(link);
    }

    public void SetMaxEntries(string map, uint entries) =>
        Check(LibBpf.bpf_map__set_max_entries(FindMap(map), entries), $"size map {map}");

    /// <summary>Valid after the load; belongs to the object.</summary>
    public int MapDescriptor(string map) => Check(LibBpf.bpf_map__fd(FindMap(map)), $"map {map}");

    /// <summary>The bytes of .rodata before the load; writable.</summary>
    public Span<byte> Constants()
    {
        var bytes = LibBpf.bpf_map__initial_value(FindMap(".rodata"), out var size);
        return bytes == null ? [] : new Span<byte>(bytes, (int)size);
    }

    public void Dispose() => _handle.Dispose();

    private nint FindProgram(string name)
    {
        var program = LibBpf.bpf_object__find_program_by_name(_handle, name);
        return program != 0 ? program : throw new BpfException($"find program {name} in {_name}", Marshal.GetLastPInvokeError());
    }

    private nint FindMap(string name)
    {
        var map = LibBpf.bpf_object__find_map_by_name(_handle, name);
        return map != 0 ? map : throw new BpfException($"find map {name} in {_name}", Marshal.GetLastPInvokeError());
    }

    private static int Check(int result, string operation) => result >= 0 ? result : throw new BpfException(operation, -result);
}
