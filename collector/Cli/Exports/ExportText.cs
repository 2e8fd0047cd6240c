using System.Text;
using Runtime.Cli.Output;
using Runtime.Collector.Configuration;

namespace Runtime.Cli.Exports;

/// <summary>What all exports begin with, and names that they are given.</summary>
internal static class ExportText
{
    private const int MaxLeftOut = 100;
    private const int MaxName = 50;

    /// <summary>No time is in it: two exports differ where the baseline does.</summary>
    public static IReadOnlyList<string> Comment(ExportSource source, string what, IEnumerable<string> limits, IEnumerable<string> leftOut)
    {
        var left = leftOut.Concat(source.LeftOut).Distinct().Order(StringComparer.Ordinal).ToList();
        return
        [
            $"{what} of {PrintableText.Escape(Words.Scope(source.Deployment.ScopeId))}, made of its baseline. To be reviewed: it allows what was seen, and forbids or tells of the rest.",
            "What it cannot say:",
            .. limits.Select(limit => "- " + limit),
            $"Left out: {left.Count}",
            .. left.Take(MaxLeftOut).Select(line => "- " + PrintableText.Escape(line)),
            .. left.Count > MaxLeftOut ? [$"- and {left.Count - MaxLeftOut} more"] : (string[])[],
        ];
    }

    public static string Hashed(IEnumerable<string> lines) => string.Concat(lines.Select(line => "# " + line + "\n"));

    /// <summary>"runtime-shop-web-app": small letters, digits and dashes, as all of the formats take names.</summary>
    public static string NameOf(ExportSource source)
    {
        var deployment = source.Deployment;
        var name = new StringBuilder("runtime");
        foreach (var part in new[] { deployment.Namespace, deployment.OwnerName, deployment.Container }.Where(part => part.Length > 0))
        {
            name.Append('-').Append(string.Concat(part.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')));
        }

        return name.ToString()[..Math.Min(name.Length, MaxName)].TrimEnd('-');
    }

    /// <exception cref="UsageException">Nothing that Kubernetes runs.</exception>
    public static void MustBeOfKubernetes(ExportSource source, string format)
    {
        if (source.Deployment.Namespace.Length == 0)
        {
            throw new UsageException($"--format {format}: {PrintableText.Escape(Words.Scope(source.Deployment.ScopeId))} is not run by Kubernetes, and such a policy is for pods alone");
        }
    }
}
