using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Runtime.Evaluation.Peers;

/// <summary>A web server. "/*.sh" is a script that runs `id`; "/*.elf" and "/*.bin" a static program that ends at once; all else "ok". Uploads are read and dropped.</summary>
internal static class HttpPeer
{
    private const int MostHeader = 64 << 10;
    private static readonly Lazy<Task<byte[]>> s_program = new(() => Images.ImageStore.CompileAsync(Path.Combine(Images.ImageStore.Sources, "harmless.c")));

    public static async Task ServeAsync(Stream stream, CancellationToken cancellationToken)
    {
        // GET /a.sh HTTP/1.1\r\nHost: http:8000\r\n…\r\n\r\n, then a body of Content-Length, if any. One request a connection.
        var head = new List<byte>();
        var one = new byte[1];
        while (!EndsHead(head))
        {
            if (head.Count >= MostHeader || await stream.ReadAsync(one, cancellationToken) == 0)
            {
                return;
            }

            head.Add(one[0]);
        }

        var lines = Encoding.Latin1.GetString([.. head]).Split("\r\n");
        var length = lines.Select(line => line.Split(':', 2)).Where(pair => pair[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            .Select(pair => long.TryParse(pair[1].Trim(), out var number) ? number : 0).FirstOrDefault();
        var buffer = new byte[16 << 10];
        for (var read = 1; length > 0 && read > 0; length -= read)
        {
            read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length)), cancellationToken);
        }

        var words = lines[0].Split(' ');
        var path = words.Length > 1 ? words[1].Split('?')[0] : "/";
        var body = Path.GetExtension(path) switch
        {
            ".sh" => "#!/bin/sh\nid\n"u8.ToArray(),
            ".elf" or ".bin" => await s_program.Value,
            _ => "ok\n"u8.ToArray(),
        };
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), cancellationToken);
        if (words[0] != "HEAD")
        {
            await stream.WriteAsync(body, cancellationToken);
        }
    }

    private static bool EndsHead(List<byte> head) => head is [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'];
}

/// <summary>TLS with a certificate that nobody signed, and behind it the web server.</summary>
internal static class TlsPeer
{
    private static readonly X509Certificate2 s_certificate = Make();

    public static async Task ServeAsync(Stream stream, CancellationToken cancellationToken)
    {
        await using var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = s_certificate }, cancellationToken);
        await HttpPeer.ServeAsync(secure, cancellationToken);
    }

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=tls", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        // A key that lives in memory only is not taken for a server's.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}

/// <summary>A mining pool that takes every login and gives one job that nobody can do.</summary>
internal static class StratumPeer
{
    private const string Job = """{"method":"job","params":{"blob":"00","job_id":"1","target":"ffffffff"}}""";

    // {"id":1,"method":"login","params":{…}} or mining.subscribe / mining.authorize, one a line
    public static async Task ServeAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            var id = "1";
            try
            {
                using var request = JsonDocument.Parse(line);
                id = request.RootElement.TryGetProperty("id", out var number) ? number.GetRawText() : id;
            }
            catch (JsonException)
            {
                // A pool answers nonsense too.
            }

            var taken = "{\"id\":" + id + ",\"jsonrpc\":\"2.0\",\"error\":null,\"result\":{\"id\":\"1\",\"status\":\"OK\"}}\n";
            await stream.WriteAsync(Encoding.UTF8.GetBytes(taken + Job + "\n"), cancellationToken);
        }
    }
}

/// <summary>Takes everything and says nothing; who is silent for 3 s is left, so that a shell on it ends.</summary>
internal static class SinkPeer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task ServeAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 << 10];
        using var silent = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        do
        {
            silent.CancelAfter(Patience);
        }
        while (await stream.ReadAsync(buffer, silent.Token) > 0);
    }
}
