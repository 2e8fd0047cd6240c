using System.Runtime.InteropServices;

namespace Runtime.Bench;

/// <summary>
/// SIGINT and SIGTERM as a token: measuring ends, and what was changed is taken back before the process does. Not the command line's
/// own token, which does not tell the one from the other and goes with a limit of time.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt, _terminate;

    public Interruption() => (_interrupt, _terminate) = (PosixSignalRegistration.Create(PosixSignal.SIGINT, Take), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take));

    public CancellationToken Token => _source.Token;

    /// <summary>What a shell makes of a process that the signal ended.</summary>
    public int ExitCode { get; private set; }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Take(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (ExitCode == 0)
        {
            ExitCode = signal.Signal == PosixSignal.SIGINT ? 130 : 143;
            Console.Error.WriteLine($"{signal.Signal}: taking back what was changed and started");
            _source.Cancel();
        }
    }
}
