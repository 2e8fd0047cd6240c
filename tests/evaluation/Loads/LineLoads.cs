using System.Globalization;
using System.Text;

namespace Runtime.Evaluation.Loads;

/// <summary>Commands over one connection, a line each, whose answer ends with a known line.</summary>
internal abstract class LineLoad : ILoad
{
    public abstract int Port { get; }

    public async Task RoundAsync(LoadTarget target, Random random, int round, CancellationToken cancellationToken)
    {
        await using var connection = await target.Node.ConnectAsync(target.Address, Port, cancellationToken);
        using var reader = new StreamReader(connection, Encoding.Latin1);
        for (var i = 0; i < 20; i++)
        {
            await connection.WriteAsync(Encoding.Latin1.GetBytes(Next(random)), cancellationToken);
            string? line;
            do
            {
                line = await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("it closed the connection");
            }
            while (!await EndsAnswerAsync(line, reader, cancellationToken));
            await Task.Delay(random.Next(5, 40), cancellationToken);
        }
    }

    /// <summary>A command with its line ends.</summary>
    protected abstract string Next(Random random);

    protected abstract ValueTask<bool> EndsAnswerAsync(string line, StreamReader reader, CancellationToken cancellationToken);

    protected static string Key(Random random) => "customer:" + random.Next(500).ToString(CultureInfo.InvariantCulture);

    protected static string Value(Random random) => new('v', random.Next(1, 400));
}

/// <summary>What redis-benchmark sends: SET, GET, INCR, LPUSH, LRANGE, EXPIRE. Its snapshots follow from the writes.</summary>
internal sealed class RedisLoad : LineLoad
{
    public override int Port => 6379;

    protected override string Next(Random random) => random.Next(6) switch
    {
        0 => $"SET {Key(random)} {Value(random)}\r\n",
        1 => $"GET {Key(random)}\r\n",
        2 => "INCR visits\r\n",
        3 => $"LPUSH list {Value(random)}\r\n",
        4 => $"EXPIRE {Key(random)} {random.Next(1, 100)}\r\n",
        _ => "LLEN list\r\n",
    };

    // "+OK", ":42", "$3" and then the value, "$-1" for none, "-ERR …"
    protected override async ValueTask<bool> EndsAnswerAsync(string line, StreamReader reader, CancellationToken cancellationToken)
    {
        if (line.StartsWith('$') && line != "$-1")
        {
            await reader.ReadLineAsync(cancellationToken);
        }

        return true;
    }
}

/// <summary>set, get and stats of memcached's text protocol.</summary>
internal sealed class MemcachedLoad : LineLoad
{
    public override int Port => 11211;

    protected override string Next(Random random)
    {
        var value = Value(random);
        return random.Next(5) switch
        {
            0 or 1 => $"set {Key(random)} 0 60 {value.Length}\r\n{value}\r\n",
            2 => "stats\r\n",
            _ => $"get {Key(random)}\r\n",
        };
    }

    protected override ValueTask<bool> EndsAnswerAsync(string line, StreamReader reader, CancellationToken cancellationToken) =>
        ValueTask.FromResult(line is "STORED" or "END" or "ERROR");
}
