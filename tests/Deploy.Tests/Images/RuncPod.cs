using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;

namespace Runtime.Deploy.Tests.Images;

/// <summary>One pod of ours under runc, in the foreground of a process that keeps its output.</summary>
internal sealed class RuncPod : IAsyncDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly string _id;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private RuncPod(string folder, string id) => (_folder, _id) = (folder, id);

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public bool HasEnded => _process?.HasExited != false;

    public static async Task<RuncPod> StartAsync(
        string name, V1PodSpec pod, string root, string entryPoint, string networkNamespace, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> contents)
    {
        var folder = Directory.CreateTempSubdirectory("runtime-pod-").FullName;
        var runc = new RuncPod(folder, $"runtime-test-{name}-{Environment.ProcessId}");
        (await Tool.RunAsync("runc", ["spec", "--bundle", folder], Short, CancellationToken.None)).Expect(0);
        var spec = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "config.json")))!;
        await PodBundle.WriteAsync(folder, spec, pod, root, entryPoint, networkNamespace, contents);
        runc._process = new Process
        {
            StartInfo = new ProcessStartInfo("runc", ["--root", Path.Combine(folder, "runc"), "run", "--bundle", folder, runc._id]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true },
        };
        runc._process.OutputDataReceived += (_, line) => runc.Keep(line.Data);
        runc._process.ErrorDataReceived += (_, line) => runc.Keep(line.Data);
        runc._process.Start();
        runc._process.StandardInput.Close();
        runc._process.BeginOutputReadLine();
        runc._process.BeginErrorReadLine();
        return runc;
    }

    /// <summary>A command inside the running container, as a probe or `kubectl exec` would start it.</summary>
    public Task<ToolResult> ExecAsync(params string[] command) =>
        Tool.RunAsync("runc", ["--root", Path.Combine(_folder, "runc"), "exec", _id, .. command], Short, CancellationToken.None);

    /// <summary>Tries a command until it answers 0.</summary>
    /// <exception cref="TimeoutException">It never did, or the container ended; holds what both said.</exception>
    public async Task<ToolResult> UntilAsync(TimeSpan limit, Func<ToolResult, bool> holds, params string[] command)
    {
        var end = Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency);
        ToolResult result;
        do
        {
            result = await ExecAsync(command);
            if (result.ExitCode == 0 && holds(result))
            {
                return result;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }
        while (Stopwatch.GetTimestamp() < end && !HasEnded);

        throw new TimeoutException($"{string.Join(' ', command)} did not come true in {limit}; it said last ({result.ExitCode}):\n{result.Output}{result.Error}\nthe container said:\n{Output}");
    }

    /// <summary>SIGTERM, as a kubelet does; answers the exit code.</summary>
    public async Task<int> StopAsync(TimeSpan grace)
    {
        await Tool.RunAsync("runc", ["--root", Path.Combine(_folder, "runc"), "kill", _id, "TERM"], Short, CancellationToken.None);
        return await WaitAsync(grace);
    }

    /// <summary>Until the container's own process ends.</summary>
    public async Task<int> WaitAsync(TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        await _process!.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.RunAsync("runc", ["--root", Path.Combine(_folder, "runc"), "delete", "--force", _id], Short, CancellationToken.None);
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
