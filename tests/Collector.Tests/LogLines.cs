using Microsoft.Extensions.Logging;
using Xunit;

namespace Runtime.Collector.Tests;

/// <summary>Keeps what was logged. Any thread.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    private readonly List<string> _lines = [];
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> All
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Ends when there is a line that holds these words, from before or now.</summary>
    public async Task LineAsync(string words)
    {
        while (true)
        {
            Task added;
            lock (_lines)
            {
                if (_lines.Exists(line => line.Contains(words, StringComparison.Ordinal)))
                {
                    return;
                }

                added = _added.Task;
            }

            await added.WaitAsync(_limit, TestContext.Current.CancellationToken);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add($"{logLevel}: {formatter(state, exception)} {exception?.Message}");
            _added.SetResult();
            _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
