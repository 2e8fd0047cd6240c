using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>auditd with its rules, as Debian sets it up. The kernel's audit is afterwards as it was.</summary>
/// <param name="backlog">Records that the kernel holds for the daemon.</param>
/// <param name="wait">How long a call waits for room among them before its record is lost, in the kernel's ticks.</param>
internal sealed class AuditMonitor(string name, int backlog, int wait, string[][] rules) : IMonitor
{
    public string Name => name;

    public async Task<IRunningMonitor> StartAsync(CancellationToken cancellationToken)
    {
        var running = new Running(await AuditState.ReadAsync());
        try
        {
            await running.BeginAsync(backlog, wait, rules, cancellationToken);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    private sealed class Running(AuditState before) : IRunningMonitor
    {
        private const string Settings = "/etc/audit/auditd.conf";

        // Where Debian's log lies, on the same disk. The machine's own would be rotated away by what a load writes.
        private readonly DirectoryInfo _folder = Directory.CreateDirectory("/var/log/runtime-bench-audit");

        private readonly int _kernelThread = Commands.PidOf("kauditd");
        private ServiceProcess? _daemon;
        private double _lostBefore;

        // The kernel's thread hands the records over: without it the daemon has nothing.
        public TimeSpan Cpu => Commands.CpuOf(_daemon!.Pid) + Commands.CpuOf(_kernelThread);

        public double RssMebibytes => Commands.MemoryOf(_daemon!.Pid).Rss;

        public async Task BeginAsync(int backlog, int wait, string[][] rules, CancellationToken cancellationToken)
        {
            if (before["pid"] != 0)
            {
                throw new InvalidOperationException($"auditd runs on this machine (process {before["pid"]}): the kernel speaks to one only; stop it for the comparison, or leave the comparison out");
            }

            await File.WriteAllLinesAsync(Path.Combine(_folder.FullName, "auditd.conf"), File.ReadLines(Settings)
                .Select(line => line.StartsWith("log_file ", StringComparison.Ordinal) ? $"log_file = {_folder.FullName}/audit.log" : line), cancellationToken);
            var daemon = _daemon = ServiceProcess.Start("auditd", "-n", "-c", _folder.FullName);
            await CollectorClient.UntilAsync(AuditState.ReadAsync, state => state["pid"] == daemon.Pid, TimeSpan.FromSeconds(30), "auditd has the kernel's ear").WaitAsync(cancellationToken);

            await AuditState.SetAsync("-b", backlog.ToString(CultureInfo.InvariantCulture));
            await AuditState.SetAsync("--backlog_wait_time", wait.ToString(CultureInfo.InvariantCulture));
            foreach (var rule in rules)
            {
                await AuditState.SetAsync(["-a", "always,exit", "-F", "arch=b64", .. rule]);
            }

            _lostBefore = await LostSinceBootAsync();
        }

        public async Task<double> LostAsync(CancellationToken cancellationToken) => await LostSinceBootAsync() - _lostBefore;

        public async ValueTask DisposeAsync()
        {
            try
            {
                // Before the daemon ends: the kernel would print the records that nobody takes.
                await before.RestoreRulesAsync();
                await (_daemon?.StopAsync(TimeSpan.FromSeconds(60)) ?? Task.CompletedTask);
            }
            finally
            {
                await (_daemon?.DisposeAsync() ?? ValueTask.CompletedTask);
                _folder.Delete(recursive: true);
                await before.RestoreAsync();
            }
        }

        private static async Task<long> LostSinceBootAsync() => (await AuditState.ReadAsync())["lost"];
    }
}
