using System.Collections;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runtime.Agent.Capture;
using Runtime.Agent.Health;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Hardening;

/// <summary>What an image of the agent leaves to the one that follows in the same process.</summary>
/// <param name="Programs">Of the first rung, at work in the kernel; null on the others, which begin anew.</param>
internal sealed record Inheritance(Rung Rung, LoadedPrograms? Programs);

[JsonSerializable(typeof(Inheritance))]
internal sealed partial class InheritanceJson : JsonSerializerContext;

/// <summary>
/// The agent finds its rung, and loads its programs, with the power that this takes, and then executes itself anew without it: the same
/// process, the same descriptors, the kernel's programs at work in between. Capabilities belong to threads, and a running program of .NET has
/// several: only an exec takes them from all.
/// </summary>
internal static unsafe partial class Relaunch
{
    /// <summary>Holds the <see cref="Inheritance"/>.</summary>
    private const string Variable = "RUNTIME_AGENT_INHERITANCE";

    /// <summary>Of the image before this one; null when this is the first one. Once.</summary>
    public static Inheritance? TakeInherited()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text)
            return null;
        Environment.SetEnvironmentVariable(Variable, null);
        var inherited = JsonSerializer.Deserialize(text, InheritanceJson.Default.Inheritance)!;
        SetCloseOnExec(inherited, true);
        return inherited;
    }

    /// <summary>Does not return when it worked.</summary>
    /// <param name="source">Its programs stay at work in the kernel.</param>
    public static void WithoutPrivileges(IKernelEventSource source, Rung rung, AgentLog log)
    {
        // `dotnet agent.dll` would have to be given its own arguments anew.
        if (Path.GetFileName(Environment.ProcessPath) == "dotnet")
            return;
        var fault = Capabilities.BoundTo(Capabilities.ToKeep(rung.Number, File.ReadAllText("/proc/sys/kernel/osrelease").Trim()));
        if (fault != 0)
        {
            log.Warning($"the capabilities that nothing needs any more cannot be given back (errno {fault}, CAP_SETPCAP is needed): the agent keeps what it was started with");
            return;
        }
        var left = new Inheritance(rung, (source as BpfEventSource)?.Describe());
        SetCloseOnExec(left, false);
        fault = Execute(JsonSerializer.Serialize(left, InheritanceJson.Default.Inheritance));
        SetCloseOnExec(left, true);
        log.Warning($"the agent cannot execute itself anew (errno {fault}): it keeps the capabilities that it was started with");
    }

    private static int Execute(string inheritance)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => $"{variable.Key}={variable.Value}").Append($"{Variable}={inheritance}");
        using var arguments = new NativeTexts(Environment.GetCommandLineArgs());
        using var variables = new NativeTexts(environment);
        fixed (byte* program = "/proc/self/exe\0"u8)
            _ = execve(program, arguments.Pointer, variables.Pointer);
        return Marshal.GetLastPInvokeError();
    }

    private static void SetCloseOnExec(Inheritance inheritance, bool close)
    {
        foreach (var descriptor in inheritance.Programs?.Descriptors ?? [])
            _ = fcntl(descriptor, F_SETFD, close ? FD_CLOEXEC : 0);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execve(byte* path, byte** arguments, byte** environment);

    /// <summary>A NULL-terminated array of C strings.</summary>
    private sealed class NativeTexts : IDisposable
    {
        private readonly int _count;

        public NativeTexts(IEnumerable<string> texts)
        {
            var all = texts.ToArray();
            _count = all.Length;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(all.Length + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < all.Length; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(all[i]);
                Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
                bytes.CopyTo(new Span<byte>(Pointer[i], bytes.Length));
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (var i = 0; i < _count; i++)
                NativeMemory.Free(Pointer[i]);
            NativeMemory.Free(Pointer);
        }
    }
}
