namespace Runtime.Collector.Notifiers;

/// <summary>
/// Takes secrets out of what a receiver answered: some repeat the token that they refuse, and answers are logged, kept and shown. Whole secrets of the
/// settings' files, and what follows the host in a secret address.
/// </summary>
internal sealed class DiscreetNotifier(INotifier inner) : INotifier
{
    private const string Shown = "(secret)";

    /// <summary>Shorter ones are found in harmless words.</summary>
    private const int Shortest = 6;

    public NotifierOptions Options => inner.Options;

    public async Task<DeliveryResult> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var result = await inner.SendAsync(delivery, cancellationToken);
        var words = result.Words;
        foreach (var secret in Secrets().Where(secret => secret.Length >= Shortest))
        {
            words = words.Replace(secret, Shown, StringComparison.Ordinal);
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
        }
    }
}
