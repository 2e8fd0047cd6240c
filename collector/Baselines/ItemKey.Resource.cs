namespace Runtime.Collector.Baselines;

internal sealed partial class ItemKey
{
    public const string Floor = "floor";
    public const string Miner = "miner";

    /// <remarks>
    /// resource  floor|sha256:aaaa                       what containers of this image use at least
    /// resource  miner|/usr/bin/python3|sha256:aaaa      what computes like a miner in them
    /// </remarks>
    /// <param name="program">Empty where it is about the container.</param>
    public ReadOnlySpan<char> Resource(string what, string program, string digest)
    {
        Start(ItemKind.Resource);
        Raw(what);
        Raw("|");
        if (what == Miner)
        {
            Part(program);
            Raw("|");
        }

        Part(digest);
        return Finish();
    }
}
