using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>Types of the running kernel or of one of its modules (BTF, Documentation/bpf/btf.rst). Readable by anyone. One thread.</summary>
internal sealed unsafe class KernelTypes : IDisposable
{
    private const uint Structure = 4, Typedef = 8; // BTF_KIND_*, linux/btf.h

    private nint _types;

    private KernelTypes(nint types) => _types = types;

    /// <returns>Null where the kernel was built without them.</returns>
    public static KernelTypes? Load() => Of(LibBpf.btf__load_vmlinux_btf());

    /// <param name="module">As the kernel names it: overlay.</param>
    /// <returns>Null when it is not loaded, or built into the kernel. To be freed before the kernel's own, on which it stands.</returns>
    public KernelTypes? OfModule(string module) => Of(LibBpf.btf__parse_split($"/sys/kernel/btf/{module}", _types));

    public bool HasTypedef(string name) => LibBpf.btf__find_by_name_kind(_types, name, Typedef) >= 0;

    /// <returns>Bytes; null when there is no such structure.</returns>
    public int? SizeOf(string structure)
    {
        var id = LibBpf.btf__find_by_name_kind(_types, structure, Structure);
        return id < 0 ? null : (int)((uint*)LibBpf.btf__type_by_id(_types, (uint)id))[2];
    }

    /// <summary>Bytes from the beginning of the structure; of its own members, not of those in a nameless one inside.</summary>
    /// <returns>Null when there is no such member, or it begins within a byte.</returns>
    public int? OffsetOf(string structure, string member)
    {
        var id = LibBpf.btf__find_by_name_kind(_types, structure, Structure);
        if (id < 0)
            return null;
        // struct btf_type { name_off, info, size } and behind it struct btf_member { name_off, type, offset } each; all of 32 bits. Of info the
        // low 16 bits are the members, the highest says that an offset's high byte is the width of a bit field.
        var type = (uint*)LibBpf.btf__type_by_id(_types, (uint)id);
        var hasBitFields = type[1] >> 31 != 0;
        for (var i = 0; i < (type[1] & 0xFFFF); i++)
        {
            var (name, offset) = (type[3 + 3 * i], type[3 + 3 * i + 2]);
            if (Marshal.PtrToStringUTF8(LibBpf.btf__name_by_offset(_types, name)) != member)
                continue;
            var bits = hasBitFields ? offset & 0xFFFFFF : offset;
            return bits % 8 == 0 ? (int)(bits / 8) : null;
        }
        return null;
    }

    public void Dispose()
    {
        if (_types != 0)
            LibBpf.btf__free(_types);
        _types = 0;
    }

    private static KernelTypes? Of(nint types) => types == 0 ? null : new(types);
}
