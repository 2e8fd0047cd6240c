using System.Globalization;

namespace Runtime.Bench;

/// <summary>The kernel's audit at one time, as auditctl tells it. Not with the run's token: what is begun here is ended, whatever comes.</summary>
internal sealed class AuditState
{
    // What a setting is called in the answer, and the option that sets it. The daemon switches "enabled" on and leaves it so.
    private static readonly (string Key, string Option)[] s_settings = [("backlog_limit", "-b"), ("backlog_wait_time", "--backlog_wait_time"), ("enabled", "-e")];

    private readonly Dictionary<string, long> _status;
    private readonly IReadOnlyList<string> _rules;

    private AuditState(Dictionary<string, long> status, IReadOnlyList<string> rules) => (_status, _rules) = (status, rules);

    public long this[string key] => _status[key];

    public static async Task<AuditState> ReadAsync() => new(await StatusAsync(), await RulesAsync());

    public static Task SetAsync(params string[] arguments) => Commands.RunAsync("auditctl", arguments, CancellationToken.None);

    /// <summary>Deletes the rules that there were not then.</summary>
    public async Task RestoreRulesAsync()
    {
        foreach (var rule in (await RulesAsync()).Except(_rules))
        {
            await SetAsync(["-d", .. rule.Split(' ')[1..]]);
        }
    }

    /// <summary>Rules and settings; each setting, whatever became of the others.</summary>
    public async Task RestoreAsync()
    {
        var faults = new List<string>();
        await TryAsync(RestoreRulesAsync);
        foreach (var (key, option) in s_settings)
        {
            await TryAsync(() => SetAsync(option, _status[key].ToString(CultureInfo.InvariantCulture)));
        }

        if (faults.Count > 0)
        {
            throw new InvalidOperationException("audit is not as it was before: " + string.Join("; ", faults));
        }

        async Task TryAsync(Func<Task> restore)
        {
            try
            {
                await restore();
            }
            catch (InvalidOperationException e)
            {
                faults.Add(e.Message);
            }
        }
    }

    // enabled 1 / failure 1 / pid 4711 / rate_limit 0 / backlog_limit 64 / lost 0 / backlog 0 / backlog_wait_time 15000 / …, a line each;
    // the last is of another kind: loginuid_immutable 0 unlocked
    private static async Task<Dictionary<string, long>> StatusAsync() => (await Commands.RunAsync("auditctl", ["-s"], CancellationToken.None))
        .Split('\n')
        .Select(line => line.Split(' '))
        .Where(words => words.Length == 2)
        .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));

    // -a always,exit -F arch=b64 -S execve,execveat / …, a line each, or "No rules"
    private static async Task<IReadOnlyList<string>> RulesAsync() =>
        [.. (await Commands.RunAsync("auditctl", ["-l"], CancellationToken.None)).Split('\n').Where(line => line.StartsWith("-a ", StringComparison.Ordinal))];
}
