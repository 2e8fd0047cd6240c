using System.Buffers.Binary;
using System.Text;

namespace Runtime.Agent.Tests.Packages;

/// <summary>Makes rpm's header of a package, tag by tag.</summary>
internal sealed class RpmHeaderBuilder
{
    private readonly List<byte[]> _entries = [];
    private readonly List<byte> _data = [];

    public RpmHeaderBuilder Raw(int tag, int type, int count, byte[] data, int? offset = null)
    {
        var entry = new byte[16];
        var numbers = (int[])[tag, type, offset ?? _data.Count, count];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(entry.AsSpan(4 * i), numbers[i]);
        _entries.Add(entry);
        _data.AddRange(data);
        return this;
    }

    public RpmHeaderBuilder Text(int tag, string text) => Raw(tag, 6, 1, Encoding.UTF8.GetBytes(text + "\0"));

    public RpmHeaderBuilder Texts(int tag, params string[] texts) => Raw(tag, 8, texts.Length, Encoding.UTF8.GetBytes(string.Concat(texts.Select(text => text + "\0"))));

    public RpmHeaderBuilder Numbers(int tag, params int[] numbers)
    {
        var data = new byte[4 * numbers.Length];
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4 * i), numbers[i]);
        return Raw(tag, 4, numbers.Length, data);
    }

    public byte[] Build()
    {
        var header = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(header, _entries.Count);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), _data.Count);
        return [.. header, .. _entries.SelectMany(entry => entry), .. _data];
    }

    /// <summary>A package as rpm has it, with files in two folders.</summary>
    public static RpmHeaderBuilder Tool(params (string Path, byte[] Sha256)[] files)
    {
        var folders = files.Select(file => file.Path[..(file.Path.LastIndexOf('/') + 1)]).Distinct().ToList();
        return new RpmHeaderBuilder().Text(1000, "tool").Text(1001, "1.0").Text(1002, "2.el9").Text(1022, "x86_64")
            .Texts(1117, [.. files.Select(file => file.Path[(file.Path.LastIndexOf('/') + 1)..])])
            .Texts(1118, [.. folders])
            .Numbers(1116, [.. files.Select(file => folders.IndexOf(file.Path[..(file.Path.LastIndexOf('/') + 1)]))])
            .Texts(1035, [.. files.Select(file => Convert.ToHexStringLower(file.Sha256))])
            .Numbers(5011, 8);
    }
}
