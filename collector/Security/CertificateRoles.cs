using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Runtime.Collector.Security;

/// <summary>
/// What a certificate that our authority signed may do. Agents and people are told apart by the certificate and by
/// nothing that the connection says:
/// a URI among the subject's alternative names, spiffe://TRUST-DOMAIN/agent/NAME or spiffe://TRUST-DOMAIN/operator/NAME,
/// or, where no such URI is there, an organizational unit (OU) "agent" or "operator" of the subject.
/// Instead of "operator", which is "admin": "analyst" or "viewer".
/// </summary>
internal static class CertificateRoles
{
    // RFC 5280 4.2.1.6: GeneralName, dNSName [2] IA5String, uniformResourceIdentifier [6] IA5String
    private static readonly Asn1Tag _dnsTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag _uriTag = new(TagClass.ContextSpecific, 6);

    private const string Operator = "operator";
    private const string AlternativeNamesOid = "2.5.29.17";
    private const string OrganizationalUnitOid = "2.5.4.11";
    private const string CommonNameOid = "2.5.4.3";

    public static Caller CallerOf(X509Certificate2 certificate, AgentCertificate speaksFor)
    {
        var (names, allUris) = AlternativeNames(certificate);
        var uris = allUris.FindAll(uri => uri.Scheme == "spiffe");
        var roles = CallerRoles.None;
        foreach (var uri in uris)
        {
            var path = uri.AbsolutePath.Split('/', 3);
            roles |= Role(path is ["", var first, ..] ? first : "");
            if (path is ["", Caller.AgentPolicy, var node])
            {
                names.Add(node);
            }
        }

        if (uris.Count == 0)
        {
            foreach (var unit in Subject(certificate, OrganizationalUnitOid))
            {
                roles |= Role(unit);
            }
        }

        names.AddRange(Subject(certificate, CommonNameOid));

        // SPIFFE certificates often have no subject at all.
        return new Caller(
            certificate.Subject.Length > 0 ? certificate.Subject : uris.FirstOrDefault()?.OriginalString ?? $"serial {certificate.SerialNumber}", roles,
            speaksFor == AgentCertificate.AnyNode ? null : names.Distinct(StringComparer.Ordinal).ToList());
    }

    private static IEnumerable<string> Subject(X509Certificate2 certificate, string oid) => certificate.SubjectName.EnumerateRelativeDistinguishedNames()
        .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == oid)
        .Select(part => part.GetSingleElementValue() ?? "");

    private static CallerRoles Role(string word) => word switch
    {
        Caller.AgentPolicy => CallerRoles.Agent,
        Operator or Caller.AdminPolicy => CallerRoles.Operator,
        Caller.AnalystPolicy => CallerRoles.Viewer | CallerRoles.Analyst,
        Caller.ViewerPolicy => CallerRoles.Viewer,
        _ => CallerRoles.None,
    };

    private static (List<string> Dns, List<Uri> Uris) AlternativeNames(X509Certificate2 certificate)
    {
        List<string> dns = [];
        List<Uri> uris = [];
        if (certificate.Extensions.FirstOrDefault(candidate => candidate.Oid?.Value == AlternativeNamesOid) is not { } extension)
        {
            return (dns, uris);
        }

        var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag() == _dnsTag)
            {
                dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, _dnsTag));
            }
            else if (names.PeekTag() != _uriTag)
            {
                names.ReadEncodedValue();
            }
            else if (Uri.TryCreate(names.ReadCharacterString(UniversalTagNumber.IA5String, _uriTag), UriKind.Absolute, out var uri))
            {
                uris.Add(uri);
            }
        }

        return (dns, uris);
    }
}
