using Runtime.Evaluation.Ablations;

namespace Runtime.Evaluation.Tests.Ablations;

public sealed class ProfilesTests
{
    [Fact]
    public void ProgramPaths_DoNotKnowWhoStartedThem()
    {
        var streams = new Streams().Exec(0, "/bin/sh").Exec(1, "/bin/sh", parent: "/usr/sbin/nginx").Write(2, "/etc/passwd");

        Assert.Equal(["/sbin/init", "/bin/sh"], NewOf(new ProgramPaths(), streams));
    }

    [Fact]
    public void ProgramTree_KnowsAllThatStartedThem()
    {
        var streams = new Streams().Exec(0, "/bin/sh").Exec(1, "/bin/sh", parent: "/usr/sbin/nginx").Exec(2, "/bin/sh");

        Assert.Equal(["/sbin/init", "/sbin/init > /bin/sh", "/sbin/init > /usr/sbin/nginx > /bin/sh"], NewOf(new ProgramTree(), streams));
    }

    [Fact]
    public void OurKeys_AreOfProgramsEdgesAndWrites()
    {
        var streams = new Streams().Exec(0, "/bin/sh").Exec(1, "/bin/sh", parent: "/usr/sbin/nginx").Write(2, "/var/log/app.log").Write(3, "/var/log/app.log").Accept(4);

        Assert.Equal(
            ["x/sbin/init", "eruntime>/sbin/init@init", "x/bin/sh", "e/sbin/init>/bin/sh@steady", "e/usr/sbin/nginx>/bin/sh@steady", "w/bin/app|create|/var/log/app.log|other"],
            NewOf(new OurKeys(), streams));
    }

    [Fact]
    public void Files_CountInTheRulesPlacesOnly()
    {
        var streams = new Streams().Write(0, "/tmp/x").Write(1, "/srv/x").Write(2, "/etc/x").Write(3, "/var/lib/x");

        Assert.Equal(["/etc/x", "/var/lib/x"], NewOf(new ProgramsAndFolders(), streams));
    }

    [Fact]
    public void Files_AreNotCollapsedAfterTheLock()
    {
        var streams = new Streams();
        for (var i = 0; i < 60; i++)
        {
            streams.Write(i, $"/var/lib/app/{i}");
        }

        var profile = new ProgramsAndFolders();
        Assert.Equal(60, streams.Observations.Sum(observation => profile.TakeNew(observation, isLocked: true).Count()));
        var learning = new ProgramsAndFolders();
        Assert.Equal(51, streams.Observations.Sum(observation => learning.TakeNew(observation, isLocked: false).Count()));
    }

    private static List<string> NewOf(IProfile profile, Streams streams) => [.. streams.Observations.SelectMany(observation => profile.TakeNew(observation, isLocked: false))];
}
