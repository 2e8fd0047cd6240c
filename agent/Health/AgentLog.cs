using System.Globalization;

namespace Runtime.Agent.Health;

internal enum LogLevel : byte
{
    Debug = 0,
    Information = 1,
    Warning = 2,
    Error = 3,
}

/// <summary>What the agent says to its operator: one line a message, time and level first. Any thread.</summary>
/// <remarks>Arguments, payloads and keys are never part of a message; control characters are shown as \xNN.</remarks>
internal sealed class AgentLog(TextWriter output, LogLevel minimum, TimeProvider time)
{
    private readonly Lock _lock = new();

    public void Debug(string message) => Write(LogLevel.Debug, message);

    public void Information(string message) => Write(LogLevel.Information, message);

    public void Warning(string message) => Write(LogLevel.Warning, message);

    public void Error(string message) => Write(LogLevel.Error, message);

    private void Write(LogLevel level, string message)
    {
        if (level < minimum)
            return;
        var stamp = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var word = level switch { LogLevel.Debug => "debug", LogLevel.Information => "info", LogLevel.Warning => "warning", _ => "error" };
        lock (_lock)
        {
            output.WriteLine($"{stamp} {word} {OneLine(message)}");
            output.Flush();
        }
    }

    internal static string OneLine(string message)
    {
        if (!message.Any(char.IsControl))
            return message;
        var line = new global::System.Text.StringBuilder();
        foreach (var c in message)
        {
            if (char.IsControl(c))
                line.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else
                line.Append(c);
        }
        return line.ToString();
    }
}
