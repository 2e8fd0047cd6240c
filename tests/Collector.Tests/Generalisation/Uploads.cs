using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Tests.Scopes;

namespace Runtime.Collector.Tests.Generalisation;

/// <summary>A web deployment whose program writes files under names that it makes up.</summary>
internal sealed class Uploads
{
    private readonly Random _random = new(1);
    private int _next;

    public Uploads(int replicas = 2, BaselineOptions? options = null)
    {
        Web = new EngineWeb(options);
        for (var i = 1; i <= replicas; i++)
        {
            Web.Start("c" + i, "web-" + i);
        }
    }

    public EngineWeb Web { get; }

    /// <summary>File writes by nginx, without its access log.</summary>
    public List<BaselineItemView> Items =>
        [.. Web.Engine.View(Web.Builder.Now).Items.Where(item => item.Kind == "file_write" && item.Key.StartsWith("/usr/sbin/nginx|", StringComparison.Ordinal) && !item.Key.Contains("access.log", StringComparison.Ordinal))];

    public List<string> Keys => [.. Items.Select(item => item.Key)];

    /// <summary>Letters that no agent types.</summary>
    public string Word(int length = 14) => new([.. Enumerable.Range(0, length).Select(_ => (char)('a' + _random.Next(26)))]);

    public int Pick(int count) => _random.Next(count);

    public void Write(string path, FileOperation operation = FileOperation.Create, FileFlags flags = FileFlags.None, int? replica = null)
    {
        var at = Web.Replicas[replica ?? _next++ % Web.Replicas.Count];
        Web.Apply(Web.Builder.File(at.Container, at.Nginx, path, operation, flags: flags));
    }

    /// <summary>Each hour new names, one replica after the other; a unit begins with what the deployment always does.</summary>
    public Uploads Hours(int hours, int names, Func<string> path, FileOperation operation = FileOperation.Create, FileFlags flags = FileFlags.None)
    {
        for (var hour = 0; hour < hours; hour++)
        {
            for (var i = 0; i < names; i++)
            {
                Write(path(), operation, flags);
            }

            Web.Serve(1);
        }

        // Begins the unit in which the last hour is looked at.
        var replica = Web.Replicas[0];
        Web.Apply(Web.Builder.File(replica.Container, replica.Nginx, "/var/log/nginx/access.log", FileOperation.Write));
        return this;
    }
}
