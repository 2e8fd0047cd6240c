using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace Runtime.Collector.Storage;

/// <summary>Brings a database to the schema of this program. Files are Migrations/NNNN_name.sql, numbered from 1 without gaps; a file that was released is never changed.</summary>
internal static class Migrations
{
    private const string Prefix = "Runtime.Collector.Storage.Migrations.";

    public static IReadOnlyList<(int Version, string Name)> All { get; } = [.. typeof(Migrations).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(name => (int.Parse(name.AsSpan(Prefix.Length, 4), NumberStyles.None, CultureInfo.InvariantCulture), name))];

    /// <exception cref="StoreOpenException">The database was made by a newer program.</exception>
    public static void Apply(SqlSession session, string path, DateTimeOffset now)
    {
        session.Script("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT");
        var current = session.Number("SELECT max(version) FROM schema_version") ?? 0;
        var newest = All[^1].Version;
        if (current > newest)
        {
            throw new StoreOpenException(
                $"{path} has schema version {current} and this collector knows versions up to {newest}: it was written by a newer collector. Start that one, or restore a copy of the file from before the upgrade.");
        }

        foreach (var (version, name) in All.Where(migration => migration.Version > current))
        {
            session.Script("BEGIN IMMEDIATE");
            try
            {
                session.Script(Read(name));
                session.Execute("INSERT INTO schema_version VALUES ($1, $2)", version, now.ToMicros());
                session.Script("COMMIT");
            }
            catch (SqliteException failure)
            {
                if (session.InTransaction)
                {
                    session.Script("ROLLBACK");
                }

                throw new StoreOpenException($"{path}: migration {version} failed and was undone: {failure.Message}", failure);
            }
        }
    }

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
