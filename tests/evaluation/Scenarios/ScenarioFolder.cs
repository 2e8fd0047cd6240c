namespace Runtime.Evaluation.Scenarios;

/// <summary>All scenario files of a folder.</summary>
internal static class ScenarioFolder
{
    /// <param name="faults">Of all files; also when an id stands twice.</param>
    /// <returns>Without those that have faults, by id.</returns>
    public static IReadOnlyList<Scenario> Read(string folder, IReadOnlyCollection<string> images, List<string> faults)
    {
        if (!Directory.Exists(folder))
        {
            faults.Add($"--scenarios '{folder}': there is no such folder");
            return [];
        }

        var scenarios = new List<Scenario>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.sh").Order(StringComparer.Ordinal))
        {
            var source = Path.ChangeExtension(file, ".c");
            if (ScenarioHeader.Read(file, File.ReadAllText(file), images, File.Exists(source) ? source : null, faults) is { } scenario)
            {
                scenarios.Add(scenario);
            }
        }

        foreach (var twice in scenarios.GroupBy(scenario => scenario.Id).Where(group => group.Count() > 1))
        {
            faults.Add($"{string.Join(", ", twice.Select(scenario => Path.GetFileName(scenario.File)))}: id '{twice.Key}': must stand once in the folder");
        }

        if (scenarios.Count == 0 && faults.Count == 0)
        {
            faults.Add($"--scenarios '{folder}': it holds no scenario (ID-short-name.sh)");
        }

        return [.. scenarios.OrderBy(scenario => scenario.Id, StringComparer.Ordinal)];
    }

    /// <summary>Ids from a file: one a line, what follows a '#' is a comment.</summary>
    public static IReadOnlyList<string> ReadIds(string file) =>
        [.. File.ReadAllLines(file).Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0)];
}
