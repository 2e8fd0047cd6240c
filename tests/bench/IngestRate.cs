using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Grpc.Net.Client;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Bench;

/// <summary>How many events a second one core of the collector takes in, from the stream to committed, applied to baselines and acknowledged.</summary>
internal sealed class IngestRate(Report report, StackOptions options, int batches)
{
    private const int RowsPerBatch = 1000;
    private const int Containers = 40;
    private const int PathsPerContainer = 50;
    private const int Window = 16;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var table = report.Table("The collector on one core: rows of 40 containers, 2,000 distinct behaviours, batches of 1,000",
            new("rows"), new("acknowledged", "rows a second"), new("applied", "rows a second"), new("CPU", "us a row", "0.0"), new("RSS", "MiB"));
        await using var stack = RuntimeStack.Prepare(options);
        await stack.StartCollectorAsync().WaitAsync(cancellationToken);
        report.Progress($"{batches} batches");
        await Commands.RunAsync("taskset", ["-a", "-p", "-c", "0", stack.Collector!.Pid.ToString(CultureInfo.InvariantCulture)], cancellationToken);
        using var channel = stack.Client.OpenChannel();
        using var call = new Ingest.IngestClient(channel).Stream(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(new AgentMessage { Hello = new Hello { AgentId = "bench", Epoch = "1", Cluster = "bench", Node = "bench", AgentVersion = "bench", BootId = "bench" } }, cancellationToken);
        await call.ResponseStream.MoveNext(cancellationToken);

        var cpu = Commands.CpuOf(stack.Collector.Pid);
        var clock = Stopwatch.StartNew();
        ulong acknowledged = 0;
        for (ulong sequence = 1; sequence <= (ulong)batches; sequence++)
        {
            await call.RequestStream.WriteAsync(new AgentMessage { Batch = Make(sequence) }, cancellationToken);
            while (sequence - acknowledged >= Window)
            {
                acknowledged = await AcknowledgedAsync();
            }
        }

        while (acknowledged < (ulong)batches)
        {
            acknowledged = await AcknowledgedAsync();
        }

        var acknowledgedIn = clock.Elapsed;
        await CollectorClient.UntilAsync(async () => await stack.Client.Query.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellationToken).ResponseAsync, status => status.EventsWaiting == 0, TimeSpan.FromMinutes(2), "every event is applied");
        var rows = (double)batches * RowsPerBatch;
        table.Add(rows, rows / acknowledgedIn.TotalSeconds, rows / clock.Elapsed.TotalSeconds, (Commands.CpuOf(stack.Collector.Pid) - cpu).TotalMicroseconds / rows, Commands.MemoryOf(stack.Collector.Pid).Rss);

        async Task<ulong> AcknowledgedAsync() => await call.ResponseStream.MoveNext(cancellationToken)
            ? call.ResponseStream.Current.Ack.Sequence
            : throw new InvalidOperationException("the collector ended the stream");
    }

    private static Batch Make(ulong sequence)
    {
        var batch = new Batch { Sequence = sequence, BaseUnixNs = (ulong)(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100 };
        batch.Strings.Add(ByteString.Empty);
        var columns = batch.Processes = new ProcessColumns();
        for (uint i = 0; i < Containers; i++)
        {
            batch.Containers.Add(new Container
            {
                Id = i.ToString("x64", CultureInfo.InvariantCulture), Runtime = "containerd", Name = "app", PodName = $"shop{i}-6d4cf56db6-x7k2p", PodNamespace = "bench",
                PodUid = $"uid{i}", PodLabels = { ["pod-template-hash"] = "6d4cf56db6" }, Image = "example/shop:1", ImageDigest = "sha256:" + new string('0', 64), Complete = true,
            });
            var binary = Add($"/usr/sbin/shop{i}");
            columns.Pid.Add(1000 + i);
            columns.StartBootNs.Add(1_000_000_000UL + i);
            columns.Parent.Add(0);
            columns.Container.Add(i + 1);
            columns.Binary.Add(binary);
            columns.Arguments.Add(binary);
            columns.Cwd.Add(0);
            columns.Script.Add(0);
            columns.Uid.Add(0);
            columns.Euid.Add(0);
            columns.Gid.Add(0);
            columns.LoginUid.Add(uint.MaxValue);
            columns.Flags.Add(0);
            columns.Inode.Add(i);
            columns.Device.Add(1);
            columns.ModifiedUnixS.Add(0);
            columns.ChangedUnixS.Add(0);
            columns.Size.Add(1);
            columns.Links.Add(1);
            columns.Capabilities.Add(0);
            columns.Phase.Add((uint)Phase.Steady);
            columns.ExecTime.Add(0);
            columns.MountNamespace.Add(1);
            columns.PidNamespace.Add(1);
            columns.NetworkNamespace.Add(1);
            columns.UserNamespace.Add(1);
        }

        var files = batch.Files = new FileColumns();
        for (uint row = 0; row < RowsPerBatch; row++)
        {
            var container = row % Containers;
            var path = Add($"/data/{(row / Containers + (uint)sequence) % PathsPerContainer}.dat");
            files.First.Add(row * 1000);
            files.Last.Add(row * 1000);
            files.Count.Add(1);
            files.Process.Add(container + 1);
            files.Operation.Add((uint)FileOperation.Write);
            files.Path.Add(path);
            files.Template.Add(path);
            files.OtherPath.Add(0);
            files.Flags.Add(0);
            files.Mode.Add(0x1a4);
            files.Inode.Add(row);
            files.Device.Add(1);
        }

        return batch;

        uint Add(string text)
        {
            batch.Strings.Add(ByteString.CopyFromUtf8(text));
            return (uint)batch.Strings.Count - 1;
        }
    }
}
