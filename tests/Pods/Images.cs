namespace Runtime.Pods;

/// <summary>Images that most pods need.</summary>
public static class Images
{
    internal const string Program = "/bin/busybox";

    /// <summary>Root, and the user "app" with id 1000, who owns nothing but /srv.</summary>
    public const int AppUser = 1000;

    /// <summary>Debian's static busybox with a link for each of its programs, as small images have it.</summary>
    public static async Task<OciImage> BusyboxAsync()
    {
        var programs = await Command.RunAsync(Program, "--list");
        var links = programs.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            // The list names busybox itself: a link to itself would break the image.
            .Where(name => name != "busybox")
            .Select(name => ImageEntry.Link("/bin/" + name, "busybox"));
        return new OciImage("localhost/busybox", "1.35",
        [
            [ImageEntry.Folder("/bin"), ImageEntry.Program(Program, await File.ReadAllBytesAsync(Program)), .. links],
            [
                ImageEntry.Folder("/etc"),
                ImageEntry.File("/etc/passwd", $"root:x:0:0:root:/root:/bin/sh\napp:x:{AppUser}:{AppUser}::/srv:/bin/sh\n"),
                ImageEntry.File("/etc/group", $"root:x:0:\napp:x:{AppUser}:\n"),
                ImageEntry.Shared("/tmp"),
                ImageEntry.Folder("/srv", AppUser),
                ImageEntry.Folder("/var"),
            ],
        ])
        { Command = ["/bin/sh"] };
    }

    /// <summary>Busybox's web server under a path of its own, serving /srv/www at port 80 with programs in /srv/www/cgi-bin.</summary>
    /// <param name="pages">Entries under /srv/www; programs under cgi-bin must be executable.</param>
    public static async Task<OciImage> WebAsync(OciImage busybox, params IEnumerable<ImageEntry> pages)
    {
        var program = await File.ReadAllBytesAsync(Program);
        return busybox.With("localhost/web", "1.0",
        [
            ImageEntry.Folder("/usr"),
            ImageEntry.Folder("/usr/sbin"),
            ImageEntry.Program("/usr/sbin/httpd", program),
            ImageEntry.Folder("/srv/www"),
            ImageEntry.Folder("/srv/www/cgi-bin"),
            .. pages,
        ]) with
        { Command = ["/usr/sbin/httpd", "-f", "-p", "80", "-u", "app:app", "-h", "/srv/www"] };
    }

    /// <summary>What holds a pod's namespaces; compiled from our own source into <paramref name="folder"/>.</summary>
    internal static async Task<OciImage> PauseAsync(string folder)
    {
        var source = Path.Combine(folder, "pause.c");
        var program = Path.Combine(folder, "pause");
        await NodeFiles.WriteAsync("pause.c", source);
        await Command.RunAsync("clang", "-Os", "-static", "-s", "-o", program, source);
        return new OciImage("localhost/pause", "3.6", [[ImageEntry.Program("/pause", await File.ReadAllBytesAsync(program))]]) { Entrypoint = ["/pause"] };
    }
}
