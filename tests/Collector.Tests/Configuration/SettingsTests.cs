using System.Collections;
using System.ComponentModel.DataAnnotations;
using CsCheck;
using Runtime.Collector.Configuration;
using Xunit;

namespace Runtime.Collector.Tests.Configuration;

public sealed class SettingsTests : IDisposable
{
    private static readonly IReadOnlyList<SettingsSection> Catalogue =
    [
        SettingsSection.Group<KitchenOptions>("Kitchen", kitchen => kitchen.Ovens == 7 ? ["Kitchen:Ovens = 7: is unlucky"] : []),
        SettingsSection.List<GuestOptions>("Guests", (guests, faults) =>
        {
            if (guests.Count > 3)
            {
                faults.Add("Guests", "", "", "at most 3");
            }
        }),
    ];

    private readonly string _file = Path.GetTempFileName();
    private readonly Hashtable _environment = [];
    private readonly SettingsFaults _faults = new();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Sources_Together_TheLaterWins()
    {
        Write("""
            {
              // comments are allowed
              "Kitchen": { "Bake": "5m", "RoomBytes": "8MiB", "Ovens": 2, "Names": ["a", "b"], "Oven": { "Heat": 200.5 }, "Kind": "gas", "Spices": { "salt": "1s" } },
              "Guests": [ { "Name": "ann" }, { "Name": "bob", "Late": true } ],
            }
            """);
        _environment["RUNTIME_COLLECTOR__Kitchen__Ovens"] = "3";
        _environment["RUNTIME_COLLECTOR__KITCHEN__BAKE"] = "6m";
        _environment["RUNTIME_OTHER"] = "ignored";

        var settings = Read("--Kitchen:Bake=7m", "--Guests:1:Name", "cid");

        Assert.Empty(_faults.All);
        var kitchen = settings.Get<KitchenOptions>();
        Assert.Equal(TimeSpan.FromMinutes(7), kitchen.Bake);
        Assert.Equal(8 << 20, kitchen.RoomBytes);
        Assert.Equal(3, kitchen.Ovens);
        Assert.Equal(["a", "b"], kitchen.Names);
        Assert.Equal(200.5, kitchen.Oven.Heat);
        Assert.Equal(FuelKind.Gas, kitchen.Kind);
        Assert.Equal(TimeSpan.FromSeconds(1), kitchen.Spices["salt"]);
        Assert.Equal([("ann", false), ("cid", true)], settings.Get<IReadOnlyList<GuestOptions>>().Select(guest => (guest.Name, guest.Late)));
    }

    [Fact]
    public void Nothing_Set_GivesDefaults()
    {
        var kitchen = Settings.Read(Catalogue, [], _environment, "/nonexistent/collector.json", _faults).Get<KitchenOptions>();

        Assert.Empty(_faults.All);
        Assert.Equal((TimeSpan.FromSeconds(30), 1), (kitchen.Bake, kitchen.Ovens));
        Assert.Equal(["only"], kitchen.Names);
    }

    [Fact]
    public void Lists_SetInOneValue_ReplaceTheDefault()
    {
        _environment["RUNTIME_COLLECTOR__Kitchen__Names"] = "x, y";
        Assert.Equal(["x", "y"], Read().Get<KitchenOptions>().Names);

        Write("""{ "Kitchen": { "Names": [] } }""");
        _environment.Clear();
        Assert.Empty(Read().Get<KitchenOptions>().Names);
        Assert.Empty(_faults.All);
    }

