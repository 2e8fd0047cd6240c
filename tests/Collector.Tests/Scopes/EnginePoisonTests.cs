using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>Who breaks in while a deployment is learnt, or little by little, teaches it nothing.</summary>
public sealed class EnginePoisonTests
{
    [Fact]
    public void Poison_TaughtByOneReplicaBeforeItsAttack_IsTakenBack()
    {
        var web = Started(3);
        web.Serve(4);
        Exec(web, 0, "/usr/bin/id");
        Exec(web, 0, "/usr/bin/env");
        Exec(web, 1, "/usr/bin/env");
        Assert.Equal("learned", web.Item("exec", "/usr/bin/id")!.State);
        web.Serve(2);
        MemoryExec(web, 0);

        Assert.Equal("pending", web.Item("exec", "/usr/bin/id")!.State);
        Assert.Equal("learned", web.Item("exec", "/usr/bin/env")!.State);
        Assert.Equal("learned", web.Item("exec", "/usr/sbin/nginx")!.State);
    }

    [Fact]
    public void Behaviour_LearntLongBeforeTheAttack_Stays()
    {
        var web = Started(3);
        Exec(web, 0, "/usr/bin/id");
        web.Serve(30);
        MemoryExec(web, 0);
        Assert.Equal("learned", web.Item("exec", "/usr/bin/id")!.State);
    }

    [Fact]
    public void Behaviour_OfAnotherReplica_Stays()
    {
        var web = Started(3);
        web.Serve(4);
        Exec(web, 1, "/usr/bin/id");
        MemoryExec(web, 0);
        Assert.Equal("learned", web.Item("exec", "/usr/bin/id")!.State);
    }

    [Fact]
    public void SlowDrip_OnOneReplicaOfThree_IsNeverLearnt()
    {
        var web = new EngineWeb().Locked(replicas: 3);
        for (var hour = 0; hour < 240; hour++)
        {
            if (hour % 6 == 0)
            {
                Exec(web, 0, "/usr/bin/id");
            }

            web.Serve(1);
        }

        Assert.Equal("pending", web.Item("exec", "/usr/bin/id")!.State);
    }

    [Fact]
    public void Doubted_SeenOnOthersLater_IsLearntAgain()
    {
        var web = Started(3);
        web.Serve(4);
        Exec(web, 0, "/usr/bin/id");
        MemoryExec(web, 0);
        for (var hour = 0; hour < 4; hour++)
        {
            Exec(web, 1, "/usr/bin/id");
            Exec(web, 2, "/usr/bin/id");
            web.Serve(1);
        }

        Assert.Equal("learned", web.Item("exec", "/usr/bin/id")!.State);
    }

    private static EngineWeb Started(int replicas)
    {
        var web = new EngineWeb();
        for (var i = 1; i <= replicas; i++)
        {
            web.Start("c" + i, "web-" + i);
        }

        return web;
    }

    private static void Exec(EngineWeb web, int replica, string program) =>
        web.Apply(web.Builder.Exec(web.Replicas[replica].Container, web.Builder.Process(program, web.Replicas[replica].Entrypoint)));

    private static void MemoryExec(EngineWeb web, int replica) => Assert.Single(web.Apply(web.Builder.Exec(
        web.Replicas[replica].Container, web.Builder.Process("memfd:x", web.Replicas[replica].Nginx, flags: ProcessFlags.Memfd))).Alerts);
}
