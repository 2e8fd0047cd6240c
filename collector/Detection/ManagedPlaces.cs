using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What an assembly's name and place tell.</summary>
internal static class ManagedPlaces
{
    /// <summary>Where .NET is installed. Who can write there can change every program of the container.</summary>
    private static readonly string[] Installations = ["/usr/share/dotnet/", "/usr/lib/dotnet/", "/usr/lib64/dotnet/", "/usr/local/share/dotnet/", "/opt/dotnet/", "/snap/dotnet"];

    /// <summary>Parts of the framework whose first use tells what a program can do from then on.</summary>
    private static readonly Dictionary<string, string> Abilities = new(StringComparer.Ordinal)
    {
        ["System.Diagnostics.Process"] = "starts programs",
        ["System.Net.Sockets"] = "opens connections",
        ["System.Net.Http"] = "calls web servers",
        ["System.Net.Mail"] = "sends mail",
        ["System.Net.HttpListener"] = "serves web requests",
        ["System.Net.Ping"] = "looks for other machines",
        ["System.IO.Pipes"] = "speaks through pipes",
        ["System.IO.MemoryMappedFiles"] = "shares memory",
        ["System.Reflection.Emit"] = "makes code",
        ["System.Linq.Expressions"] = "makes code",
        ["Microsoft.CSharp"] = "makes code",
        ["Microsoft.VisualBasic"] = "starts programs and reads screens",
    };

    // Names that libraries of good repute give to the assemblies that they make. They make code all day; a name is easily taken, so it lowers no other evidence.
    private static readonly string[] Generators =
    [
        "Anonymously Hosted DynamicMethods Assembly", "System.Text.RegularExpressions", "RegexCompiledAssembly", "Microsoft.GeneratedCode", "Microsoft.Xml.Serialization.GeneratedAssembly",
        "System.Xml.Serialization", "XmlSerializers", "DynamicProxyGenAssembly2", "System.Reflection.DispatchProxy", "ProxyBuilder", "System.Linq.Expressions", "Snippets",
        "Microsoft.EntityFrameworkCore", "EntityFrameworkDynamicProxies", "Microsoft.AspNetCore", "Microsoft.Extensions", "ILEmit", "AutoMapper", "Dapper", "Orleans", "MetadataViewProxies",
        "TypedClientBuilder", "Microsoft.CSharp", "System.Runtime.CompilerServices",
    ];

    /// <summary>Of the framework, as it was installed.</summary>
    public static bool IsFramework(string path)
    {
        if (!path.Contains("/shared/Microsoft.", StringComparison.Ordinal) || path.Contains("/../", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var installation in Installations)
        {
            if (path.StartsWith(installation, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>"starts programs"; null for what tells nothing.</summary>
    public static string? Ability(string name) => Abilities.GetValueOrDefault(name);

    /// <summary>Regular expressions, serializers, mappers, proxies and mocks make code under these names.</summary>
    public static bool IsGenerator(string name)
    {
        foreach (var generator in Generators)
        {
            if (name.StartsWith(generator, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return name.EndsWith(".XmlSerializers", StringComparison.Ordinal);
    }

    /// <summary>"framework", "temporary", "hidden", else the folder.</summary>
    public static string Of(ManagedObservation assembly)
    {
        var path = assembly.Path;
        return IsFramework(path) ? "framework"
            : Places.IsTemporary(path) ? "temporary"
            : Places.IsHidden(path) ? "hidden"
            : path[..Math.Max(0, path.LastIndexOf('/'))];
    }
}
