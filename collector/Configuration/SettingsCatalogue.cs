using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Rules;
using Runtime.Collector.Scopes;
using Runtime.Collector.Security;
using Runtime.Collector.Storage;
using Runtime.Collector.Web;

namespace Runtime.Collector.Configuration;

/// <summary>
/// Every setting of the collector, by section. A feature adds its options class here with one line; the class needs a
/// constructor without parameters, and XML docs that say unit and meaning of each property (they become settings.md). Rules stand in attributes
/// ([Range] …), in IValidatableObject, or in a method of the class that is named here: Group&lt;T&gt;(section, options => options.Validate()).
/// </summary>
internal static class SettingsCatalogue
{
    public static IReadOnlyList<SettingsSection> All { get; } =
    [
        SettingsSection.Group<LogOptions>(LogOptions.Section),
        SettingsSection.Group<AccessOptions>(AccessOptions.Section),
        SettingsSection.Group<WebOptions>(WebOptions.Section),
        SettingsSection.Group<StorageOptions>(StorageOptions.Section, options => options.Validate()),
        SettingsSection.Group<IngestOptions>(IngestOptions.Section, options => options.Validate()),
        SettingsSection.Group<BaselineOptions>(BaselineOptions.Section, options => options.Validate()),
        SettingsSection.Group<ScopesOptions>(ScopesOptions.Section, options => options.Validate()),
        SettingsSection.Group<RulesOptions>(RulesOptions.Section),
        SettingsSection.List<NotifierOptions>(NotifierOptions.Section, NotifierOptions.CheckNames),
        SettingsSection.Group<OutboxOptions>(OutboxOptions.Section),
        SettingsSection.Group<DigestOptions>(DigestOptions.Section),
    ];
}
