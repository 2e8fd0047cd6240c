using Runtime.Agent.Names;

namespace Runtime.Agent.Reduction;

/// <summary>What the first bytes of an outbound flow look like. The bytes themselves never leave the node.</summary>
internal static class PayloadClass
{
    public const string Stratum = "stratum";
    public const string Tls = "tls";
    public const string Http = "http";
    public const string Ssh = "ssh";
    public const string Other = "other";

    private static ReadOnlySpan<byte> Methods => "GET POST PUT HEAD DELETE OPTIONS PATCH CONNECT TRACE PRI "u8;

    /// <param name="payload">At most 512 bytes of the first send; it may be cut anywhere.</param>
    public static string Of(ReadOnlySpan<byte> payload) =>
        TlsHello.Begins(payload) ? Tls
        : payload.StartsWith("SSH-2.0-"u8) || payload.StartsWith("SSH-1."u8) ? Ssh
        : IsHttp(payload) ? Http
        : IsStratum(payload) ? Stratum
        : Other;

    // GET /path HTTP/1.1    PRI * HTTP/2.0    also when the target is longer than what we see
    private static bool IsHttp(ReadOnlySpan<byte> p)
    {
        var space = p.IndexOf((byte)' ');
        if (space is < 3 or > 7 || space + 1 >= p.Length)
            return false;
        var methods = Methods;
        while (!methods.IsEmpty)
        {
            var end = methods.IndexOf((byte)' ');
            if (p[..space].SequenceEqual(methods[..end]))
            {
                var line = p[(space + 1)..];
                var newline = line.IndexOf((byte)'\n');
                return newline < 0 ? line[0] is (byte)'/' or (byte)'*' or (byte)'h' || line.IndexOf(" HTTP/"u8) > 0 : line[..newline].IndexOf(" HTTP/"u8) > 0;
            }
            methods = methods[(end + 1)..];
        }
        return false;
    }

    // {"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"48Ab…","pass":"x","agent":"XMRig/6.21.0 …"}}     (Monero; the bytes may end before "agent")
    // {"id":1,"method":"mining.subscribe","params":["cgminer/4.9"]}          {"method":"mining.authorize",…}         (Bitcoin, Ethereum)
    // {"id":7,"method":"submit","params":{"id":"…","job_id":"…","nonce":"0000","result":"…"}}      {"method":"keepalived",…}
    // {"worker":"r1","jsonrpc":"2.0","params":["0x…"],"id":1,"method":"eth_submitLogin"}
    // not: {"method":"login","user":"a","password":"b"} of any other JSON-RPC, and not a text that only speaks of mining.subscribe
    private static bool IsStratum(ReadOnlySpan<byte> p)
    {
        var trimmed = p.TrimStart(" \t\r\n"u8);
        if (trimmed.IsEmpty || trimmed[0] != '{')
            return false;
        var method = Value(trimmed, "\"method\""u8);
        if (method.IsEmpty)
            return false;
        return method.SequenceEqual("mining.subscribe"u8) || method.SequenceEqual("mining.authorize"u8) || method.SequenceEqual("mining.configure"u8)
            || method.SequenceEqual("eth_submitLogin"u8)
            || (method.SequenceEqual("keepalived"u8) && HasKey(trimmed, "\"params\""u8))
            || (method.SequenceEqual("login"u8) && HasKey(trimmed, "\"login\""u8) && (HasKey(trimmed, "\"agent\""u8) || HasKey(trimmed, "\"rigid\""u8) || HasKey(trimmed, "\"algo\""u8)))
            || (method.SequenceEqual("submit"u8) && HasKey(trimmed, "\"nonce\""u8) && (HasKey(trimmed, "\"job_id\""u8) || HasKey(trimmed, "\"result\""u8)));
    }

    /// <summary>The text of a key's value, without escapes; empty when the key is not there or holds no text.</summary>
    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key)
    {
        var at = KeyEnd(json, key);
        if (at == 0)
            return default;
        var value = json[at..].TrimStart(" \t\r\n"u8);
        if (value.IsEmpty || value[0] != '"')
            return default;
        value = value[1..];
        var end = value.IndexOf((byte)'"');
        return end < 0 ? default : value[..end];
    }

    private static bool HasKey(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key) => KeyEnd(json, key) > 0;

    /// <returns>Behind the colon after the key; 0 when no such key is there ("login" as a value is none).</returns>
    private static int KeyEnd(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key)
    {
        for (var from = 0; ;)
        {
            var at = json[from..].IndexOf(key);
            if (at < 0)
                return 0;
            from += at + key.Length;
            var colon = json[from..].IndexOfAnyExcept(" \t\r\n"u8);
            if (colon >= 0 && json[from + colon] == ':')
                return from + colon + 1;
        }
    }
}
