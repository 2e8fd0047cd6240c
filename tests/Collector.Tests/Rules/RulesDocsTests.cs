using System.Text.RegularExpressions;
using Runtime.Collector.Detection;
using Runtime.Collector.Rules;
using Xunit;

namespace Runtime.Collector.Tests.Rules;

/// <summary>rules.md against what the program reads.</summary>
public sealed partial class RulesDocsTests
{
    private readonly string _text = File.ReadAllText(Path.Combine(Repository(), "collector", "rules.md"));

    [Fact]
    public void Example_OfTheReference_IsReadWithoutAFault()
    {
        var examples = Examples().Matches(_text).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(examples);
        Assert.All(examples, example => RulesFileTests.Parse(example));
        Assert.Contains(examples, example => RulesFileTests.Parse(example) is { Own.Count: > 0, Off.Count: > 0 });
    }

    [Fact]
    public void EveryFactFieldAndChoice_IsInTheReference()
    {
        Assert.All(TierZero.All, fact => Assert.Contains($"`{fact}`", _text, StringComparison.Ordinal));
        Assert.All(RuleFields.Kinds, kind => Assert.All(RuleFields.Of(kind), field => Assert.Contains($"`{field.Name}`", _text, StringComparison.Ordinal)));
        Assert.All(RuleFields.Kinds, kind => Assert.All(RuleFields.Of(kind).Where(field => field.Type == FieldType.Choice), field =>
            Assert.All(field.Choices, choice => Assert.Contains(choice, _text, StringComparison.Ordinal))));
    }

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Runtime.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("Runtime.sln is not above the test's folder");
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Examples();
}