    [Fact]
    public void Faults_OfEveryKind_ComeAllAtOnce()
    {
        Write("""
            {
              "Kitchn": {},
              "Kitchen": { "Bake": "10 parsecs", "Oven": { "Heet": 3 }, "Ovens": 99, "RoomBytes": "8M", "Names": { "x": "y" }, "Kind": "coal", "Pin": "12" },
              "Guests": [ { "Late": "perhaps" }, "bob" ]
            }
            """);
        _environment["RUNTIME_COLLECTOR__Kitchen__Fast"] = "yes";

        Read("--Kitchen:Zzzzzzzzzzzzzz=1", "stray", "--Kitchen:Ovens:0=1", "--Guests:0:Name");

        Assert.Equal(
            [
                "command line \"stray\": is not a setting; write --config FILE or --Section:Key=value",
                "command line \"--Guests:0:Name\": has no value; write --Guests:0:Name=value",
                $"Kitchn (in {_file}): is not a setting; did you mean Kitchen?",
                $"Kitchen:Bake = \"10 parsecs\" (in {_file}): {SettingText.DurationRule}",
                "Kitchen:Fast = \"yes\" (environment variable RUNTIME_COLLECTOR__Kitchen__Fast): must be true or false",
                $"Kitchen:Kind = \"coal\" (in {_file}): must be one of Wood, Gas",
                $"Kitchen:Names:x (in {_file}): Kitchen:Names is a list; write Kitchen:Names:0…",
                $"Kitchen:Oven:Heet (in {_file}): is not a setting; did you mean Kitchen:Oven:Heat?",
                "Kitchen:Ovens (command line): must be one value, not a group or a list",
                $"Kitchen:Pin = (not shown) (in {_file}): must have 4 digits",
                $"Kitchen:RoomBytes = \"8M\" (in {_file}): {SettingText.SizeRule}",
                "Kitchen:Zzzzzzzzzzzzzz (command line): is not a setting; the nearest is Kitchen:Bake, and Kitchen has Bake, Fast, Kind, Names, Oven, Ovens, Pin, RoomBytes, Spices",
                $"Guests:0:Late = \"perhaps\" (in {_file}): must be true or false",
                "Guests:0:Name: must be set",
                $"Guests:1 = \"bob\" (in {_file}): must be a group of settings, not one value",
            ],
            _faults.All.OrderBy(fault => fault.StartsWith("command", StringComparison.Ordinal) ? 0 : fault.StartsWith("Kitchn", StringComparison.Ordinal) ? 1 : fault.StartsWith("Kitchen", StringComparison.Ordinal) ? 2 : 3)
                .ThenBy(fault => fault.StartsWith("Kitchen", StringComparison.Ordinal) ? fault : "", StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Ovens", "0", "must be 1 to 8")]
    [InlineData("Ovens", "9", "must be 1 to 8")]
    [InlineData("Ovens", "1.5", "must be a whole number")]
    [InlineData("Ovens", "", "must be a whole number")]
    [InlineData("Bake", "2d", "must be 1s to 1h")]
    [InlineData("Bake", "999ms", "must be 1s to 1h")]
    [InlineData("Kind", "1", "must be one of Wood, Gas")]
    [InlineData("RoomBytes", "99GiB", "must be 1KiB to 1GiB")]
    public void Value_OutsideItsRule_NamesKeyValueAndRule(string key, string value, string rule)
    {
        Read($"--Kitchen:{key}={value}");

        Assert.Equal([$"Kitchen:{key} = \"{value}\" (command line): {rule}"], _faults.All);
    }

    [Fact]
    public void Rule_AcrossKeys_IsCheckedWhenEachKeyIsRight()
    {
        Read("--Kitchen:Kind=Wood", "--Kitchen:Oven:Heat=900");

        Assert.Equal(["Kitchen:Oven (command line): wood does not burn that hot"], _faults.All);
    }

    [Theory]
    [InlineData("{ \"Kitchen\": ", "is not JSON")]
    [InlineData("[1]", "is not JSON")]
    [InlineData("", "is not JSON")]
    public void File_ThatIsNotJson_IsOneFaultWithItsName(string content, string words)
    {
        Write(content);

        Read();

        var fault = Assert.Single(_faults.All);
        Assert.StartsWith($"--config = \"{_file}\": {words}", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void File_ThatWasNamedAndIsAbsent_IsAFault()
    {
        Settings.Read(Catalogue, ["--config", "/nonexistent/x.json"], _environment, "/nonexistent/collector.json", _faults);

        Assert.StartsWith("--config = \"/nonexistent/x.json\": cannot be read", Assert.Single(_faults.All), StringComparison.Ordinal);
    }

    [Fact]
    public void Rule_OfTheClassItself_IsAFaultLikeAnyOther()
    {
        Read("--Kitchen:Ovens=7", "--Kitchen:Fast=2");

        Assert.Equal(["Kitchen:Fast = \"2\" (command line): must be true or false", "Kitchen:Ovens = 7: is unlucky"], _faults.All);
    }

    [Fact]
    public void Argument_GivenTwice_IsWhatTheLastOneSays() => Assert.Equal(3, Read("--Kitchen:Ovens=2", "--kitchen:ovens=3").Get<KitchenOptions>().Ovens);

    [Fact]
    public void Arguments_OfAnyKind_AreFaultsAndNeverAnException()
    {
        string[] parts = ["Kitchen", "Guests", "Ovens", "Oven", "Heat", "Names", "Spices", "0", "-1", "", ":", "Pin", "99999999999", "Name", "Bake", "Kind"];
        var key = Gen.OneOf(parts.Select(Gen.Const).ToArray()).Array[1, 4].Select(segments => string.Join(':', segments));
        var value = Gen.OneOf(Gen.OneOf(new[] { "", "1", "true", "1s", "gas", "8MiB", "a,b", "NaN", "1e999", "-0", "18446744073709551616" }.Select(Gen.Const).ToArray()), Gen.String[0, 20]);
        Gen.Select(key, value).Select((name, text) => $"--{name}={text}").Array[0, 6].Sample(
            arguments => Settings.Read(Catalogue, arguments, new Hashtable(), "/nonexistent/collector.json", new SettingsFaults()).Get<KitchenOptions>() is not null,
            iter: 20_000);
    }

    private Settings Read(params string[] arguments) => Settings.Read(Catalogue, arguments, _environment, _file, _faults);

    private void Write(string json) => File.WriteAllText(_file, json);

    public SettingsTests() => Write("{}");

    internal enum FuelKind
    {
        Wood = 0,
        Gas = 1,
    }

    internal sealed class OvenOptions
    {
        public double Heat { get; set; } = 100;
    }

    internal sealed class KitchenOptions : IValidatableObject
    {
        [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
        public TimeSpan Bake { get; set; } = TimeSpan.FromSeconds(30);

        [Range(1, 8)]
        public int Ovens { get; set; } = 1;

        [Range(1024L, 1L << 30)]
        public long RoomBytes { get; set; } = 1 << 20;
        public bool Fast { get; set; }
        public IReadOnlyList<string> Names { get; set; } = ["only"];
        public OvenOptions Oven { get; set; } = new();
        public FuelKind Kind { get; set; }
        public IReadOnlyDictionary<string, TimeSpan> Spices { get; set; } = new Dictionary<string, TimeSpan>();

        [Secret]
        [StringLength(4, MinimumLength = 4, ErrorMessage = "must have 4 digits")]
        public string Pin { get; set; } = "0000";

        public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
        {
            if (Kind == FuelKind.Wood && Oven.Heat > 800)
            {
                yield return new("wood does not burn that hot", [nameof(Oven)]);
            }
        }
    }

    internal sealed class GuestOptions
    {
        public required string Name { get; set; } = "";
        public bool Late { get; set; }
    }
}
