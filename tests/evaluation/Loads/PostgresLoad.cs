using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Runtime.Evaluation.Loads;

/// <summary>A shop's queries, by the simple query protocol (PostgreSQL 15, chapter 55.2), without a password.</summary>
internal sealed class PostgresLoad : ILoad
{
    private const int ProtocolVersion = 3 << 16;

    public int Port => 5432;

    public async Task RoundAsync(LoadTarget target, Random random, int round, CancellationToken cancellationToken)
    {
        await using var connection = await target.Node.ConnectAsync(target.Address, Port, cancellationToken);
        var hello = Encoding.ASCII.GetBytes("user\0postgres\0database\0postgres\0\0");
        var start = new byte[8 + hello.Length];
        BinaryPrimitives.WriteInt32BigEndian(start, start.Length);
        BinaryPrimitives.WriteInt32BigEndian(start.AsSpan(4), ProtocolVersion);
        hello.CopyTo(start, 8);
        await connection.WriteAsync(start, cancellationToken);
        await ReadUntilReadyAsync(connection, cancellationToken);
        await QueryAsync("CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, customer int, what text)");
        for (var i = 0; i < 10; i++)
        {
            var customer = random.Next(100).ToString(CultureInfo.InvariantCulture);
            await QueryAsync(random.Next(4) switch
            {
                0 => $"INSERT INTO orders (customer, what) VALUES ({customer}, repeat('x', {random.Next(1, 300)}))",
                1 => $"SELECT count(*), max(what) FROM orders WHERE customer = {customer}",
                2 => $"DELETE FROM orders WHERE customer = {customer} AND id % 3 = 0",
                _ => "SELECT customer, count(*) FROM orders GROUP BY customer ORDER BY 2 DESC LIMIT 5",
            });
            await Task.Delay(random.Next(10, 80), cancellationToken);
        }

        if (round % 10 == 9)
        {
            await QueryAsync("VACUUM orders");
            await QueryAsync("CHECKPOINT");
        }

        async Task QueryAsync(string text)
        {
            // 'Q', length of the rest with itself, text, 0
            var query = new byte[6 + text.Length];
            query[0] = (byte)'Q';
            BinaryPrimitives.WriteInt32BigEndian(query.AsSpan(1), 5 + text.Length);
            Encoding.ASCII.GetBytes(text, query.AsSpan(5));
            await connection.WriteAsync(query, cancellationToken);
            await ReadUntilReadyAsync(connection, cancellationToken);
        }
    }

    // Messages: a letter, the length of the rest with itself (4 bytes, big-endian), the rest. 'Z' is ReadyForQuery, 'E' an error.
    private static async Task ReadUntilReadyAsync(Stream connection, CancellationToken cancellationToken)
    {
        var head = new byte[5];
        while (true)
        {
            await connection.ReadExactlyAsync(head, cancellationToken);
            var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4;
            if (length is < 0 or > 1 << 20)
            {
                throw new IOException($"a message of {length} bytes");
            }

            var rest = new byte[length];
            await connection.ReadExactlyAsync(rest, cancellationToken);
            if (head[0] == 'E')
            {
                throw new IOException(Encoding.UTF8.GetString(rest).Replace('\0', ' '));
            }

            if (head[0] == 'Z')
            {
                return;
            }
        }
    }
}
