using CsCheck;
using Runtime.Collector.Generalisation;
using Xunit;

namespace Runtime.Collector.Tests.Generalisation;

public sealed class NameShapeTests
{
    [Theory]
    [InlineData("sess-%{letters}.tmp", "sess-alice.tmp", true)]
    [InlineData("sess-%{letters}.tmp", "sess-alice.php", false)]
    [InlineData("sess-%{letters}.tmp", "sess-alice2.tmp", false)]
    [InlineData("sess-%{letters}.tmp", "sessx-alice.tmp", false)]
    [InlineData("sess-%{letters}.tmp", "sess-alice.tmp.tmp", false)]
    [InlineData("sess-%{letters}.tmp", "sess-.tmp", false)]
    [InlineData("php%{alnum 6}", "phpAb3dEf", true)]
    [InlineData("php%{alnum 6}", "phpAbcdef", true)]
    [InlineData("php%{alnum 6}", "phpAb3dE", false)]
    [InlineData("php%{alnum 6}", "phpAb3dEf.jpg", false)]
    [InlineData("php%{alnum 6}", "xxxAb3dEf", false)]
    [InlineData("%{digits}", "12", true)]
    [InlineData("%{digits}", "1a", false)]
    [InlineData("%{letters}_<int>.jpg", "holiday_<int>.jpg", true)]
    [InlineData("%{letters}_<int>.jpg", "holiday_12.jpg", false)]
    [InlineData("%{alnum}", "<int>", false)]
    [InlineData("%{other}.jpg", "my cat (1).jpg", true)]
    [InlineData("%{other}.jpg", "my.cat.jpg", false)]
    [InlineData("%{any}.jpg", "my.cat-1.jpg", true)]
    [InlineData("%{any}.jpg", "my.cat-1.png", false)]
    [InlineData("%{any}.jpg", ".jpg", false)]
    [InlineData("%{any}.jpg", ".x.jpg", false)]
    [InlineData("%{any}", "core", true)]
    [InlineData("%{any}", "core.jpg", false)]
    [InlineData("%{letters}", "", false)]
    [InlineData("%{any}", "", false)]
    public void Matches_ByShapeAlone(string template, string name, bool expected) => Assert.Equal(expected, NameShape.Matches(template, name));

    [Theory]
    [InlineData("cat.jpg", ".jpg")]
    [InlineData("a.tar.gz", ".gz")]
    [InlineData("song.mp3", ".mp3")]
    [InlineData("part.0001", "")]
    [InlineData(".bashrc", "")]
    [InlineData("cat.", "")]
    [InlineData("cat.verylong", "")]
    [InlineData("cat.j g", "")]
    [InlineData("cat", "")]
    public void Extension_IsWhatLooksLikeOne(string name, string expected) => Assert.Equal(expected, NameShape.Extension(name).ToString());

    [Fact]
    public void Groups_WordsAndLengths_AreKept()
    {
        string[] names =
        [
            .. "abcdefgh".Select(letter => $"sess-{new string(letter, 3 + letter % 5)}"),
            .. "abcdefgh".Select(letter => $"log-{new string(letter, 4)}"),
            .. "abcdefgh".Select(letter => $"php{letter}{letter}9{letter}{letter}x"),
            .. Enumerable.Range(998, 8).Select(number => $"user{number}"),
            "core", "README.md",
        ];
        Assert.Equal(
            ["log-%{letters 4}", "php%{alnum 6}", "sess-%{letters}", "user%{digits}"],
            ShapeGroups.Of(names, 8).Select(group => group.Segment).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Groups_SevenOfAShape_AreNone() =>
        Assert.Empty(ShapeGroups.Of("abcdefg".Select(letter => $"sess-{letter}{letter}"), 8));

    [Fact]
    public void Groups_OfAnyNames_MatchTheirMembersInAnyOrder() => Gen.Select(Name.Array[0, 60], Gen.Int).Sample((names, seed) =>
    {
        var distinct = names.Distinct().ToArray();
        var groups = ShapeGroups.Of(distinct, 3);
        Assert.All(groups, group => Assert.All(group.Names, name => Assert.True(NameShape.Matches(group.Segment, name), $"{group.Segment} {name}")));
        Assert.Equal(groups.Sum(group => group.Names.Count), groups.SelectMany(group => group.Names).Distinct().Count());

        new Random(seed).Shuffle(distinct);
        Assert.Equal(groups.Select(Text), ShapeGroups.Of(distinct, 3).Select(Text));
    });

    [Fact]
    public void SavedBits_ShortWords_NeedManyOfThem()
    {
        string[] Words(int count, int length) => [.. Enumerable.Range(0, count).Select(i => new string([.. Enumerable.Range(0, length).Select(at => (char)('a' + (i * 7 + at * 3 + i / 26 * (at + 1)) % 26))])).Distinct()];
        Assert.True(Assert.Single(ShapeGroups.Of(Words(8, 5), 8)).SavedBits < 64);
        Assert.True(Assert.Single(ShapeGroups.Of(Words(24, 5), 8)).SavedBits > 64);
        Assert.True(Assert.Single(ShapeGroups.Of(Words(8, 16), 8)).SavedBits > 64);
    }

    /// <summary>Runs of every class with separators, typed runs and extensions between them.</summary>
    private static readonly Gen<string> Name = Gen.Select(
        Gen.OneOf(Gen.Char["abXY"], Gen.Char["019"], Gen.Char["-_.@"], Gen.Char[" (é%"]).Array[1, 8], Gen.Int[0, 3],
        (text, end) => new string(text) + (end switch { 0 => ".jpg", 1 => "<int>", 2 => ".<int>", _ => "" }));

    private static string Text(ShapeGroup group) => $"{group.Segment} {string.Join(' ', group.Names)} {group.SavedBits}";
}
