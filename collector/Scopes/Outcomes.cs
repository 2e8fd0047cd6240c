namespace Runtime.Collector.Scopes;

internal static class Outcomes
{
    /// <summary>What several calls changed, as one: of each deviation and incident the last, of each incident one alert, the newest.</summary>
    public static ScopeOutcome Join(IReadOnlyList<ScopeOutcome> outcomes) => outcomes.Count switch
    {
        0 => ScopeOutcome.Nothing,
        1 => outcomes[0],
        _ => new ScopeOutcome(
            Newest(outcomes.SelectMany(outcome => outcome.Deviations), deviation => deviation.Id),
            Newest(outcomes.SelectMany(outcome => outcome.Incidents), incident => incident.Id),
            Newest(outcomes.SelectMany(outcome => outcome.Alerts), incident => incident.Id))
        {
            // Each is counted.
            Silenced = [.. outcomes.SelectMany(outcome => outcome.Silenced)],
            EndedMutes = [.. outcomes.SelectMany(outcome => outcome.EndedMutes)],
        },
    };

    private static List<T> Newest<T>(IEnumerable<T> items, Func<T, string> id)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var newest = new List<T>();
        foreach (var item in items)
        {
            if (places.TryAdd(id(item), newest.Count))
            {
                newest.Add(item);
            }
            else
            {
                newest[places[id(item)]] = item;
            }
        }

        return newest;
    }
}
