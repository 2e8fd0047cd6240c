using System.Collections.Frozen;
using System.Text;

namespace Runtime.Agent.Processes;

/// <summary>Which names of flags, variables and headers announce a secret.</summary>
internal static class SecretNames
{
    private const int MaxName = 64;

    private static readonly byte[][] Anywhere = Bytes("password", "passwd", "passphrase", "secret", "apikey", "accesskey", "privatekey", "credential", "authorization");
    private static readonly byte[][] AtEnd = Bytes("token", "dbpass", "userpass", "rootpass", "storepass", "keypass", "adminpass", "cookie");
    private static readonly byte[][] LastWord = Bytes("pass", "pwd", "pw", "passw");
    private static readonly byte[][] WeakLastWord = Bytes("key", "auth", "sig", "signature", "session", "sessionid", "salt", "pat", "sas");

    // Names about a secret, not the secret: --password-stdin, --token-file, --secret-name.
    private static readonly byte[][] About = Bytes("file", "files", "path", "stdin", "dir", "name", "names", "prompt", "policy", "length", "ttl", "type", "expiry", "timeout", "enabled", "env", "id", "provider", "store");

    private static readonly byte[][] Schemes = Bytes("bearer", "basic", "token", "digest", "negotiate", "apikey", "aws4-hmac-sha256");

    private static readonly FrozenDictionary<string, ToolFlags> Tools = new Dictionary<string, ToolFlags>
    {
        ["mysql"] = new("p", Attached: true), ["mysqldump"] = new("p", Attached: true), ["mysqladmin"] = new("p", Attached: true),
        ["mysqlimport"] = new("p", Attached: true), ["mysqlcheck"] = new("p", Attached: true), ["mysqlshow"] = new("p", Attached: true),
        ["mariadb"] = new("p", Attached: true), ["mariadb-dump"] = new("p", Attached: true), ["mariadb-admin"] = new("p", Attached: true),
        ["mongo"] = new("p", Attached: false), ["mongosh"] = new("p", Attached: false), ["mongodump"] = new("p", Attached: false), ["mongorestore"] = new("p", Attached: false),
        ["sshpass"] = new("p", Attached: true), ["redis-cli"] = new("a", Attached: false), ["sqlcmd"] = new("P", Attached: true), ["bcp"] = new("P", Attached: true),
        ["ldapsearch"] = new("w", Attached: true), ["ldapmodify"] = new("w", Attached: true), ["ldapadd"] = new("w", Attached: true), ["ldapdelete"] = new("w", Attached: true),
        // docker login, podman login, helm registry login: elsewhere their -p is a port.
        ["login"] = new("p", Attached: false),
        ["mosquitto_pub"] = new("P", Attached: false), ["mosquitto_sub"] = new("P", Attached: false), ["zip"] = new("P", Attached: true), ["unzip"] = new("P", Attached: true), ["7z"] = new("p", Attached: true),
        ["snmpget"] = new("AX", Attached: false), ["snmpwalk"] = new("AX", Attached: false), ["ipmitool"] = new("P", Attached: true),
        ["curl"] = new("uU", Attached: true, Credentials: true), ["smbclient"] = new("U", Attached: true, Credentials: true), ["ab"] = new("AP", Attached: true, Credentials: true), ["xmrig"] = new("p", Attached: false),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, ToolFlags>.AlternateLookup<ReadOnlySpan<char>> ToolsBySpan = Tools.GetAlternateLookup<ReadOnlySpan<char>>();

    internal enum Kind
    {
        None,
        /// <summary>A secret only when the value looks random.</summary>
        Weak,
        Strong,
    }

    /// <param name="Flags">Short flags whose value is a secret; null for no tool.</param>
    /// <param name="Attached">-pVALUE is possible.</param>
    /// <param name="Credentials">The value is user:password.</param>
    internal readonly record struct ToolFlags(string? Flags, bool Attached, bool Credentials = false);

    /// <param name="name">With or without leading dashes: <c>--db-password</c>, <c>PGPASSWORD</c>, <c>X-Api-Key</c>.</param>
    public static Kind Is(ReadOnlySpan<byte> name)
    {
        name = name.TrimStart((byte)'-');
        if (name.Length is < 2 or > MaxName)
            return Kind.None;
        Span<byte> joined = stackalloc byte[MaxName];
        var length = 0;
        var lastWord = 0;
        foreach (var c in name)
        {
            if (c is (byte)'-' or (byte)'_' or (byte)'.')
                lastWord = length;
            else
                joined[length++] = (byte)char.ToLowerInvariant((char)c);
        }
        joined = joined[..length];
        var last = joined[lastWord..];
        foreach (var about in About)
        {
            if (last.SequenceEqual(about))
                return Kind.None;
        }
        foreach (var word in Anywhere)
        {
            if (joined.IndexOf(word) >= 0)
                return last.EndsWith("file"u8) || last.EndsWith("path"u8) ? Kind.None : Kind.Strong;
        }
        foreach (var word in AtEnd)
        {
            if (joined.EndsWith(word))
                return Kind.Strong;
        }
        foreach (var word in LastWord)
        {
            if (last.SequenceEqual(word))
                return Kind.Strong;
        }
        foreach (var word in WeakLastWord)
        {
            if (last.SequenceEqual(word))
                return Kind.Weak;
        }
        return Kind.None;
    }

    /// <summary>The word before the secret in an Authorization header.</summary>
    public static bool IsScheme(ReadOnlySpan<byte> word)
    {
        foreach (var scheme in Schemes)
        {
            if (Ascii.EqualsIgnoreCase(word, scheme))
                return true;
        }
        return false;
    }

    public static bool IsCookie(ReadOnlySpan<byte> name) => name.Length >= 6 && Ascii.EqualsIgnoreCase(name[^6..], "cookie"u8);

    /// <summary>PWD and OLDPWD hold a path.</summary>
    public static bool IsWorkingDirectory(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        name.Length <= 6 && name.EndsWith("PWD"u8) && value is [(byte)'/', ..];

    /// <summary>Long, of the base64 or hex alphabet, letters and digits mixed, not a path or a sentence.</summary>
    public static bool LooksRandom(ReadOnlySpan<byte> value)
    {
        if (value.Length < 20 || value[0] is (byte)'/' or (byte)'.')
            return false;
        int lower = 0, upper = 0, digits = 0;
        foreach (var c in value)
        {
            if (char.IsAsciiDigit((char)c))
                digits++;
            else if (char.IsAsciiLetterLower((char)c))
                lower++;
            else if (char.IsAsciiLetterUpper((char)c))
                upper++;
            else if (c is not ((byte)'+' or (byte)'/' or (byte)'=' or (byte)'_' or (byte)'-'))
                return false;
        }
        return (digits >= 3 && lower + upper >= 3) || (digits >= 1 && lower >= 3 && upper >= 3);
    }

    /// <returns>Null when the word's last path element is no tool that takes secrets in short flags.</returns>
    public static ToolFlags? ToolOf(ReadOnlySpan<byte> word)
    {
        var name = word[(word.LastIndexOf((byte)'/') + 1)..];
        if (name.Length is 0 or > 16)
            return null;
        Span<char> text = stackalloc char[16];
        for (var i = 0; i < name.Length; i++)
            text[i] = (char)name[i];
        return ToolsBySpan.TryGetValue(text[..name.Length], out var tool) ? tool : null;
    }

    private static byte[][] Bytes(params string[] words) => Array.ConvertAll(words, Encoding.ASCII.GetBytes);
}
