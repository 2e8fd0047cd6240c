using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text;
using Runtime.Collector.Security.Limits;
using Runtime.Collector.Security.Tokens;

namespace Runtime.Collector.Security;

/// <summary>Which nodes an agent that comes over the network may speak for.</summary>
internal enum AgentCertificate
{
    /// <summary>The one that its certificate names.</summary>
    OwnNode = 0,

    /// <summary>Any: for agents that share one certificate.</summary>
    AnyNode = 1,
}

/// <summary>Where the collector listens and whom it lets in.</summary>
internal sealed class AccessOptions : IValidatableObject
{
    public const string Section = "Listen";

    /// <summary>Unix socket for agents and people of this machine: gRPC and JSON over HTTP on the same one. Its folder is made with mode 0750 when it is not there. Empty: none.</summary>
    public string Socket { get; set; } = "/run/runtime/collector.sock";

    /// <summary>Group (name or number) whose members may use the socket, beside root and the collector's own user. Empty: nobody else.</summary>
    public string Group { get; set; } = "";

    /// <summary>Address and port for agents and people of other machines, such as 0.0.0.0:8443 or [::]:8443. Needs Certificate, Key and ClientCa. Empty: nothing listens on the network.</summary>
    public string Tcp { get; set; } = "";

    /// <summary>PEM file with the collector's certificate, followed by its intermediates. Read again when it changes.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>PEM file with the certificate's private key.</summary>
    public string Key { get; set; } = "";

    /// <summary>PEM file with the authorities that sign the certificates of agents and people. No other authority is trusted.</summary>
    public string ClientCa { get; set; } = "";

    /// <summary>OwnNode: an agent's certificate must name its node, as the subject's CN, a DNS name or the URI spiffe://DOMAIN/agent/NODE. AnyNode: it may speak for every node, as where all agents share one certificate. The socket asks for none.</summary>
    public AgentCertificate AgentCertificate { get; set; }

    /// <summary>Tokens of a Kubernetes cluster at the TCP door.</summary>
    public TokenReviewOptions TokenReview { get; set; } = new();

    /// <summary>How much one caller may ask through the TCP door.</summary>
    public LimitOptions Limits { get; set; } = new();

    /// <summary>Null when <see cref="Tcp"/> is empty or not an address.</summary>
    public IPEndPoint? TcpEndPoint => IPEndPoint.TryParse(Tcp, out var endPoint) && endPoint.Port > 0 ? endPoint : null;

    public CertificateFiles CertificateFiles => new(Section, Certificate, Key, ClientCa);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Socket.Length == 0 && Tcp.Length == 0)
        {
            yield return new("must be a path, because Listen:Tcp is empty too: nobody could reach the collector", [nameof(Socket)]);
        }

        if (Socket.Length > 0 && (Socket[0] != '/' || Encoding.UTF8.GetByteCount(Socket) > LocalSocket.MaxPathBytes))
        {
            yield return new($"must be an absolute path of at most {LocalSocket.MaxPathBytes} bytes (the kernel's limit for unix sockets)", [nameof(Socket)]);
        }

        if (Tcp.Length == 0)
        {
            if (TokenReview.Enabled)
            {
                yield return new("has no effect without Listen:Tcp: set both or neither", [nameof(TokenReview)]);
            }

            foreach (var (name, value) in Files().Where(file => file.Value.Length > 0))
            {
                yield return new("has no effect without Listen:Tcp: set both or neither", [name]);
            }

            yield break;
        }

        if (TcpEndPoint is null)
        {
            yield return new("must be ADDRESS:PORT with a numeric address, such as 0.0.0.0:8443 or [::]:8443", [nameof(Tcp)]);
        }

        foreach (var (name, value) in Files())
        {
            if (value.Length == 0)
            {
                yield return new("must name a PEM file: Listen:Tcp demands TLS and client certificates", [name]);
            }
            else if (!File.Exists(value))
            {
                yield return new("must name a PEM file that exists and that the collector may read", [name]);
            }
        }
    }

    private (string Name, string Value)[] Files() => [(nameof(Certificate), Certificate), (nameof(Key), Key), (nameof(ClientCa), ClientCa)];
}
