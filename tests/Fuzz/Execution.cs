using System.Diagnostics;

namespace Runtime.Fuzz;

/// <summary>Runs a target on one input and judges how it took it. One thread.</summary>
internal sealed class Execution(Target target)
{
    private const long MaxAllocated = 64 * 1024 * 1024;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(1), MaxHang = TimeSpan.FromSeconds(10);

    private long _startedAt;

    /// <returns>What is wrong; null when nothing is.</returns>
    public string? Fault(ReadOnlySpan<byte> input)
    {
        // Another process may have had the core: slow is what is slow each time.
        for (var attempt = 1; ; attempt++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            Volatile.Write(ref _startedAt, started);
            try
            {
                target.Run(input);
            }
            catch (Exception e) when (target.IsDeclared(e))
            {
                // Its documentation says so.
            }
            catch (Exception e)
            {
                // The border: whatever else comes out is what is looked for.
                return e.ToString();
            }
            finally
            {
                Volatile.Write(ref _startedAt, 0);
            }
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            if (allocated > MaxAllocated)
                return $"allocated {allocated} bytes for an input of {input.Length}; at most {MaxAllocated} are right";
            var took = Stopwatch.GetElapsedTime(started);
            if (took <= MaxTime)
                return null;
            if (attempt == 3)
                return $"took {took.TotalSeconds:0.0} s, three times; at most {MaxTime.TotalSeconds:0} s is right";
        }
    }

    /// <summary>From now on ends the process when an input does not come to an end; whoever started it takes the input.</summary>
    public Timer Watch() => new(
        _ =>
        {
            var started = Volatile.Read(ref _startedAt);
            if (started != 0 && Stopwatch.GetElapsedTime(started) > MaxHang)
                Environment.FailFast($"{target.Name}: an input takes more than {MaxHang.TotalSeconds:0} s");
        }, null, MaxHang, TimeSpan.FromSeconds(1));
}
