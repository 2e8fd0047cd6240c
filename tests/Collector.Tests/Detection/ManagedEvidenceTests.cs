using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Detection;

public sealed class ManagedEvidenceTests
{
    private const string Framework = "/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.12/";
    private static readonly ContainerInfo Container = ObservationBuilder.Container("c1", "web-1");
    private readonly ObservationBuilder _builder = new();
    private readonly IReadOnlyList<ProcessInfo> _app;

    public ManagedEvidenceTests() => _app = _builder.Process("/app/shop");

    [Theory]
    [InlineData(ManagedOperation.AssemblyMemory, "Hidden", "", "memory_assembly", 60)]
    [InlineData(ManagedOperation.AssemblyEmitted, "EvilDyn", "", "emitted_assembly", 8)]
    [InlineData(ManagedOperation.AssemblyEmitted, "System.Text.RegularExpressions", "", "generated_code", 1)]
    [InlineData(ManagedOperation.AssemblyEmitted, "Microsoft.EntityFrameworkCore.Dynamic", "", "generated_code", 1)]
    [InlineData(ManagedOperation.AssemblyEmitted, "DynamicProxyGenAssembly2", "", "generated_code", 1)]
    [InlineData(ManagedOperation.AssemblyEmitted, "Shop.XmlSerializers", "", "generated_code", 1)]
    [InlineData(ManagedOperation.AssemblyFile, "Shop.Plugin", "/app/plugins/Shop.Plugin.dll", "new_assembly", 5)]
    [InlineData(ManagedOperation.AssemblyFile, "x", "/tmp/x.dll", "assembly_in_odd_place", 60)]
    [InlineData(ManagedOperation.AssemblyFile, "x", "/tmp/dotnet/shared/Microsoft.NETCore.App/1/x.dll", "assembly_in_odd_place", 60)]
    [InlineData(ManagedOperation.AssemblyFile, "x", "/usr/share/dotnet/shared/Microsoft.NETCore.App/../../../../../app/x.dll", "assembly_in_odd_place", 60)]
    [InlineData(ManagedOperation.AssemblyFile, "System.Memory", Framework + "System.Memory.dll", "framework_assembly", 0.5)]
    [InlineData(ManagedOperation.AssemblyFile, "System.Diagnostics.Process", Framework + "System.Diagnostics.Process.dll", "new_ability", 4)]
    [InlineData(ManagedOperation.StartupHook, "DOTNET_STARTUP_HOOKS", "/apm/hook.dll", "startup_hook", 40)]
    [InlineData(ManagedOperation.StartupHook, "DOTNET_STARTUP_HOOKS", "/tmp/hook.dll", "startup_hook", 100)]
    [InlineData(ManagedOperation.Profiler, "CORECLR_PROFILER_PATH", "/apm/p.so", "profiler", 40)]
    [InlineData(ManagedOperation.DiagnosticsClient, "", "/tmp/dotnet-diagnostic-1-2-socket", "diagnostics_client", 30)]
    [InlineData(ManagedOperation.PortClosed, "", "", "diagnostics_closed", 2)]
    public void Managed_InAContainer_FallsIntoItsClass(object operation, string name, string path, string expectedClass, double expected)
    {
        var assessment = ManagedEvidence.Assess(Did((ManagedOperation)operation, name, path), default);
        Assert.Equal((expectedClass, expected), (assessment.Class, assessment.EValue));
        Assert.True(assessment.Evidence[0].Technique.Length == 0 || Techniques.Tactic(assessment.Evidence[0].Technique).Length > 0, assessment.Evidence[0].Technique);
    }

    [Theory]
    [InlineData(ManagedOperation.AssemblyMemory, "Hidden", "", Severity.High)]
    [InlineData(ManagedOperation.StartupHook, "DOTNET_STARTUP_HOOKS", "/tmp/hook.dll", Severity.High)]
    [InlineData(ManagedOperation.StartupHook, "DOTNET_STARTUP_HOOKS", "/apm/hook.dll", Severity.Medium)]
    [InlineData(ManagedOperation.Profiler, "CORECLR_PROFILER_PATH", "/tmp/p.so", Severity.High)]
    [InlineData(ManagedOperation.AssemblyFile, "Shop.Plugin", "/app/plugins/Shop.Plugin.dll", Severity.Medium)]
    public void Managed_IsAsGraveAsItsPlace(object operation, string name, string path, object gravity) =>
        Assert.Equal((Severity)gravity, ManagedEvidence.Assess(Did((ManagedOperation)operation, name, path), default).Gravity);

    [Fact]
    public void Start_ExplainsWhatTheImageBrings_NotWhatLiesInTmp()
    {
        var starting = _builder.Process("/app/shop", phase: Phase.Init);
        Assert.Equal(18, ManagedEvidence.Assess(Did(ManagedOperation.AssemblyMemory, "Costura", lineage: starting), default).EValue, 9);
        Assert.Equal(60, ManagedEvidence.Assess(Did(ManagedOperation.AssemblyFile, "x", "/tmp/x.dll", starting), default).EValue);
    }

