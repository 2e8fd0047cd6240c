using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Security;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Security;
using Runtime.Collector.Web;
using Runtime.Tests;
using Xunit;

namespace Runtime.Collector.Tests.Web;

/// <summary>Sign-in at a real provider, over TLS, with what a browser would keep and send.</summary>
public sealed class OidcTests : IAsyncLifetime
{
    private readonly string _folder = TestCollector.MakeFolder();
    private readonly TestAuthority _authority = new("the provider's authority");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly string _page = $"127.0.0.1:{FreePort.Find()}";
    private X509Certificate2 _certificate = null!;
    private OidcProvider _provider = null!;
    private TestCollector _collector = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
    private string SecretFile => Path.Combine(_folder, "client-secret");

    public async ValueTask InitializeAsync()
    {
        _certificate = _authority.Server();
        _provider = await OidcProvider.StartAsync("localhost", _certificate);
        TestAuthority.Write(Path.Combine(_folder, "provider-ca.crt"), _authority.Certificate);
        await File.WriteAllTextAsync(SecretFile, OidcProvider.Secret + "\n", Stop);
        _collector = await TestCollector.StartAsync(folder: _folder, time: _time, page: _page, web: Configure);
    }

    [Fact]
    public async Task SignIn_OfSomebodyWithARole_OpensThePageThatWasAskedFor()
    {
        using var browser = Browser();
        using (var closed = await browser.GetAsync(new Uri($"http://{_page}/incidents/abc?x=1"), Stop))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, closed.StatusCode);
            Assert.Contains("/sign-in?to=%2Fincidents%2Fabc%3Fx%3D1", await closed.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        using var signedIn = await SignInAsync(browser, "/agents");
        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
        Assert.Contains("content=\"0;url=/agents\"", await signedIn.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

        var asked = Assert.Single(_provider.Asked);
        Assert.Equal("code", asked.ResponseType);
        Assert.Equal("S256", asked.CodeChallengeMethod);
        Assert.NotEmpty(asked.Nonce!);
        Assert.Equal($"http://{_page}/sign-in/callback", asked.RedirectUri);
        Assert.Equal("openid profile email", asked.Scope);

        using var page = await browser.GetAsync(new Uri($"http://{_page}/agents"), Stop);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains($"alice (OIDC 248289761001 of {new Uri(_provider.Issuer).Authority})", await page.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("watchers", "as viewer")]
    [InlineData("responders", "as analyst")]
    [InlineData("watchers,owners", "as admin")]
    [InlineData("Watchers", null)]
    [InlineData("watchers-of-birds", null)]
    [InlineData("", null)]
    public async Task Role_ComesFromTheClaim(string groups, string? role)
    {
        _provider.Groups = groups.Split(',', StringSplitOptions.RemoveEmptyEntries);
        using var browser = Browser();
        using var signedIn = await SignInAsync(browser);
        using var page = await browser.GetAsync(new Uri($"http://{_page}/"), Stop);
        Assert.Equal(role is null ? HttpStatusCode.Forbidden : HttpStatusCode.OK, signedIn.StatusCode);
        Assert.Equal(role is null ? HttpStatusCode.Unauthorized : HttpStatusCode.OK, page.StatusCode);
        if (role is not null)
        {
            Assert.Contains(role, await page.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task NoRole_SaysWhatIsMissingAndWhatTheClaimsSay()
    {
        _provider.Name = "<b>mallory</b>";
        _provider.Groups = ["<script>alert(1)</script>", "guests\u202e"];
        using var browser = Browser();
        using var answer = await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        var html = await answer.Content.ReadAsStringAsync(Stop);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", html, StringComparison.Ordinal);
        var text = WebUtility.HtmlDecode(html);
        Assert.Contains("you are <b>mallory</b> (OIDC", text, StringComparison.Ordinal);
        Assert.Contains("Of the claim groups it says: <script>alert(1)</script>, guests\\u{202E}.", text, StringComparison.Ordinal);
        Assert.Contains("Web:Oidc:Roles", text, StringComparison.Ordinal);
        Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => cookie.StartsWith("runtime-session", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("nonce", "another")]
    [InlineData("iss", "https://evil.example.com/")]
    [InlineData("aud", "another-client")]
    [InlineData("nonce", null)]
    [InlineData("aud", null)]
    [InlineData("sub", null)]
    [InlineData("exp", null)]
    public async Task IdToken_WithAWrongOrMissingClaim_IsRefused(string claim, string? value)
    {
        _provider.Tamper = token =>
        {
            token.Remove(claim);
            if (value is not null)
            {
                token[claim] = value;
            }
        };
        await AssertRefusedAsync();
    }

    [Theory]
    [InlineData("exp", -120)]
    [InlineData("nbf", 3600)]
    public async Task IdToken_OutOfItsTime_IsRefused(string claim, int seconds)
    {
        _provider.Tamper = token =>
        {
            token["iat"] = token["nbf"] = DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds();
            token[claim] = DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeSeconds();
        };
        await AssertRefusedAsync();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("another key")]
    [InlineData("the secret")]
    public async Task IdToken_NotSignedByTheProvider_IsRefused(string how)
    {
        using var another = RSA.Create(2048);
        _provider.Signer = bytes => how switch
        {
            "none" => ("none", []),
            "another key" => ("RS256", another.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            _ => ("HS256", HMACSHA256.HashData(Encoding.UTF8.GetBytes(OidcProvider.Secret), bytes)),
        };
        await AssertRefusedAsync();
    }

    /// <summary>What the tests above break is all that is wrong with their tokens.</summary>
    [Fact]
    public async Task IdToken_SignedAgainWithoutAChange_IsTaken()
    {
        _provider.Tamper = token => Assert.Equal(JsonValue.Create(_provider.Subject)!.ToString(), token["sub"]!.ToString());
        using var browser = Browser();
        using var answer = await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("state", "of-somebodys-making")]
    [InlineData("state", null)]
    [InlineData("code", "of-somebodys-making")]
    [InlineData("code", null)]
    public async Task Callback_WithAWrongOrMissingPart_IsRefused(string part, string? value)
    {
        using var browser = Browser();
        var callback = await CallbackAsync(browser);
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(callback.Query).ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString());
        query[part] = value;
        using var answer = await browser.GetAsync(new Uri(Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(callback.GetLeftPart(UriPartial.Path), query.Where(pair => pair.Value is not null))), Stop);
        await AssertRefusedAsync(browser, answer);
    }

    [Fact]
    public async Task Callback_InAnotherBrowser_IsRefused()
    {
        using var attacker = Browser();
        var callback = await CallbackAsync(attacker);
        using var victim = Browser();
        using var answer = await victim.GetAsync(callback, Stop);
        await AssertRefusedAsync(victim, answer);
    }

    [Fact]
    public async Task Callback_Again_IsRefused()
    {
        using var browser = Browser();
        var callback = await CallbackAsync(browser);
        using var first = await browser.GetAsync(callback, Stop);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await browser.GetAsync(callback, Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, second.StatusCode);
    }

    [Fact]
    public async Task Callback_TooLate_IsRefused()
    {
        using var browser = Browser();
        var callback = await CallbackAsync(browser);
        _time.Advance(TimeSpan.FromMinutes(11));
        using var answer = await browser.GetAsync(callback, Stop);
        await AssertRefusedAsync(browser, answer);
    }

    [Fact]
    public async Task Callback_AsAForm_IsRefused()
    {
        using var browser = Browser();
        var callback = await CallbackAsync(browser);
        using var form = new FormUrlEncodedContent(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(callback.Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString()));
        using var answer = await browser.PostAsync(new Uri(callback.GetLeftPart(UriPartial.Path)), form, Stop);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Denial_OfTheProvider_IsToldInItsWords()
    {
        _provider.Denial = "access_denied";
        using var browser = Browser();
        using var answer = await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("Sign-in failed", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secret_ReplacedInItsFile_CountsAtTheNextSignIn()
    {
        await File.WriteAllTextAsync(SecretFile, "an old one", Stop);
        await AssertRefusedAsync();
        await File.WriteAllTextAsync(SecretFile, OidcProvider.Secret, Stop);
        using var browser = Browser();
        using var answer = await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("https://evil.example.com/")]
    [InlineData("//evil.example.com/")]
    [InlineData("/\\evil.example.com/")]
    [InlineData("/\t/evil.example.com/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("incidents")]
    public async Task SignIn_ThatWouldLeadElsewhere_IsRefused(string to)
    {
        using var browser = Browser();
        using var answer = await browser.GetAsync(new Uri($"http://{_page}/sign-in?to={Uri.EscapeDataString(to)}"), Stop);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Empty(_provider.Asked);
    }

    [Fact]
    public async Task Session_OfASignIn_EndsAsThoseOfLinksDo()
    {
        using var browser = Browser();
        using var signedIn = await SignInAsync(browser);
        _time.Advance(TimeSpan.FromMinutes(59));
        using (var page = await browser.GetAsync(new Uri($"http://{_page}/agents"), Stop))
        {
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        }

        _time.Advance(TimeSpan.FromMinutes(61));
        using var over = await browser.GetAsync(new Uri($"http://{_page}/agents"), Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, over.StatusCode);
    }

    [Fact]
    public async Task SignIn_Again_EndsTheSessionBefore()
    {
        using var browser = Browser();
        using (var first = await SignInAsync(browser))
        {
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        }

        using (var second = await SignInAsync(browser))
        {
            Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        }

        Assert.Equal(1u, (await new V1.Web.WebClient(_collector.Channel()).EndSessionsAsync(new(), cancellationToken: Stop)).Sessions);
    }

    [Fact]
    public async Task Provider_ThatIsGone_IsToldAndALinkStillWorks()
    {
        await _provider.DisposeAsync();
        using var browser = Browser();
        using var answer = await browser.GetAsync(new Uri($"http://{_page}/sign-in"), Stop);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("runtimectl web", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        using var link = await browser.GetAsync(new Uri((await new V1.Web.WebClient(_collector.Channel()).CreateLinkAsync(new(), cancellationToken: Stop)).Url), Stop);
        Assert.Equal(HttpStatusCode.Redirect, link.StatusCode);
    }

    [Fact]
    public async Task Provider_OfAnotherAuthority_IsNotAsked()
    {
        using var stranger = new TestAuthority("another authority");
        using var certificate = stranger.Server();
        await using var other = await OidcProvider.StartAsync("localhost", certificate);
        var page = $"127.0.0.1:{FreePort.Find()}";
        await using var collector = await TestCollector.StartAsync(page: page, web: options =>
        {
            Configure(options);
            options.Oidc.Authority = other.Issuer;
        });
        using var browser = Browser();
        using var answer = await browser.GetAsync(new Uri($"http://{page}/sign-in"), Stop);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/sign-in/callback?code=x&state=y")]
    public async Task SignIn_ThroughAnotherDoor_IsNotThere(string path)
    {
        using var http = _collector.Http();
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Stop);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        await _provider.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
    }

    private void Configure(WebOptions options)
    {
        options.Oidc.Authority = _provider.Issuer;
        options.Oidc.ClientId = OidcProvider.ClientId;
        options.Oidc.ClientSecretFile = SecretFile;
        options.Oidc.CaFile = Path.Combine(_folder, "provider-ca.crt");
        options.Oidc.Roles = new() { Viewers = ["watchers"], Analysts = ["responders"], Admins = ["owners"] };
    }

    private async Task AssertRefusedAsync()
    {
        using var browser = Browser();
        using var answer = await SignInAsync(browser);
        await AssertRefusedAsync(browser, answer);
    }

    private async Task AssertRefusedAsync(HttpClient browser, HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("Sign-in failed", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.True(_collector.Services.GetRequiredService<Refusals>().Total > 0);
        using var page = await browser.GetAsync(new Uri($"http://{_page}/"), Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, page.StatusCode);
    }

    private async Task<HttpResponseMessage> SignInAsync(HttpClient browser, string to = "/") => await browser.GetAsync(await CallbackAsync(browser, to), Stop);

    /// <summary>Where the provider sends the browser back to.</summary>
    private async Task<Uri> CallbackAsync(HttpClient browser, string to = "/")
    {
        using var sent = await browser.GetAsync(new Uri($"http://{_page}/sign-in?to={Uri.EscapeDataString(to)}"), Stop);
        Assert.Equal(HttpStatusCode.Redirect, sent.StatusCode);
        Assert.StartsWith(_provider.Issuer + "authorize?", sent.Headers.Location!.ToString(), StringComparison.Ordinal);
        using var back = await browser.GetAsync(sent.Headers.Location, Stop);
        Assert.Equal(HttpStatusCode.Redirect, back.StatusCode);
        return back.Headers.Location!;
    }

    /// <summary>Keeps cookies and follows nothing.</summary>
    private HttpClient Browser() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        CookieContainer = new CookieContainer(),
        SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Issuer == _authority.Certificate.Subject },
    });
}
