using System.Collections;
using Runtime.Collector.Configuration;

namespace Runtime.Collector.Rules;

/// <summary>"collector rules" shows the rules that these settings give; "collector rules check FILE" says whether a file can be used.</summary>
internal static class RulesCommand
{
    /// <returns>0, or 2 with every fault of the settings and the file.</returns>
    public static int Show(string[] arguments, IDictionary environment, TextWriter output, TextWriter error)
    {
        var faults = new SettingsFaults();
        var settings = Settings.Read(SettingsCatalogue.All, arguments, environment, SettingsSources.DefaultFile, faults);
        if (faults.All.Count > 0)
        {
            return Refuse(faults.All, error);
        }

        try
        {
            RulesText.Write(RulesFile.Load(settings.Get<RulesOptions>()), output);
            return 0;
        }
        catch (RulesException e)
        {
            return Refuse(e.Faults, error);
        }
    }

    /// <returns>0, or 2 with every fault of the file.</returns>
    public static int Check(string file, TextWriter output, TextWriter error)
    {
        try
        {
            var rules = RulesFile.Load(new RulesOptions { File = file });
            output.WriteLine($"{PrintableText.Escape(file)}: can be used; {rules.Own.Count} own facts, off: {(rules.Off.Count > 0 ? string.Join(", ", rules.Off.Order(StringComparer.Ordinal)) : "none")}");
            return 0;
        }
        catch (RulesException e)
        {
            return Refuse(e.Faults, error);
        }
    }

    /// <returns>2.</returns>
    public static int Refuse(IReadOnlyList<string> faults, TextWriter error)
    {
        foreach (var fault in faults)
        {
            error.WriteLine(PrintableText.Escape(fault));
        }

        return SettingsSetup.ExitCodeBadSettings;
    }
}
