using System.Collections;
using Runtime.Collector.Baselines;
using Runtime.Collector.Configuration;
using Runtime.Collector.Hosting;
using Runtime.Collector.Inventory;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Baselines;

public sealed class BudgetRuleTests
{
    private static readonly Scope Web = new("prod", "shop", "Deployment", "web", "app");

    [Theory]
    [InlineData("", "anything", true)]
    [InlineData("", "", true)]
    [InlineData("*", "", true)]
    [InlineData("web", "web", true)]
    [InlineData("web", "webhook", false)]
    [InlineData("web", "Web", false)]
    [InlineData("web*", "web", true)]
    [InlineData("web-*", "web", false)]
    [InlineData("*-job", "nightly-job", true)]
    [InlineData("*-job", "nightly-job-2", false)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("**", "x", true)]
    [InlineData("shop", "", false)]
    [InlineData("*ab", "aab", true)]
    public void Matches_Pattern_StarStandsForAnyCharacters(string pattern, string name, bool matches) => Assert.Equal(matches, BudgetRule.Matches(pattern, name));

    [Fact]
    public void Matches_PatternOfManyStars_EndsSoon()
    {
        // Going back to every star would take longer than the test may run.
        Assert.False(BudgetRule.Matches(string.Concat(Enumerable.Repeat("*a", 30)) + "*b", new string('a', 2000)));
    }

    /// <summary>Each rule is the most specific of all those behind it.</summary>
    [Fact]
    public void BudgetOf_ScopeNamedByMany_TakesTheMostSpecific()
    {
        BudgetRule[] rules =
        [
            new() { Deployment = "web", Namespace = "shop", Cluster = "prod", FalseAlertsPerDay = 1 },
            new() { Deployment = "web", Namespace = "shop", FalseAlertsPerDay = 2 },
            new() { Deployment = "web", Cluster = "prod", FalseAlertsPerDay = 3 },
            new() { Deployment = "web", FalseAlertsPerDay = 4 },
            new() { Deployment = "we*", FalseAlertsPerDay = 5 },
            new() { Deployment = "w*", Namespace = "shop", FalseAlertsPerDay = 6 },
            new() { Namespace = "shop", Cluster = "prod", FalseAlertsPerDay = 7 },
            new() { Namespace = "shop", FalseAlertsPerDay = 8 },
            new() { Namespace = "sh*", FalseAlertsPerDay = 9 },
            new() { Cluster = "prod", FalseAlertsPerDay = 0.5 },
            new() { Cluster = "*", FalseAlertsPerDay = 0.25 },
        ];
        for (var first = 0; first < rules.Length; first++)
        {
            // Whatever their order.
            var options = new BaselineOptions { Budgets = [.. rules.Skip(first).Reverse()] };
            var budget = options.BudgetOf(Web);
            Assert.Equal(rules[first].FalseAlertsPerDay, budget.FalseAlertsPerDay);
            Assert.Equal($"Baselines:Budgets:{rules.Length - first - 1} ({rules[first]})", budget.Setting);
        }

        var none = new BaselineOptions { Budgets = [.. rules.Where(rule => rule.Cluster != "*")] }.BudgetOf(new Scope("test", "pay", "Deployment", "api", "api"));
        Assert.Equal(new Budget(0.01, "Baselines:AlertBudget"), none);
    }

    [Fact]
    public void BudgetOf_RulesThatSayAsMuch_TakesTheFirst()
    {
        BudgetRule left = new() { Deployment = "w*b", FalseAlertsPerDay = 1 };
        BudgetRule right = new() { Deployment = "we*", FalseAlertsPerDay = 2 };
        Assert.Equal("Baselines:Budgets:0 (deployment w*b)", new BaselineOptions { Budgets = [left, right] }.BudgetOf(Web).Setting);
        Assert.Equal("Baselines:Budgets:0 (deployment we*)", new BaselineOptions { Budgets = [right, left] }.BudgetOf(Web).Setting);
    }

    [Fact]
    public void BudgetOf_HostsAndPlainContainers_GoByTheirOwnNames()
    {
        var options = new BaselineOptions { Budgets = [new() { Deployment = "node-*", FalseAlertsPerDay = 1 }, new() { Namespace = "shop", FalseAlertsPerDay = 2 }] };
        Assert.Equal(1, options.BudgetOf(new Scope("prod", "", Scope.HostKind, "node-7", "")).FalseAlertsPerDay);
        Assert.Equal(0.01, options.BudgetOf(new Scope("prod", "", "Container", "db", "")).FalseAlertsPerDay);
    }

