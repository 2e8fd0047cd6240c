using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Runtime.Fuzz;

/// <summary>Which branches an input took, as the agent's instrumented copy counts them (AFL's map: a byte for each pair of places).</summary>
internal sealed unsafe class Coverage
{
    private const int Size = 64 * 1024;

    // Never freed: the assembly counts until the process ends.
    private static readonly byte* Map = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte[] _seen = new byte[Size];

    /// <summary>Branches taken by any input so far.</summary>
    public int Edges { get; private set; }

    /// <summary>Before anything of an instrumented assembly runs: its first branch would be counted at address 0.</summary>
    public static void Begin() => Trace.SharedMem = Map;

    public static void Clear()
    {
        new Span<byte>(Map, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>The last input took a branch that none before did, or took one in a new order of magnitude.</summary>
    public bool Learn()
    {
        var isNew = false;
        var words = new ReadOnlySpan<ulong>(Map, Size / sizeof(ulong));
        for (var word = 0; word < words.Length; word++)
        {
            if (words[word] == 0)
                continue;
            for (var i = word * sizeof(ulong); i < (word + 1) * sizeof(ulong); i++)
            {
                var magnitude = Magnitude(Map[i]);
                if ((magnitude & ~_seen[i]) == 0)
                    continue;
                isNew = true;
                Edges += _seen[i] == 0 ? 1 : 0;
                _seen[i] |= magnitude;
            }
        }
        return isNew;
    }

    private static byte Magnitude(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
