using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Runtime.Collector.Security;

/// <summary>One protocol of the unix socket. Kestrel fixes an endpoint's protocol before its first byte, so the socket is two endpoints to it.</summary>
internal sealed class LocalEndPoint(string path, HttpProtocols protocol) : EndPoint
{
    public string Path { get; } = path;
    public HttpProtocols Protocol { get; } = protocol;

    public override string ToString() => $"unix:{Path} ({(Protocol == HttpProtocols.Http2 ? "gRPC, HTTP/2" : "JSON, HTTP/1.1")})";
}
