using System.Globalization;
using System.Text.Json.Nodes;
using Runtime.Cli.Exports;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Runtime.Cli.Tests.Exports;

/// <summary>
/// Exports before the published schemas: of Kubernetes 1.30's NetworkPolicy, of Falco 0.40's rules, of Tetragon 1.2's policies. Each is kept here as far as the exports reach: the keys that
/// it knows there, which of them must be, their types and their choices.
/// </summary>
public sealed class ExportSchemaTests
{
    private const string Labels = """{"type":"object","required":["matchLabels"],"properties":{"matchLabels":{"type":"object","values":{"type":"string"}}}}""";

    private const string Ports = """{"type":"array","items":{"type":"object","properties":{"protocol":{"enum":["TCP","UDP","SCTP"]},"port":{"type":"integer"},"endPort":{"type":"integer"}}}}""";

    private const string NetworkPolicy = """
        {"type":"object","required":["apiVersion","kind","metadata","spec"],"properties":{"apiVersion":{"enum":["networking.k8s.io/v1"]},"kind":{"enum":["NetworkPolicy"]},
         "metadata":{"type":"object","properties":{"name":{"type":"string"},"namespace":{"type":"string"}}},
         "spec":{"type":"object","required":["podSelector"],"properties":{"podSelector":LABELS,"policyTypes":{"type":"array","items":{"enum":["Egress","Ingress"]}},
          "egress":{"type":"array","items":{"type":"object","properties":{"ports":PORTS,"to":{"type":"array","items":{"type":"object","properties":{
           "ipBlock":{"type":"object","required":["cidr"],"properties":{"cidr":{"type":"string"}}},"namespaceSelector":LABELS,"podSelector":LABELS}}}}}},
          "ingress":{"type":"array","items":{"type":"object","properties":{"ports":PORTS}}}}}}}
        """;

    private const string Falco = """
        {"type":"array","items":{"type":"object","properties":{"list":{"type":"string"},"items":{"type":"array","items":{"type":"string"}},"rule":{"type":"string"},"desc":{"type":"string"},
         "condition":{"type":"string"},"output":{"type":"string"},"priority":{"enum":["EMERGENCY","ALERT","CRITICAL","ERROR","WARNING","NOTICE","INFO","INFORMATIONAL","DEBUG"]},
         "tags":{"type":"array","items":{"type":"string"}}}}}
        """;

    private const string Tetragon = """
        {"type":"object","required":["metadata","spec"],"properties":{"apiVersion":{"enum":["cilium.io/v1alpha1"]},"kind":{"enum":["TracingPolicyNamespaced"]},
         "metadata":{"type":"object","properties":{"name":{"type":"string"},"namespace":{"type":"string"}}},
         "spec":{"type":"object","properties":{"podSelector":LABELS,"kprobes":{"type":"array","items":{"type":"object","required":["call"],"properties":{"call":{"type":"string"},"syscall":{"type":"boolean"},
          "args":{"type":"array","items":{"type":"object","required":["index","type"],"properties":{"index":{"type":"integer"},"type":{"enum":["int","sock","file","path","string","linux_binprm"]}}}},
          "selectors":{"type":"array","items":{"type":"object","properties":{
           "matchArgs":{"type":"array","items":{"type":"object","required":["index","operator","values"],"properties":{"index":{"type":"integer"},"operator":{"enum":["Equal","NotEqual","Prefix","NotPrefix","DAddr","NotDAddr"]},"values":{"type":"array","items":{"type":"string"}}}}},
           "matchActions":{"type":"array","items":{"type":"object","required":["action"],"properties":{"action":{"enum":["Post","Sigkill","NoPost"]}}}}}}}}}}}}}}
        """;

    [Theory]
    [InlineData("networkpolicy", false)]
    [InlineData("networkpolicy", true)]
    [InlineData("falco", false)]
    [InlineData("falco", true)]
    [InlineData("tetragon", false)]
    [InlineData("tetragon", true)]
    public void Export_FitsThePublishedSchema(string format, bool isHostile)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(BaselineExport.Policy(isHostile ? Learnt.Hostile() : Learnt.Web(), format, "app")));

        var faults = new List<string>();
        var schema = (format switch { "networkpolicy" => NetworkPolicy, "falco" => Falco, _ => Tetragon }).Replace("LABELS", Labels, StringComparison.Ordinal).Replace("PORTS", Ports, StringComparison.Ordinal);
        Check(Assert.Single(yaml.Documents).RootNode, JsonNode.Parse(schema)!.AsObject(), "$", faults);

        Assert.Empty(faults);
    }

    private static void Check(YamlNode node, JsonObject schema, string at, List<string> faults)
    {
        if (schema["enum"] is JsonArray choices)
        {
            Fault(node is YamlScalarNode { Value: { } value } && choices.Any(choice => (string?)choice == value), "is none of the choices");
            return;
        }

        switch ((string?)schema["type"])
        {
            case "object" when node is YamlMappingNode map:
                foreach (var name in schema["required"]?.AsArray().Select(name => (string)name!) ?? [])
                {
                    Fault(map.Children.ContainsKey(new YamlScalarNode(name)), $"has no {name}");
                }

                foreach (var (key, child) in map.Children)
                {
                    var name = ((YamlScalarNode)key).Value!;
                    if ((schema["properties"]?[name] ?? schema["values"]) is JsonObject inner)
                    {
                        Check(child, inner, $"{at}.{name}", faults);
                    }
                    else
                    {
                        faults.Add($"{at}.{name} is not known");
                    }
                }

                break;
            case "array" when node is YamlSequenceNode list:
                foreach (var child in list.Children)
                {
                    Check(child, schema["items"]!.AsObject(), at + "[]", faults);
                }

                break;
            case "integer":
                Fault(node is YamlScalarNode { Style: ScalarStyle.Plain } number && int.TryParse(number.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _), "is no number");
                break;
            case "boolean":
                Fault(node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" }, "is no boolean");
                break;
            case "string":
                Fault(node is YamlScalarNode text && (text.Style != ScalarStyle.Plain || !double.TryParse(text.Value, CultureInfo.InvariantCulture, out _)), "is no text");
                break;
            default:
                faults.Add($"{at} is no {schema["type"]}");
                break;
        }

        void Fault(bool holds, string what)
        {
            if (!holds)
            {
                faults.Add($"{at} {what}");
            }
        }
    }
}
