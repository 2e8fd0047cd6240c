using System.Text.Json;

namespace Runtime.Evaluation.Recordings;

/// <summary>What must be known of a recording beside what it holds.</summary>
/// <param name="UnitMilliseconds">What an hour of a baseline lasted.</param>
/// <param name="Days">That are counted, behind the week that taught.</param>
/// <param name="Lost">Events that the agent counted as lost.</param>
internal sealed record RecordingNote(double UnitMilliseconds, int Seed, int Days, ulong Lost)
{
    public const string File = "recording.json";

    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true };

    /// <summary>Workloads that ended early, and why.</summary>
    public IReadOnlyDictionary<string, string> Faults { get; init; } = new Dictionary<string, string>();

    /// <summary>Workloads without an image, and why.</summary>
    public IReadOnlyDictionary<string, string> Absent { get; init; } = new Dictionary<string, string>();

    public TimeSpan Unit => TimeSpan.FromMilliseconds(UnitMilliseconds);

    public void Save(string folder) => global::System.IO.File.WriteAllText(Path.Combine(folder, File), JsonSerializer.Serialize(this, s_readable) + "\n");

    /// <exception cref="InvalidDataException">It cannot be read; with the reason.</exception>
    public static RecordingNote Read(string folder)
    {
        var path = Path.Combine(folder, File);
        try
        {
            return JsonSerializer.Deserialize<RecordingNote>(global::System.IO.File.ReadAllText(path)) ?? throw new InvalidDataException($"{path} is empty");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
