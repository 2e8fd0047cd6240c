using System.Security.Cryptography;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access;

/// <summary>The page's sessions. They live in memory: a new start of the collector asks everybody to come in again. Any thread.</summary>
internal sealed class Sessions(WebOptions options, TimeProvider time)
{
    public const int Max = 64;

    private readonly Lock _lock = new();

    // By the hash of the cookie's secret, so that a look-up by time tells nothing of a secret. Bounded by Max; what is over leaves at each look and at each opening.
    private readonly Dictionary<string, Session> _byHash = [];

    /// <returns>The cookie's secret, 256 random bits. When all places are taken, the session that was used least recently ends.</returns>
    public string Open(Caller caller)
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        lock (_lock)
        {
            foreach (var (hash, session) in _byHash.Where(entry => entry.Value.IsOver(now)).ToList())
            {
                End(hash, session);
            }

            if (_byHash.Count >= Max)
            {
                var (hash, session) = _byHash.MinBy(entry => entry.Value.LastUse);
                End(hash, session);
            }

            _byHash.Add(HashOf(secret), new Session(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), caller, now, options.SessionIdle, now + options.SessionLifetime));
        }

        return secret;
    }

    /// <summary>Null: there is none, or it is over.</summary>
    public Session? Find(string secret)
    {
        var hash = HashOf(secret);
        lock (_lock)
        {
            return Living(hash, _byHash.GetValueOrDefault(hash));
        }
    }

    /// <summary>The same for who knows its <see cref="Session.Id"/>: a page that stays open looks again before each question.</summary>
    public Session? FindById(string id)
    {
        lock (_lock)
        {
            var (hash, session) = _byHash.FirstOrDefault(entry => entry.Value.Id == id);
            return Living(hash, session);
        }
    }

    public void End(string id)
    {
        lock (_lock)
        {
            if (_byHash.FirstOrDefault(entry => entry.Value.Id == id) is { Value: { } session } entry)
            {
                End(entry.Key, session);
            }
        }
    }

    /// <returns>How many ended.</returns>
    public int EndAll()
    {
        lock (_lock)
        {
            var count = _byHash.Count;
            foreach (var (hash, session) in _byHash.ToList())
            {
                End(hash, session);
            }

            return count;
        }
    }

    private Session? Living(string hash, Session? session)
    {
        if (session is null || !session.IsOver(time.GetUtcNow()))
        {
            return session;
        }

        End(hash, session);
        return null;
    }

    private void End(string hash, Session session)
    {
        _byHash.Remove(hash);
        session.Dispose();
    }

    private static string HashOf(string secret) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret)));
}
