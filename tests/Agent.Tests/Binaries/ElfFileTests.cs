using CsCheck;
using Runtime.Agent.Binaries;
using Xunit;

namespace Runtime.Agent.Tests.Binaries;

public sealed class ElfFileTests
{
    [Fact]
    public void ProgramOfThisMachine_HasNothingOdd() =>
        Assert.Equal(BinaryTraits.None, InspectFile("/usr/bin/env"));

    [Fact]
    public void Text_IsNotElf() => Assert.Equal(BinaryTraits.NotElf, Inspect("#!/bin/sh\necho hello, this is a script of some length\n"u8.ToArray()));

    [Fact]
    public void Loader_AsksForNoLoader()
    {
        var loader = Directory.EnumerateFiles("/lib64", "ld-linux*").First();
        Assert.Equal(BinaryTraits.Static, InspectFile(loader));
        Assert.Equal(BinaryTraits.None, InspectFile(loader, isLibrary: true));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void WithoutInterpreter_IsStatic(ushort type) =>
        Assert.Equal(BinaryTraits.Static, Inspect(new ElfBuilder { Type = type, HasInterpreter = false }.Build()));

    [Fact]
    public void WithoutSections_IsTold() => Assert.Equal(BinaryTraits.NoSections, Inspect(new ElfBuilder { HasSections = false }.Build()));

    [Fact]
    public void SectionsBehindTheEnd_AreNone()
    {
        var file = new ElfBuilder().Build();
        Assert.Equal(BinaryTraits.NoSections, Inspect(file[..^1]));
    }

    [Fact]
    public void MarkOfAPacker_IsPacked() => Assert.Equal(BinaryTraits.Packed, Inspect(new ElfBuilder { Mark = "UPX!" }.Build()));

    [Fact]
    public void CodeThatLooksLikeNoise_IsPacked()
    {
        var code = new byte[64 * 1024];
        new Random(1).NextBytes(code);
        Assert.Equal(BinaryTraits.Packed, Inspect(new ElfBuilder { Code = code }.Build()));
    }

    [Fact]
    public void CodeOfACompiler_IsNotPacked() =>
        Assert.All(["/usr/bin/bash", "/usr/bin/perl", "/usr/lib/x86_64-linux-gnu/libc.so.6"], path => Assert.False(InspectFile(path).HasFlag(BinaryTraits.Packed), path));

    [Fact]
    public void AnyBytes_AreAnsweredWithoutAnException()
    {
        var valid = new ElfBuilder { Code = new byte[8192] }.Build();
        var garbage = Gen.Byte.Array[0, 2000];
        // Bytes of the headers at any place, so that offsets and counts become anything.
        var changed = Gen.Select(Gen.Int[0, 180], Gen.Byte, (at, value) => (at, value)).Array[1, 24].Select(changes =>
        {
            var file = (byte[])valid.Clone();
            foreach (var (at, value) in changes)
                file[Math.Max(4, at)] = value;
            return file;
        });
        garbage.Sample(file => { _ = Inspect(file); });
        changed.Sample(file => { _ = Inspect(file); }, iter: 20_000);
        changed.Sample((byte[] file) => { _ = Inspect(file[..(file.Length / 3)]); });
    }

    private static BinaryTraits InspectFile(string path, bool isLibrary = false) => ElfFile.Inspect(ReadAt(File.ReadAllBytes(path)), File.ReadAllBytes(path).Length, isLibrary);

    private static BinaryTraits Inspect(byte[] file) => ElfFile.Inspect(ReadAt(file), file.Length, isLibrary: false);

    private static ReadAt ReadAt(byte[] file) => (offset, target) =>
    {
        Assert.True(offset >= 0);
        if (offset >= file.Length)
            return 0;
        var length = (int)Math.Min(target.Length, file.Length - offset);
        file.AsSpan((int)offset, length).CopyTo(target);
        return length;
    };
}
