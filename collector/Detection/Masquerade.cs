using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>A program that gives itself another's name in argv[0], which is what ps shows.</summary>
internal static class Masquerade
{
    /// <returns>The name that hides it; null for all the honest ways to be called otherwise: links, applets, login shells, versions, interpreters.</returns>
    public static string? NameOf(ProcessInfo process)
    {
        if (process.Arguments.Count == 0 || process.Binary.Length == 0 || process.Script.Length > 0)
        {
            return null;
        }

        var called = process.Arguments[0];
        // "[kworker/0:1]": no file is called so, and a slash in it parts no path.
        if (called.Length > 2 && called[0] == '[' && called[^1] == ']')
        {
            return called;
        }

        // Asked of every exec of a known program too: no text is made for one that is called as it is.
        var bare = called.AsSpan(called.LastIndexOf('/') + 1).TrimStart('-');
        if (bare.IsEmpty || bare.SequenceEqual(process.Binary.AsSpan(process.Binary.LastIndexOf('/') + 1)))
        {
            return null;
        }

        var name = bare.ToString();
        var file = ProgramNames.BaseName(process.Binary);

        // "kworker/u8:2" is no path either.
        if ((ProgramNames.IsKernelThread(name) || called.StartsWith("kworker/", StringComparison.Ordinal)) && !ProgramNames.IsKernelThread(file))
        {
            return called;
        }

        // A daemon's name on a link to another file is ordinary among an image's programs (mysqld is mariadbd), and not elsewhere.
        var isDaemon = ProgramNames.IsServer(name) || name is "sshd" or "crond" or "cron" or "systemd" or "init" or "rsyslogd" or "dbus-daemon";
        return isDaemon && !ProgramNames.IsServer(file) && (Places.IsTemporary(process.Binary) || Places.IsHidden(process.Binary)) ? called : null;
    }
}
