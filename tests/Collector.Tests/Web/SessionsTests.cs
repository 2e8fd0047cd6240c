using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Security;
using Runtime.Collector.Tests.Query;
using Runtime.Collector.Web;
using Runtime.Collector.Web.Access;
using Xunit;

namespace Runtime.Collector.Tests.Web;

public sealed class SessionsTests
{
    private static readonly Caller _alice = new("alice (uid 1000), web page", CallerRoles.Viewer);
    private readonly FakeTimeProvider _time = new(Sample.Noon);

    [Fact]
    public void Session_UsedInTime_LastsToItsLifetimeAndNoLonger()
    {
        var sessions = Sessions();
        var secret = sessions.Open(_alice);
        for (var hour = 0; hour < 23; hour++)
        {
            _time.Advance(TimeSpan.FromMinutes(30));
            sessions.Find(secret)!.Use(_time.GetUtcNow());
        }

        _time.Advance(TimeSpan.FromMinutes(29));
        Assert.NotNull(sessions.Find(secret));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(sessions.Find(secret));
    }

    [Fact]
    public void Session_NotUsed_EndsThoughItIsLookedAt()
    {
        var sessions = Sessions();
        var secret = sessions.Open(_alice);
        var id = sessions.Find(secret)!.Id;
        for (var minute = 0; minute < 59; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            Assert.NotNull(sessions.FindById(id));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(sessions.FindById(id));
        Assert.Null(sessions.Find(secret));
    }

    [Fact]
    public void Sessions_MoreThanThereArePlaces_EndTheOneUnusedForLongest()
    {
        var sessions = Sessions();
        var secrets = Enumerable.Range(0, Collector.Web.Access.Sessions.Max).Select(_ =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return sessions.Open(_alice);
        }).ToList();
        sessions.Find(secrets[0])!.Use(_time.GetUtcNow().AddSeconds(1));
        sessions.Open(_alice);
        Assert.NotNull(sessions.Find(secrets[0]));
        Assert.Null(sessions.Find(secrets[1]));
        Assert.Equal(Collector.Web.Access.Sessions.Max, sessions.EndAll());
    }

    [Fact]
    public void Session_ThatAsksWithoutEnd_IsHeldUp()
    {
        var sessions = Sessions();
        var session = sessions.Find(sessions.Open(_alice))!;
        Assert.Contains(false, Enumerable.Range(0, 1000).Select(_ => session.TryAsk()));
    }

    [Fact]
    public void Secrets_AreLongAndNeverTheSame()
    {
        var sessions = Sessions();
        var links = new EntryLinks(_time);
        List<string> secrets = [.. Enumerable.Range(0, 20).Select(_ => sessions.Open(_alice)), .. Enumerable.Range(0, 20).Select(_ => links.Make(_alice)!.Value.Secret)];
        Assert.Equal(secrets.Count, secrets.Distinct().Count());
        Assert.All(secrets, secret => Assert.Equal(64, secret.Length));
    }

    [Fact]
    public void Link_IsGoodOnce()
    {
        var links = new EntryLinks(_time);
        var link = links.Make(_alice)!.Value;
        Assert.Same(_alice, links.Use(link.Secret));
        Assert.Null(links.Use(link.Secret));
    }

    [Fact]
    public void Link_OlderThanAMinute_IsOver()
    {
        var links = new EntryLinks(_time);
        var link = links.Make(_alice)!.Value;
        _time.Advance(EntryLinks.Lifetime - TimeSpan.FromTicks(1));
        Assert.NotNull(new EntryLinks(_time).Make(_alice));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(links.Use(link.Secret));
    }

    [Fact]
    public void Links_MoreThanMayWait_AreRefusedUntilOneIsOver()
    {
        var links = new EntryLinks(_time);
        for (var i = 0; i < EntryLinks.Max; i++)
        {
            Assert.NotNull(links.Make(_alice));
        }

        Assert.Null(links.Make(_alice));
        _time.Advance(EntryLinks.Lifetime);
        Assert.NotNull(links.Make(_alice));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("\ud800")]
    public void Link_OfSomebodysMaking_IsNobodys(string secret)
    {
        var links = new EntryLinks(_time);
        links.Make(_alice);
        Assert.Null(links.Use(secret));
    }

    private Sessions Sessions() => new(new WebOptions { SessionIdle = TimeSpan.FromHours(1), SessionLifetime = TimeSpan.FromHours(12) }, _time);
}
