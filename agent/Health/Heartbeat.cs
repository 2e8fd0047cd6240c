namespace Runtime.Agent.Health;

/// <summary>Shows from outside that the capture thread still goes round: a file whose time it renews.</summary>
/// <remarks>A file, because nothing of ours listens; <c>agent check --live</c> looks at it.</remarks>
internal sealed class Heartbeat(string stateFolder, TimeProvider time, AgentLog log)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private long _lastStamp;
    private bool _failed;

    public static string PathIn(string stateFolder) => Path.Combine(stateFolder, "alive");

    /// <summary>Called at idle moments of the capture thread, at least every 50 ms.</summary>
    public void Beat()
    {
        if (_failed || (_lastStamp != 0 && time.GetElapsedTime(_lastStamp) < Interval))
            return;
        try
        {
            if (_lastStamp == 0)
            {
                Directory.CreateDirectory(stateFolder);
                File.WriteAllText(PathIn(stateFolder), $"{Environment.ProcessId}\n");
            }
            else
            {
                File.SetLastWriteTimeUtc(PathIn(stateFolder), time.GetUtcNow().UtcDateTime);
            }
            _lastStamp = time.GetTimestamp();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failed = true;
            log.Warning($"State is \"{stateFolder}\", which cannot be written ({e.Message}): 'agent check --live' will not see this agent");
        }
    }

    /// <returns>Null when it lives; else why not.</returns>
    public static string? Fault(string stateFolder, DateTimeOffset now)
    {
        var path = PathIn(stateFolder);
        if (!File.Exists(path))
            return $"no agent has run with State \"{stateFolder}\": {path} is not there";
        var age = now - File.GetLastWriteTimeUtc(path);
        return age <= Limit ? null : $"the agent's last sign of life is {age.TotalSeconds:0} s old, more than {Limit.TotalSeconds:0} s";
    }
}
