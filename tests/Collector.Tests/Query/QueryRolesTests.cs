using System.Reflection;
using Google.Api;
using Microsoft.AspNetCore.Authorization;
using Runtime.Collector.Query;
using Runtime.Collector.Security;
using Xunit;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Runtime.Collector.Tests.Query;

public sealed class QueryRolesTests
{
    public static TheoryData<string, string> Methods { get; } = [.. Services.SelectMany(service => service.Descriptor.Methods, (service, method) => (service.Descriptor.Name, method.Name))];

    private static IEnumerable<(ServiceDescriptor Descriptor, Type Shell)> Services => [(V1.Query.Descriptor, typeof(QueryService)), (V1.Alerts.Descriptor, typeof(AlertsService))];

    /// <summary>What is no GET changes something; but a replay, whose file of rules is too long for an address.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_ThatChangesSomething_IsForAnalysts_AndNoOther(string service, string name)
    {
        var (descriptor, shell) = Services.Single(one => one.Descriptor.Name == service);
        var http = descriptor.FindMethodByName(name).GetOptions().GetExtension(AnnotationsExtensions.Http);
        var policy = shell.GetMethod(name)!.GetCustomAttribute<AuthorizeAttribute>()?.Policy;
        Assert.Equal(http.PatternCase == HttpRule.PatternOneofCase.Get || name == nameof(QueryService.Replay) ? null : Caller.AnalystPolicy, policy);
    }
}
