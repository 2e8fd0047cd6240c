using Runtime.V1;

namespace Runtime.Cli.Tests.Exports;

/// <summary>Baselines for exports.</summary>
internal static class Learnt
{
    /// <summary>Paths as an attacker would name them, each in one line that a reviewer sees.</summary>
    public static readonly string[] HostilePaths =
    [
        "/opt/a b\"c", "/opt/[x]*{y,z}?", "/opt/$(id)`id`", "/opt/x, capability sys_admin, ", "/opt/@{HOME}/\\..", "/opt/: - {a: b} #c", "/opt/' or 1=1) or (evt.type=open", "/opt/%{letters 3}/<x>", "/opt/日本/ü",
        "/opt/k: !!python/object", "/opt/a&b*c", "/opt/ends\\", "/opt/x) and not (proc.name exists",
    ];

    /// <summary>That no line may hold.</summary>
    public static readonly string[] UnseenPaths = ["/opt/new\nprofile evil {", "/opt/\u202Eexe", "/opt/\e[2J", "/opt/\u2028x"];

    public static Baseline Of(params (string Kind, string Key, string State)[] items) => new()
    {
        Deployment = new Deployment
        {
            ScopeId = "default/shop/Deployment/web/app", Cluster = "default", Namespace = "shop", OwnerKind = "Deployment", OwnerName = "web", Container = "app",
        },
        Items = { items.Select(item => new BaselineItem { Kind = item.Kind, Key = item.Key, State = item.State }) },
    };

    public static Baseline Web() => Of([
        ("edge", "runtime>/bin/sh@init", "learned"), ("edge", "/bin/sh>/usr/sbin/nginx@steady", "learned"), ("exec", "/bin/sh /docker-entrypoint.sh", "learned"), ("exec", "/usr/sbin/nginx", "learned"),
        ("exec", "/usr/bin/curl", "pending"), ("exec", "/usr/bin/wget", "removed"),
        ("file_write", "/usr/sbin/nginx|write|/var/log/nginx/access.log|other", "learned"), ("file_write", "/usr/sbin/nginx|create|/srv/up/%{letters 14}.jpg|other", "learned"),
        ("file_write", "/usr/sbin/nginx|create|/var/cache/<rand>/x|other", "approved"), ("file_write", "/usr/bin/rm|remove many||other", "learned"), ("file_read", "/usr/sbin/nginx|sa-token", "learned"),
        ("egress", "/usr/sbin/nginx|10.9.8.0/24|5432|tcp", "learned"), ("egress", "/usr/sbin/nginx|dns:db.data.svc.cluster.local|5432|tcp", "learned"), ("egress", "/usr/sbin/nginx|dns:api.example.com|443|tcp", "learned"),
        ("egress", "/usr/sbin/nginx|dns 10.96.0.10|53|udp", "learned"), ("egress", "/usr/sbin/nginx|2001:db8:1::/48|eph|udp", "learned"), ("egress", "/usr/sbin/nginx|self|8080|tcp", "learned"),
        ("egress", "/usr/sbin/nginx|/run/docker.sock|-|unix", "approved"), ("egress", "/usr/sbin/nginx|metadata|80|tcp", "learned"),
        ("listen", "/usr/sbin/nginx|80|tcp|any", "learned"), ("listen", "/usr/sbin/nginx|9000|tcp|loopback", "learned"),
        ("privilege", "/usr/sbin/nginx|setuid|other", "learned"), ("privilege", "/usr/sbin/nginx|capability|CAP_NET_RAW", "learned"), ("privilege", "/usr/sbin/nginx|unshare|user|refused", "learned"),
    ]);

    /// <summary>Every part of every key is hostile.</summary>
    public static Baseline Hostile() => Of([
        .. HostilePaths.Concat(UnseenPaths).SelectMany(path => new[]
        {
            ("edge", $"/bin/sh>{path.Replace("%", "%25", StringComparison.Ordinal).Replace(">", "%3E", StringComparison.Ordinal)}@steady", "learned"),
            ("file_write", $"/bin/sh|create|{path.Replace("%", "%25", StringComparison.Ordinal).Replace("|", "%7C", StringComparison.Ordinal)}|other", "learned"),
            ("egress", $"/bin/sh|dns:{path[5..].Replace("|", "%7C", StringComparison.Ordinal)}.example.com|443|tcp", "learned"),
            ("privilege", $"/bin/sh|{path[5..]}|{path}", "learned"),
        }),
    ]);
}
