using Runtime.Evaluation.Loads;

namespace Runtime.Evaluation.Images;

/// <summary>The test images that scenarios may name.</summary>
internal static class Catalogue
{
    private static readonly string[] s_shopPaths = ["/", "/", "/index.html", "/style.css", "/favicon.ico", "/old/page.html"];

    private static readonly IReadOnlyList<TestImage> s_images =
    [
        new(
            "tools",
            ["bash", "curl", "wget", "python3", "perl", "gcc", "libc6-dev", "procps", "iproute2", "iputils-ping", "netcat-openbsd", "netcat-traditional", "socat", "openssl", "cron", "tar", "findutils", "util-linux", "e2fsprogs", "ca-certificates"],
            ["/bin/sh", "/opt/app/loop.sh"],
            null),
        new("nginx", ["nginx-light", "curl"], ["/usr/sbin/nginx", "-g", "daemon off;"], new HttpLoad(s_shopPaths, ReadsSettingsAnew: true)),
        new("redis", ["redis-server", "curl"], ["/usr/bin/redis-server", "/etc/redis/app.conf"], new RedisLoad()),
        new("python", ["python3", "curl"], ["/usr/bin/python3", "/opt/app/server.py"], new HttpLoad(["/", "/orders/last", "/orders/none", "/none"], Posts: true)),
        new("php", ["nginx-light", "php-fpm", "curl"], ["/bin/sh", "/opt/app/start.sh"], new HttpLoad(["/", "/index.php?q=shoes", "/none.php", "/none"], Posts: true)),
        new("cron", ["cron", "tar", "gzip", "curl"], ["/usr/sbin/cron", "-f"], null),
        new("postgres", ["postgresql-15", "postgresql-client-15", "curl"], ["/bin/sh", "/opt/app/start.sh"], new PostgresLoad()),
        new("memcached", ["memcached", "curl"], ["/usr/bin/memcached", "-u", "memcache", "-l", "0.0.0.0"], new MemcachedLoad()),
        new("builder", ["gcc", "libc6-dev", "make", "tar", "gzip", "curl"], ["/bin/sh", "/opt/app/loop.sh"], null, 512),
        new("shipper", ["rsyslog", "curl"], ["/bin/sh", "/opt/app/start.sh"], null),
        new("node", ["nodejs", "curl"], ["/usr/bin/node", "/opt/app/server.js"], new HttpLoad(["/", "/none"], Posts: true), 512),
        new("rabbitmq", ["rabbitmq-server", "curl"], ["/usr/sbin/rabbitmq-server"], new RabbitLoad(), 768),
        new("dotnet", ["libstdc++6", "libssl3", "ca-certificates", "curl"], ["/usr/bin/dotnet", "/opt/app/web-sample.dll"], new HttpLoad(["/", "/none", "/search?for=shoes"], Posts: true), 512)
        {
            HasDotNet = true,
        },
    ];

    public static IReadOnlyCollection<string> Names { get; } = [.. s_images.Select(image => image.Name)];

    /// <param name="name">One of <see cref="Names"/>.</param>
    public static TestImage Find(string name) => s_images.Single(image => image.Name == name);
}
