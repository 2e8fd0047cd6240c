namespace Runtime.Collector.Notifiers;

/// <summary>
/// Takes secrets out of what a receiver answered: some repeat the token that they refuse, and answers are logged, kept and shown. Secrets of the
/// settings' files, and what follows the host in a secret address, whole and its longer parts; also where the answer was cut inside one.
/// </summary>
internal sealed class DiscreetNotifier(INotifier inner) : INotifier
{
    private const string Shown = "(secret)";

    /// <summary>Shorter ones are found in harmless words.</summary>
    private const int Shortest = 6;

    /// <summary>Shorter parts of an address are names, such as "services".</summary>
    private const int ShortestPart = 16;

    public NotifierOptions Options => inner.Options;

    public async Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var result = await inner.SendAsync(delivery, cancellationToken);
        var words = result.Words;
        foreach (var secret in Secrets().Where(secret => secret.Length >= Shortest))
        {
            words = WithoutBegin(words.Replace(secret, Shown, StringComparison.Ordinal), secret);
        }

        return words == result.Words ? result : result with { Words = words };
    }

    private IEnumerable<string> Secrets()
    {
        if (Options.SecretFile.Length > 0 && SecretFiles.TryRead(Options.SecretFile, out var secret, out _))
        {
            yield return secret;
        }

        var address = Options.UrlFile.Length > 0 && SecretFiles.TryRead(Options.UrlFile, out var read, out _) ? read : Options.Url;
        if (Uri.TryCreate(address, UriKind.Absolute, out var url))
        {
            yield return url.PathAndQuery;
            foreach (var part in url.PathAndQuery.Split('/', '?', '&', '=').Where(part => part.Length >= ShortestPart))
            {
                yield return part;
            }
        }
    }

    /// <summary>A cut answer ends with …; what stands before it may be the begin of a secret.</summary>
    private static string WithoutBegin(string words, string secret)
    {
        if (words.EndsWith('…'))
        {
            for (var length = Math.Min(secret.Length - 1, words.Length - 1); length >= Shortest; length--)
            {
                if (words.AsSpan(0, words.Length - 1).EndsWith(secret.AsSpan(0, length), StringComparison.Ordinal))
                {
                    return $"{words[..^(length + 1)]}{Shown}…";
                }
            }
        }

        return words;
    }
}
