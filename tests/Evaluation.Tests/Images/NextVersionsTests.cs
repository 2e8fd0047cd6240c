using Runtime.Evaluation.Images;
using Xunit;

namespace Runtime.Evaluation.Tests.Images;

public sealed class NextVersionsTests
{
    public static TheoryData<string> Images => [.. Catalogue.Names];

    [Theory]
    [MemberData(nameof(Images))]
    public void EachImage_HasANextVersion_WhoseChangesFitItsFiles(string name)
    {
        var changed = Catalogue.Find(name).ChangedFiles().ToList();
        Assert.NotEmpty(changed);
        Assert.Equal(changed.Count, changed.Select(file => file.Path).Distinct().Count());
    }

    [Fact]
    public void Change_OfWhatIsNotThereOnce_IsAFault()
    {
        var change = new FileChange("/etc/app.conf", "a=1\n", "a=2\n");
        Assert.Equal("x\na=2\ny\n", change.Apply("x\na=1\ny\n"));
        Assert.Contains("/etc/app.conf", Assert.Throws<InvalidOperationException>(() => change.Apply("a=1\na=1\n")).Message);
        Assert.Throws<InvalidOperationException>(() => change.Apply("a=3\n"));
        Assert.Throws<InvalidOperationException>(() => new FileChange("/etc/new", "", "1\n").Apply("there"));
    }
}
