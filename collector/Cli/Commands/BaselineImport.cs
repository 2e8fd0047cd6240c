using System.Text;
using Runtime.V1;

namespace Runtime.Cli.Commands;

/// <summary>What must be decided so that a living baseline is as a reviewed file says.</summary>
/// <param name="Impossible">Items that no decision can make, with the reason.</param>
internal sealed record BaselineImport(IReadOnlyList<ItemDecision> Decisions, IReadOnlyList<(FileItem Item, string Why)> Impossible)
{
    private const int MaxDecisions = 100;

    // The collector takes messages of 64 KiB.
    private const int MaxBytes = 40_000;

    /// <param name="removeOthers">What the file does not have is taken out; else it stays.</param>
    public static BaselineImport Of(BaselineFile file, BaselineFile living, bool removeOthers)
    {
        var review = BaselineChanges.Review(file, living);
        List<ItemDecision> decisions = [];
        List<(FileItem, string)> impossible = [];
        foreach (var item in review.Unseen)
        {
            if (item.Kind == "command")
            {
                impossible.Add((item, "a probe or hook is only learnt, by being asked for in every replica"));
            }
            else if (item.Key.Contains("%{", StringComparison.Ordinal))
            {
                impossible.Add((item, "a template is only made of names that were seen"));
            }
            else
            {
                decisions.Add(new ItemDecision { Kind = item.Kind, Key = item.Key, Approve = true });
            }
        }

        var removed = file.Items.Where(item => item.State == "removed").Select(item => (item.Kind, item.Key)).ToHashSet();
        foreach (var item in review.Unreviewed.Where(item => removeOthers || removed.Contains((item.Kind, item.Key))))
        {
            if (item.Kind == "command")
            {
                impossible.Add((item, "a probe or hook leaves by itself when it is asked for no more"));
            }
            else
            {
                decisions.Add(new ItemDecision { Kind = item.Kind, Key = item.Key });
            }
        }

        return new(decisions, impossible);
    }

    /// <summary>Each within what one call takes.</summary>
    public IEnumerable<IReadOnlyList<ItemDecision>> Calls()
    {
        List<ItemDecision> call = [];
        var bytes = 0;
        foreach (var decision in Decisions)
        {
            var size = Encoding.UTF8.GetByteCount(decision.Key) + 64;
            if (call.Count == MaxDecisions || (call.Count > 0 && bytes + size > MaxBytes))
            {
                yield return call;
                (call, bytes) = ([], 0);
            }

            call.Add(decision);
            bytes += size;
        }

        if (call.Count > 0)
        {
            yield return call;
        }
    }
}
