using Microsoft.Extensions.Diagnostics.HealthChecks;
using Runtime.Collector.Configuration;

namespace Runtime.Collector.Rules;

/// <summary>The rules by which the next observation is judged. Any thread.</summary>
internal sealed class RulesInForce(RuleSet first)
{
    private volatile RuleSet _current = first;
    private volatile string? _refused;

    public RuleSet Current => _current;

    /// <summary>What is wrong with the file as it is now, so that older rules are in force; null when nothing is.</summary>
    public string? Refused => _refused;

    public void Take(RuleSet rules)
    {
        _current = rules;
        _refused = null;
    }

    public void Refuse(string why) => _refused = why;
}

/// <summary>
/// Follows the file of rules. Looks at the content, because a mounted config map changes by a swapped symbolic link that no file watch of the path
/// sees. A file with faults, or one that is gone, leaves the rules in force.
/// </summary>
internal sealed partial class RulesWatch(RulesOptions options, RulesInForce rules, TimeProvider time, ILogger<RulesWatch> logger) : BackgroundService
{
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    /// <summary>Content that was read last and is not in force: it is not read again at each look. Empty when there is none.</summary>
    private string _told = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(LookEvery, time, stoppingToken);
            Look();
        }
    }

    private void Look()
    {
        byte[] content;
        try
        {
            content = RulesFile.Read(options.File);
        }
        catch (RulesException e)
        {
            _told = "";
            Refuse(e);
            return;
        }

        var fingerprint = RulesFile.FingerprintOf(content);
        if (fingerprint == rules.Current.Fingerprint)
        {
            // As it was before the file that was refused.
            _told = "";
            rules.Take(rules.Current);
        }
        else if (fingerprint != _told)
        {
            _told = fingerprint;
            try
            {
                rules.Take(RulesFile.Parse(options.File, content));
                Log.Reloaded(logger, options.File, fingerprint);
            }
            catch (RulesException e)
            {
                Refuse(e);
            }
        }
    }

    private void Refuse(RulesException why)
    {
        var words = PrintableText.Escape(why.Message);
        if (rules.Refused != words)
        {
            rules.Refuse(words);
            Log.NotReloaded(logger, rules.Current.Source, rules.Current.Fingerprint, why.Faults.Count, words);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3300, LogLevel.Information, "Rules were read again: {Path} (fingerprint {Fingerprint})")]
        public static partial void Reloaded(ILogger logger, string path, string fingerprint);

        [LoggerMessage(3301, LogLevel.Error, "The new rules cannot be used, those of {Source} (fingerprint {Fingerprint}) stay in force; {Count} faults: {Faults}")]
        public static partial void NotReloaded(ILogger logger, string source, string fingerprint, int count, string faults);
    }
}

/// <summary>Degraded while the file of rules cannot be used: everything works, by older rules.</summary>
internal sealed class RulesHealthCheck(RulesInForce rules) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(rules.Refused is { } why ? HealthCheckResult.Degraded($"older rules are in force: {why}") : HealthCheckResult.Healthy());
}
