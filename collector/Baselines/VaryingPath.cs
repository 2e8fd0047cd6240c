namespace Runtime.Collector.Baselines;

/// <summary>
/// Types the varying segments of a script's path. The agent types file paths; a script arrives as it was given.
/// </summary>
/// <remarks>
/// /tmp/tmp.Xk3f9Qa1/run.sh     → /tmp/&lt;rand&gt;/run.sh       letters and digits alternate
/// /work/3f2a9c77b1d0/step.py   → /work/&lt;rand&gt;/step.py      eight or more hex digits with a digit
/// /var/jobs/20261123/job.sh    → /var/jobs/&lt;int&gt;/job.sh     four or more digits and nothing else
/// /opt/app2/run-v1.sh          → unchanged
/// </remarks>
internal static class VaryingPath
{
    public static string Type(string path)
    {
        if (path.AsSpan().IndexOfAnyInRange('0', '9') < 0)
        {
            return path;
        }

        var segments = path.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            segments[i] = TypeSegment(segments[i]);
        }

        return string.Join('/', segments);
    }

    private static string TypeSegment(string segment)
    {
        // The extension says what the file is; it stays.
        var dot = segment.LastIndexOf('.');
        var extension = dot > 0 && segment.Length - dot <= 5 && !segment.AsSpan(dot).ContainsAnyInRange('0', '9') ? segment[dot..] : "";
        var stem = segment.AsSpan(0, segment.Length - extension.Length);
        return TypeOf(stem) is { } type ? type + extension : segment;
    }

    /// <returns>"&lt;int&gt;" or "&lt;rand&gt;"; null for what does not vary.</returns>
    public static string? TypeOf(ReadOnlySpan<char> stem)
    {
        int letters = 0, digits = 0, switches = 0, hex = 0, others = 0;
        var wasDigit = false;
        foreach (var character in stem)
        {
            if (!char.IsAsciiLetterOrDigit(character))
            {
                others++;
                continue;
            }

            var isDigit = char.IsAsciiDigit(character);
            switches += letters + digits > 0 && isDigit != wasDigit ? 1 : 0;
            wasDigit = isDigit;
            letters += isDigit ? 0 : 1;
            digits += isDigit ? 1 : 0;
            hex += char.IsAsciiHexDigit(character) ? 1 : 0;
        }

        return digits >= 4 && letters == 0 && others == 0 ? "<int>"
            : digits > 0 && ((hex >= 8 && hex == letters + digits) || (letters + digits >= 6 && switches >= 3)) ? "<rand>"
            : null;
    }
}
