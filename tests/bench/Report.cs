using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runtime.Bench;

/// <summary>What a run found: printed as tables as it comes, and kept as JSON.</summary>
/// <param name="path">File for the JSON; empty for none.</param>
internal sealed class Report(Circumstances circumstances, string path)
{
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    // Bounded by the parts of a run.
    private readonly JsonArray _tables = [];
    private readonly List<Aim> _aims = [];

    private string _part = "";

    /// <summary>What is being measured; null between two parts.</summary>
    public string? UnderWay { get; private set; }

    /// <summary>Says what the run is and whether the machine is quiet. Writes the JSON's head too: a path that cannot be written is found before an hour of measuring.</summary>
    public void Begin()
    {
        Console.WriteLine(circumstances.Text);
        Console.WriteLine(circumstances.QuietText);
        if (!circumstances.IsQuiet)
        {
            Console.Error.WriteLine(circumstances.QuietText);
        }

        Save();
    }

    /// <summary>One part from its begin to its end.</summary>
    public async Task PartAsync(string name, Func<Task> run)
    {
        _part = UnderWay = name;
        await run();
        UnderWay = null;
        Save();
    }

    /// <summary>One line on standard error: what runs now.</summary>
    public void Progress(string what)
    {
        UnderWay = $"{_part}, {what}";
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{_clock.Elapsed:mm\\:ss}] {UnderWay}"));
    }

    public Table Table(string title, params IReadOnlyList<Column> columns) => new(title, columns, table =>
    {
        table.Print(Console.Out);
        var json = table.ToJson();
        json.Insert(0, "part", _part);
        _tables.Add(json);
    });

    public void Aim(Aim aim) => _aims.Add(aim);

    /// <summary>The JSON, whatever becomes of the terminal, and the aims beside what was reached.</summary>
    public void End()
    {
        Save();
        if (_aims.Count > 0)
        {
            var table = new Table("Aims", [new("aim"), new("ours"), new("theirs"), new("theirs less ours, round by round"), new("limit"), new("")], table => table.Print(Console.Out));
            using (table)
            {
                foreach (var aim in _aims)
                {
                    table.Add(aim.Row());
                }
            }
        }
    }

    private void Save()
    {
        if (path.Length > 0)
        {
            var run = circumstances.ToJson();
            run["unfinished"] = UnderWay;
            var json = new JsonObject { ["run"] = run, ["tables"] = _tables.DeepClone(), ["aims"] = new JsonArray([.. _aims.Select(aim => aim.ToJson())]) };
            File.WriteAllText(path, json.ToJsonString(s_readable) + "\n");
        }
    }
}
