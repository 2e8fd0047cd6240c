using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>Owns a struct bpf_object *. Dispose links and readers of its maps first.</summary>
internal sealed class BpfObjectHandle : SafeHandle
{
    public BpfObjectHandle(nint bpfObject)
        : base(0, ownsHandle: true) => SetHandle(bpfObject);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        LibBpf.bpf_object__close(handle);
        return true;
    }
}

/// <summary>Owns a struct bpf_link *: an attached program.</summary>
internal sealed class BpfLinkHandle : SafeHandle
{
    public BpfLinkHandle(nint link)
        : base(0, ownsHandle: true) => SetHandle(link);

    /// <summary>Keeps the program attached for as long as it is open somewhere; belongs to the link.</summary>
    public int Descriptor => LibBpf.bpf_link__fd(handle);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => LibBpf.bpf_link__destroy(handle) == 0;
}
