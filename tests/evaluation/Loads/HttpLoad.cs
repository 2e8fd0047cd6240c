namespace Runtime.Evaluation.Loads;

/// <summary>Visitors of a web site: pages that are there, pages that are not, forms.</summary>
/// <param name="Paths">Drawn evenly.</param>
/// <param name="ReadsSettingsAnew">Its operator has it read its settings anew now and then.</param>
internal sealed record HttpLoad(IReadOnlyList<string> Paths, bool Posts = false, bool ReadsSettingsAnew = false) : ILoad
{
    private const int RoundsPerReload = 20;

    public int Port => 80;

    public async Task RoundAsync(LoadTarget target, Random random, int round, CancellationToken cancellationToken)
    {
        using var client = target.Node.CreateHttpClient();
        client.Timeout = TimeSpan.FromSeconds(5);
        for (var i = 0; i < 4; i++)
        {
            var address = new Uri($"http://{target.Address}{Paths[random.Next(Paths.Count)]}");
            using var body = new StringContent(new string('x', random.Next(1, 2000)));
            using var answer = Posts && random.Next(4) == 0 ? await client.PostAsync(address, body, cancellationToken) : await client.GetAsync(address, cancellationToken);
            await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            await Task.Delay(random.Next(20, 120), cancellationToken);
        }

        if (ReadsSettingsAnew && round % RoundsPerReload == RoundsPerReload - 1)
        {
            await target.ReadSettingsAnew();
        }
    }
}
