using System.Text.Json;
using Orleans.Runtime;
using Runtime.Collector.Baselines;
using Runtime.Collector.Fleet;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Mutes;
using Runtime.Collector.Rules;
using Runtime.Collector.Storage;

namespace Runtime.Collector.Scopes;

/// <summary>
/// Keeps one scope's engine alive: feeds it from the log, moves its clock, writes its state with everything that it brought forth.
/// The engine is only what state and log make of it: after a write that failed it is dropped and made again from both.
/// </summary>
internal sealed partial class ScopeGrain(
    [PersistentState("scope", ScopeStateStorage.Name)] IPersistentState<ScopeRecord> stored,
    IScopeLog log, FleetKnowledge fleet, ScopesOptions options, BaselineOptions baselines, RulesInForce rules, MuteBook mutes, AlertRoutes routes, ScopesMeter meter, TimeProvider time,
    ILogger<ScopeGrain> logger) : Grain, IScopeGrain
{
    private const int ReadAtOnce = 500;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    // Null while the store does not know the scope, and after a write that failed.
    private ScopeEngine? _engine;

    // Log id of the last row that was applied, or passed over because it cannot be.
    private long _position;

    private string ScopeId => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Restore();
        var pause = TimeSpan.FromTicks(Math.Clamp(baselines.Unit.Ticks, ShortestPause.Ticks, LongestPause.Ticks));
        this.RegisterGrainTimer(AdvanceAsync, new GrainTimerCreationOptions(pause, pause));

        // Spread, so that scopes that woke together do not write together.
        var first = options.CheckpointInterval * (0.5 + Random.Shared.NextDouble() / 2);
        this.RegisterGrainTimer(CheckpointAsync, new GrainTimerCreationOptions(first, options.CheckpointInterval));
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        try
        {
            await CheckpointAsync();
        }
        catch (Exception failure)
        {
            // The log brings back what this state would have held.
            Log.NotCheckpointed(logger, ScopeId, failure);
        }
    }

    public async Task ApplyThroughAsync(long logId)
    {
        if (!await FindAsync())
        {
            return;
        }

        while (_position < logId)
        {
            var rows = await log.ReadAsync(ScopeId, _position, ReadAtOnce, CancellationToken.None);
            if (rows.Count == 0)
            {
                break;
            }

            var outcome = Apply(rows);
            _position = rows[^1].Id;
            if (!outcome.IsNothing)
            {
                await SaveAsync(outcome, []);
            }
        }

        log.NoteApplied(ScopeId, _position);
    }

    public async Task<byte[]?> GetBaselineAsync() =>
        await FindAsync() ? JsonSerializer.SerializeToUtf8Bytes(_engine!.View(time.GetUtcNow()), StoreJson.Default.BaselineView) : null;

    public async Task<byte[]?> CloseIncidentAsync(string incidentId, string verdict, string who, string note)
    {
        if (!await FindAsync())
        {
            return null;
        }

        var now = time.GetUtcNow();
        var outcome = _engine!.CloseIncident(incidentId, verdict, who, note, now);
        if (outcome.IsNothing && await log.FindIncidentAsync(ScopeId, incidentId, CancellationToken.None) is { State: IncidentState.Open } kept)
        {
            outcome = new ScopeOutcome([], [Verdicts.Close(kept, verdict, who, note, now)], []);
        }

        return await DecideAsync(outcome, new AuditRow(now, who, $"close incident as {verdict}", incidentId, note)) ? Packed(outcome, incidentId) : null;
    }

    public async Task<byte[]?> ApproveIncidentAsync(string incidentId, string who, string note)
    {
        if (!await FindAsync())
        {
            return null;
        }

        var now = time.GetUtcNow();
        var outcome = _engine!.ApproveIncident(incidentId, who, note, now);
        if (outcome.IsNothing && await log.FindIncidentAsync(ScopeId, incidentId, CancellationToken.None) is { State: not IncidentState.Approved } kept)
        {
            var deviations = await log.ListDeviationsAsync(ScopeId, incidentId, CancellationToken.None);
            outcome = new ScopeOutcome(
                [.. deviations.SelectMany(deviation => _engine.ApproveStored(deviation, who, now).Deviations)], [Verdicts.Approve(kept, who, note, now)], []);
        }

        return await DecideAsync(outcome, new AuditRow(now, who, "approve incident", incidentId, note)) ? Packed(outcome, incidentId) : null;
    }

    public async Task<byte[]?> ApproveDeviationAsync(string deviationId, string who, string note)
    {
        if (!await FindAsync())
        {
            return null;
        }

        var now = time.GetUtcNow();
        var outcome = _engine!.ApproveDeviation(deviationId, who, note, now);
        if (outcome.IsNothing && await log.FindDeviationAsync(ScopeId, deviationId, CancellationToken.None) is { } kept)
        {
            outcome = _engine.ApproveStored(kept, who, now);
        }

        return await DecideAsync(outcome, new AuditRow(now, who, "approve deviation", deviationId, note))
            ? JsonSerializer.SerializeToUtf8Bytes(outcome.Deviations.Last(deviation => deviation.Id == deviationId), StoreJson.Default.Deviation)
            : null;
    }

    public async Task<byte[]?> ExpandItemAsync(string key, string who, string note)
    {
        if (!await FindAsync() || _engine!.Expand(key) is not { } expanded)
        {
            return null;
        }

        await SaveAsync(ScopeOutcome.Nothing, [new AuditRow(time.GetUtcNow(), who, "expand item", key, note)]);
        return JsonSerializer.SerializeToUtf8Bytes(expanded, StoreJson.Default.ExpandedView);
    }

    public async Task<byte[]?> RemoveItemAsync(string kind, string key, string who, string reason)
    {
        if (!await FindAsync() || Item.KindOf(kind) is not { } itemKind)
        {
            return null;
        }

        var now = time.GetUtcNow();
        if (_engine!.RemoveItem(itemKind, key, who, reason, now) is not { } removed)
        {
            return null;
        }

        await SaveAsync(ScopeOutcome.Nothing, [new AuditRow(now, who, "remove item", $"{kind} {key}", reason)]);
        return JsonSerializer.SerializeToUtf8Bytes(removed, StoreJson.Default.BaselineItemView);
    }

    public async Task<byte[]?> DecideItemsAsync(byte[] decisions, string who, string reason)
    {
        if (!await FindAsync())
        {
            return null;
        }

        var now = time.GetUtcNow();
        List<BaselineItemView> changed = [];
        List<AuditRow> audit = [];
        foreach (var decision in JsonSerializer.Deserialize(decisions, StoreJson.Default.ItemDecisionArray)!)
        {
            if (Item.KindOf(decision.Kind) is { } kind
                && (decision.IsApproved ? _engine!.ApproveItem(kind, decision.Key, who, now) : _engine!.RemoveItem(kind, decision.Key, who, reason, now)) is { } item)
            {
                changed.Add(item);
                audit.Add(new AuditRow(now, who, decision.IsApproved ? "approve item" : "remove item", $"{decision.Kind} {decision.Key}", reason));
            }
        }

        // All of them or, when the write fails, none.
        if (changed.Count > 0)
        {
            await SaveAsync(ScopeOutcome.Nothing, audit);
        }

        return JsonSerializer.SerializeToUtf8Bytes([.. changed], StoreJson.Default.BaselineItemViewArray);
    }

    private ScopeOutcome Apply(IReadOnlyList<LogRow> rows)
    {
        var started = time.GetTimestamp();
        var outcomes = new List<ScopeOutcome>();
        _engine!.Rules = rules.Current;
        _engine.Mutes = mutes.Of(ScopeId);
        var expired = _engine.Expired;
        foreach (var row in rows)
        {
            if (row.Observation is null)
            {
                meter.Unreadable.Add(1);
                Log.Unreadable(logger, row.Id, ScopeId);
                continue;
            }

            try
            {
                var outcome = _engine.Apply(row.Observation);
                if (!outcome.IsNothing)
                {
                    outcomes.Add(outcome);
                }
            }
            catch (Exception failure)
            {
                // One row must not blind a deployment for ever: it is passed over, told and counted.
                meter.Unreadable.Add(1);
                Log.NotApplied(logger, row.Id, ScopeId, failure);
            }
        }

        meter.Expired.Add(_engine.Expired - expired);
        meter.Applied.Add(rows.Count);
        meter.ApplySeconds.Record(time.GetElapsedTime(started).TotalSeconds);
        return Outcomes.Join(outcomes);
    }

    private async Task AdvanceAsync()
    {
        if (_engine is not null)
        {
            _engine.Mutes = mutes.Of(ScopeId);
        }

        if (_engine?.Advance(time.GetUtcNow()) is { IsNothing: false } outcome)
        {
            await SaveAsync(outcome, []);
        }
    }

    private async Task CheckpointAsync()
    {
        if (_engine is not null && _position > stored.State.AppliedThrough)
        {
            await SaveAsync(ScopeOutcome.Nothing, []);
        }
    }

    private async Task<bool> DecideAsync(ScopeOutcome outcome, AuditRow audit)
    {
        if (outcome.IsNothing)
        {
            return false;
        }

        await SaveAsync(outcome, [audit]);
        return true;
    }

    /// <summary>State, outcome, outbox rows and audit, in one transaction.</summary>
    private async Task SaveAsync(ScopeOutcome outcome, IReadOnlyList<AuditRow> audit)
    {
        var started = time.GetTimestamp();
        var record = stored.State;
        try
        {
            record.State = _engine!.Save();
            record.AppliedThrough = _position;
            record.Outcome = outcome;
            record.Alerts = [.. outcome.Alerts.SelectMany(incident => routes(incident), (incident, notifier) => new AlertRow(notifier, incident))];
            record.Audit = audit;
            await stored.WriteStateAsync();
        }
        catch (Exception)
        {
            // The engine knows more than the store: the next call makes a new one from state and log.
            _engine = null;
            DeactivateOnIdle();
            throw;
        }

        mutes.Drop([.. outcome.EndedMutes.Select(ended => ended.Id)]);
        meter.Muted.Add(outcome.Silenced.Count);
        record.Outcome = ScopeOutcome.Nothing;
        record.Alerts = [];
        record.Audit = [];
        meter.Saves.Add(1);
        meter.SaveSeconds.Record(time.GetElapsedTime(started).TotalSeconds);
    }

    /// <returns>False: the store does not know the scope.</returns>
    private async Task<bool> FindAsync()
    {
        if (_engine is null)
        {
            // Asked for before its first row came, or its last write failed.
            await stored.ReadStateAsync();
            Restore();
        }

        if (_engine is null)
        {
            DeactivateOnIdle();
        }

        return _engine is not null;
    }

    private void Restore()
    {
        if (!stored.State.Known)
        {
            return;
        }

        var scope = Scope.Parse(ScopeId);
        _position = stored.State.AppliedThrough;
        try
        {
            _engine = stored.State.State.Length > 0 ? ScopeEngine.Restore(scope, stored.State.State, baselines, fleet.Of(scope)) : new ScopeEngine(scope, baselines, fleet.Of(scope));
        }
        catch (FormatException failure)
        {
            // Not from the log's beginning: that would tell of old incidents again.
            Log.StartsAnew(logger, ScopeId, failure.Message);
            meter.Restarted.Add(1);
            _engine = new ScopeEngine(scope, baselines, fleet.Of(scope));
        }
    }

    private static byte[] Packed(ScopeOutcome outcome, string incidentId) =>
        JsonSerializer.SerializeToUtf8Bytes(outcome.Incidents.Last(incident => incident.Id == incidentId), StoreJson.Default.Incident);

    private static partial class Log
    {
        [LoggerMessage(3200, LogLevel.Error, "Row {LogId} of {ScopeId} cannot be read and is passed over.")]
        public static partial void Unreadable(ILogger logger, long logId, string scopeId);

        [LoggerMessage(3201, LogLevel.Error, "Row {LogId} of {ScopeId} cannot be applied and is passed over.")]
        public static partial void NotApplied(ILogger logger, long logId, string scopeId, Exception failure);

        [LoggerMessage(3202, LogLevel.Warning, "The state of {ScopeId} was not written; the log brings it back.")]
        public static partial void NotCheckpointed(ILogger logger, string scopeId, Exception failure);

        [LoggerMessage(3203, LogLevel.Error, "The baseline of {ScopeId} starts anew, its state cannot be used: {Failure}")]
        public static partial void StartsAnew(ILogger logger, string scopeId, string failure);
    }
}
