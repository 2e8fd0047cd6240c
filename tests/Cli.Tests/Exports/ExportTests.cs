using Runtime.Cli.Exports;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace Runtime.Cli.Tests.Exports;

/// <summary>What each format holds, and that no name of a container gets out of its place.</summary>
public sealed class ExportTests
{
    private const string Label = "app";

    public static TheoryData<string> Formats { get; } = ["networkpolicy", "seccomp", "apparmor", "falco", "tetragon"];

    [Fact]
    public void NetworkPolicy_HasPeersByAddressAndService_AndSaysWhatItLeavesOut()
    {
        var text = BaselineExport.Policy(Learnt.Web(), "networkpolicy", Label);

        Assert.StartsWith("# NetworkPolicy of shop/web (app), made of its baseline.", text, StringComparison.Ordinal);
        Assert.Contains("# - egress /usr/sbin/nginx to dns:api.example.com, port 443, tcp: no address and no service of the cluster\n", text, StringComparison.Ordinal);
        Assert.Contains("# - exec /usr/bin/curl: it is pending\n", text, StringComparison.Ordinal);
        Assert.Equal(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: runtime-shop-web-app
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: web
              policyTypes:
                - Egress
                - Ingress
              egress:
                - to:
                    - ipBlock:
                        cidr: "10.9.8.0/24"
                  ports:
                    - protocol: TCP
                      port: 5432
                - to:
                    - ipBlock:
                        cidr: "2001:db8:1::/48"
                  ports:
                    - protocol: UDP
                      port: 32768
                      endPort: 65535
                - to:
                    - ipBlock:
                        cidr: "10.96.0.10/32"
                    - namespaceSelector:
                        matchLabels:
                          kubernetes.io/metadata.name: kube-system
                      podSelector:
                        matchLabels:
                          k8s-app: kube-dns
                  ports:
                    - protocol: TCP
                      port: 53
                    - protocol: UDP
                      port: 53
                - to:
                    - namespaceSelector:
                        matchLabels:
                          kubernetes.io/metadata.name: data
                      podSelector:
                        matchLabels:
                          app: db
                  ports:
                    - protocol: TCP
                      port: 5432
                - to:
                    - ipBlock:
                        cidr: "169.254.169.254/32"
                  ports:
                    - protocol: TCP
                      port: 80
              ingress:
                - ports:
                    - protocol: TCP
                      port: 80

            """.ReplaceLineEndings("\n"), string.Join('\n', text.Split('\n').Where(line => !line.StartsWith('#'))));
    }

    [Fact]
    public void AppArmor_HasProgramsWritesAndCapabilities()
    {
        var text = BaselineExport.Policy(Learnt.Web(), "apparmor", Label);

        Assert.Contains("\n  \"/usr/sbin/nginx\" rix,\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  \"/srv/up/*.jpg\" rwk,\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  \"/var/cache/*/x\" rwk,\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  capability net_raw,\n", text, StringComparison.Ordinal);
        Assert.Contains("\n  capability setuid,\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("sys_admin", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"/usr/bin/curl\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Falco_AndTetragon_HaveWhatIsKnown()
    {
        var falco = BaselineExport.Policy(Learnt.Web(), "falco", Label);
        Assert.Contains("- /usr/sbin/nginx\n", falco, StringComparison.Ordinal);
        Assert.Contains("and not fd.name glob \\\"/srv/up/*.jpg\\\"", falco, StringComparison.Ordinal);
        Assert.Contains("and not (fd.sip.name = \\\"api.example.com\\\" and fd.sport = 443)", falco, StringComparison.Ordinal);
        Assert.Contains("k8s.ns.name = \\\"shop\\\" and k8s.pod.name startswith \\\"web-\\\"", falco, StringComparison.Ordinal);

        var tetragon = BaselineExport.Policy(Learnt.Web(), "tetragon", Label);
        Assert.Contains("- /srv/up/\n", tetragon, StringComparison.Ordinal);
        Assert.Contains("- \"10.9.8.0/24\"\n", tetragon, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Export_IsTheSameWhateverTheOrder_AndEndsInANewline(string format)
    {
        var baseline = Learnt.Web();
        var turned = Learnt.Of([.. baseline.Items.Reverse().Select(item => (item.Kind, item.Key, item.State))]);

        var text = BaselineExport.Policy(baseline, format, Label);

        Assert.Equal(text, BaselineExport.Policy(turned, format, Label));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Export_OfHostileNames_HoldsNothingThatNobodySees(string format)
    {
        var text = BaselineExport.Policy(Learnt.Hostile(), format, Label);

        Assert.All(text, letter => Assert.False((char.IsControl(letter) && letter != '\n') || char.GetUnicodeCategory(letter) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator, $"U+{(int)letter:X4}"));

        // A name with a line's end begins no line of its own.
        Assert.DoesNotContain(text.Split('\n'), line => line.StartsWith("profile evil", StringComparison.Ordinal));
        Assert.Contains("it holds characters that nobody could review", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Tetragon_OfHostileNames_HasEachPathAsOneValue()
    {
        var values = Values(BaselineExport.Policy(Learnt.Hostile(), "tetragon", Label), "security_bprm_check");
        Assert.Equal(Learnt.HostilePaths.Order(StringComparer.Ordinal), values.Where(value => value != "/bin/sh"));
    }

    [Fact]
    public void Falco_OfHostileNames_HasEachPathAsOneItem()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(BaselineExport.Policy(Learnt.Hostile(), "falco", Label)));
        var list = (YamlMappingNode)((YamlSequenceNode)yaml.Documents[0].RootNode).Children[0];
        var items = ((YamlSequenceNode)list["items"]).Children.Select(item => ((YamlScalarNode)item).Value!).ToList();
        Assert.Equal(
            Learnt.HostilePaths.Order(StringComparer.Ordinal),
            items.Select(item => item.StartsWith('"') ? item[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal) : item));
        Assert.All(items, item => Assert.True(item.StartsWith('"') || item.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-' or '+'), item));
    }

    [Theory]
    [InlineData("networkpolicy")]
    [InlineData("tetragon")]
    public void Policy_ForPods_IsRefusedForWhatKubernetesDoesNotRun(string format)
    {
        var baseline = Learnt.Web();
        baseline.Deployment.Namespace = "";
        Assert.Contains("not run by Kubernetes", Assert.Throws<UsageException>(() => BaselineExport.Policy(baseline, format, Label)).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Values(string text, string call)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        var hooks = (YamlSequenceNode)yaml.Documents[0].RootNode["spec"]["kprobes"];
        var hook = hooks.Children.Single(hook => ((YamlScalarNode)hook["call"]).Value == call);
        return ((YamlSequenceNode)hook["selectors"][0]["matchArgs"][0]["values"]).Children.Select(value => ((YamlScalarNode)value).Value!);
    }
}
