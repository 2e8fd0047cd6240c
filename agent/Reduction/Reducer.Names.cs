using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Names;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

internal sealed partial class Reducer
{
    private readonly DnsMessage _message = new();
    private readonly NameTable _names = new();

    /// <summary>A question is a behaviour of its own; an answer only teaches names.</summary>
    private void OnName(ProcessRecord process, ContainerRecord? container, in NetworkEvent e, long unixNs)
    {
        if (!(e.Protocol == 6 ? _message.TryReadStream(e.Payload) : _message.TryRead(e.Payload)) || _message.IsResponse != e.IsAnswer)
        {
            _names.Malformed();
            return;
        }
        if (e.IsAnswer)
        {
            _names.Answer(process.ContainerId, e.Socket, e.RemoteAddress, _message, e.Origin.TimeBootNs);
            return;
        }
        _names.Ask(process.ContainerId, e.Socket, e.RemoteAddress, _message);
        var name = _names.Fold(process.ContainerId, _message.Name.ToArray(), e.Origin.TimeBootNs);
        var key = _key.OfQuestion(process, name, IsAddress(_message.Type) ? DnsMessage.TypeA : _message.Type);
        if (_known.Find(container, key) is { } known)
        {
            _known.Repeat(known, unixNs, e.Origin.TimeBootNs);
            return;
        }
        var fact = FactOf(process, container, e, unixNs, name);
        _known.Add(key, fact);
        Send(fact);
    }

    /// <summary>Empty for what came in, and for a peer that the container did not look up.</summary>
    private byte[] NameOf(ProcessRecord process, in NetworkEvent e) =>
        e.Operation is NetworkOperation.Listen or NetworkOperation.Accept || e.RemotePort == 53
            ? []
            : _names.Fold(process.ContainerId, _names.Find(process.ContainerId, e.RemoteAddress, e.Origin.TimeBootNs), e.Origin.TimeBootNs);

    /// <summary>Of a peer that nobody looked up, what the TLS client calls it, in lower case: evidence, and no name to know a peer by.</summary>
    private (byte[] Name, NetworkFlags Flags) NameOrSni(ProcessRecord process, in NetworkEvent e)
    {
        if (NameOf(process, e) is { Length: > 0 } lookedUp)
            return (lookedUp, NetworkFlags.None);
        var told = TlsHello.Read(e.Payload, out var name);
        _names.Hello(told);
        if (told != ServerName.Found)
            return ([], NetworkFlags.None);
        var lower = new byte[name.Length];
        Ascii.ToLower(name, lower, out _);
        return (_names.Fold(process.ContainerId, lower, e.Origin.TimeBootNs), NetworkFlags.NameFromSni);
    }

    /// <summary>A program that asks for both kinds of address asks for one thing.</summary>
    private static bool IsAddress(ushort type) => type is DnsMessage.TypeA or DnsMessage.TypeAaaa;
}