    [Fact]
    public void Keys_HoldWhatTellsAnAssemblyFromAnother()
    {
        Assert.Equal("m/app/shop|assembly_file|*|framework", Key(Did(ManagedOperation.AssemblyFile, "System.Memory", Framework + "System.Memory.dll")));
        Assert.Equal("m/app/shop|assembly_file|System.Net.Http|framework", Key(Did(ManagedOperation.AssemblyFile, "System.Net.Http", Framework + "System.Net.Http.dll")));
        Assert.Equal("m/app/shop|assembly_file|Shop.Web|/app", Key(Did(ManagedOperation.AssemblyFile, "Shop.Web", "/app/Shop.Web.dll")));
        Assert.Equal("m/app/shop|assembly_file|a%7Cb|temporary", Key(Did(ManagedOperation.AssemblyFile, "a|b", "/tmp/a|b.dll")));
        Assert.Equal(Key(Did(ManagedOperation.AssemblyMemory, "3f2a9c77b1d0")), Key(Did(ManagedOperation.AssemblyMemory, "99aa01bbccdd")));
        Assert.NotEqual(Key(Did(ManagedOperation.AssemblyMemory, "x")), Key(Did(ManagedOperation.AssemblyEmitted, "x")));
    }

    [Fact]
    public void AssemblyFromMemory_InALockedDeployment_IsAnAlertInWords()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var alert = Assert.Single(web.Apply(In(web, replica, ManagedOperation.AssemblyMemory, "Hid\nden")).Alerts);
        Assert.Equal("/usr/sbin/nginx loaded the assembly Hid\\x0aden from memory, without a file in shop/web: never seen in 72 h on 2 replicas", alert.Title);
        Assert.Contains("T1620", alert.Techniques);
        Assert.Equal("managed", Assert.Single(web.Deviations).Kind);
    }

    [Fact]
    public void AssemblyThatWasJustWritten_InALockedDeployment_NamesItsWriter()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        web.Apply(web.Builder.File(replica.Container, replica.Nginx, "/app/plugins/new.dll"));
        var alert = Assert.Single(web.Apply(In(web, replica, ManagedOperation.AssemblyFile, "new", "/app/plugins/new.dll")).Alerts);
        Assert.Contains(web.Deviations, d => d.Kind == "managed" && d.Evidence.Any(e => e.Reason.Contains("which nginx wrote a short while ago", StringComparison.Ordinal)));
        Assert.Contains("T1105", alert.Techniques);
    }

    [Fact]
    public void WhatADeploymentAlwaysLoads_IsSilent()
    {
        // Regular expressions, serializers, mocks and a plug-in from bytes: from the first hour on, in both replicas.
        var web = new EngineWeb();
        string[] emitted = ["Anonymously Hosted DynamicMethods Assembly", "Microsoft.GeneratedCode", "DynamicProxyGenAssembly2", "System.Reflection.DispatchProxy"];
        for (var i = 1; i <= 2; i++)
        {
            var replica = web.Start("c" + i, "web-" + i);
            foreach (var name in emitted)
            {
                web.Apply(In(web, replica, ManagedOperation.AssemblyEmitted, name));
            }

            web.Apply(In(web, replica, ManagedOperation.AssemblyFile, "System.Net.Http", Framework + "System.Net.Http.dll"));
        }

        web.Serve(72);
        foreach (var name in emitted)
        {
            web.Apply(In(web, web.Replicas[1], ManagedOperation.AssemblyEmitted, name));
        }

        // A part of the framework that was not needed before is none of our news, nor is its next version.
        web.Apply(In(web, web.Replicas[0], ManagedOperation.AssemblyFile, "System.Net.Http", "/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.13/System.Net.Http.dll"));
        Assert.Empty(web.Deviations);
        Assert.Empty(web.Alerts);
        Assert.NotNull(web.Item("managed", "/usr/sbin/nginx|assembly_emitted|Microsoft.GeneratedCode|"));
    }

    [Fact]
    public void StateAtStart_IsNoNews()
    {
        var web = new EngineWeb().Locked();
        web.Apply(In(web, web.Replicas[0], ManagedOperation.AssemblyFile, "Shop", "/tmp/Shop.dll") with { Flags = ManagedFlags.AtStart });
        Assert.Empty(web.Deviations);
    }

    [Fact]
    public void Summary_SaysWhatHappened()
    {
        Assert.Equal("/app/shop loaded the assembly Hidden from memory, without a file", EventText.Summary(Did(ManagedOperation.AssemblyMemory, "Hidden")));
        foreach (var operation in Enum.GetValues<ManagedOperation>())
        {
            Assert.NotEqual("", EventText.Summary(Did(operation)));
            Assert.True(operation == ManagedOperation.Unknown || ItemKey.OperationName(operation) != "unknown", operation.ToString());
        }
    }

    private static string Key(ManagedObservation observation) => new ItemKey().Managed(observation).ToString();

    private static ManagedObservation In(EngineWeb web, EngineWeb.Replica replica, ManagedOperation operation, string name, string path = "")
    {
        var at = web.Builder.Exec(replica.Container, replica.Nginx);
        return new() { Id = at.Id, Scope = at.Scope, AgentId = at.AgentId, Node = at.Node, Container = at.Container, First = at.First, Last = at.Last, Lineage = at.Lineage, Operation = operation, Name = name, Path = path };
    }

    private ManagedObservation Did(ManagedOperation operation, string name = "", string path = "", IReadOnlyList<ProcessInfo>? lineage = null)
    {
        var at = _builder.Exec(Container, lineage ?? _app);
        return new() { Id = at.Id, Scope = at.Scope, AgentId = at.AgentId, Node = at.Node, Container = at.Container, First = at.First, Last = at.Last, Lineage = at.Lineage, Operation = operation, Name = name, Path = path };
    }
}
