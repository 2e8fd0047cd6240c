namespace Runtime.Demo.Tests;

public sealed class ProgressTests
{
    [Fact]
    public void Changes_InAFile_ComeNowAndThen()
    {
        using var output = new StringWriter();
        var progress = new Progress(output, isTerminal: false, TimeProvider.System);

        progress.Change("one");
        progress.Change("two");
        progress.Say("done");

        Assert.Equal(["one", "done", ""], output.ToString().Split(output.NewLine));
    }

    [Fact]
    public void Changes_AtATerminal_TakeThePlaceOfTheLast()
    {
        using var output = new StringWriter();
        var progress = new Progress(output, isTerminal: true, TimeProvider.System);

        progress.Change("one");
        progress.Change("two");
        progress.Say("done");

        Assert.Equal($"\r\x1b[Kone\r\x1b[Ktwo{output.NewLine}done{output.NewLine}", output.ToString());
    }
}
