using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Runtime.Pods;

/// <summary>An IPv4 socket in another network namespace. A socket stays in the namespace in which it was made, whoever uses it.</summary>
internal static partial class NamespaceSocket
{
    // linux/sched.h
    private const int CloneNewNet = 0x40000000;

    /// <param name="path">"/run/netns/NAME".</param>
    /// <exception cref="Win32Exception">The namespace cannot be entered.</exception>
    public static Task<Socket> OpenAsync(string path, SocketType type, ProtocolType protocol)
    {
        var opened = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        // setns(2) moves the calling thread: this one ends in there and nobody else's work lands on it.
        var thread = new Thread(() =>
        {
            try
            {
                using var space = File.OpenHandle(path);
                if (SetNamespace(space, CloneNewNet) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot enter {path}");
                }

                opened.SetResult(new Socket(AddressFamily.InterNetwork, type, protocol));
            }
            catch (Exception e)
            {
                // Handed to who awaits.
                opened.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = "netns",
        };
        thread.Start();
        return opened.Task;
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeHandle space, int kind);
}
