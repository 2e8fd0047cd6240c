using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Runtime.Collector.Security;

/// <summary>
/// What a certificate that our authority signed may do. Agents and people are told apart by the certificate and by
/// nothing that the connection says:
/// a URI among the subject's alternative names, spiffe://TRUST-DOMAIN/agent/NAME or spiffe://TRUST-DOMAIN/operator/NAME,
/// or, where no such URI is there, an organizational unit (OU) "agent" or "operator" of the subject.
/// </summary>
internal static class CertificateRoles
{
    // RFC 5280 4.2.1.6: GeneralName, uniformResourceIdentifier [6] IA5String
    private static readonly Asn1Tag _uriTag = new(TagClass.ContextSpecific, 6);

    private const string AlternativeNamesOid = "2.5.29.17";
    private const string OrganizationalUnitOid = "2.5.4.11";

    public static Caller CallerOf(X509Certificate2 certificate)
    {
        var uris = Uris(certificate).FindAll(uri => uri.Scheme == "spiffe");
        var roles = CallerRoles.None;
        foreach (var uri in uris)
        {
            roles |= Role(uri.AbsolutePath.Split('/', 3) is ["", var first, ..] ? first : "");
        }

        if (uris.Count == 0)
        {
            foreach (var unit in certificate.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == OrganizationalUnitOid))
            {
                roles |= Role(unit.GetSingleElementValue() ?? "");
            }
        }

        // SPIFFE certificates often have no subject at all.
        return new Caller(certificate.Subject.Length > 0 ? certificate.Subject : uris.FirstOrDefault()?.OriginalString ?? $"serial {certificate.SerialNumber}", roles);
    }

    private static CallerRoles Role(string word) => word switch
    {
        Caller.AgentPolicy => CallerRoles.Agent,
        Caller.OperatorPolicy => CallerRoles.Operator,
        _ => CallerRoles.None,
    };

    private static List<Uri> Uris(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.FirstOrDefault(candidate => candidate.Oid?.Value == AlternativeNamesOid);
        return extension is null ? [] : Uris(extension.RawData);
    }

    private static List<Uri> Uris(byte[] alternativeNames)
    {
        List<Uri> uris = [];
        var names = new AsnReader(alternativeNames, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag() != _uriTag)
            {
                names.ReadEncodedValue();
            }
            else if (Uri.TryCreate(names.ReadCharacterString(UniversalTagNumber.IA5String, _uriTag), UriKind.Absolute, out var uri))
            {
                uris.Add(uri);
            }
        }

        return uris;
    }
}
