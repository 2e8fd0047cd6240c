using System.CommandLine;

namespace Runtime.Bench;

/// <summary>Options that take some of the names there are.</summary>
internal static class Choice
{
    /// <summary>Comma separated; answered in the order of <paramref name="names"/>, all of them by default.</summary>
    public static Option<IReadOnlyList<string>> Of(string option, string description, IReadOnlyList<string> names) => new(option)
    {
        Description = $"{description}, comma separated: {string.Join(',', names)}",
        DefaultValueFactory = _ => names,
        CustomParser = result =>
        {
            var given = result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)).ToList();
            foreach (var unknown in given.Except(names))
            {
                result.AddError($"{option}: '{unknown}' is not one of {string.Join(", ", names)}");
            }

            return [.. names.Where(given.Contains)];
        },
    };
}
