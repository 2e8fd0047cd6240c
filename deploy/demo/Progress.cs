namespace Runtime.Demo;

/// <summary>Says what happens: one line that changes at a terminal; in a file a new line now and then.</summary>
internal sealed class Progress(TextWriter output, bool isTerminal, TimeProvider time)
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    private DateTimeOffset _last;
    private bool _open;

    public void Say(string text)
    {
        End();
        output.WriteLine(text);
    }

    /// <summary>In the place of the line before, if that was a changing one too.</summary>
    public void Change(string text)
    {
        if (isTerminal)
        {
            // Back to the first column, and clear what the longer line before left.
            output.Write("\r\x1b[K" + text);
            output.Flush();
            _open = true;
        }
        else if (time.GetUtcNow() - _last >= BetweenLines)
        {
            output.WriteLine(text);
            _last = time.GetUtcNow();
        }
    }

    private void End()
    {
        if (_open)
        {
            output.WriteLine();
            _open = false;
        }
    }
}
