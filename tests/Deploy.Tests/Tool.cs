using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Runtime.Deploy.Tests;

/// <param name="Output">Standard output; when the program failed, what it said on standard error follows.</param>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    public ToolResult Expect(int exitCode) => ExitCode == exitCode
        ? this
        : throw new InvalidOperationException($"exit code {ExitCode}, expected {exitCode}\n{Output}\n{Error}");
}

/// <summary>Runs programs of the machine, each with a hard time limit. Never through a shell.</summary>
internal static class Tool
{
    /// <returns>Null when there is no such program.</returns>
    public static async Task<ToolResult?> TryRunAsync(string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false },
        };
        StringBuilder output = new(), error = new();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(error, line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            return null;
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        both.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(both.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} took longer than {limit}\n{output}\n{error}");
        }

        return new(process.ExitCode, output.ToString(), error.ToString());
    }

    public static async Task<ToolResult> RunAsync(string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken cancellationToken) =>
        await TryRunAsync(program, arguments, limit, cancellationToken) ?? throw new InvalidOperationException($"{program} is not installed");

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }
}
