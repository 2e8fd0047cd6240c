using System.Buffers;
using System.Text;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Rules;

/// <summary>A fact that a file of rules brings: told from the first second and never learnt, like the program's own.</summary>
/// <param name="Name">Lower-case letters, digits and '_'; none of <see cref="TierZero.All"/>.</param>
/// <param name="Kind">Of <see cref="RuleFields.Kinds"/>.</param>
/// <param name="Severity">Medium, High or Critical.</param>
/// <param name="Technique">ATT&amp;CK id; empty when none.</param>
/// <param name="Words">What happened, with {field} for a field's value.</param>
/// <param name="All">All of them hold.</param>
/// <param name="Any">One of them holds; empty: none is asked for.</param>
/// <param name="None">None of them holds.</param>
internal sealed record OwnFact(
    string Name, string Kind, Severity Severity, string Technique, string Words, IReadOnlyList<Condition> All, IReadOnlyList<Condition> Any, IReadOnlyList<Condition> None)
{
    private static readonly SearchValues<char> _braces = SearchValues.Create("{}");

    public bool Holds(Observation observation)
    {
        if (RuleFields.KindOf(observation) != Kind)
        {
            return false;
        }

        foreach (var condition in All)
        {
            if (!condition.Holds(observation))
            {
                return false;
            }
        }

        return Any.Count == 0 ? !Holds(None, observation) : Holds(Any, observation) && !Holds(None, observation);
    }

    public TierZeroFact Of(Observation observation) => new(Name, Told(observation), Technique) { Severity = Severity };

    /// <summary>The fields that words name, in order; null when a brace is not closed or not opened.</summary>
    public static IReadOnlyList<string>? FieldsOf(string words)
    {
        var names = new List<string>();
        for (var rest = words.AsSpan(); ;)
        {
            var open = rest.IndexOfAny(_braces);
            if (open < 0)
            {
                return names;
            }

            var close = rest[(open + 1)..].IndexOfAny(_braces);
            if (rest[open] != '{' || close < 0 || rest[open + 1 + close] != '}')
            {
                return null;
            }

            names.Add(rest.Slice(open + 1, close).ToString());
            rest = rest[(open + close + 2)..];
        }
    }

    private static bool Holds(IReadOnlyList<Condition> conditions, Observation observation)
    {
        foreach (var condition in conditions)
        {
            if (condition.Holds(observation))
            {
                return true;
            }
        }

        return false;
    }

    private string Told(Observation observation)
    {
        var told = new StringBuilder();
        for (var rest = Words.AsSpan(); !rest.IsEmpty;)
        {
            var open = rest.IndexOf('{');
            if (open < 0)
            {
                told.Append(rest);
                break;
            }

            var close = rest.IndexOf('}');
            told.Append(rest[..open]).Append(DisplayText.Path(RuleFields.Find(Kind, rest[(open + 1)..close].ToString())!.Show(observation)));
            rest = rest[(close + 1)..];
        }

        return told.ToString();
    }
}
