using System.Runtime.InteropServices;

namespace Runtime.Bench;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP (its terminal went) as a token: measuring ends, and what was changed is taken back before the process does. Not the command line's
/// own token, which does not tell the one from the other and goes with a limit of time.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;

    public Interruption() => _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Take))];

    public CancellationToken Token => _source.Token;

    /// <summary>What a shell makes of a process that the signal ended.</summary>
    public int ExitCode { get; private set; }

    public void Dispose()
    {
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }

        _source.Dispose();
    }

    private void Take(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (ExitCode != 0)
        {
            return;
        }

        ExitCode = signal.Signal switch { PosixSignal.SIGINT => 130, PosixSignal.SIGTERM => 143, _ => 129 };
        if (signal.Signal == PosixSignal.SIGHUP)
        {
            // A write to a terminal that went fails; the JSON has what is told from here on.
            Console.SetOut(TextWriter.Null);
            Console.SetError(TextWriter.Null);
        }

        Console.Error.WriteLine($"{signal.Signal}: taking back what was changed and started");
        _source.Cancel();
    }
}
