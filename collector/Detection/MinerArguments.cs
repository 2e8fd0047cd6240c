using System.Globalization;
using Runtime.Collector.Ingest;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Detection;

/// <summary>
/// Recognises what miners are told on their command line. Words alone are never an alert (a grep for them would be one): the process that was
/// told, or one below it, has to connect to somewhere.
/// </summary>
/// <remarks>
/// xmrig -o stratum+tcp://pool.example:3333 -u 48Ab… -p x        the scheme at the beginning of an argument
/// ./a --url=stratum+ssl://10.0.0.9:443                          or behind an option
/// ./a -o 203.0.113.9:3333 --donate-level 1 --rig-id r1          options that no other kind of program has
/// ./a --algo=rx/0 --threads=4
/// sh -c "grep stratum+tcp:// /var/log/x | nc log 514"           no match: the scheme is inside a text
/// curl -o stratum.txt https://example.org                       no match
/// </remarks>
internal static class MinerArguments
{
    private static readonly string[] Options = ["--donate-level", "--donate-over-proxy", "--rig-id", "--randomx-", "--nicehash", "--cpu-max-threads-hint"];
    private static readonly string[] Algorithms = ["rx/", "cn/", "cn-", "randomx", "cryptonight", "argon2/", "kawpow", "ethash", "ghostrider", "astrobwt"];

    /// <returns>The argument that tells, null when none does.</returns>
    public static string? Find(ProcessInfo process, RuleSet rules)
    {
        var arguments = process.Arguments;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument.Length < 6)
            {
                continue;
            }

            if (IsPool(argument) || (argument[0] == '-' && IsMinerOption(argument, i + 1 < arguments.Count ? arguments[i + 1] : "")))
            {
                return argument;
            }
        }

        return arguments.Count > 0 && rules.IsMinerProgram(process.Binary) ? ProgramNames.BaseName(process.Binary) : null;
    }

    /// <summary>Whether an argument names this port of a pool: a connection to the own host then is one to the miner's own proxy.</summary>
    public static bool NamesPort(ProcessInfo process, int port)
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $":{port}");
        foreach (var argument in process.Arguments)
        {
            if (argument.EndsWith(suffix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPool(string argument)
    {
        var value = argument[0] == '-' ? argument.AsSpan(argument.IndexOf('=') + 1) : argument;
        if (!value.StartsWith("stratum", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // stratum+tcp://, stratum+ssl://, stratum2+tcp://, stratum://
        var scheme = value.IndexOf("://", StringComparison.Ordinal);
        return scheme is >= 7 and <= 14 && value.Length > scheme + 3 && !value.ContainsAny(' ', '\n');
    }

    private static bool IsMinerOption(string argument, string next)
    {
        foreach (var option in Options)
        {
            if (argument.StartsWith(option, StringComparison.Ordinal))
            {
                return true;
            }
        }

        var (name, value) = argument.IndexOf('=') is var at and > 0 ? (argument[..at], argument[(at + 1)..]) : (argument, next);
        if (name is not ("--algo" or "--coin"))
        {
            return false;
        }

        foreach (var algorithm in Algorithms)
        {
            if (value.StartsWith(algorithm, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return name == "--coin" && value.Equals("monero", StringComparison.OrdinalIgnoreCase);
    }
}
