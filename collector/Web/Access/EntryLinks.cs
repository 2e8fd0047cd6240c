using System.Security.Cryptography;
using System.Text;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access;

/// <summary>Links that open the page: each once, for a minute. Any thread.</summary>
internal sealed class EntryLinks(TimeProvider time)
{
    public const int Max = 32;
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();

    // Bounded by Max. What is over leaves when the next is made or used.
    private readonly List<Link> _links = [];

    private sealed record Link(byte[] Secret, Caller Caller, DateTimeOffset Ends);

    /// <returns>256 random bits for the address and when they end; null while too many wait.</returns>
    public (string Secret, DateTimeOffset Ends)? Make(Caller caller)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            _links.RemoveAll(link => now >= link.Ends);
            if (_links.Count >= Max)
            {
                return null;
            }

            var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            _links.Add(new Link(Encoding.ASCII.GetBytes(secret), caller, now + Lifetime));
            return (secret, now + Lifetime);
        }
    }

    /// <summary>Who the link was made for, and as what; null when it is none of ours, was used, or is over.</summary>
    public Caller? Use(string secret)
    {
        var given = Encoding.UTF8.GetBytes(secret);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            _links.RemoveAll(link => now >= link.Ends);

            // Every one is compared, in a time that says nothing of how much of it was right.
            Link? found = null;
            foreach (var link in _links)
            {
                found = CryptographicOperations.FixedTimeEquals(link.Secret, given) ? link : found;
            }

            if (found is not null)
            {
                _links.Remove(found);
            }

            return found?.Caller;
        }
    }

    public void EndAll()
    {
        lock (_lock)
        {
            _links.Clear();
        }
    }
}
