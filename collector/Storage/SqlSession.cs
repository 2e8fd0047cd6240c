using Microsoft.Data.Sqlite;

namespace Runtime.Collector.Storage;

/// <summary>One connection with its prepared statements. One thread at a time. Values are $1, $2 … in the SQL.</summary>
internal sealed class SqlSession(SqliteConnection connection) : IDisposable
{
    // Bounded by the SQL texts of this folder: fixed ones, and one for each combination of filters that is asked.
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    /// <summary>False outside a transaction, also when SQLite has ended one by itself (full disk, I/O fault).</summary>
    public bool InTransaction => SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle!) == 0;

    /// <summary>What was asked so far.</summary>
    public IReadOnlyCollection<string> Statements => _prepared.Keys;

    /// <returns>Rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <returns>The first column of the first row; null when there is no row or it is NULL.</returns>
    public long? Number(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteScalar() is long number ? number : null;

    public List<T> Rows<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values) => Read(Bind(sql, values), read);

    /// <summary>As <see cref="Rows"/>, of a statement that is not kept prepared: people's searches have no end of shapes.</summary>
    public List<T> RowsOnce<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var command = Prepare(sql, values.Length);
        return Read(Fill(command, values), read);
    }

    /// <summary>Runs several statements without values.</summary>
    public void Script(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Makes the statement that runs now fail; any thread.</summary>
    public void Interrupt() => SQLitePCL.raw.sqlite3_interrupt(connection.Handle!);

    public void Dispose()
    {
        foreach (var command in _prepared.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private static List<T> Read<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            _prepared.Add(sql, command = Prepare(sql, values.Length));
        }

        return Fill(command, values);
    }

    private SqliteCommand Prepare(string sql, int values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= values; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = "$" + i });
        }

        return command;
    }

    private static SqliteCommand Fill(SqliteCommand command, ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
