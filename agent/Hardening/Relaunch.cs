using System.Collections;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Runtime.Agent.Capture;
using Runtime.Agent.Health;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Hardening;

/// <summary>
/// The agent loads its programs with the power that this takes, and then executes itself anew without it: the same process, the same
/// descriptors, the kernel's programs at work in between. Capabilities belong to threads, and a running program of .NET has several: only an
/// exec takes them from all.
/// </summary>
internal static unsafe partial class Relaunch
{
    /// <summary>Holds the first image's descriptors for the second one.</summary>
    private const string Variable = "RUNTIME_AGENT_LOADED_PROGRAMS";

    /// <summary>What the image before this one loaded; null when this is the first one. Once.</summary>
    public static LoadedPrograms? TakeLoaded()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } text)
            return null;
        Environment.SetEnvironmentVariable(Variable, null);
        var loaded = JsonSerializer.Deserialize(text, LoadedProgramsJson.Default.LoadedPrograms)!;
        SetCloseOnExec(loaded, true);
        return loaded;
    }

    /// <summary>Does not return when it worked.</summary>
    /// <param name="source">Stays at work in the kernel.</param>
    public static void WithoutPrivileges(BpfEventSource source, AgentLog log)
    {
        // `dotnet agent.dll` would have to be given its own arguments anew.
        if (Path.GetFileName(Environment.ProcessPath) == "dotnet")
            return;
        var fault = Capabilities.BoundTo(Capabilities.ToKeep(File.ReadAllText("/proc/sys/kernel/osrelease").Trim()));
        if (fault != 0)
        {
            log.Warning($"the capabilities that loading took cannot be given back (errno {fault}, CAP_SETPCAP is needed): the agent keeps what it was started with");
            return;
        }
        var loaded = source.Describe();
        SetCloseOnExec(loaded, false);
        fault = Execute(JsonSerializer.Serialize(loaded, LoadedProgramsJson.Default.LoadedPrograms));
        SetCloseOnExec(loaded, true);
        log.Warning($"the agent cannot execute itself anew (errno {fault}): it keeps the capabilities that loading took");
    }

    private static int Execute(string loaded)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => $"{variable.Key}={variable.Value}").Append($"{Variable}={loaded}");
        using var arguments = new NativeTexts(Environment.GetCommandLineArgs());
        using var variables = new NativeTexts(environment);
        fixed (byte* program = "/proc/self/exe\0"u8)
            _ = execve(program, arguments.Pointer, variables.Pointer);
        return Marshal.GetLastPInvokeError();
    }

    private static void SetCloseOnExec(LoadedPrograms loaded, bool close)
    {
        foreach (var descriptor in loaded.Descriptors)
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
