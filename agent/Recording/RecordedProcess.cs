using Runtime.Agent.Processes;

namespace Runtime.Agent.Recording;

/// <summary>A process that was there when the recording began.</summary>
/// <param name="Process">Without its parent.</param>
/// <param name="Parent">Default when unknown.</param>
internal sealed record RecordedProcess(ProcessRecord Process, ProcessKey Parent)
{
    // u32 pid · u64 start · u32 parent pid · u64 parent start · u64 cgroup id · u8 cgroup version · u32 flags · u8 phase · u32 uid, euid, gid,
    // login uid · u64 inode · u32 device, links · u64 size · i64 modified, changed · u64 capabilities · u32 mount, pid, network, user
    // namespace · u64 executed · texts binary, arguments, cwd, script
    public static void Write(BinaryWriter writer, ProcessRecord process)
    {
        writer.Write(process.Key.Pid);
        writer.Write(process.Key.StartBootNs);
        writer.Write(process.Parent?.Key.Pid ?? 0);
        writer.Write(process.Parent?.Key.StartBootNs ?? 0);
        writer.Write(process.Cgroup.Id);
        writer.Write(process.Cgroup.Version);
        writer.Write((uint)process.Flags);
        writer.Write((byte)process.Phase);
        writer.Write(process.Uid);
        writer.Write(process.Euid);
        writer.Write(process.Gid);
        writer.Write(process.LoginUid);
        writer.Write(process.Inode);
        writer.Write(process.Device);
        writer.Write(process.Links);
        writer.Write(process.Size);
        writer.Write(process.ModifiedUnixSeconds);
        writer.Write(process.ChangedUnixSeconds);
        writer.Write(process.EffectiveCapabilities);
        writer.Write(process.MountNamespace);
        writer.Write(process.PidNamespace);
        writer.Write(process.NetworkNamespace);
        writer.Write(process.UserNamespace);
        writer.Write(process.ExecBootNs);
        foreach (var text in (byte[][])[process.Binary, process.Arguments, process.Cwd, process.Script])
        {
            writer.Write(text.Length);
            writer.Write(text);
        }
    }

    public static RecordedProcess Read(ref PayloadReader reader)
    {
        var key = new ProcessKey(reader.UInt32(), reader.UInt64());
        var parent = new ProcessKey(reader.UInt32(), reader.UInt64());
        var process = new ProcessRecord
        {
            Key = key,
            Cgroup = new(reader.UInt64(), reader.Byte()),
            Flags = (ProcessFlags)reader.UInt32(),
            Phase = (Phase)reader.Byte(),
            Uid = reader.UInt32(),
            Euid = reader.UInt32(),
            Gid = reader.UInt32(),
            LoginUid = reader.UInt32(),
            Inode = reader.UInt64(),
            Device = reader.UInt32(),
            Links = reader.UInt32(),
            Size = reader.UInt64(),
            ModifiedUnixSeconds = reader.Int64(),
            ChangedUnixSeconds = reader.Int64(),
            EffectiveCapabilities = reader.UInt64(),
            MountNamespace = reader.UInt32(),
            PidNamespace = reader.UInt32(),
            NetworkNamespace = reader.UInt32(),
            UserNamespace = reader.UInt32(),
            ExecBootNs = reader.UInt64(),
            Binary = reader.Bytes(),
            Arguments = reader.Bytes(),
            Cwd = reader.Bytes(),
            Script = reader.Bytes(),
        };
        return new(process, parent);
    }
}
