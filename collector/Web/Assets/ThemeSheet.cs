using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using MudBlazor;

namespace Runtime.Collector.Web.Assets;

/// <summary>
/// The component library's colours and sizes as a sheet of its own. The library would write them into the page, which the page's policy forbids; as a sheet
/// they also follow the browser's choice of light or dark without a script.
/// </summary>
internal static partial class ThemeSheet
{
    private static readonly string[] _fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"];

    // Contrast of all text to its ground is 4.5 or more in both: the browser tests ask axe.
    private static readonly MudTheme _theme = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#1f5fa8", Secondary = "#5b3f8f", Background = "#f5f6f8", Surface = "#ffffff", AppbarBackground = "#16222e", AppbarText = "#ffffff",
            TextPrimary = "#17202a", TextSecondary = "#4c5967", Error = "#b3261e", Warning = "#8a5300", Success = "#1c6b34", Info = "#1f5fa8", LinesDefault = "#d5dae1", TableLines = "#d5dae1", Divider = "#d5dae1",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#8ab8f0", PrimaryContrastText = "#10161d", Secondary = "#c3aef0", Background = "#10161d", Surface = "#19222c", AppbarBackground = "#0b1016", AppbarText = "#e8edf3",
            TextPrimary = "#e8edf3", TextSecondary = "#a8b4c2", Error = "#ff9a91", ErrorContrastText = "#10161d", Warning = "#f0b45a", WarningContrastText = "#10161d", Success = "#7fd29a", SuccessContrastText = "#10161d",
            Info = "#8ab8f0", InfoContrastText = "#10161d", LinesDefault = "#33404e", LinesInputs = "#8593a3", TableLines = "#33404e", Divider = "#33404e", ActionDefault = "#a8b4c2",
        },
        Typography = new Typography { Default = new DefaultTypography { FontFamily = _fonts, FontSize = ".925rem" } },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px" },
    };

    public static async Task<string> MakeAsync(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, scope.ServiceProvider.GetRequiredService<ILoggerFactory>());
        return await renderer.Dispatcher.InvokeAsync(async () =>
            $"{await RulesAsync(renderer, isDark: false)}\n@media (prefers-color-scheme: dark) {{\n{await RulesAsync(renderer, isDark: true)}\n}}\n");
    }

    /// <summary>What the library's provider writes into its style elements.</summary>
    private static async Task<string> RulesAsync(HtmlRenderer renderer, bool isDark)
    {
        var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>
        {
            [nameof(MudThemeProvider.Theme)] = _theme,
            [nameof(MudThemeProvider.IsDarkMode)] = isDark,
            [nameof(MudThemeProvider.ObserveSystemDarkModeChange)] = false,
            [nameof(MudThemeProvider.DefaultScrollbar)] = true,
        });
        var html = (await renderer.RenderComponentAsync<MudThemeProvider>(parameters)).ToHtmlString();
        return string.Join('\n', StyleElement().Matches(html).Select(element => element.Groups[1].Value));
    }

    [GeneratedRegex("<style[^>]*>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex StyleElement();
}
