using Runtime.Evaluation.Scenarios;

namespace Runtime.Evaluation.Tests.Scenarios;

public sealed class ScenarioFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("scenarios-").FullName;

    [Fact]
    public void Folder_WithFaultsInSeveralFiles_TellsAllAndReadsTheRest()
    {
        Write("A01-good.sh", "# id: A01\n# title: t\n# expect: silent\n# image: tools\n# launch: app\n");
        Write("A02-bad.sh", "# id: A02\n# expect: silent\n# image: tools\n# launch: app\n");
        Write("A03-bad.sh", "# id: A03\n# title: t\n# expect: silent\n# image: tools\n");
        var faults = new List<string>();

        var scenarios = ScenarioFolder.Read(_folder, ["tools"], faults);

        Assert.Equal(["A01"], scenarios.Select(scenario => scenario.Id));
        Assert.Equal(["A02-bad.sh: title '': is missing", "A03-bad.sh: launch '': is missing"], faults);
    }

    [Fact]
    public void Id_InTwoFiles_IsAFault()
    {
        Write("A01-one.sh", "# id: A01\n# title: t\n# expect: silent\n# image: tools\n# launch: app\n");
        Write("A01-two.sh", "# id: A01\n# title: t\n# expect: silent\n# image: tools\n# launch: app\n");
        var faults = new List<string>();

        ScenarioFolder.Read(_folder, ["tools"], faults);

        Assert.Equal(["A01-one.sh, A01-two.sh: id 'A01': must stand once in the folder"], faults);
    }

    [Fact]
    public void Folder_ThatHoldsNone_IsAFault()
    {
        var faults = new List<string>();

        ScenarioFolder.Read(_folder, ["tools"], faults);

        Assert.Single(faults);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