    [Fact]
    public void Faults_OfBudgets_ComeAllAtOnceWithTheNearestKey()
    {
        Dictionary<string, string> values = new()
        {
            ["0:Namespace"] = "shop", ["0:FalseAlertsPerDay"] = "11",
            ["1:Namespace"] = "pay",
            ["2:FalseAlertsPerDay"] = "1",
            ["3:Deploiment"] = "web", ["3:FalseAlertsPerDay"] = "1",
            ["4:Cluster"] = "prod", ["4:FalseAlertsPerDay"] = "often",
            ["5:Deployment"] = "w*", ["5:FalseAlertsPerDay"] = "1",
            ["6:Deployment"] = "w*", ["6:FalseAlertsPerDay"] = "2",
        };
        var faults = new SettingsFaults();

        Settings.Read(SettingsCatalogue.All, [.. values.Select(pair => $"--Baselines:Budgets:{pair.Key}={pair.Value}")], new Hashtable(), "/nonexistent", faults);

        Assert.Equal(
            [
                "Baselines:Budgets:0:FalseAlertsPerDay = \"11\" (command line): must be 0.0001 to 10",
                "Baselines:Budgets:1:FalseAlertsPerDay: must be set",
                "Baselines:Budgets:2 (command line): names no deployment: set Cluster, Namespace or Deployment (Baselines:AlertBudget is for all)",
                "Baselines:Budgets:3:Deploiment (command line): is not a setting; did you mean Baselines:Budgets:3:Deployment?",
                "Baselines:Budgets:4:FalseAlertsPerDay = \"often\" (command line): must be a number",
                "Baselines__Budgets__6 is for deployment w*; it names what Baselines__Budgets__5 names; each rule needs its own",
            ],
            faults.All);
    }

    [Fact]
    public void Validate_MoreRulesThanTheBound_IsAFault()
    {
        var rules = Enumerable.Range(0, 257).Select(i => new BudgetRule { Deployment = $"d{i}", FalseAlertsPerDay = 1 }).ToList();
        Assert.Empty(new BaselineOptions { Budgets = rules[..256] }.Validate());
        Assert.Equal("Baselines__Budgets is a list of 257; it must have at most 256 rules", Assert.Single(new BaselineOptions { Budgets = rules }.Validate()));
    }

    [Fact]
    public void Threshold_OfAScopeWithABudget_FollowsIt()
    {
        var web = new EngineWeb(new BaselineOptions { Budgets = [new() { Namespace = "shop", FalseAlertsPerDay = 0.0005 }] }).Locked();
        var view = web.Engine.View(web.Builder.Now);
        Assert.Equal(new Budget(0.0005, "Baselines:Budgets:0 (namespace shop)"), view.Budget);
        Assert.All(view.Groups, group => Assert.Equal(Math.Max(20, group.Lambda / 0.0005), group.Threshold));
        Assert.True(view.Groups[0].Threshold > 30, $"{view.Groups[0].Threshold}");

        // What was learnt stays when the budget changes; only what it takes to alert does.
        var laxer = ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), new BaselineOptions { AlertBudget = 10 });
        Assert.Equal(new Budget(10, "Baselines:AlertBudget"), laxer.View(web.Builder.Now).Budget);
        Assert.All(laxer.View(web.Builder.Now).Groups, group => Assert.Equal(20, group.Threshold));
    }

    [Fact]
    public void Config_OfBudgets_ShowsEachWithItsOrigin()
    {
        using var output = new StringWriter();
        Assert.Equal(0, EffectiveSettings.Write(["--Baselines:Budgets:0:Namespace=shop", "--Baselines:Budgets:0:FalseAlertsPerDay=0.5"], new Hashtable(), output, TextWriter.Null));
        var lines = output.ToString().Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.Contains("Baselines:Budgets:0:Namespace shop command line", lines);
        Assert.Contains("Baselines:Budgets:0:FalseAlertsPerDay 0.5 command line", lines);
        Assert.Contains("Baselines:Budgets:0:Cluster - default", lines);
    }
}
