using System.Reflection;
using Google.Api;
using Microsoft.AspNetCore.Authorization;
using Runtime.Collector.Query;
using Runtime.Collector.Security;
using Xunit;

namespace Runtime.Collector.Tests.Query;

public sealed class QueryRolesTests
{
    public static TheoryData<string> Methods { get; } = [.. V1.Query.Descriptor.Methods.Select(method => method.Name)];

    /// <summary>What is no GET changes something; but a replay, whose file of rules is too long for an address.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_ThatChangesSomething_IsForAnalysts_AndNoOther(string name)
    {
        var http = V1.Query.Descriptor.FindMethodByName(name).GetOptions().GetExtension(AnnotationsExtensions.Http);
        var policy = typeof(QueryService).GetMethod(name)!.GetCustomAttribute<AuthorizeAttribute>()?.Policy;
        Assert.Equal(http.PatternCase == HttpRule.PatternOneofCase.Get || name == nameof(QueryService.Replay) ? null : Caller.AnalystPolicy, policy);
    }
}
