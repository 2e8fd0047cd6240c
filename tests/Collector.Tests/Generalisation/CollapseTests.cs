using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Generalisation;

/// <summary>When names become a template, and when they must not.</summary>
public sealed class CollapseTests
{
    private const string Template = "/usr/sbin/nginx|create|/srv/up/%{letters 14}.jpg|other";
    private readonly Uploads _uploads = new();

    [Fact]
    public void NewNamesEveryHour_BecomeOneItemThatKnowsTheNext()
    {
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        var item = Assert.Single(_uploads.Items);
        Assert.Equal(Template, item.Key);
        Assert.Equal(12, item.Names);
        Assert.Equal(12UL, item.Count);
        Assert.Equal(3, item.Examples.Count);
        Assert.All(item.Examples, name => Assert.Matches("^[a-z]{14}\\.jpg$", name));
        Assert.Equal("learned", item.State);
        Assert.Equal(3, item.Units);
        Assert.Equal(2, item.Starts);

        _uploads.Write($"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal(13UL, Assert.Single(_uploads.Items).Count);
    }

    [Theory]
    [InlineData("/srv/up/abcdefghijklmn.png", "another extension")]
    [InlineData("/srv/up/abcdefghijklmn", "no extension")]
    [InlineData("/srv/up/abcdefghijklmno.jpg", "another length")]
    [InlineData("/srv/up/abcdefghijklm4.jpg", "another class")]
    [InlineData("/srv/up/abcdefghijklmn.php.jpg", "another shape")]
    [InlineData("/srv/up/abcdefghijklmn.php", "a script")]
    [InlineData("/srv/up/.abcdefghijklmn.jpg", "hidden")]
    [InlineData("/srv/up/x/abcdefghijklmn.jpg", "deeper")]
    [InlineData("/srv/abcdefghijklmn.jpg", "another folder")]
    public void Template_DoesNotKnow(string path, string because)
    {
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg").Write(path);
        Assert.True(_uploads.Items.Count == 2, because);
    }

    [Fact]
    public void Template_OfOneProgramOrOperation_DoesNotKnowAnothers()
    {
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        var path = $"/srv/up/{_uploads.Word()}.jpg";
        _uploads.Write(path, FileOperation.Unlink);
        var replica = _uploads.Web.Replicas[0];
        _uploads.Web.Apply(_uploads.Web.Builder.File(replica.Container, replica.Entrypoint, path));
        Assert.NotNull(_uploads.Web.Item("file_write", $"/usr/sbin/nginx|unlink|{path}|other"));
        Assert.NotNull(_uploads.Web.Item("file_write", $"/bin/sh|create|{path}|other"));
    }

    [Theory]
    [InlineData((int)FileFlags.Executable)]
    [InlineData((int)FileFlags.Device)]
    public void Template_DoesNotKnowWhatIsMoreThanItsName(int flags)
    {
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg").Write($"/srv/up/{_uploads.Word()}.jpg", flags: (FileFlags)flags);
        Assert.Equal(2, _uploads.Items.Count);
    }

    [Fact]
    public void SevenNames_StayApart()
    {
        _uploads.Hours(6, 1, () => $"/srv/up/{_uploads.Word()}.jpg").Hours(1, 1, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal(7, _uploads.Items.Count);
        _uploads.Hours(1, 1, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Single(_uploads.Items);
    }

    [Fact]
    public void NamesThatComeAgain_StayApart()
    {
        string[] names = [.. Enumerable.Range(0, 12).Select(_ => $"/srv/up/{_uploads.Word()}.jpg")];
        var next = 0;
        _uploads.Hours(3, 12, () => names[next++ % 12]);

        // A little novelty, below the share that speaks for names without end.
        _uploads.Hours(1, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal(15, _uploads.Items.Count);
    }

    /// <summary>Mailboxes: each is seen again and again, and there is always another user.</summary>
    [Fact]
    public void NamesThatComeAgainAndGrow_BecomeOneAfterThreeDays()
    {
        var users = new List<string>();
        for (var day = 0; day < 3; day++)
        {
            for (var hour = 0; hour < 8; hour++)
            {
                users.Add(_uploads.Word());
                _uploads.Hours(3, 8, () => $"/srv/mail/{users[^(1 + _uploads.Pick(users.Count))]}/inbox");
            }

            Assert.DoesNotContain(_uploads.Items, item => item.Names > 0);
        }

        users.Add(_uploads.Word());
        _uploads.Hours(3, 8, () => $"/srv/mail/{users[^(1 + _uploads.Pick(users.Count))]}/inbox");
        Assert.Equal(["/usr/sbin/nginx|create|/srv/mail/%{letters 14}/inbox|other"], _uploads.Keys);
    }

    /// <summary>A set that was complete after a day stays a list.</summary>
    [Fact]
    public void NamesThatComeAgainAndAreAll_StayApart()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(_ => $"/srv/up/{_uploads.Word()}.jpg")];
        var next = 0;
        _uploads.Hours(24 * 5, 7, () => names[next++ % 20]);
        _uploads.Write("/srv/up/other-one.jpg");
        _uploads.Hours(1, 7, () => names[next++ % 20]);
        Assert.Equal(21, _uploads.Items.Count);
    }

    [Fact]
    public void NamesOfTwoHours_StayApart()
    {
        // The hour in which the replicas started is none of those that count.
        _uploads.Hours(3, 14, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal(42, _uploads.Items.Count);
        _uploads.Hours(1, 1, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Single(_uploads.Items);
    }

    [Fact]
    public void NamesOnOneOfTwoReplicas_StayApart()
    {
        for (var hour = 0; hour < 12; hour++)
        {
            _uploads.Write($"/srv/up/{_uploads.Word()}.jpg", replica: 0);
            _uploads.Hours(1, 0, () => "");
        }

        Assert.Equal(12, _uploads.Items.Count);
        _uploads.Write($"/srv/up/{_uploads.Word()}.jpg", replica: 1);
        _uploads.Hours(1, 0, () => "");
        Assert.Single(_uploads.Items);
    }

    [Fact]
    public void ShortWords_AreToldOneByOneUntilThereAreMany()
    {
        _uploads.Hours(4, 2, () => $"/srv/up/{_uploads.Word(4)}");
        Assert.Equal(8, _uploads.Items.Count);
        _uploads.Hours(8, 4, () => $"/srv/up/{_uploads.Word(4)}");
        Assert.Single(_uploads.Items);
    }

    [Fact]
    public void TopFolders_NeedMoreOfAReason()
    {
        _uploads.Hours(4, 2, () => $"/{_uploads.Word(12)}/x");
        Assert.Equal(8, _uploads.Items.Count);
    }

    [Fact]
    public void FoldersOfOneShape_BecomeOneWithWhatIsBelow()
    {
        _uploads.Hours(4, 3, () => $"/srv/{_uploads.Word(12)}/{_uploads.Word(20)}.eml");
        Assert.Equal(["/usr/sbin/nginx|create|/srv/%{letters 12}/%{letters 20}.eml|other"], _uploads.Keys);
        _uploads.Write($"/srv/{_uploads.Word(12)}/{_uploads.Word(20)}.eml");
        Assert.Equal(13UL, Assert.Single(_uploads.Items).Count);
    }

    [Fact]
    public void NamesOfNoCommonShape_BecomeAnyOnlyInAPlaceForData()
    {
        // Odd numbers of them, so that each comes from both replicas.
        string[] shapes = ["{0}.jpg", "{0}-{1}.jpg", "{0}_{1}.jpg", "{0}.{1}.jpg", "{0}+{1}.jpg"];
        var next = 0;
        foreach (var folder in new[] { "/srv/up/", "/app/up/" })
        {
            _uploads.Hours(6, 20, () => folder + string.Format(null, shapes[next++ % 5], _uploads.Word(13), _uploads.Word(12)));
            string[] odd = ["{0}-{1}-{0}.jpg", "{0}-{1}+{0}.jpg", "{0}@{1}.jpg", "{0}={1}.jpg", "{0}~{1}.jpg", "{0}:{1}.jpg", "{0}--{1}.jpg", "{0}__{1}.jpg", "{0}..{1}.jpg"];
            _uploads.Hours(3, 3, () => folder + string.Format(null, odd[next++ % 9], _uploads.Word(13), _uploads.Word(12)));
        }

        Assert.Contains("/usr/sbin/nginx|create|/srv/up/%{any}.jpg|other", _uploads.Keys);
        Assert.DoesNotContain(_uploads.Keys, key => key.StartsWith("/usr/sbin/nginx|create|/app/up/%{any}", StringComparison.Ordinal));
        Assert.Equal(6, _uploads.Keys.Count(key => key.Contains("/srv/", StringComparison.Ordinal)));
        Assert.Equal(5 + 9, _uploads.Keys.Count(key => key.Contains("/app/", StringComparison.Ordinal)));
    }

    [Fact]
    public void WhatAPersonApproved_StaysAsItIs()
    {
        var path = $"/srv/up/{_uploads.Word()}.jpg";
        _uploads.Web.Locked(hours: 30, replicas: 0);
        _uploads.Write(path);
        var deviation = Assert.Single(_uploads.Web.Deviations);
        _uploads.Web.Engine.ApproveDeviation(deviation.Id, "root (uid 0)", "", _uploads.Web.Builder.Now);
        _uploads.Hours(6, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal([Template, $"/usr/sbin/nginx|create|{path}|other"], _uploads.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void LockedBaseline_WaitingNamesWithTheirQuorum_BecomeKnown()
    {
        _uploads.Web.Locked(hours: 30, replicas: 0);
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal([Template], _uploads.Keys);
        var told = _uploads.Web.Deviations.Count();
        _uploads.Write($"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal(told, _uploads.Web.Deviations.Count());
        Assert.Empty(_uploads.Web.Alerts);
    }

    [Fact]
    public void ProgramsOfTheScope_StayAsTheyAre()
    {
        var replica = _uploads.Web.Replicas[0];
        var program = $"/srv/up/{_uploads.Word()}.jpg";
        _uploads.Web.Apply(_uploads.Web.Builder.Exec(replica.Container, _uploads.Web.Builder.Process(program, replica.Entrypoint)));
        _uploads.Write(program);
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal([Template, $"/usr/sbin/nginx|create|{program}|other"], _uploads.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void SingleReplicaThatNeverRestarts_NeedsSixHours()
    {
        var one = new Uploads(replicas: 1);
        one.Hours(5, 3, () => $"/srv/up/{one.Word()}.jpg");
        Assert.Equal(15, one.Items.Count);
        one.Hours(3, 3, () => $"/srv/up/{one.Word()}.jpg");
        Assert.Single(one.Items);
    }

    [Fact]
    public void LockFollows_WhereNewNamesWouldHavePreventedIt()
    {
        _uploads.Hours(60, 2, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Equal(BaselineState.Locked, _uploads.Web.State(KindGroup.File));
    }
}
