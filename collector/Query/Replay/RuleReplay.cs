using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Rules;
using Runtime.Collector.Scopes;

namespace Runtime.Collector.Query.Replay;

/// <summary>
/// One deployment's events before other rules. Those of which they say something else than the rules in force go through an engine of their own, which
/// makes incidents of them as the deployment's engine would have. Not thread-safe; nothing of it is kept.
/// </summary>
internal sealed class RuleReplay
{
    /// <summary>Of one deployment; more are counted.</summary>
    public const int MaxIncidents = 1000;

    private readonly RuleSet _inForce;
    private readonly RuleSet _rules;
    private readonly ScopeEngine _engine;
    private readonly IReadOnlySet<string> _approved;

    // Bounded by MaxIncidents, and the engine's bound on deviations of one.
    private readonly Dictionary<string, (Incident Incident, Dictionary<string, Deviation> Deviations)> _paged = new(StringComparer.Ordinal);

    // Both hold stored facts only.
    private readonly IReadOnlySet<string> _stored;
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);

    /// <param name="approved">Keys of facts that people approved in this deployment: they are none.</param>
    /// <param name="stored">Keys of the facts that stored incidents hold.</param>
    public RuleReplay(Scope scope, BaselineOptions options, RuleSet inForce, RuleSet rules, IReadOnlySet<string> approved, IReadOnlySet<string> stored)
    {
        (_inForce, _rules, _approved, _stored) = (inForce, rules, approved, stored);
        _engine = new ScopeEngine(scope, options) { Rules = rules };
    }

    /// <summary>Incidents with facts of the new rules alone.</summary>
    public IEnumerable<(Incident Incident, IReadOnlyCollection<Deviation> Facts)> Paged =>
        _paged.Values.Select(paged => (paged.Incident, (IReadOnlyCollection<Deviation>)paged.Deviations.Values));

    /// <summary>Left out, above <see cref="MaxIncidents"/>.</summary>
    public long More { get; private set; }

    public void Take(Observation observation)
    {
        if (observation.Lineage.Count == 0)
        {
            return;
        }

        var before = TierZero.Judge(observation, _inForce);
        var after = TierZero.Judge(observation, _rules);
        Note(_kept, after, observation);
        if (before?.Rule == after?.Rule)
        {
            return;
        }

        Note(_lost, before, observation);
        if (after is not null && !_approved.Contains(KeyOf(after, observation)))
        {
            Keep(_engine.Apply(observation));
        }
    }

    /// <summary>Whether a stored fact would be one still. What no event of the log tells of stays as it was.</summary>
    /// <param name="key">"stratum|/tmp/x".</param>
    public bool Remains(string key)
    {
        var rule = key[..Math.Max(0, key.IndexOf('|', StringComparison.Ordinal))];
        return (_rules.IsOn(rule) || !_inForce.IsOn(rule)) && (!_lost.Contains(key) || _kept.Contains(key));
    }

    private void Keep(ScopeOutcome outcome)
    {
        foreach (var incident in outcome.Incidents.Where(incident => incident is { IsFact: true, AlertedRevision: > 0 }))
        {
            if (!_paged.TryGetValue(incident.Id, out var paged))
            {
                if (_paged.Count == MaxIncidents)
                {
                    More++;
                    continue;
                }

                paged = (incident, new(StringComparer.Ordinal));
            }

            _paged[incident.Id] = paged with { Incident = incident };
            foreach (var fact in outcome.Deviations.Where(deviation => deviation.IncidentId == incident.Id && deviation.Kind == Item.Name(ItemKind.TierZero)))
            {
                paged.Deviations[fact.Id] = fact;
            }
        }
    }

    private void Note(HashSet<string> keys, TierZeroFact? fact, Observation observation)
    {
        if (fact is not null && _stored.Count > 0 && KeyOf(fact, observation) is var key && _stored.Contains(key))
        {
            keys.Add(key);
        }
    }

    private static string KeyOf(TierZeroFact fact, Observation observation) =>
        new ItemKey().TierZero(fact.Rule, observation is Nodes.SightObservation sight ? sight.Kind : observation.Process.Binary).ToString()[1..];
}
