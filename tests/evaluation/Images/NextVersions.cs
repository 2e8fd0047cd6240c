namespace Runtime.Evaluation.Images;

/// <summary>What a file of an image is like in the next version.</summary>
/// <param name="Path">In the image; below rootfs/NAME among the sources.</param>
/// <param name="Old">Must be in the file once. Empty: the file is new.</param>
internal sealed record FileChange(string Path, string Old, string New)
{
    /// <exception cref="InvalidOperationException">The file does not hold what is to be changed, or holds it more than once.</exception>
    public string Apply(string text)
    {
        if (Old.Length == 0)
        {
            return text.Length == 0 ? New : throw new InvalidOperationException($"{Path} is to be new and is there");
        }

        var at = text.IndexOf(Old, StringComparison.Ordinal);
        return at >= 0 && text.IndexOf(Old, at + 1, StringComparison.Ordinal) < 0
            ? text[..at] + New + text[(at + Old.Length)..]
            : throw new InvalidOperationException($"{Path} does not hold once: {Old}");
    }
}

/// <summary>What a rollout brings: another application, other settings. Each shows in what the workload does.</summary>
internal static class NextVersions
{
    private static readonly Dictionary<string, FileChange[]> s_changes = new()
    {
        ["tools"] = [After("/opt/app/loop.sh", "  sort -n /var/lib/app/load | awk '{ sum += $1 } END { if (NR) print sum / NR }' >/var/lib/app/mean\n", "  free -m >/var/lib/app/memory\n")],
        ["nginx"] =
        [
            new("/etc/nginx/nginx.conf", "  access_log /var/log/nginx/access.log;\n", "  access_log /var/log/nginx/shop.log;\n  gzip on;\n"),
            After("/etc/nginx/nginx.conf", "    root /srv/www;\n", "    location = /status { stub_status; }\n"),
        ],
        ["redis"] = [new("/etc/redis/app.conf", "appendonly no\n", "appendonly yes\n")],
        ["python"] =
        [
            After("/opt/app/server.py", "            json.dump({\"bytes\": length}, orders)\n",
                "        with open(os.path.join(FOLDER, \"all.log\"), \"a\") as history:\n            history.write(f\"{length}\\n\")\n"),
        ],
        ["php"] =
        [
            After("/srv/www/index.php", "file_put_contents($visits, (int)@file_get_contents($visits) + 1);\n",
                "file_put_contents(sys_get_temp_dir() . '/searches', ($_GET['q'] ?? '') . \"\\n\");\n"),
        ],
        ["cron"] =
        [
            After("/opt/app/job.sh", "tar -C /var/lib/app -czf /var/lib/app/backup.tar.gz runs count\n",
                "sha256sum /var/lib/app/backup.tar.gz >/var/lib/app/backup.sum\n"),
        ],
        ["postgres"] = [new("/opt/app/start.sh", " -c checkpoint_timeout=30s", " -c checkpoint_timeout=30s -c wal_compression=on -c log_checkpoints=on")],
        ["memcached"] = [new("/etc/app-release", "", "1.1\n")],
        ["builder"] = [After("/opt/app/Makefile", "\t$(CC) -o $@ $^\n", "\tstrip $@\n")],
        ["shipper"] = [After("/opt/app/start.sh", "    mv /var/log/app/orders.log /var/log/app/orders.1\n", "    gzip -f /var/log/app/orders.1\n")],
        ["node"] = [After("/opt/app/server.js", "  fs.writeFileSync('/var/lib/app/visits', String(visits));\n", "  fs.writeFileSync('/var/lib/app/last', request.url);\n")],
        ["dotnet"] = [new("/opt/app/appsettings.json", "    \"Folder\": \"/var/lib/app\"\n", "    \"Folder\": \"/var/lib/app\",\n    \"History\": \"history\"\n")],
        ["rabbitmq"] = [After("/etc/rabbitmq/rabbitmq.conf", "loopback_users = none\n", "heartbeat = 30\n")],
    };

    /// <summary>None for an image that has no next version.</summary>
    public static IReadOnlyList<FileChange> Of(string image) => s_changes.GetValueOrDefault(image, []);

    private static FileChange After(string path, string line, string added) => new(path, line, line + added);
}
