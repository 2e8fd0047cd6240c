using System.Runtime.CompilerServices;

namespace Runtime.Agent.Capture;

internal sealed partial class RecordDecoder
{
    // The subject of mount("none", "mnt", "tmpfs", …) in /tmp:  walk "tmp\0" · subject "mnt" · detail "tmpfs none"
    // Odd cases: a refused call on a bad address has an empty subject and detail; pivot_root's subject is as it was given.
    private bool DecodePrivilege(ReadOnlySpan<byte> record, IKernelEventSink sink)
    {
        if (!TryRead<PrivilegeLayout>(record, out var wire)) return false;
        var operation = (PrivilegeOperation)wire.Operation;
        if (operation is PrivilegeOperation.Unknown or > PrivilegeOperation.Rounding || wire.Count == 0) return false;
        var tails = record[Unsafe.SizeOf<PrivilegeLayout>()..];
        if (tails.Length != wire.WalkLength + wire.SubjectLength + wire.DetailLength) return false;

        var subject = tails.Slice(wire.WalkLength, wire.SubjectLength);
        var isPath = (wire.Flags & PrivilegeLayout.SubjectIsPath) != 0;
        if (isPath)
        {
            if (!KernelPath.TryAssemble(tails[..wire.WalkLength], (wire.Flags & PrivilegeLayout.Truncated) != 0, _path, out var length) ||
                !KernelPath.TryAppend(_path, ref length, subject))
                return false;
            subject = _path.AsSpan(0, length);
        }
        else if (wire.WalkLength != 0)
        {
            return false;
        }

        sink.OnPrivilege(new PrivilegeEvent
        {
            Origin = OriginOf(wire.Header),
            Operation = operation,
            Value = wire.Value,
            Subject = subject,
            SubjectIsPath = isPath,
            Detail = tails[^wire.DetailLength..],
            Error = wire.Error,
            Count = wire.Count,
        });
        return true;
    }
}
