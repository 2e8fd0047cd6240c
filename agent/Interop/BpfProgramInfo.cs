using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Interop;

/// <summary>struct bpf_prog_info (linux/bpf.h) up to what we read.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BpfProgramInfo
{
    public uint Type;
    public uint Id;
    public fixed byte Tag[8];
    public uint JitedLength;
    public uint TranslatedLength;
    public ulong JitedInstructions;
    public ulong TranslatedInstructions;
    public ulong LoadTime;
    public uint CreatedByUid;
    public uint MapIdCount;
    public ulong MapIds;
    public fixed byte Name[16];
    public uint InterfaceIndex;
    public uint GplCompatible;
    public ulong NetworkNamespaceDevice;
    public ulong NetworkNamespaceInode;
    public uint JitedSymbolCount;
    public uint JitedFunctionCount;
    public ulong JitedSymbols;
    public ulong JitedFunctionLengths;
    public uint BtfId;
    public uint FunctionInfoSize;
    public ulong FunctionInfo;
    public uint FunctionInfoCount;
    public uint LineInfoCount;
    public ulong LineInfo;
    public ulong JitedLineInfo;
    public uint JitedLineInfoCount;
    public uint LineInfoSize;
    public uint JitedLineInfoSize;
    public uint TagCount;
    public ulong Tags;

    /// <summary>0 unless kernel.bpf_stats_enabled.</summary>
    public ulong RunTimeNs;
    public ulong RunCount;

    /// <summary>Runs that the kernel skipped because the program was already running on that processor; since 5.12.</summary>
    public ulong RecursionMisses;

    /// <summary>Null when the program is gone.</summary>
    public static BpfProgramInfo? Read(int program)
    {
        var info = default(BpfProgramInfo);
        var length = (uint)Unsafe.SizeOf<BpfProgramInfo>();
        return LibBpf.bpf_obj_get_info_by_fd(program, &info, ref length) == 0 ? info : null;
    }
}
