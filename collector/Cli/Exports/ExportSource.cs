using System.Globalization;
using Runtime.Collector.Configuration;
using Runtime.V1;

namespace Runtime.Cli.Exports;

internal sealed record Start(string Parent, string Program);

/// <param name="Path">With * for what varies, when <paramref name="IsPattern"/>.</param>
internal sealed record Write(string Program, string Operation, string Path, bool IsPattern);

/// <param name="Peer">A network, a name, or a word such as "self"; see collector/Baselines/Peers.cs.</param>
internal sealed record Peer(string Program, string Name, string Port, string Protocol);

internal sealed record Listener(string Program, string Port, string Protocol, string Bind);

internal sealed record Privilege(string Program, string Operation, string Variant, bool IsRefused);

/// <summary>What a baseline allows, taken apart: what is learnt or approved, and can be written as a rule. All of it sorted.</summary>
/// <param name="LeftOut">What cannot, each with the reason; for the comment of an export.</param>
internal sealed record ExportSource(
    Deployment Deployment, IReadOnlyList<string> Programs, IReadOnlyList<Start> Starts, IReadOnlyList<Write> Writes, IReadOnlyList<Peer> Peers, IReadOnlyList<Listener> Listeners,
    IReadOnlyList<Privilege> Privileges, IReadOnlyList<string> LeftOut)
{
    private const int MaxKey = 512;

    public static ExportSource Of(Baseline baseline)
    {
        var parts = new Parts();
        foreach (var item in baseline.Items.OrderBy(item => item.Kind, StringComparer.Ordinal).ThenBy(item => item.Key, StringComparer.Ordinal))
        {
            if (item.State is not ("learned" or "approved"))
            {
                parts.LeaveOut(item, $"it is {item.State}");
            }
            else if (IsCut(item.Key))
            {
                parts.LeaveOut(item, "its key is cut, for it is long");
            }
            else if (PrintableText.Escape(item.Key) != item.Key)
            {
                parts.LeaveOut(item, "it holds characters that nobody could review");
            }
            else
            {
                parts.Add(item);
            }
        }

        return parts.Build(baseline.Deployment);
    }

    /// <summary>Longer keys end in a hash of the whole.</summary>
    private static bool IsCut(string key) => key.Length == MaxKey - 1 && key[^17] == '#' && key[^16..].All(char.IsAsciiHexDigit);

    private sealed class Parts
    {
        private readonly SortedSet<string> _programs = new(StringComparer.Ordinal);
        private readonly List<Start> _starts = [];
        private readonly List<Write> _writes = [];
        private readonly List<Peer> _peers = [];
        private readonly List<Listener> _listeners = [];
        private readonly List<Privilege> _privileges = [];
        private readonly List<(BaselineItem Item, string Why)> _left = [];
        private readonly List<BaselineItem> _execs = [];

        public void LeaveOut(BaselineItem item, string why) => _left.Add((item, why));

        public void Add(BaselineItem item)
        {
            var parts = item.Key.Split('|');
            switch (item.Kind)
            {
                case "edge":
                    AddEdge(item);
                    break;
                case "exec":
                    _execs.Add(item);
                    break;
                case "file_write" when parts.Length == 4 && parts[2].StartsWith('/'):
                    var path = Pattern(parts[2], out var isPattern);
                    _writes.Add(new(Raw(parts[0]), parts[1], path, isPattern));
                    break;
                case "egress" when parts.Length == 4:
                    _peers.Add(new(Raw(parts[0]), Raw(parts[1]), parts[2], parts[3]));
                    break;
                case "listen" when parts.Length == 4:
                    _listeners.Add(new(Raw(parts[0]), parts[1], parts[2], parts[3]));
                    break;
                case "privilege" when parts.Length >= 3:
                    _privileges.Add(new(Raw(parts[0]), parts[1], Raw(parts[2]), parts is [.., "refused"]));
                    break;
                default:
                    LeaveOut(item, "no rule can say it");
                    break;
            }
        }

        public ExportSource Build(Deployment deployment)
        {
            foreach (var item in _execs)
            {
                // Behind an interpreter the key has the script too; a path with a space is told apart by how it was started.
                if (!_programs.Contains(Raw(item.Key)) && !_programs.Any(program => item.Key.StartsWith(Escaped(program) + " ", StringComparison.Ordinal)))
                {
                    if (item.Key.StartsWith('/') && !item.Key.Contains(' ', StringComparison.Ordinal))
                    {
                        _programs.Add(Raw(item.Key));
                    }
                    else
                    {
                        LeaveOut(item, "its program cannot be told from what it ran");
                    }
                }
            }

            return new(
                deployment, [.. _programs], [.. _starts.Distinct()], [.. _writes.Distinct()], [.. _peers.Distinct()], [.. _listeners.Distinct()], [.. _privileges.Distinct()],
                [.. _left.Select(left => $"{left.Item.Kind} {left.Item.Key}: {left.Why}").Order(StringComparer.Ordinal)]);
        }

        private void AddEdge(BaselineItem item)
        {
            var arrow = item.Key.IndexOf('>', StringComparison.Ordinal);
            var phase = item.Key.LastIndexOf('@');
            if (arrow < 0 || phase < arrow)
            {
                LeaveOut(item, "no rule can say it");
                return;
            }

            var (parent, program) = (Raw(item.Key[..arrow]), Raw(item.Key[(arrow + 1)..phase]));
            if (!program.StartsWith('/'))
            {
                LeaveOut(item, "it is no program's path");
                return;
            }

            _programs.Add(program);
            _starts.Add(new(parent, program));
        }

        /// <summary>Typed parts ("&lt;rand&gt;") and those of templates ("%{letters 14}") are any text.</summary>
        private static string Pattern(string part, out bool isPattern)
        {
            var path = new System.Text.StringBuilder();
            isPattern = false;
            for (var i = 0; i < part.Length; i++)
            {
                var close = part[i] == '<' ? part.IndexOf('>', i) : part[i] == '%' && i + 1 < part.Length && part[i + 1] == '{' ? part.IndexOf('}', i) : -1;
                if (close > i && part.IndexOf('/', i, close - i) < 0)
                {
                    isPattern = true;
                    path.Append('*');
                    i = close;
                }
                else
                {
                    path.Append(part[i]);
                }
            }

            return Raw(path.ToString());
        }

        /// <summary>The characters that part a key are %XX within it.</summary>
        private static string Raw(string part)
        {
            var at = part.IndexOf('%', StringComparison.Ordinal);
            if (at < 0)
            {
                return part;
            }

            var raw = new System.Text.StringBuilder();
            for (var i = 0; i < part.Length; i++)
            {
                if (part[i] == '%' && i + 2 < part.Length && byte.TryParse(part.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var letter) && (char)letter is '|' or '%' or '>')
                {
                    raw.Append((char)letter);
                    i += 2;
                }
                else
                {
                    raw.Append(part[i]);
                }
            }

            return raw.ToString();
        }

        private static string Escaped(string program) => program.Replace("%", "%25", StringComparison.Ordinal).Replace("|", "%7C", StringComparison.Ordinal);
    }
}
