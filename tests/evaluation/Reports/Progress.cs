using System.Diagnostics;
using System.Globalization;

namespace Runtime.Evaluation.Reports;

/// <summary>What goes on, on standard error.</summary>
internal sealed class Progress
{
    private static readonly TimeSpan BetweenChanges = TimeSpan.FromSeconds(10);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _lastChange = -BetweenChanges;

    public void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{_clock.Elapsed:hh\\:mm\\:ss}] {what}"));

    /// <summary>How far something is: said every ten seconds.</summary>
    public void Change(string what)
    {
        if (_clock.Elapsed - _lastChange >= BetweenChanges)
        {
            _lastChange = _clock.Elapsed;
            Say(what);
        }
    }
}
