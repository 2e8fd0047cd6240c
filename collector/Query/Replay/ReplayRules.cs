using System.Text;
using Google.Protobuf.WellKnownTypes;
using Runtime.Collector.Baselines;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Query.Replay;

/// <summary>Checks what callers send and makes questions of it.</summary>
internal static class ReplayRules
{
    private const int MaxBudgets = 32;
    private static readonly double[] _budgets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 1];

    public static ReplayQuestion Question(V1.ReplayRequest request, DateTimeOffset now) => new(
        Deployments(request.Deployments, now), Since(request.Since, now), request.Budget == 0 ? null : Budget("budget", request.Budget),
        request.Rules.Length == 0 ? null : Rules(request.Rules), RequestRules.PageSize(request.Limit, "limit"));

    public static (ReplayQuestion Question, IReadOnlyList<double> Budgets) Outlook(V1.GetBudgetOutlookRequest request, DateTimeOffset now) => (
        new(Deployments(request.Deployments, now), Since(request.Since, now), null, null, RequestRules.DefaultPageSize),
        request.Budgets.Count <= MaxBudgets ? request.Budgets.Count == 0 ? _budgets : [.. request.Budgets.Select(budget => Budget("budgets", budget))]
            : throw QueryFault.Invalid("budgets", Text(request.Budgets.Count), $"must be at most {MaxBudgets}"));

    private static SearchTerm? Deployments(string pattern, DateTimeOffset now) => pattern.Length == 0 ? null
        : SearchParser.Parse("deployment:" + RequestRules.Text("deployments", pattern), now) as SearchTerm
            ?? throw QueryFault.Invalid("deployments", pattern, "must be one pattern: NAME or NAMESPACE/NAME, with * and ?");

    private static DateTimeOffset Since(Timestamp? since, DateTimeOffset now) => RequestRules.Before("since", since, now);

    private static double Budget(string field, double budget) => budget is >= BaselineOptions.LeastBudget and <= BaselineOptions.MostBudget ? budget
        : throw QueryFault.Invalid(field, Text(budget), $"must be from {Text(BaselineOptions.LeastBudget)} to {Text(BaselineOptions.MostBudget)} false alerts per deployment and day");

    /// <summary>Every fault of the file, a line each.</summary>
    private static RuleSet Rules(string text)
    {
        var content = Encoding.UTF8.GetBytes(text);
        if (content.Length > RulesFile.MaxBytes)
        {
            throw QueryFault.Invalid("rules", Text(content.Length) + " bytes", $"must have at most {RulesFile.MaxBytes} bytes");
        }

        try
        {
            return RulesFile.Parse("rules", content);
        }
        catch (RulesException faults)
        {
            throw new QueryFault(QueryFaultKind.Invalid, string.Join('\n', faults.Faults));
        }
    }

    private static string Text(double number) => number.ToString(global::System.Globalization.CultureInfo.InvariantCulture);
}
