using System.Net;
using System.Net.WebSockets;
using Grpc.Core;
using Runtime.EndToEnd.Tests.Browsing;
using Xunit;

namespace Runtime.EndToEnd.Tests;

/// <summary>The page's door, as programs and other sites' pages find it.</summary>
public sealed class AccessTests(ShopFixture fixture)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/incidents")]
    [InlineData("/deployments")]
    [InlineData("/agents")]
    public async Task Page_WithoutSession_TellsOnlyHowToComeIn(string path)
    {
        using var answer = await GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(Stop);
        Assert.Contains("runtimectl web", text);
        Assert.DoesNotContain("nginx", text);
    }

    [Theory]
    [InlineData("/v1/status")]
    [InlineData("/v1/incidents")]
    [InlineData("/healthz")]
    [InlineData("/runtime.v1.Query/GetStatus")]
    public async Task OtherDoorsServices_ThroughThePagesDoor_AreNotThere(string path)
    {
        using var answer = await GetAsync(path, await fixture.Program.CookieAsync());
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Link_Used_OpensOnceAndGivesACookieThatScriptsAndSitesDoNotGet()
    {
        var link = new Uri(await fixture.Program.LinkAsync());
        using var http = WebProgram.Http();
        using var first = await http.GetAsync(link, Stop);
        Assert.Equal(HttpStatusCode.Redirect, first.StatusCode);
        Assert.Equal("/", first.Headers.Location?.ToString());
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("expires", cookie, StringComparison.OrdinalIgnoreCase);
        using var page = await GetAsync("/", cookie.Split(';')[0]);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);

        using var second = await http.GetAsync(link, Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, second.StatusCode);
        Assert.False(second.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("%00%FF")]
    public async Task Link_OfSomebodysMaking_OpensNothing(string secret)
    {
        using var answer = await GetAsync("/enter?link=" + secret);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("evil.example.com")]
    [InlineData("127.0.0.1.evil.example.com")]
    [InlineData("localhost.evil.example.com:7380")]
    [InlineData("[::2]")]
    public async Task Host_OfAnotherName_IsRefusedWithACookieToo(string host)
    {
        using var answer = await GetAsync("/", await fixture.Program.CookieAsync(), request => request.Headers.Host = host);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
        Assert.DoesNotContain("Runtime", await answer.Content.ReadAsStringAsync(Stop));
    }

    [Theory]
    [InlineData("http://evil.example.com")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("https://{address}")]
    [InlineData("null")]
    [InlineData(null)]
    public async Task Post_OfAnotherOrigin_IsRefused(string? origin)
    {
        var cookie = await fixture.Program.CookieAsync();
        using var http = WebProgram.Http();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{fixture.Program.Address}/leave"));
        request.Headers.Add("Cookie", cookie);
        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin.Replace("{address}", fixture.Program.Address, StringComparison.Ordinal));
        }

        using var answer = await http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        await AssertInAsync(cookie);
    }

    [Fact]
    public async Task Post_OfOwnOriginWithoutTheFormsToken_IsRefused()
    {
        var cookie = await fixture.Program.CookieAsync();
        using var http = WebProgram.Http();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{fixture.Program.Address}/leave"));
        request.Headers.Add("Cookie", cookie);
        request.Headers.TryAddWithoutValidation("Origin", $"http://{fixture.Program.Address}");
        using var answer = await http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        await AssertInAsync(cookie);
    }

    [Theory]
    [InlineData("http://evil.example.com")]
    [InlineData(null)]
    public async Task LiveConnection_OfAnotherOrigin_IsRefused(string? origin)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", await fixture.Program.CookieAsync());
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://{fixture.Program.Address}/_blazor"), Stop));
        Assert.Equal(HttpStatusCode.Forbidden, socket.HttpStatusCode);
    }

    [Fact]
    public async Task LiveConnection_WithoutSession_IsRefused()
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", $"http://{fixture.Program.Address}");
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://{fixture.Program.Address}/_blazor"), Stop));
        Assert.Equal(HttpStatusCode.Unauthorized, socket.HttpStatusCode);
    }

    [Theory]
    [InlineData("/", true)]
    [InlineData("/", false)]
    [InlineData("/enter?link=x", false)]
    [InlineData("/nothing", true)]
    public async Task EveryAnswer_ForbidsFramesForeignContentAndKeeping(string path, bool isIn)
    {
        using var answer = await GetAsync(path, isIn ? await fixture.Program.CookieAsync() : null);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        var parts = policy.Split("; ").ToDictionary(part => part.Split(' ')[0], part => part[(part.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        Assert.Equal("'none'", parts["default-src"]);
        Assert.Equal("'self'", parts["script-src"]);
        Assert.Equal("'self'", parts["style-src"]);
        Assert.Equal("'none'", parts["frame-ancestors"]);
        Assert.Equal("'self'", parts["base-uri"]);
        Assert.Equal($"'self' ws://{fixture.Program.Address}", parts["connect-src"]);
        Assert.Equal("DENY", Assert.Single(answer.Headers.GetValues("X-Frame-Options")));
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Page_HasNoScriptOrSheetInIt()
    {
        using var answer = await GetAsync("/", await fixture.Program.CookieAsync());
        var html = await answer.Content.ReadAsStringAsync(Stop);
        Assert.DoesNotContain("<style", html, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(System.Text.RegularExpressions.Regex.Matches(html, "<script(?![^>]*\\ssrc=\"/assets/)", System.Text.RegularExpressions.RegexOptions.IgnoreCase));
        Assert.DoesNotMatch("(href|src)=\"(https?:)?//", html);
    }

    [Fact]
    public async Task NewLink_InTheSameBrowser_EndsTheOldSession()
    {
        var old = await fixture.Program.CookieAsync("admin");
        using var http = WebProgram.Http();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(await fixture.Program.LinkAsync("viewer")));
        request.Headers.Add("Cookie", old);
        using var answer = await http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        using var page = await GetAsync("/", old);
        Assert.Equal(HttpStatusCode.Unauthorized, page.StatusCode);
    }

    [Fact]
    public async Task Host_OfAProxy_IsServedAsOverTls()
    {
        await using var program = await WebProgram.StartAsync("--Web:Names:0=runtime.example.com");
        using var http = WebProgram.Http();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(await program.LinkAsync()));
        request.Headers.Host = "runtime.example.com";
        using var answer = await http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Contains("; secure", Assert.Single(answer.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("wss://runtime.example.com", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("of somebody's making")]
    public async Task Links_TriedWithoutEnd_AreHeldUp(string? cookie)
    {
        await using var program = await WebProgram.StartAsync();
        using var http = WebProgram.Http();
        var states = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{program.Address}/enter?link={Guid.NewGuid():N}"));
            if (cookie is not null)
            {
                request.Headers.TryAddWithoutValidation("Cookie", $"runtime-session-{new Uri("http://" + program.Address).Port}={cookie}");
            }

            using var answer = await http.SendAsync(request, Stop);
            return answer.StatusCode;
        }));
        Assert.Contains(HttpStatusCode.TooManyRequests, states);
        Assert.DoesNotContain(HttpStatusCode.Redirect, states);
    }

    [Fact]
    public async Task Role_ThatIsNone_IsTold()
    {
        var fault = await Assert.ThrowsAsync<RpcException>(() => fixture.Program.LinkAsync("king"));
        Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        Assert.Contains("viewer, analyst, admin", fault.Status.Detail);
    }

    private async Task AssertInAsync(string cookie)
    {
        using var page = await GetAsync("/", cookie);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? cookie = null, Action<HttpRequestMessage>? change = null)
    {
        using var http = WebProgram.Http();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{fixture.Program.Address}{path}"));
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        change?.Invoke(request);
        return await http.SendAsync(request, Stop);
    }
}
