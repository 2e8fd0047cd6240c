using System.Buffers;

namespace Runtime.Agent.Processes;

/// <summary>Finds the bytes of an argument vector that are secrets. One pass over the arguments, state only on the stack.</summary>
/// <remarks>
/// Samples (an argument each, or within a shell's command string):
/// <c>--password=x</c>, <c>--password x</c>, <c>mysql -px</c>, <c>PGPASSWORD=x</c>, <c>Authorization: Bearer x</c>,
/// <c>https://user:x@host/?token=x&amp;y=1</c>, <c>{"secret":"x"}</c>, <c>AKIA…</c>, <c>eyJ….eyJ….…</c>.
/// Errs towards redacting: a word too many is lost, not a secret too many sent.
/// </remarks>
internal ref struct SecretScanner
{
    // A quoted string within a command string may hold a command string again: sh -c 'ssh host "mysql -px"'.
    private const int MaxDepth = 4;

    private static readonly SearchValues<byte> ValueEnd = SearchValues.Create("&,\"'}#;"u8);

    private readonly ReadOnlySpan<byte> _text;
    private readonly Span<bool> _secret;
    private Expected _expected;
    private bool _expectedByFlag;
    private SecretNames.ToolFlags _tool;
    private bool _any;

    private SecretScanner(ReadOnlySpan<byte> text, Span<bool> secret)
    {
        _text = text;
        _secret = secret;
    }

    private enum Expected
    {
        Nothing,
        Value,
        /// <summary>user:password, as of curl -u.</summary>
        Credentials,
        /// <summary>A secret only if it looks like one: the name alone does not decide (--key).</summary>
        LongValue,
    }

    /// <param name="text">argv joined by NUL.</param>
    /// <param name="secret">As long as <paramref name="text"/>; set where the byte belongs to a secret.</param>
    /// <returns>False when there is none.</returns>
    public static bool Mark(ReadOnlySpan<byte> text, Span<bool> secret)
    {
        var scanner = new SecretScanner(text, secret);
        for (var start = 0; start < text.Length;)
        {
            var length = text[start..].IndexOf((byte)0);
            var end = length < 0 ? text.Length : start + length;
            scanner.Argument(start, end, 0);
            start = end + 1;
        }
        return scanner._any;
    }

    private void Argument(int start, int end, int depth)
    {
        if (start >= end)
            return;
        Patterns(start, end);
        var hasBlank = _text[start..end].IndexOfAny((byte)' ', (byte)'\t', (byte)'\n') >= 0;
        if (!hasBlank)
        {
            Word(start, end, end);
        }
        else if (depth == 0 && _expected == Expected.Value && _expectedByFlag)
        {
            MarkRange(start, end);
            _expected = Expected.Nothing;
        }
        else if (depth == 0 && FlagWithSecretValue(start, end, out var valueStart))
        {
            MarkRange(valueStart, end);
        }
        else
        {
            CommandString(start, end, depth);
        }
        if (!_expectedByFlag)
            _expected = Expected.Nothing;
    }

    /// <summary><c>--password=two words</c> as one argument: all of the rest is the value.</summary>
    private readonly bool FlagWithSecretValue(int start, int end, out int valueStart)
    {
        valueStart = start;
        if (_text[start] != '-')
            return false;
        var equals = _text[start..end].IndexOf((byte)'=');
        valueStart = start + equals + 1;
        return equals > 0 && SecretNames.Is(_text.Slice(start, equals)) == SecretNames.Kind.Strong;
    }

    /// <summary>Words of a shell's command string; quoted ones are looked into again.</summary>
    private void CommandString(int start, int end, int depth)
    {
        for (var at = start; at < end;)
        {
            if (IsDelimiter(_text[at]))
            {
                // The next command of the string is another tool.
                if (_text[at] is (byte)';' or (byte)'|' or (byte)'&')
                    _tool = default;
                at++;
                continue;
            }
            var wordStart = at;
            byte quote = 0;
            for (; at < end && (quote != 0 || !IsDelimiter(_text[at])); at++)
            {
                var c = _text[at];
                if (quote == 0 && c is (byte)'"' or (byte)'\'' or (byte)'`')
                    quote = c;
                else if (c == quote)
                    quote = 0;
            }
            var inner = _text[wordStart..at];
            if (inner.Length >= 2 && inner[0] is (byte)'"' or (byte)'\'' or (byte)'`' && inner[1..].Trim(inner[0]).IndexOfAny((byte)' ', (byte)'\t', (byte)'\n') >= 0
                && depth < MaxDepth && _expected == Expected.Nothing)
            {
                Argument(wordStart + 1, inner[^1] == inner[0] ? at - 1 : at, depth + 1);
            }
            else
            {
                Word(wordStart, at, end);
            }
        }
    }

    private void Word(int start, int end, int argumentEnd)
    {
        while (start < end && _text[start] is (byte)'"' or (byte)'\'' or (byte)'`')
            start++;
        while (end > start && _text[end - 1] is (byte)'"' or (byte)'\'' or (byte)'`')
            end--;
        if (start >= end)
            return;
        var word = _text[start..end];

        if (_expected != Expected.Nothing && TakeExpected(start, end))
            return;
        if (SecretNames.ToolOf(word) is { } tool)
            _tool = tool;
        else if (ShortFlag(start, end))
            return;

        var found = Pairs(start, end, argumentEnd);
        if (!found && word[0] == '-' && word.IndexOf((byte)'=') < 0)
        {
            _expected = SecretNames.Is(word) switch
            {
                SecretNames.Kind.Strong => Expected.Value,
                SecretNames.Kind.Weak => Expected.LongValue,
                _ => Expected.Nothing,
            };
            _expectedByFlag = _expected != Expected.Nothing;
        }
    }

    /// <returns>True when the word was the value that the word before announced, or leads to it.</returns>
    private bool TakeExpected(int start, int end)
    {
        var word = _text[start..end];
        var expected = _expected;
        if (expected == Expected.Value && SecretNames.IsScheme(word))
            return true;
        // JSON and YAML: "password" : "x"
        if (word is [(byte)':'] or [(byte)'='])
            return true;
        _expected = Expected.Nothing;
        // A flag that is a switch (--password --host h); real secrets that begin with two dashes are not seen.
        if (_expectedByFlag && word.StartsWith("--"u8))
            return false;
        switch (expected)
        {
            case Expected.Value:
                MarkRange(start, end);
                return true;
            case Expected.Credentials:
                var colon = word.IndexOfAny((byte)':', (byte)'%');
                if (colon >= 0)
                    MarkRange(start + colon + 1, end);
                return true;
            case Expected.LongValue when SecretNames.LooksRandom(word):
                MarkRange(start, end);
                return true;
            default:
                return false;
        }
    }

    private bool ShortFlag(int start, int end)
    {
        var word = _text[start..end];
        if (_tool.Flags is null || word.Length < 2 || word[0] != '-' || word[1] == '-')
            return false;
        if (_tool.Flags.IndexOf((char)word[1], StringComparison.Ordinal) < 0)
            return false;
        if (word.Length == 2)
        {
            _expected = _tool.Credentials ? Expected.Credentials : Expected.Value;
            _expectedByFlag = true;
            return true;
        }
        if (!_tool.Attached)
            return false;
        var value = start + 2;
        if (_tool.Credentials)
        {
            var colon = _text[value..end].IndexOfAny((byte)':', (byte)'%');
            value = colon < 0 ? end : value + colon + 1;
        }
        MarkRange(value, end);
        return true;
    }

    /// <summary>Every name=value and name:value of a word.</summary>
    private bool Pairs(int start, int end, int argumentEnd)
    {
        var found = false;
        for (var at = start; at < end; at++)
        {
            if (_text[at] is not ((byte)'=' or (byte)':') || _secret[at])
                continue;
            var nameEnd = at;
            while (nameEnd > start && _text[nameEnd - 1] is (byte)'"' or (byte)'\'' or (byte)'\\')
                nameEnd--;
            var nameStart = nameEnd;
            while (nameStart > start && IsNameByte(_text[nameStart - 1]))
                nameStart--;
            var kind = SecretNames.Is(_text[nameStart..nameEnd]);
            if (kind == SecretNames.Kind.None)
                continue;

            var valueStart = at + 1;
            while (valueStart < end && _text[valueStart] is (byte)'"' or (byte)'\'' or (byte)'\\')
                valueStart++;
            var wholeWord = nameStart == start && nameEnd == at && _text[at] == '=';
            var valueEnd = wholeWord ? end : valueStart + Math.Max(0, EndOfValue(_text[valueStart..end]));
            var value = _text[valueStart..valueEnd];
            if (kind == SecretNames.Kind.Weak)
            {
                if (!SecretNames.LooksRandom(value))
                    continue;
            }
            else if (value.IsEmpty || SecretNames.IsScheme(value))
            {
                if (SecretNames.IsCookie(_text[nameStart..nameEnd]))
                {
                    MarkRange(valueStart + (argumentEnd > valueStart && _text[valueStart] == ' ' ? 1 : 0), argumentEnd);
                    return true;
                }
                _expected = Expected.Value;
                _expectedByFlag = false;
                return true;
            }
            else if (SecretNames.IsWorkingDirectory(_text[nameStart..nameEnd], value))
            {
                continue;
            }
            found = true;
            // Cookies are a list with blanks: the rest of the header is secret.
            if (SecretNames.IsCookie(_text[nameStart..nameEnd]))
                valueEnd = argumentEnd;
            MarkRange(valueStart, valueEnd);
            at = Math.Max(at, valueEnd - 1);
        }
        return found;
    }

    private static int EndOfValue(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny(ValueEnd);
        return end < 0 ? text.Length : end;
    }

    /// <summary>Secrets that are known by their own form, wherever they stand.</summary>
    private void Patterns(int start, int end)
    {
        for (var at = start; at < end; at++)
        {
            if (!SecretForms.MayBegin(_text[at]))
                continue;
            var rest = _text[at..end];
            var (skip, length) = SecretForms.Match(rest, atWordStart: at == start || !IsNameByte(_text[at - 1]));
            if (length == 0)
                continue;
            MarkRange(at + skip, at + skip + length);
            at += skip + length - 1;
        }
    }

    private void MarkRange(int start, int end)
    {
        if (start >= end)
            return;
        _secret[start..end].Fill(true);
        _any = true;
    }

    private static bool IsDelimiter(byte c) => c is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)';' or (byte)'|' or (byte)'&' or (byte)'(' or (byte)')';

    private static bool IsNameByte(byte c) => char.IsAsciiLetterOrDigit((char)c) || c is (byte)'_' or (byte)'-' or (byte)'.';
}
